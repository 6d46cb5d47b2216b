"""The user's own corpus: its description, which is in no list."""

from xser_demo.corpora.base import Corpus

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
    emotion_of={},
)
