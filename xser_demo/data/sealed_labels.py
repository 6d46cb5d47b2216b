"""``SealedLabels``: the labels of a target, which only ``evaluation/scores.py`` may open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SealedLabels:
    """Labels and speakers of target clips, in the order of a ``Target``; only ``evaluation/scores.py`` opens them."""

    classes: tuple[str, ...]
    _labels: tuple[int, ...]
    _speakers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self._labels)

    def open(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        return self._labels, self._speakers
