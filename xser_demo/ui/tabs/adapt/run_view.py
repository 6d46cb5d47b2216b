"""Components of the Adapt tab that show a run, and what its updates change in them."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.corpora.labels import LabelSet
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import Task, prepare
from xser_demo.reporting import failure_presets, html, score_tables
from xser_demo.ui.js import script
from xser_demo.ui.shared import adapt_options
from xser_demo.ui.shared.components import Download, as_text, late_plot
from xser_demo.ui.shared.model_download import ModelDownload
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames, resting_map, run_table
from xser_demo.ui.tabs.adapt.clips_view import ClipsView
from xser_demo.ui.tabs.adapt.controls import Controls
from xser_demo.ui.tabs.adapt.every_clip import EveryClip
from xser_demo.ui.tabs.adapt.few_labels import FewLabels
from xser_demo.ui.tabs.adapt.live_map import COLOUR
from xser_demo.ui.tabs.adapt.unheard import Unheard
from xser_demo.utils.errors import UserError

PAUSE, CONTINUE = "Pause", "Continue"
NO_MAP_YET = "<p>Press Adapt: the clips of both languages appear here and move while the model trains.</p>"
NO_CHANGES_YET = (
    "<h3>What changed</h3><p class='x-small'>The score before and now, and which emotions the model confuses less, or "
    "more.</p>"
)
NO_SCORE_YET = "<p class='x-small'>The score is computed when the training has ended.</p>"
COLOURS = "<p class='x-small'>Labels only colour the points; those of the target never reach training or choosing.</p>"
SCRUBBER = """<div class="x-scrub"><button type="button">Replay</button>
<input type="range" min="0" max="1" step="1" value="0" aria-label="Moment of the adaptation"><output></output></div>"""


class RunView:
    """Made in the order of the page: ``stage``, ``results``, ``details``."""

    def stage(self, controls: Controls) -> None:
        """One screen: controls, map, changes."""
        with gr.Row(elem_classes="x-adapt", equal_height=False):
            with gr.Column(elem_classes="x-choose"):
                controls.corpora_and_method()
                self._buttons_and_line()
            with gr.Column(elem_classes="x-stage x-dims"):
                gr.HTML(NO_MAP_YET, elem_classes="x-empty")
                self.now = late_plot("adapt-now")
                self.scrubber = gr.HTML(
                    html_template=SCRUBBER, js_on_load=script("scrubber"), elem_id="adapt-scrubber", film=None
                )
                self.legend = gr.HTML(elem_id="adapt-legend")
            with gr.Column(elem_classes="x-changes"):
                self.stale = gr.HTML(elem_id="adapt-stale")
                with gr.Column(elem_classes="x-dims"):
                    self.changes = gr.HTML(NO_CHANGES_YET, elem_id="adapt-changes", elem_classes="x-gauges")
                    self.matrix = late_plot("adapt-matrix")

    def _buttons_and_line(self) -> None:
        self.go = gr.Button("Adapt", variant="primary", elem_id="adapt-go")
        with gr.Row(elem_classes="x-run-buttons"):
            self.pause, self.step, self.stop = (
                gr.Button(name, interactive=False, size="sm", min_width=60, elem_id=f"adapt-{key}")
                for key, name in (("pause", PAUSE), ("step", "One epoch"), ("stop", "Stop"))
            )
        self.line = gr.HTML(_first_line(), elem_id="adapt-line")

    def results(self) -> None:
        with gr.Column(elem_classes="x-dims"):
            with gr.Row():
                self.listen = gr.Button("Hear it in Listen", variant="primary", visible=False, elem_id="adapt-hear")
                self.report = Download("Save report", "adapt-save", visible=False)
                self.model = ModelDownload("adapt-take")
            self.clips = ClipsView()
            with gr.Row(equal_height=False):
                with gr.Column(min_width=320):
                    self.score = gr.HTML(elem_id="adapt-score", elem_classes="x-gauges")
                with gr.Column(min_width=320):
                    self.unheard = Unheard()
            self.few_labels = FewLabels()
            self.every_clip = EveryClip()

    def details(self) -> None:
        with gr.Accordion("Training curves and domain classifier", open=False, elem_id="adapt-details"):
            with gr.Row():
                self.target, self.shares = (
                    late_plot(f"adapt-{name}", min_width=300) for name in ("target-uar", "shares")
                )
            with gr.Row():
                self.losses, self.infomax = (
                    late_plot(f"adapt-{name}", min_width=300) for name in ("losses", "infomax")
                )
            with gr.Row(equal_height=False):
                self.confusion = gr.HTML(elem_id="adapt-telling", elem_classes="x-gauges")
                self.distance = gr.HTML(elem_id="adapt-gauges", elem_classes="x-gauges")
        self.runs = gr.HTML(elem_id="adapt-runs", elem_classes="x-gauges x-runs")

    @property
    def plots(self) -> list[gr.Plot]:
        return [self.now, self.matrix, self.target, self.losses, self.shares, self.infomax]

    @property
    def outputs(self) -> list:
        """All that a run changes."""
        texts = [self.legend, self.line, self.stale, self.changes, self.score, self.confusion, self.distance, self.runs]
        buttons = [
            *self._result_buttons(),
            self.model.button,
            self.model.with_onnx,
            self.go,
            self.pause,
            self.step,
            self.stop,
        ]
        return [*self.plots, self.scrubber, *texts, *buttons, *self.clips.outputs, *self.unheard.outputs, *self._more]

    def follow(self, visitor: Visitor) -> Iterator[dict]:
        """The visitor's running adaptation until it has ended."""
        text = state = None
        try:
            for update in visitor.adaptation_job.follow():
                yield self._changed(visitor, update, update.text != text, update.state != state) or self.unchanged()
                text, state = update.text, update.state
        except UserError as error:
            yield self.failed(error)

    def _changed(self, visitor: Visitor, update: frames.LiveUpdate, new_text: bool, new_state: bool) -> dict:
        changes = self.figures(update)
        if new_text:
            changes[self.line] = html.line(update.text, update.share)
        if new_state:
            changes |= self.buttons(update.state)
        for component, value in ((self.confusion, update.confusion), (self.changes, update.changes)):
            if value is not None:
                changes[component] = value
        if update.result is not None:
            changes |= self._result(visitor, update)
        elif update.state == frames.ENDED and new_state:  # stopped before there was an epoch to keep
            changes[self.score] = ""
        return changes

    def unchanged(self) -> dict:
        return {self.line: gr.skip()}

    @property
    def resting_outputs(self) -> list:
        return [self.now, self.legend]

    def resting(self, plan: Plan | None, task: Task | None) -> dict:
        """The map and its legend before the first run, or neither."""
        figure = resting_map.draw(plan, task) if plan and task else None
        return {self.now: figure, self.legend: legend(plan, task.labels) if plan and task and figure else ""}

    def started(self, plan: Plan, labels: LabelSet) -> dict:
        return {
            **self.buttons(frames.ENDING),
            **dict.fromkeys(self._result_buttons(), gr.Button(visible=False)),
            **self.model.offer(None),
            **self.clips.show(()),
            **self.unheard.empty(),
            **self.few_labels.empty(),
            **self.every_clip.empty(),
            self.scrubber: gr.HTML(film=None),
            self.stale: "",
            self.changes: NO_CHANGES_YET,
            self.score: NO_SCORE_YET,
            self.confusion: "",
            self.distance: "",
            self.legend: legend(plan, labels),
        }

    def failed(self, error: UserError) -> dict:
        return {self.line: html.error(error), self.score: "", **self.buttons(frames.ENDED)}

    def _result(self, visitor: Visitor, update: frames.LiveUpdate) -> dict:
        result: AdaptationResult = update.result
        plan = result.plan
        return {
            self.score: score_tables.result(result, failure_presets.outcome(result)),
            self.distance: score_tables.distances(
                plan.source, plan.target, result.distances_before, result.distances_after, telling=False
            ),
            self.runs: run_table.table(visitor.results.values()),
            self.scrubber: gr.HTML(film=as_text(update.film)),
            **self.clips.show(update.clips),
            **self.unheard.offer(result),
            **self.few_labels.offer(visitor, result),
            **self.every_clip.offer(),
            **dict.fromkeys(self._result_buttons(), gr.Button(visible=True)),
            **self.model.offer(result.model.recipe),
        }

    def figures(self, update: frames.LiveUpdate) -> dict:
        """The figures that have something to show."""
        figures = (update.now, update.matrix, update.target, *(update.curves or [None] * 3))
        pairs = zip(self.plots, figures, strict=True)
        return {plot: figure for plot, figure in pairs if figure is not None and figure.data}

    def buttons(self, state: str) -> dict:
        """Only what makes sense in this state can be pressed."""
        name = CONTINUE if state == frames.PAUSED else PAUSE
        return {
            self.go: gr.Button(interactive=state == frames.ENDED),
            self.pause: gr.Button(name, interactive=state in (frames.RUNNING, frames.PAUSED)),
            self.step: gr.Button(interactive=state == frames.PAUSED),
            self.stop: gr.Button(interactive=state != frames.ENDED),
        }

    @property
    def _more(self) -> list:
        return [*self.few_labels.outputs, *self.every_clip.outputs]

    def _result_buttons(self) -> list[gr.Button]:
        return [self.listen, self.report.button]


def legend(plan: Plan, labels: LabelSet) -> str:
    return score_tables.legend(plan.source, plan.target, labels, COLOUR) + COLOURS


def _first_line() -> str:
    """The words of the default settings, before anything is chosen."""
    defaults = adapt_options.form_defaults(adapt_options.COMMON)
    try:
        plan = Plan.from_settings(defaults.source, defaults.target, epochs=defaults.epochs)
        return html.line(adapt_options.ready(plan, prepare(plan)))
    except UserError as error:
        return html.error(error)
