"""A property of a model: what it asks, what was measured, its limit and the verdict in words."""

from dataclasses import dataclass
from typing import Any

PASSES, FAILS, TOO_FEW, NOT_MEASURED = "passes", "fails", "too few clips to say", "not measured"
CORRECTNESS, FAIRNESS, ROBUSTNESS, STABILITY = "correctness", "fairness", "robustness", "stability"
KINDS = (CORRECTNESS, FAIRNESS, ROBUSTNESS, STABILITY)

MIN_CLIPS = 8  # of a class, for a recall: ser-tests asks for as many of each speaker's classes
NO_SOUND = "it needs recordings, and none were changed; name their folder by --corpora DIR"
SHARE, POINTS, NUMBER = "share", "points", "number"  # units: of a whole, between two shares, plain

SER_TESTS = "ser-tests"  # Derington et al. 2023, see published.py
OURS = "ours"
SIMULATED = "random models"


@dataclass(frozen=True)
class Limit:
    """``at_least``: whether the value must not be lower; else it must not be higher. ``source``: who set it."""

    value: float
    at_least: bool
    source: str

    def allows(self, value: float) -> bool:
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True)
class Property:
    """``value``: None where it was not measured; then ``missing`` says why. ``interval``: of 95 percent, where there is
    one. ``clips``: that it was measured on. ``note``: what else must be known to read it."""

    id: str
    kind: str
    asks: str
    value: float | None
    limit: Limit | None
    clips: int
    unit: str = SHARE
    interval: tuple[float, float] | None = None
    missing: str = ""
    few: bool = True  # whether clips are what is missing
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None or self.limit is None:
            return TOO_FEW if self.few else NOT_MEASURED
        return PASSES if self.limit.allows(self.value) else FAILS

    @property
    def narrow(self) -> bool:
        """Whether the limit is inside the interval, so that other clips may decide otherwise."""
        return self.interval is not None and self.limit is not None and _inside(self.limit.value, self.interval)

    @property
    def words(self) -> str:
        """The verdict as a sentence or two."""
        if self.verdict in (TOO_FEW, NOT_MEASURED):
            return f"{self.verdict.capitalize()}: {self.missing}."
        close = ", narrowly" if self.narrow else ""
        return f"{self.verdict.capitalize()}{close}.{f' {self.note}' if self.note else ''}"

    def as_dict(self) -> dict[str, Any]:
        """JSON values, with the verdict and its words."""
        limit = self.limit and {
            "value": round(self.limit.value, 6), "at_least": self.limit.at_least, "source": self.limit.source,
        }  # fmt: skip
        return {
            "id": self.id, "kind": self.kind, "asks": self.asks, "unit": self.unit, "clips": self.clips,
            "value": None if self.value is None else round(self.value, 6),
            "interval": self.interval and [round(one, 6) for one in self.interval],
            "limit": limit, "verdict": self.verdict, "words": self.words,
            "missing": self.missing, "few": self.few, "note": self.note,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Property":
        values = {name: value for name, value in stored.items() if name not in ("verdict", "words")}
        return cls(**values | {
            "limit": values["limit"] and Limit(**values["limit"]),
            "interval": values["interval"] and tuple(values["interval"]),
        })  # fmt: skip


def too_few(id: str, kind: str, asks: str, missing: str, clips: int = 0) -> Property:
    return Property(id, kind, asks, None, None, clips, missing=missing)


def not_measured(id: str, kind: str, asks: str, missing: str) -> Property:
    return Property(id, kind, asks, None, None, 0, missing=missing, few=False)


def wilson(successes: int, total: int) -> tuple[float, float]:
    """95 percent interval of a share (Wilson 1927), which holds for few clips and near 0 and 1 too."""
    z, share = 1.96, successes / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * (share * (1 - share) / total + z**2 / (4 * total**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def _inside(value: float, interval: tuple[float, float]) -> bool:
    return interval[0] <= value <= interval[1]
