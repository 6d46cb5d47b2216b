"""The version of everything between a recording and its features; packs and models name the one they were made with.

1: silence cut after the encoder, by level, at both ends; the level of a recording reached the encoder.
2: silence cut before the encoder and the other features, by level and speech detector, in long pauses too
   (audio/silence.py); the level of a recording does not matter.
"""

VERSION = 2
NAME = "the front end"  # among the settings of a benchmark


def version(card: dict) -> int:
    """The version that a pack or a model was made with."""
    return card.get("front_end", 1)
