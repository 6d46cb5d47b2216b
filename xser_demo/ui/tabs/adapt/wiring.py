"""Which function answers which setting of the Adapt tab."""

from collections.abc import Callable
from functools import partial

import gradio as gr

from xser_demo.experiments.task import prepare
from xser_demo.reporting import failure_presets, html
from xser_demo.ui.jobs.background import is_running
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.components import IN_ORDER, QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import changes
from xser_demo.ui.tabs.adapt.controls import Controls
from xser_demo.ui.tabs.adapt.form import by_name, make_plan, needs_encoding, ready_recordings
from xser_demo.ui.tabs.adapt.run_view import RunView
from xser_demo.utils.errors import UserError

STALE = "<p class='x-stale' role='status'>These are the results of other settings; press Adapt again.</p>"  # dims them


def wire(controls: Controls, visitor: gr.State, view: RunView) -> tuple[Callable, list, list]:
    """After every choice the page says what pressing Adapt will do, and dims results of other settings; before the
    first run it draws the map that the run will begin with. Returns the function that does it, its inputs and its
    outputs."""
    c = controls
    describe = partial(_describe, controls, view)
    outputs = [view.line, view.go, view.stale, c.explanation, *view.resting_outputs]
    inputs = [visitor, *c.inputs]
    for choice in (c.source, c.more, c.weights, c.normalise, c.fold, c.epochs, c.strength, c.seed):
        choice.input(describe, inputs, outputs, trigger_mode="always_last", **IN_ORDER)
    for choice, change, given, changed in _dependencies(controls, visitor):
        event = choice.input(partial(change, controls), given, changed, **QUIET)
        event.then(describe, inputs, outputs, **IN_ORDER)
    for name, button in c.presets.items():
        event = button.click(partial(changes.select_preset, controls, name), None, c.outputs, **QUIET)
        event.then(describe, inputs, outputs, **IN_ORDER)
    return describe, inputs, outputs


def _dependencies(c: Controls, visitor: gr.State) -> list[tuple]:
    """(component, function, inputs, outputs) of each choice that changes others."""
    mixture = [c.more, c.weights, c.second, c.normalise]
    method = [c.about, c.method, c.idea, c.strength, c.epochs, c.fold]
    system = [c.variant, c.source, c.target, c.labels, c.shift, c.encoder, *mixture, *method]
    target = [visitor, c.target, c.second, c.system, c.variant, c.mode]
    encoder = [visitor, c.encoder, c.source, c.target, c.more, c.second, c.mode]
    return [
        (c.system, changes.select_system, [c.system], system),
        (c.variant, changes.select_variant, [c.system, c.variant, c.target, c.second], method),
        (c.target, changes.select_target, target, [c.fold, c.mode]),
        (c.second, changes.select_target, target, [c.fold, c.mode]),
        (c.encoder, changes.select_encoder, encoder, [c.source, c.target, *mixture, c.fold, c.mode]),
        (c.method, changes.select_method, [c.method, c.system, c.variant], [c.idea, c.strength, c.epochs]),
        (c.labels, changes.select_labels, [c.labels, c.shift], [c.shift]),
        (c.shift, changes.select_shift, [c.shift, c.mode], [c.mode]),
        (c.mode, changes.select_mode, [c.mode, c.shift], [c.shift]),
    ]


def _describe(controls: Controls, view: RunView, visitor: Visitor, *values) -> dict:
    """What pressing Adapt will do, or why it cannot; the button can be pressed where it can. A running adaptation keeps
    its own words."""
    plan, task, possible, settings = None, None, True, by_name(values)
    try:
        if encoder := needs_encoding(visitor, settings):
            message = html.line(adapt_options.encodes_first(encoder))
        else:
            plan = make_plan(settings, ready_recordings(visitor))
            task = prepare(plan)
            message = html.line(adapt_options.ready(plan, task))
    except UserError as error:
        message, possible = html.error(error), False
    resting = view.resting(plan, task) if visitor.adaptation_job is None else {}
    job = visitor.adaptation_job  # asked for again: Adapt may have been pressed while the map was drawn
    stale = job is not None and job.plan != plan
    changed = {controls.explanation: failure_presets.explained(plan), view.stale: STALE if stale else ""}
    if job is None:
        changed |= resting
    if is_running(job):
        return changed
    return changed | {view.line: message, view.go: gr.Button(interactive=possible)}
