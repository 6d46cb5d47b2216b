"""What a published system is made of: ``System`` and its ``Variant``s."""

from dataclasses import dataclass, field

from xser_demo.data import packs
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Recipe
from xser_demo.utils.errors import SettingsError

AFTER, REDUCED = "after the paper", "reduced"  # "exact" is none of the five: no paper says enough


CONTROL = "control"  # another method on a system's network


# What no paper says and all five share here, so that they can be compared.
SHARED = (
    "each language's features standardised by its own statistics (the z-score control shows what this alone gives)",
    "source classes drawn equally often, label smoothing of 0.1 in the cross entropy",
)


@dataclass(frozen=True)
class Variant:
    """One way to build a system."""

    name: str
    title: str
    method: str
    recipe: Recipe
    schedule: Schedule
    fidelity: str = AFTER
    deviations: tuple[str, ...] = ()  # from what the paper states
    strength: float | None = None  # None: the method's own
    start: str = "random"  # or "imagenet": the official weights, fetched when they are first needed
    on_page: bool = True  # False: for the benchmark and the command line only


@dataclass(frozen=True)
class System:
    id: str
    title: str
    paper: str
    idea: str  # one sentence in plain words
    task: str  # label set of the faithful track
    pairs: tuple[tuple[str, str], ...]  # of the faithful track; the first is that of the shipped models
    more_pairs: tuple[
        tuple[str, str], ...
    ]  # those of the paper whose corpora are not shipped; used when packs are here
    explanation: str  # "attention", "gradcam" or "groups"
    variants: dict[str, Variant]  # the first is the system itself
    common_method: str  # its objective on common ground
    published: tuple[str, ...]  # what is known to be stated in the paper
    inferred: tuple[str, ...]  # what its text, tables or probable code let one conclude
    unknown_in_paper: tuple[str, ...]
    live_s: int  # an adaptation on two cores takes at most this many seconds
    tasks: tuple[str, ...] = field(default=())  # further label sets

    def pairs_here(self) -> tuple[tuple[str, str], ...]:
        """Its pairs, and those of the paper whose packs have been made on this computer."""
        here = packs.available(self.variant().recipe.feature)
        return self.pairs + tuple(pair for pair in self.more_pairs if all(key in here for key in pair))

    def variant(self, name: str | None = None) -> Variant:
        if name is None:
            return next(iter(self.variants.values()))
        if name not in self.variants:
            raise SettingsError(f"{self.id} has no variant '{name}'; choose one of: {', '.join(self.variants)}.")
        return self.variants[name]


def _all_pairs(*keys: str) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a in keys for b in keys if a != b)


def _variants(*variants: Variant) -> dict[str, Variant]:
    return {variant.name: variant for variant in variants}
