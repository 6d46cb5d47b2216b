"""Presets with which adaptation tends to fail: why, and from the scores whether it did."""

from dataclasses import dataclass
from html import escape

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult

NO_SHIFT = ("as recorded", "")


@dataclass(frozen=True)
class FailurePreset:
    """Settings on common ground. ``why`` adaptation may fail, and what to ``look`` at afterwards."""

    title: str
    why: str
    look: str
    target: str = "emodb"
    method: str = methods.RECOMMENDED
    mode: str = "transductive"
    strength: float | None = None
    shift: str = ""
    source: str = "ravdess"

    @property
    def plan(self) -> Plan:
        """Without a number of epochs, seed and budget: these stay as they are."""
        options = {"mode": self.mode, "strength": self.strength, "shift": self.shift}
        return Plan(self.source, self.target, self.method, **options)


FAILURE_PRESETS = {
    "neutral": FailurePreset(
        "Mostly neutral",
        "Everyday speech is mostly neutral. Here 70% of the German clips are labelled as neutral, but InfoMax expects "
        "every emotion equally often, so it pushes neutral clips into other emotions.",
        "Whether the clouds overlap although the score drops: close embeddings are no proof of right answers.",
        method="infomax",
        shift="70 neutral",
    ),
    "missing": FailurePreset(
        "One emotion missing",
        "No German clip is labelled as sadness. The source has all four emotions: matching the two distributions "
        "pushes other clips into the region of sadness.",
        "The target z-score in the table: it changes only means and deviations, and may get worse too.",
        shift="no sadness",
    ),
    "opponent": FailurePreset(
        "Opponent too strong",
        "DANN trains the features against a classifier of the language. With 40 times the usual weight, training "
        "follows this opponent instead of the emotions, and oscillates instead of converging.",
        "Whether accuracy on the source stays high while it drops on the target, and whether the clouds overlap.",
        method="dann",
        strength=2.0,
    ),
    "speakers": FailurePreset(
        "One voice, one emotion",
        "In URDU 26 of 29 speakers have one emotion each: a model that recognises voices seems to recognise emotions. "
        "Of the clips scored here, one man speaks nearly all, most of them labelled as neutral.",
        "The interval: four speakers are too few for a conclusion. Then adapt transductively and compare.",
        target="urdu",
        mode="inductive",
    ),
}


def of(plan: Plan) -> FailurePreset | None:
    """The preset with these settings, or None; epochs and seed may differ."""
    for preset in FAILURE_PRESETS.values():
        names = ("source", "target", "method", "labels", "mode", "fold", "strength", "shift", "system", "encoder")
        if all(getattr(plan, name) == getattr(preset.plan, name) for name in names):
            return preset
    return None


def explained(plan: Plan | None) -> str:
    """Why a preset may fail, as HTML; "" for a plan that is no preset."""
    preset = of(plan) if plan else None
    if preset is None:
        return ""
    return f"<p><strong>{preset.title}.</strong> {escape(preset.why)}</p><p>Look at: {_lower(escape(preset.look))}</p>"


def outcome(result: AdaptationResult) -> str:
    """Whether adaptation failed with a preset, from the scores; "" for a plan that is no preset."""
    if of(result.plan) is None or not result.scores:
        return ""
    base, zscore, adapted = (round(100 * result.scores[name].uar) for name in ("source_only", "zscore", "adapted"))
    baseline = f"the target z-score ({zscore}%), which trains nothing"
    if adapted < base:
        low, high = result.scores["adapted"].ci95
        verdict = "It broke" if not low <= result.scores["source_only"].uar <= high else "It seems to have broken"
        return f"{verdict}: worse than not adapting at all, and {_than(adapted, zscore)} {baseline}."
    if adapted < zscore:
        return f"It broke only in part: not worse than before, but worse than {baseline}."
    return f"It did not break this time: not worse than before, and {_than(adapted, zscore)} {baseline}."


def _than(score: int, reference: int) -> str:
    return "as good as" if score == reference else "better than" if score > reference else "worse than"


def shifts(labels: str) -> list[tuple[str, str]]:
    """Label shifts that can be simulated on a target, as (name, value) for a menu; see ``data.domains``."""
    classes = LABEL_SETS[labels].classes
    mostly = [(f"70% labelled as {name}", f"70 {name}") for name in classes]
    return [NO_SHIFT, *mostly, *((f"none labelled as {name}", f"no {name}") for name in classes if len(classes) > 2)]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
