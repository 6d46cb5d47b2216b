"""The clips of a class: who sent them, and which of them the projector may show."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from xser_demo.classroom.takes import Features
from xser_demo.classroom.votes import SMALLEST_GROUP

Key = tuple[int, str]  # number of the device, and the take's id


@dataclass(frozen=True)
class Take:
    """Features of one acted sentence; the sound is gone."""

    id: str  # chosen by the phone: sending twice is taking once
    number: int  # of the device
    emotion: str  # that was asked for
    features: Features


@dataclass
class Collection:
    """``shown``: keys of the takes whose points are on the projector."""

    takes: dict[Key, Take] = field(default_factory=dict)
    shown: set[Key] = field(default_factory=set)

    def add(self, take: Take) -> bool:
        """A take that is here already stays as it is. What has come since the last batch is shown, all at once, when it
        is from five people at least; returns whether it was."""
        self.takes.setdefault((take.number, take.id), take)
        new = [key for key in self.takes if key not in self.shown]
        if self.people(new) < SMALLEST_GROUP:
            return False
        self.shown.update(new)
        return True

    def of(self, number: int) -> list[Take]:
        """The takes of one device."""
        return [take for take in self.takes.values() if take.number == number]

    def drop(self, keys: list[Key]) -> None:
        for key in keys:
            del self.takes[key]
            self.shown.discard(key)

    def clear(self) -> None:
        self.takes.clear()
        self.shown.clear()

    def in_view(self) -> list[tuple[Key, Take]]:
        """The takes that are shown, in an order that says nothing about who came when; none while they are from fewer
        than five people."""
        takes = [(key, take) for key, take in sorted(self.takes.items()) if key in self.shown]
        return takes if self.people(key for key, _ in takes) >= SMALLEST_GROUP else []

    @property
    def missing(self) -> int:
        """How many more people must send a clip until the next points are shown; 0 when nothing waits."""
        waiting = [key for key in self.takes if key not in self.shown]
        return max(0, SMALLEST_GROUP - self.people(waiting)) if waiting else 0

    @staticmethod
    def people(keys: Iterable[Key]) -> int:
        """How many people these takes are of."""
        return len({number for number, _ in keys})
