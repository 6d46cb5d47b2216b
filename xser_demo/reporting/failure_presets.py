"""Settings with which adaptation tends to hurt, why, and whether it did. Knows nothing of Gradio."""

from dataclasses import dataclass
from html import escape

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult

NO_SHIFT = ("as recorded", "")


@dataclass(frozen=True)
class FailurePreset:
    """A preset on common ground. ``why`` it may go wrong, and what to ``look`` at afterwards."""

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
        more = {"mode": self.mode, "strength": self.strength, "shift": self.shift}
        return Plan(self.source, self.target, self.method, **more)


FAILURE_PRESETS = {
    "neutral": FailurePreset(
        "Mostly neutral",
        "Real speech is mostly neutral. Here 70% of the German clips are labelled as neutral, but InfoMax asks for "
        "every emotion equally often, so it must push neutral clips into other emotions.",
        "Whether the clouds meet although the answers get worse: lying close is not being right.",
        method="infomax",
        shift="70 neutral",
    ),
    "missing": FailurePreset(
        "One emotion missing",
        "No German clip is labelled as sadness. The source has all four emotions, and whoever makes the two clouds "
        "equal moves other clips to where sadness was.",
        "The target z-score in the table: it changes only means and deviations, and may suffer too.",
        shift="no sadness",
    ),
    "opponent": FailurePreset(
        "Opponent too strong",
        "DANN trains the features against an opponent that names the language. With 40 times the usual weight the "
        "training follows the opponent instead of the emotions, and swings rather than settles.",
        "Whether the source's right answers stay good while the target's fall, and whether the clouds meet at all.",
        method="dann",
        strength=2.0,
    ),
    "speakers": FailurePreset(
        "One voice, one emotion",
        "In URDU 26 of 29 speakers have one emotion each: whoever sorts voices has sorted emotions, without hearing "
        "any. Of the clips scored here, one man speaks nearly all, most of them labelled as neutral.",
        "The interval: four speakers are too few to say anything. Then adapt on the clips it is scored on and compare.",
        target="urdu",
        mode="inductive",
    ),
}


def of(plan: Plan) -> FailurePreset | None:
    """The preset whose settings these are; epochs and seed may differ."""
    for one in FAILURE_PRESETS.values():
        same = ("source", "target", "method", "labels", "mode", "fold", "strength", "shift", "system", "encoder")
        if all(getattr(plan, name) == getattr(one.plan, name) for name in same):
            return one
    return None


def explained(plan: Plan | None) -> str:
    """Why this may go wrong, as HTML; nothing when it is no preset."""
    one = of(plan) if plan else None
    if one is None:
        return ""
    return f"<p><strong>{one.title}.</strong> {escape(one.why)}</p><p>Look at: {_small(escape(one.look))}</p>"


def outcome(result: AdaptationResult) -> str:
    """Whether a preset did break, from the scores; nothing when it is no preset."""
    if of(result.plan) is None or not result.scores:
        return ""
    base, simple, mine = (round(100 * result.scores[name].uar) for name in ("source_only", "zscore", "adapted"))
    trivial = f"the target z-score ({simple}%), which trains nothing"
    if mine < base:
        low, high = result.scores["adapted"].ci95
        sure = "It broke" if not low <= result.scores["source_only"].uar <= high else "It seems to have broken"
        return f"{sure}: worse than not adapting at all, and {_than(mine, simple)} {trivial}."
    if mine < simple:
        return f"It broke only in part: not worse than before, but worse than {trivial}."
    return f"It did not break this time: not worse than before, and {_than(mine, simple)} {trivial}."


def _than(mine: int, other: int) -> str:
    return "as good as" if mine == other else "better than" if mine > other else "worse than"


def shifts(labels: str) -> list[tuple[str, str]]:
    """Label shifts that can be simulated on a target, for a menu; see domains.shifted."""
    classes = LABEL_SETS[labels].classes
    more = [(f"70% labelled as {name}", f"70 {name}") for name in classes]
    return [NO_SHIFT, *more, *((f"none labelled as {name}", f"no {name}") for name in classes if len(classes) > 2)]


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
