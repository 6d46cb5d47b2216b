"""What sub-commands share: how they are added, and the option ``--device``."""

import argparse
from collections.abc import Callable


def add_command(
    commands,
    name: str,
    run: Callable[[argparse.Namespace], object],
    show: Callable[[object], None],
    text: str,
    status: Callable[[object], int] = lambda result: 0,
) -> argparse.ArgumentParser:
    """Add a sub-command to ``commands``. ``run(options)`` returns a JSON value, which ``show`` prints for people and
    ``status`` turns into the exit status."""
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command.set_defaults(run=run, show=show, status=status)
    return command


def add_group(commands, name: str, text: str):
    """Add a sub-command that has sub-commands of its own; returns what these are added to."""
    return commands.add_parser(name, help=text, description=text).add_subparsers(dest="action", required=True)


def add_device(command: argparse.ArgumentParser) -> None:
    command.add_argument("--device", metavar="D", help="where to compute: cpu, cuda or auto (a GPU if there is one)")
