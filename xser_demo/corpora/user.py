"""A visitor's own corpus: its row, which is in no list, and its clips as features. Nothing is written anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xser_demo.corpora.base import Corpus

if TYPE_CHECKING:  # the encoder is loaded when there is something to encode
    pass

KEY = "own"

USER_CORPUS = Corpus(
    key=KEY,
    name="Your corpus",
    language="und",  # ISO 639 for "undetermined"
    language_name="your corpus",
    licence="yours",
    terms="It stays yours: nothing of it is kept or passed on.",
    citation="",
    url="",
    folders=(),
    clips=0,
    speakers=0,
    emotions=(),
    channel="mean",
    parse=lambda path: None,
)
