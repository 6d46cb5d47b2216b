"""The command line: the same functions as the page. With --json standard output is exactly one JSON document."""

import argparse
import contextlib
import io
import json
import os
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch comes: threads that wait must not spin

from xser_demo.cli import (
    adapt,
    app,
    audit,
    benchmark,
    corpora,
    encoders,
    export,
    label,
    models,
    predict,
    rerun,
    systems,
)  # fmt: skip
from xser_demo.cli.classroom import command as classroom
from xser_demo.cli.space import command as space
from xser_demo.utils.errors import UserError
from xser_demo.utils.file_names import readable
from xser_demo.utils.progress import clear_line, log


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 2 after an error, else as a shell would say it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # whatever the locale says
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return run(parser().parse_args(arguments))
    except UserError as error:
        return ended(f"error: {error}", 2)
    except KeyboardInterrupt:
        return ended("error: Stopped by Ctrl-C.", 130)
    except BrokenPipeError:
        with contextlib.suppress(OSError, ValueError):  # else Python complains when it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ended("error: The program that read the output ended before it was complete.", 141)


def run(options: argparse.Namespace) -> int:
    if getattr(options, "corpora", None):
        os.environ["XSER_CORPORA"] = options.corpora
    if getattr(options, "device", None):
        os.environ["XSER_DEVICE"] = options.device
    result = options.run(options)
    clear_line()
    if options.json:
        print(readable(json.dumps(result, ensure_ascii=False, indent=1)))
    else:
        options.show(result)
    sys.stdout.flush()
    return options.status(result)


def ended(text: str, status: int) -> int:
    with contextlib.suppress(OSError):  # the reader of the messages may have gone, too
        log(text)
    return status


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="xser", description="Cross-lingual speech emotion recognition, adapted live.")
    commands = top.add_subparsers(dest="command", required=True)
    for module in (
        app,
        predict,
        adapt,
        label,
        audit,
        rerun,
        models,
        export,
        systems,
        corpora,
        encoders,
        benchmark,
        classroom,
        space,
    ):
        module.add(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
