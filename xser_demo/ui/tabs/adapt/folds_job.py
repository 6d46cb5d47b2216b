"""The score of a visitor's model on unheard speakers, fold by fold, as a background job."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from xser_demo.experiments import folds
from xser_demo.experiments.folds import Fold, Pooled
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import memory_needed
from xser_demo.training.loop import Step
from xser_demo.ui.jobs.background import BackgroundJob
from xser_demo.ui.jobs.control import Control, ticking
from xser_demo.ui.state import Visitor
from xser_demo.utils import resources

NAME = "The score on unheard speakers"
STOPPED = "Stopped; a score on unheard speakers needs all folds."


@dataclass(frozen=True)
class FoldsUpdate:
    text: str
    share: float | None = None
    pooled: Pooled | None = None


class FoldsJob(BackgroundJob[FoldsUpdate]):
    """The score is kept with the visitor's model ``model_id``, and on its card."""

    def __init__(self, visitor: Visitor, model_id: str):
        result, control = visitor.results[model_id], Control()
        expected = folds.expected_s(result)
        super().__init__(NAME, expected, FoldsUpdate, lambda: _updates(visitor, model_id, result, control), control)


def _updates(visitor: Visitor, model_id: str, result: AdaptationResult, control: Control) -> Iterator[FoldsUpdate]:
    last = FoldsUpdate("Preparing the folds.", 0.0)
    if not control.stop:  # while it waited
        resources.require_memory(memory_needed(result.plan), NAME)
        for update in ticking(_told(result, control)):
            last = update or last
            if last.pooled:
                _keep(visitor, model_id, last.pooled)
                yield last
                return
            yield last
            for _ in control.hold():
                yield FoldsUpdate("Paused until the page is open again.", last.share)
            if control.stop:
                break
    yield FoldsUpdate(STOPPED)


def _told(result: AdaptationResult, control: Control) -> Iterator[FoldsUpdate]:
    """The events of all folds as updates."""
    fold, began = Fold(0, 1), control.clock()
    each = folds.tasks(result.plan)
    for event in folds.adapt_folds(each, result.source_model, result.speaker_model, control.clock):
        if isinstance(event, Pooled):
            yield FoldsUpdate(f"Done in {max(1, round(control.clock() - began))} s.", None, event)
        elif isinstance(event, Fold):
            fold = event
            yield FoldsUpdate(_text(fold, fold.number / fold.count, control.clock() - began), fold.number / fold.count)
        elif isinstance(event, Step):
            share = (fold.number + event.progress) / fold.count
            yield FoldsUpdate(_text(fold, share, control.clock() - began), share)


def _text(fold: Fold, share: float, past: float) -> str:
    left = f", about {max(1, round(past / share - past))} s left" if share > 0.05 else ""
    return f"Fold {fold.number + 1} of {fold.count}: adapting without its speakers, then scoring them{left}."


def _keep(visitor: Visitor, model_id: str, pooled: Pooled) -> None:
    if model_id in visitor.models:  # it may have been dropped
        loaded = visitor.models[model_id]
        visitor.models[model_id] = replace(loaded, card=loaded.card | {"unheard": pooled.facts()})
        visitor.pooled[model_id] = pooled
