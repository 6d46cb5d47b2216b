"""``xser corpora``: listing, getting, checking and packing corpora."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from xser_demo.cli.options import add_command, add_device
from xser_demo.corpora import CORPORA, corpus
from xser_demo.features import FEATURES
from xser_demo.features.egemaps import licence_note
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import Passing, log

INTERVAL_S = 2.0  # seconds between two lines about the same step


def add(commands) -> None:
    command = add_command(commands, "corpora", run, show, "List, get, check or pack corpora.")
    command.add_argument("action", choices=["list", "get", "check", "pack"])
    command.add_argument("names", nargs="*", metavar="CORPUS")
    command.add_argument("--corpora", metavar="DIR", help="folder that holds the corpora (or XSER_CORPORA)")
    command.add_argument("--out", type=Path, help="where packs are written (default: beside the others)")
    command.add_argument("--feature", action="append", choices=FEATURES, help="pack only this one; may be repeated")
    command.add_argument("--encoder", action="append", metavar="ID", help="the same by a bigger frozen encoder")
    add_device(command)
    command.add_argument("--yes", action="store_true", help="get without being asked")


def run(options) -> list[dict]:
    names = options.names or (list(CORPORA) if options.action == "list" else [])
    if not names:
        raise UserError(f"Name the corpora to {options.action}: {', '.join(CORPORA)}.")
    action = {"list": list_one, "get": get_one, "check": check_one, "pack": pack_one}[options.action]
    return [action(known, options) for known in [corpus(name) for name in names]]


def list_one(known, options) -> dict:
    from xser_demo.corpora.download import ARCHIVES
    from xser_demo.data import packs

    row = {
        key: getattr(known, key) for key in ("key", "name", "language", "licence", "terms", "citation", "url", "clips")
    }
    return row | {"pack": known.key in packs.available(), "get": known.key in ARCHIVES}


def get_one(known, options) -> dict:
    """Ctrl-C stops it with one sentence; what has been downloaded is kept."""
    from xser_demo.corpora import download

    folder, row = settings.fetch_dir(), {"key": known.key, "folder": None}
    if existing := download.here(known.key, settings.corpora_dir()):
        return row | {"folder": str(existing), "verdict": f"{known.name} is in {existing} already."}
    try:
        for name, text in (("Corpus", known.name), *download.offer(known.key).facts, ("To", folder / known.key)):
            log(f"{name:8} {text}")
        if not (options.yes or confirmed()):
            return row | {"verdict": f"{known.name} was not downloaded."}
        fetched = follow(download.fetch(known.key, folder))
    except KeyboardInterrupt:
        raise UserError(download.kept(known.key, folder)) from None
    return row | {"folder": str(fetched.folder), "verdict": fetched.verdict}


def follow(events: Iterator):
    """Log each step when it begins, then its progress every few seconds. Returns the last event."""
    event, step, logged_at = None, None, 0.0
    for event in events:
        text = getattr(event, "text", "")
        if text and (text.split(":")[0] != step or time.monotonic() > logged_at + INTERVAL_S):
            step, logged_at = text.split(":")[0], time.monotonic()
            log(Passing(text))
    return event


def confirmed() -> bool:
    """The answer to a question on standard error, so that standard output stays one document."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError("Nobody is here to be asked whether to download this; add --yes to agree beforehand.")
    print("Download it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def check_one(known, options) -> dict:
    from xser_demo.corpora.verify import check

    report = check(known.key, settings.corpora_dir())
    missing = report.expected - report.found  # where the official names are not known, their number is
    return {"key": known.key, "found": report.found, "expected": report.expected, "complete": report.complete,
            "missing": missing, "altered": len(report.altered), "verdict": report.verdict}  # fmt: skip


def pack_one(known, options) -> dict:
    from xser_demo.data import packs
    from xser_demo.data.encode import build, build_feature, reader
    from xser_demo.features import ENCODERS
    from xser_demo.features.encoders import registry

    def progress(done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            log(Passing(f"  {known.name}: {done} of {total} clips"))

    folder = (options.out or settings.own_packs()) / known.key
    utterances, read = reader(known.key, settings.corpora_dir())
    chosen = [*(options.feature or []), *(registry.get(name).id for name in options.encoder or [])]
    features = sorted(chosen or packs.SHIPPED, key=lambda name: name != packs.SHIPPED[0])  # it makes the folder
    if features[0] == packs.SHIPPED[0] and folder.exists() and set(features) != set(packs.SHIPPED):
        raise UserError(
            f"{folder} would lose its other packs, since their utterances must stay the same; pack all features again "
            "by leaving --feature out, or give another folder with --out."
        )
    if features[0] != packs.SHIPPED[0] and not options.out and not folder.exists():
        packs.copy_shipped(known.key, folder)
    if options.device and not set(features) & set(ENCODERS):
        log("These features are computed on the CPU, whatever the device.")
    for feature in features:
        log(f"{known.name}: {FEATURES[feature].title}")
        licence_note(feature)
        if feature == packs.SHIPPED[0]:
            packs.save(build(known.key, utterances, read, progress), folder, packs.licence(known.key))
            continue
        table = packs.load(known.key, folder=folder).utterances
        if feature in ENCODERS:
            packs.add(build(known.key, table, read, progress, feature), folder)
        else:
            packs.add(build_feature(known.key, feature, table, read, progress), folder)
    return {"key": known.key, "clips": len(utterances), "features": features, "folder": str(folder)}


def show(result: list[dict]) -> None:
    for row in result:
        print(
            row.get("verdict")
            or "  ".join(
                f"{key}: {row[key]}"
                for key in row
                if key in ("key", "name", "language", "licence", "clips", "pack", "get", "folder")
            )
        )
