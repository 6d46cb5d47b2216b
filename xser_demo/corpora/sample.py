"""A small sample of a corpus with equal shares of emotions and speakers."""

import hashlib
from itertools import zip_longest

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LabelSet


def balanced(utterances: list[Utterance], labels: LabelSet, limit: int) -> list[Utterance]:
    """At most ``limit`` clips of the label set: classes in turn, within a class speakers in turn, a speaker's clips in
    a fixed shuffled order."""
    by_class: dict[int, dict[str, list[Utterance]]] = {}
    for u in sorted(utterances, key=lambda u: hashlib.sha256(u.path.encode()).hexdigest()):
        if (index := labels.index(u.emotion)) is not None:
            by_class.setdefault(index, {}).setdefault(u.speaker, []).append(u)
    return _in_turn([_in_turn(list(by_class[c].values())) for c in sorted(by_class)])[:limit]


def _in_turn(lists: list[list]) -> list:
    return [item for row in zip_longest(*lists) for item in row if item is not None]
