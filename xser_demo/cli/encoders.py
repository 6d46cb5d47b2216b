"""``xser encoders``: the bigger frozen encoders, and downloading their weights."""

from collections.abc import Iterator

from xser_demo.cli.corpora import confirmed, follow
from xser_demo.cli.options import add_command
from xser_demo.features.encoders import weights
from xser_demo.features.encoders.registry import ENCODERS, Encoder, get
from xser_demo.utils.errors import UserError
from xser_demo.utils.http import megabytes, on_disk
from xser_demo.utils.progress import log


def add(commands) -> None:
    command = add_command(commands, "encoders", run, show, "List the bigger frozen encoders, or fetch their weights.")
    command.add_argument("action", choices=["list", "get"])
    command.add_argument("names", nargs="*", metavar="ID")
    command.add_argument("--yes", action="store_true", help="get without being asked")


def run(options) -> list[dict]:
    names = options.names or (list(ENCODERS) if options.action == "list" else [])
    if not names:
        raise UserError(f"Name the encoders to get: {', '.join(ENCODERS)}.")
    known = [get(name) for name in names]
    if options.action == "get":
        for encoder in known:
            _get(encoder, options.yes)
    return [_row(encoder) for encoder in known]


def _row(encoder: Encoder) -> dict:
    return {
        "id": encoder.id,
        "title": encoder.title,
        "dim": encoder.dim,
        "blocks": list(encoder.blocks),
        "of": encoder.total_blocks,
        "megabytes": round(encoder.size / 1e6),
        "licence": encoder.licence,
        "paper": encoder.paper,
        "address": weights.address(encoder),
        "sha256": encoder.sha256,
        "here": weights.here(encoder),
        "file": str(weights.place(encoder)),
    }


def show(result: list[dict]) -> None:
    for row in result:
        available = "here" if row["here"] else "not here"
        print(f"{row['id']:16} {row['megabytes']:>6} MB  {available:8}  {row['dim']:>5} wide  {row['licence']}")


def _get(encoder: Encoder, yes: bool) -> None:
    """Ctrl-C stops it with one sentence; what has been downloaded is kept."""
    path = weights.place(encoder)
    steps: Iterator = weights.fetch(encoder)
    if not weights.here(encoder):
        checksum = encoder.sha256 or "not known beforehand: the first file is trusted, later changes are refused"
        facts = {"Encoder": encoder.title, "From": weights.address(encoder), "Size": megabytes(encoder.size),
                 "Licence": encoder.licence, "SHA-256": checksum, "To": path}  # fmt: skip
        for name, text in facts.items():
            log(f"{name:8} {text}")
        if not (yes or confirmed()):
            log(f"{encoder.title} was not downloaded.")
            return
    try:
        follow(steps)
    except KeyboardInterrupt:
        downloaded = on_disk(path.with_name(path.name + ".partial"))
        raise UserError(
            f"Stopped. {megabytes(downloaded)} were downloaded and are kept; the next download continues from there."
        ) from None
