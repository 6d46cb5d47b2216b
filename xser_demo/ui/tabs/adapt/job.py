"""A visitor's adaptation as a background job."""

from collections.abc import Iterator

from xser_demo.experiments.plan import Plan
from xser_demo.experiments.source_models import estimate
from xser_demo.experiments.task import Task, memory_needed
from xser_demo.ui.jobs.background import BackgroundJob
from xser_demo.ui.jobs.control import Control
from xser_demo.ui.shared.adapt_options import JOB_NAME
from xser_demo.ui.shared.model_menu import keep
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames
from xser_demo.ui.tabs.adapt.frames import LiveUpdate
from xser_demo.utils import resources

STOP_TIMEOUT_S = 5.0  # that a stopped run gets to end


class AdaptationJob(BackgroundJob[LiveUpdate]):
    """The result becomes one of the visitor's models."""

    def __init__(self, plan: Plan, task: Task, visitor: Visitor):
        self.plan, self.labels = plan, task.labels  # not the task: a job that has ended must not hold its frames
        control = Control()
        expected_s = estimate(plan, task)
        super().__init__(JOB_NAME, expected_s, _waiting, lambda: _updates(plan, task, visitor, control), control)

    def over(self, patience_s: float = 0.0) -> bool:
        """Whether it has ended; a stopped run gets a little time to do so."""
        ending = self.control.stop or (self.shown and self.shown.state == frames.ENDED)
        return super().over(STOP_TIMEOUT_S if ending else patience_s)


def _waiting(text: str) -> LiveUpdate:
    return LiveUpdate(text, state=frames.ENDING)


def _updates(plan: Plan, task: Task, visitor: Visitor, control: Control) -> Iterator[LiveUpdate]:
    if control.stop:  # stopped while it waited
        yield LiveUpdate(frames.STOPPED, state=frames.ENDED)
        return
    resources.require_memory(memory_needed(plan), JOB_NAME)
    for update in frames.frames(plan, control, visitor.clip, task):
        if update.result is not None:
            keep(visitor, update.result, update.map_history)
        yield update
