"""``xser encoders``: which bigger frozen encoders there are, and fetching their weights."""

from collections.abc import Iterator

from xser_demo.cli.corpora import agreed, follow
from xser_demo.features.encoders import weights
from xser_demo.features.encoders.registry import ENCODERS, Encoder, get
from xser_demo.utils.errors import UserError
from xser_demo.utils.http import megabytes, on_disk
from xser_demo.utils.progress import log


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


def _get(encoder: Encoder, agreed_before: bool) -> None:
    """Ctrl-C ends it in a sentence; what has come stays."""
    path = weights.place(encoder)
    steps: Iterator = weights.fetch(encoder)
    if not weights.here(encoder):
        checksum = encoder.sha256 or "not known beforehand: the first file is trusted, later changes are refused"
        facts = {"Encoder": encoder.title, "From": weights.address(encoder), "Size": megabytes(encoder.size),
                 "Licence": encoder.licence, "SHA-256": checksum, "To": path}  # fmt: skip
        for name, text in facts.items():
            log(f"{name:8} {text}")
        if not (agreed_before or agreed()):
            log(f"{encoder.title} was not downloaded.")
            return
    try:
        follow(steps)
    except KeyboardInterrupt:
        came = on_disk(path.with_name(path.name + ".partial"))
        raise UserError(f"Stopped. {megabytes(came)} have come and are kept; the next time it goes on there.") from None
