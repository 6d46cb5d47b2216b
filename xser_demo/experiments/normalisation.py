"""By whose statistics frames are standardised: the source's, the corpus's or each speaker's own, and why."""

from dataclasses import dataclass

import numpy as np

from xser_demo import methods
from xser_demo.data.domains import Domain
from xser_demo.evaluation.confounding import LIMIT, confounding
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import Task
from xser_demo.utils.errors import SettingsError

CONFOUNDED = (
    "In {} a speaker has mostly one emotion: who speaks explains {:.0%} of the answers, {:.0%} are allowed. "
    "Standardising each speaker would remove the emotion together with the voice"
)


@dataclass(frozen=True)
class Normalisation:
    """``name``: one of ``plan.NORMALISATIONS``. ``reason``: one sentence for people. ``confounded``: share of the
    answers on the target that the speaker explains, None where it was not asked."""

    name: str
    reason: str
    confounded: float | None = None


WHOLE = Normalisation("corpus", "The target was standardised as a whole, by its own statistics.")


def wants_speakers(plan: Plan, task: Task) -> bool:
    """Whether each speaker may be standardised, as far as this is known before any model."""
    if plan.normalise is not None:
        return plan.normalise == "speaker"
    return plan.system is None and methods.get(plan.method).uses_target and known(task.adapt)


def known(domain: Domain) -> bool:
    """Whether the speaker of most clips is known."""
    return np.mean([speaker.startswith("?") for speaker in domain.speakers]) < 0.5


def choose(plan: Plan, task: Task, answers: np.ndarray | None) -> Normalisation:
    """The normalisation of a run. ``answers``: classes that target z-score gives the clips of ``task.adapt``, needed
    where ``wants_speakers``. SettingsError where the plan asks for what would do harm."""
    if not wants_speakers(plan, task):
        return Normalisation(plan.normalise or "corpus", _without_speakers(plan, task))
    assert answers is not None
    if not known(task.adapt):
        raise SettingsError(
            "The speakers of the target are not known, so they cannot be standardised one by one; name them in a table "
            "or in folders, or choose: --normalise corpus"
        )
    share = confounding(task.adapt.speakers, answers)
    from_source = confounding(task.train.speakers, task.train.labels.numpy())
    for corpus, value in (("the source", from_source), ("the target", share)):
        if value > LIMIT:
            reason = CONFOUNDED.format(corpus, value, LIMIT)
            if plan.normalise == "speaker":
                raise SettingsError(f"{reason}; choose: --normalise corpus")
            return Normalisation("corpus", f"{reason}; the corpus was standardised as a whole.", share)
    count = len(set(task.adapt.speakers))
    voices = f"each of the {count} speakers was" if count > 1 else "the one speaker was"
    return Normalisation(
        "speaker", f"Before training, {voices} standardised by their own clips, without labels.", share
    )


def _without_speakers(plan: Plan, task: Task) -> str:
    if plan.normalise == "source":
        return "The target was standardised by the statistics of the source."
    if plan.normalise is None and plan.system is None and not known(task.adapt):
        return "The speakers are not known, so the target was standardised as a whole, by its own statistics."
    return WHOLE.reason
