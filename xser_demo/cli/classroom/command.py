"""``xser classroom rehearse``: simulated phones join a running page, the evening before a lecture."""

import asyncio
import random
from pathlib import Path
from urllib.parse import urlsplit

from xser_demo.cli.options import add_command, add_group
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError


def add(commands) -> None:
    group = add_group(commands, "classroom", "Hold a class with the page.")
    command = add_command(group, "rehearse", run, show, "Send simulated phones to a class on a page of this computer.")
    command.add_argument("--students", type=int, default=40, metavar="N")
    command.add_argument("--corpora", metavar="DIR", help="folder that holds the corpora whose clips the phones act")
    command.add_argument("--address", default="http://127.0.0.1:7860", help="of the page, on this computer")
    command.add_argument("--code", default="", help="of a class that you lead; without it the command plays the hour")


def run(options) -> dict:
    from xser_demo.classroom.rules import MAX_DEVICES  # these bring torch
    from xser_demo.cli.classroom import rehearsal
    from xser_demo.ui.server.https import is_this_computer

    if not is_this_computer(urlsplit(options.address).hostname or ""):
        raise UserError(
            "A rehearsal reaches a page on this computer only; give an address such as http://127.0.0.1:7860."
        )
    if not 1 <= options.students <= MAX_DEVICES:
        raise UserError(f"A class has 1 to {MAX_DEVICES} phones.")
    folder = settings.corpora_dir()
    if folder is None:
        raise UserError("Name the folder of the corpora whose clips the phones act: --corpora DIR.")
    chance = random.Random()  # noqa: S311  votes of nobody
    clips = rehearsal.voices(Path(folder), options.students, chance)
    return asyncio.run(rehearsal.rehearse(options.address.rstrip("/"), clips, options.code, chance=chance))


def show(result: dict) -> None:
    for name, value in result.items():
        text = ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else value
        print(f"{name.replace('_', ' '):24} {text}")
    print("Votes of simulated phones are random, and their clips are actors': these scores say nothing about people.")
