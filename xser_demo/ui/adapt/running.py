"""A visitor's adaptation, in the background. Knows nothing of Gradio."""

from collections.abc import Iterator

from xser_demo import headroom
from xser_demo.adaptation import Plan, memory_needed
from xser_demo.ui.adapt import live
from xser_demo.ui.adapt.live import Frame
from xser_demo.ui.adapt.pace import Control
from xser_demo.ui.background import Background
from xser_demo.ui.visitor import Visitor

WHAT = "The adaptation"
ENDS_S = 5.0  # at most, for what was told to stop


class Running(Background[Frame]):
    """Gives the result to its visitor."""

    def __init__(self, plan: Plan, visitor: Visitor):
        self.plan = plan
        control = Control()
        expected_s = live.estimate(plan, live.find(plan) is None)
        super().__init__(WHAT, expected_s, _waiting, lambda: _frames(plan, visitor, control), control)

    def over(self, patience_s: float = 0.0) -> bool:
        """Whether it has ended; what was told to stop gets a little time."""
        ending = self.control.stop or (self.shown and self.shown.state == live.ENDED)
        return super().over(ENDS_S if ending else patience_s)


def _waiting(text: str) -> Frame:
    return Frame(text, state=live.ENDING)


def _frames(plan: Plan, visitor: Visitor, control: Control) -> Iterator[Frame]:
    if control.stop:  # while it waited
        yield Frame(live.STOPPED, state=live.ENDED)
        return
    headroom.check(memory_needed(plan), WHAT)
    for frame in live.frames(plan, control, visitor.heard):
        if frame.result is not None:
            live.keep(visitor, frame.result, frame.story)
        yield frame
