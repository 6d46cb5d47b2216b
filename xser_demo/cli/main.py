"""The command line: the same functions as the page. With --json standard output is exactly one JSON document."""

import argparse
import json
import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch comes: waiting threads must not spin

from xser_demo.cli import adapt, benchmark, corpora, encoders, models, predict, rerun, systems
from xser_demo.cli.space import command as space
from xser_demo.utils.errors import UserError


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if getattr(options, "corpora", None):
        os.environ["XSER_CORPORA"] = options.corpora
    if getattr(options, "device", None):
        os.environ["XSER_DEVICE"] = options.device
    try:
        result = options.run(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        options.show(result)
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="xser", description="Cross-lingual speech emotion recognition, adapted live.")
    commands = top.add_subparsers(dest="command", required=True)
    for module in (predict, adapt, rerun, models, systems, corpora, encoders, benchmark, space):
        module.add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
