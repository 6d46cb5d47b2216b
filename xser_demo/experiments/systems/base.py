"""``System``, a published system, and ``Variant``, one way to build it."""

from dataclasses import dataclass, field

from xser_demo.data import packs
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Recipe
from xser_demo.utils.errors import SettingsError

# How close a system is to its paper. None of the five is "exact": no paper says enough.
AFTER, MIDDLE, REDUCED = "after the paper", "with frozen layers", "reduced"
CONTROL = "control"  # another method on a system's network

# Choices that no paper states; all five systems share them, so that they can be compared.
SHARED = (
    "each language's features standardised by its own statistics (the z-score control shows what this alone gives)",
    "source classes drawn equally often, label smoothing of 0.1 in the cross entropy",
)


@dataclass(frozen=True)
class Variant:
    """One way to build a system; ``fidelity`` says how close it is to the paper."""

    name: str
    title: str
    method: str
    recipe: Recipe
    schedule: Schedule
    fidelity: str = AFTER
    deviations: tuple[str, ...] = ()  # from what the paper states
    strength: float | None = None  # None: the method's own
    learning_rate: float | None = None  # of the adaptation; None: that of the schedule
    start: str = "random"  # or "imagenet": the official weights, downloaded when first needed
    on_page: bool = True  # False: for the benchmark and the command line only


@dataclass(frozen=True)
class System:
    """A published system as a preset. Sentences about it are shown on the page and in docs/systems.md."""

    id: str
    title: str
    paper: str
    idea: str  # one sentence in plain words
    claim: str  # of the paper, in one sentence
    test: str  # the experiment that can show or refute it, see docs/preregistration.md
    task: str  # label set of the faithful track
    pairs: tuple[tuple[str, str], ...]  # of the faithful track; the first is that of the shipped models
    more_pairs: tuple[tuple[str, str], ...]  # of the paper, with corpora that are not shipped; used when packs are here
    explanation: str  # "attention", "gradcam" or "groups"
    variants: dict[str, Variant]  # the first is the system itself
    common_method: str  # its objective on common ground
    published: tuple[str, ...]  # what the paper is known to state
    inferred: tuple[str, ...]  # what follows from its text, tables or probable code
    unknown_in_paper: tuple[str, ...]
    live_s: int  # seconds that an adaptation takes at most on two cores
    tasks: tuple[str, ...] = field(default=())  # further label sets

    def pairs_here(self) -> tuple[tuple[str, str], ...]:
        """Its pairs, and pairs of the paper whose packs are on this computer."""
        available = packs.available(self.variant().recipe.feature)
        return self.pairs + tuple(pair for pair in self.more_pairs if all(key in available for key in pair))

    def variant(self, name: str | None = None) -> Variant:
        if name is None:
            return next(iter(self.variants.values()))
        if name not in self.variants:
            raise SettingsError(f"{self.id} has no variant '{name}'; choose one of: {', '.join(self.variants)}.")
        return self.variants[name]


def all_pairs(*keys: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a in keys for b in keys if a != b)


def by_name(*variants: Variant) -> dict[str, Variant]:
    return {variant.name: variant for variant in variants}
