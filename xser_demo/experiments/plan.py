"""``Plan``: everything that decides the outcome of an adaptation, and its checks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import packs
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.features import FEATURES
from xser_demo.methods.schedule import Schedule
from xser_demo.networks import frozen
from xser_demo.networks.classifier import Recipe
from xser_demo.utils.errors import SettingsError

MODES = ("inductive", "transductive", "supervised")
NORMALISATIONS = ("source", "corpus", "speaker")  # whose statistics standardise the target's frames


@dataclass(frozen=True)
class Plan:
    """Everything that decides the outcome of an adaptation. Records store these fields by their names."""

    source: str  # a corpus, or several joined by "+"
    target: str  # the same
    method: str
    labels: str = "four"
    mode: str = "inductive"  # adapt on other speakers than those scored; "transductive": on the scored clips;
    # "supervised": the source is the target, with labels of the other speakers: an upper reference, no adaptation
    fold: int = 0  # of the target's speakers: the scored one, unless transductive
    seed: int = 0
    normalise: str | None = None  # of NORMALISATIONS; None: by speaker where that is safe, see normalisation.py
    strength: float | None = None  # None: as the system or the method says
    source_epochs: int | None = None  # None: as the schedule says
    epochs: int | None = None
    budget_s: float | None = None  # for the adaptation
    system: str | None = None  # None: the common ground
    variant: str | None = None  # of the system; None: its first
    shift: str = ""  # label shift of the target, see domains.shift_labels; transductive only
    weights: tuple[float, ...] | None = None  # of several sources: how often each is drawn; None: by its size
    encoder: str | None = None  # of features/encoders/registry.py, for the common ground; None: the shipped one
    own: Mapping[tuple[str, str], packs.Pack] = field(default_factory=dict, compare=False, repr=False)
    # packs of user corpora, by corpus and feature

    @classmethod
    def from_settings(cls, source: str, target: str, method: str | None = None, **settings: Any) -> "Plan":
        """A checked plan from fields by name; the page, the command line, the library and records all come this way.

        A setting that is absent, None or "" has its default: method and label set are those of the system, on the
        common ground the recommended method and four classes. ``weights``: numbers, or text such as "2, 1".
        SettingsError for settings that cannot run."""
        chosen = {name: value for name, value in settings.items() if value is not None and value != ""}
        system = systems.get(chosen["system"]) if "system" in chosen else None
        default_method = system.variant(chosen.get("variant")).method if system else methods.RECOMMENDED
        chosen.setdefault("labels", system.task if system else cls.labels)
        if "weights" in chosen:
            chosen["weights"] = read_weights(chosen["weights"])
        plan = cls(source, target, method or default_method, **chosen)
        check(plan)
        return plan

    def slug(self) -> str:
        """Identifier for file names and model ids: "ravdess-emodb-dann-seed0"."""
        return "-".join((self.source, self.target, *self._method_parts)).replace("_", "-").replace("+", "-")

    def title(self) -> str:
        """The same for people: "ravdess to emodb, dann, seed0"."""
        return f"{self.source} to {self.target}, {', '.join(self._method_parts)}"

    @property
    def _method_parts(self) -> list[str]:
        parts = (self.system, self.variant, self.encoder, self.method, f"seed{self.seed}")
        return [part for part in parts if part]

    @property
    def sources(self) -> list[str]:
        return self.source.split("+")

    @property
    def targets(self) -> list[str]:
        return self.target.split("+")

    def pack(self, key: str) -> packs.Pack:
        """The pack of a corpus with the features of this plan's network."""
        feature = self.recipe.feature
        return self.own[key, feature] if (key, feature) in self.own else load_cached(key, feature)

    @property
    def own_maps(self) -> bool:
        """Whether the clips are maps of frozen layers, see ``on_maps``."""
        return self.pack(self.sources[0]).dim != FEATURES[self.recipe.feature].dim

    # Cached outside the fields: equality, hash, ``replace`` and ``asdict`` do not see these.
    @cached_property
    def recipe(self) -> Recipe:
        return systems.build(self.system, self.variant, self.encoder)[0]

    @cached_property
    def schedule(self) -> Schedule:
        """The system's schedule, with the plan's epochs where it names some."""
        schedule = systems.build(self.system, self.variant)[1]
        epochs = {name: getattr(self, name) for name in ("source_epochs", "epochs") if getattr(self, name) is not None}
        return replace(schedule, **epochs)

    @cached_property
    def adaptation_schedule(self) -> Schedule:
        """The schedule with the system's own learning rate for the adaptation, if it has one."""
        rate = None if self.system is None else systems.get(self.system).variant(self.variant).learning_rate
        return self.schedule if rate is None else replace(self.schedule, learning_rate=rate)

    @cached_property
    def weight(self) -> float | None:
        """Weight of the adaptation loss: the plan's strength, else the system's for its own method; None: the
        method's."""
        if self.strength is None and self.system is not None:
            variant = systems.get(self.system).variant(self.variant)
            return variant.strength if variant.method == self.method else None
        return self.strength


def on_maps(plan: Plan) -> Plan:
    """A plan whose clips are the maps of its network's frozen layers, computed once; any other plan as it is."""
    if not frozen.is_frozen(plan.recipe):
        return plan
    own = {(key, plan.recipe.feature): _maps(plan, key) for key in {*plan.sources, *plan.targets}}
    return replace(plan, own=own)


def _maps(plan: Plan, key: str) -> packs.Pack:
    pack = plan.pack(key)
    if pack.dim != FEATURES[plan.recipe.feature].dim:
        return pack  # maps already
    if (key, plan.recipe.feature) in plan.own:
        return frozen.maps(pack, plan.recipe)
    return frozen.maps_of(key, *(plan.recipe.options[name] for name in ("network", "width", "size")))


def read_weights(weights: str | Iterable[float]) -> tuple[float, ...] | None:
    """Source weights as numbers: "2, 1" is (2.0, 1.0), blank text None. SettingsError for other text."""
    if not isinstance(weights, str):
        return tuple(weights)
    try:
        return tuple(float(weight) for weight in weights.split(",")) if weights.strip() else None
    except ValueError:
        raise SettingsError('Source weights are written as "2, 1": a number for each source.') from None


def check(plan: Plan) -> None:
    """SettingsError for settings that cannot run."""
    methods.get(plan.method)
    systems.build(plan.system, plan.variant, plan.encoder)
    if plan.variant is not None and plan.system is None:
        raise SettingsError("A variant belongs to a system; name the system too.")
    if plan.labels not in LABEL_SETS:
        raise SettingsError(f"There is no label set '{plan.labels}'; choose one of: {', '.join(LABEL_SETS)}.")
    if plan.mode not in MODES:
        raise SettingsError(f"There is no mode '{plan.mode}'; choose one of: {', '.join(MODES)}.")
    if plan.normalise is not None and plan.normalise not in NORMALISATIONS:
        raise SettingsError(
            f"There is no normalisation '{plan.normalise}'; choose one of: {', '.join(NORMALISATIONS)}."
        )
    if plan.mode == "supervised":
        if plan.source != plan.target or plan.method != "source_only":
            raise SettingsError("A supervised reference learns from its target: name it as the source, source_only.")
    elif set(plan.targets) & set(plan.sources):
        raise SettingsError("Source and target are the same corpus; choose two different ones.")
    if plan.shift and plan.mode != "transductive":
        raise SettingsError("A label shift can only be simulated in the transductive mode.")
    for side in (plan.sources, plan.targets):
        if len(set(side)) < len(side):
            raise SettingsError("A corpus is named twice; name each once.")
    if plan.weights is not None and len(plan.weights) != len(plan.sources):
        raise SettingsError(
            f"Give as many weights as there are sources, {len(plan.sources)}; there are {len(plan.weights)}."
        )
    if plan.weights is not None and not all(0 < weight <= 100 for weight in plan.weights):
        raise SettingsError("A source's weight must be above 0 and at most 100.")
    if plan.strength is not None and not 0 <= plan.strength <= 100:
        raise SettingsError(f"The strength must lie between 0 and 100; it is {plan.strength:g}.")
    if not all(1 <= count <= 400 for count in (plan.schedule.epochs, plan.schedule.source_epochs)):
        raise SettingsError("The number of epochs must lie between 1 and 400.")
    if plan.budget_s is not None and plan.budget_s <= 0:
        raise SettingsError("The time budget must be longer than 0 seconds.")
