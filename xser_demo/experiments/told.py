"""A run from its first event to its last, telling a person about each step: for the command line and the library."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from xser_demo.experiments import source_models
from xser_demo.experiments.folds import Fold
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import Stage
from xser_demo.training.loop import Epoch, Finished
from xser_demo.utils import resources

LONG_S = 60  # of a stage; what is left of a longer one is said


def last(events: Iterator, plan: Plan, tell: Callable[[str], None], folder: Path | None = None) -> Any:
    """The last of the ``events`` of ``run.adapt`` or ``folds.adapt_folds``. ``folder``: where to keep the source-only
    model as soon as it is trained."""
    event, stage, started, at_source = None, 0, 0.0, False
    with resources.single_threaded():
        for event in events:
            if isinstance(event, Fold):
                tell(f"fold {event.number + 1} of {event.count}")
            elif isinstance(event, Stage):
                stage, started = event.epochs, time.monotonic()
                at_source = event.name == "source"
                tell(f"training on {plan.source}" if event.name == "source" else f"adapting to {plan.target}")
            elif isinstance(event, Finished) and at_source and folder:
                source_models.keep(event.model, plan, folder)
            elif isinstance(event, Epoch):
                rest = (time.monotonic() - started) / event.epoch * (stage - event.epoch)
                left = f"; about {rest / 60:.0f} min left" if rest > LONG_S else ""
                tell(f"  epoch {event.epoch}: source validation UAR {event.candidate.source_uar:.3f}{left}")
    return event
