"""``xser space``: builds the folder of a Hugging Face Space and uploads it."""

import argparse
from pathlib import Path

from xser_demo.cli.options import add_command, add_group
from xser_demo.cli.space import pins
from xser_demo.corpora import CORPORA
from xser_demo.utils.progress import log

CUDA = (
    "Without --torch-index the Space installs torch with several GB of CUDA that cpu-basic cannot use; give the index "
    "of the CPU-only builds of torch."
)


def add(commands) -> None:
    actions = add_group(commands, "space", "The page as a Hugging Face Space.")
    sub = add_command(actions, "build", build, show_built, "Write the files of a Space.")
    sub.add_argument("folder", type=Path, metavar="DIR", help="a new or an empty folder")
    _options(sub)
    text = "Upload them to a Space of yours; needs 'hf auth login' or HF_TOKEN."
    sub = add_command(actions, "push", push, show_pushed, text)
    sub.add_argument("name", metavar="OWNER/NAME")
    sub.add_argument("--private", action="store_true", help="make a new Space private")
    _options(sub)


def _options(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--hardware", default="cpu-basic", metavar="NAME", help=" or ".join(pins.PYTHON))
    sub.add_argument("--torch-index", metavar="URL", help="package index with CPU-only builds of torch")
    sub.add_argument(
        "--without",
        nargs="+",
        action="extend",
        default=[],
        metavar="CORPUS",
        help=f"leave out its features and models: {', '.join(CORPORA)}",
    )


def _plan(options):
    from xser_demo.cli.space.folder import Plan

    plan = Plan(options.hardware, options.torch_index, tuple(options.without))
    if plan.hardware == "cpu-basic" and not plan.torch_index:
        log(CUDA)
    return plan


def build(options) -> dict:
    from xser_demo.cli.space import folder

    return folder.build(options.folder, _plan(options))


def push(options) -> dict:
    from xser_demo.cli.space import push

    return push.push(options.name, _plan(options), options.private)


def show_built(result: dict) -> None:
    print(f"{result['folder']}: {result['files']} files, {result['bytes'] / 1e6:.0f} MB, for {result['hardware']}")
    print(f"  corpora: {', '.join(result['corpora']) or 'none'}")


def show_pushed(result: dict) -> None:
    print(f"{result['url']}: {result['files']} files, {result['bytes'] / 1e6:.0f} MB, for {result['hardware']}")
