"""Clips whose prediction adaptation has changed: some that became right, one that became wrong."""

from dataclasses import dataclass

from xser_demo.corpora.base import Utterance
from xser_demo.evaluation.scores import corrections
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import target_pack
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET

GAINED, LOST = 3, 1  # clips that became right, and wrong


@dataclass(frozen=True)
class ChangedClip:
    """``label``, and the predictions ``before`` and ``now``: classes. ``utterance`` has its label and path."""

    utterance: Utterance
    label: str
    before: str
    now: str

    @property
    def right(self) -> bool:
        return self.now == self.label


def changed_clips(result: AdaptationResult) -> tuple[ChangedClip, ...]:
    """First those that became right, then those that became wrong: in both the clips whose labelled class gained, or
    lost, most probability. The same for every call; empty without labels."""
    task = result.task
    if task.sealed is None:
        return ()
    probabilities = (_probabilities(result, model) for model in (result.source_model, result.model))
    right, wrong = corrections(task.sealed, *probabilities)
    utterances, rows = target_pack(result.plan).utterances, task.test.rows.tolist()
    names = task.labels.classes
    return tuple(
        ChangedClip(utterances[rows[one.clip]], names[one.label], names[one.before], names[one.now])
        for one in [*right[:GAINED], *wrong[:LOST]]
    )


def _probabilities(result: AdaptationResult, model: Model):
    """(n, classes) of the scored clips."""
    return model.predict_all(result.task.test, TARGET)[0].softmax(1).numpy()
