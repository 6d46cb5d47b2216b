"""The part "Label twenty clips": the visitor listens to clips and labels them by keyboard; a score grows meanwhile."""

from html import escape

import gradio as gr
import numpy as np

from xser_demo.corpora.user import KEY
from xser_demo.evaluation.label_sample import MIN_LABELS, NONE_OF_THESE
from xser_demo.experiments import clip_answers, model_card, user_labels
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.user_labels import Labels
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import html, report_clips
from xser_demo.ui.js import script
from xser_demo.ui.shared import clip_media
from xser_demo.ui.shared.clips import recording
from xser_demo.ui.shared.components import PRIVATE, QUIET
from xser_demo.ui.shared.model_menu import join
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import SettingsError, UserError

ENOUGH = 20  # labels
MAX_PLAYED_S = 15.0
BACK = "back"
OFFER = (
    "<h3>No labels, and yet a score</h3><p>Label twenty clips that are drawn at random, spread over the models' "
    "answers, and each model gets a score with an interval. Your labels reach no training.</p>"
)
TAUGHT = "taught"
NAMES = {TAUGHT: "Adapted and taught"}


class FewLabels:
    def __init__(self):
        with gr.Column(visible=False, elem_id="adapt-labels") as self.column:
            self.offered = gr.HTML(OFFER, elem_classes="x-gauges")
            with gr.Row(elem_classes="x-run-buttons"):
                self.begin = gr.Button("Label twenty clips", variant="primary", elem_id="adapt-labels-begin")
                self.teach = gr.Button(
                    "Teach the model with the first half", visible=False, size="sm", elem_id="adapt-labels-teach"
                )
            self.clip = gr.HTML(elem_id="adapt-labels-clip", js_on_load=script("labels"))
            self.score = gr.HTML(elem_id="adapt-labels-score", elem_classes="x-gauges")
            self.line = gr.HTML(elem_id="adapt-labels-line")
        self.shown = [self.begin, self.teach, self.clip, self.score, self.line]
        self.outputs = [self.column, *self.shown]

    def wire(self, visitor: gr.State) -> None:
        self.begin.click(self._begin, visitor, self.shown, show_progress_on=[self.line], **PRIVATE)
        # A quick key comes before the page has seen the end of the event before it.
        self.clip.select(self._label, visitor, self.shown, trigger_mode="multiple", **QUIET)
        self.teach.click(self._teach, visitor, self.shown, show_progress_on=[self.line], **PRIVATE)

    def empty(self) -> dict:
        return {self.column: gr.Column(visible=False), **self._first()}

    def offer(self, visitor: Visitor, result: AdaptationResult) -> dict:
        """For recordings of the visitor without a score; labels of an earlier run score the new models at once."""
        own = visitor.recordings
        if result.scores or result.plan.target != KEY or own is None:
            return self.empty()
        shown = self._show(visitor, own) if fitting(own, result) else self._first()
        return {self.column: gr.Column(visible=True), **shown}

    def _first(self) -> dict:
        """Before a clip was labelled."""
        return {
            self.begin: gr.Button(visible=True), self.teach: gr.Button(visible=False), self.clip: "", self.score: "",
            self.line: "",
        }  # fmt: skip

    def _begin(self, visitor: Visitor) -> dict:
        found, own = visitor.latest_answers(), visitor.recordings
        if found is None or own is None or not own.there:
            return {self.line: html.error(UserError("The recordings were deleted; send them again."))}
        if own.labels is None:
            own.labels = Labels.begin(found)
        return self._show(visitor, own)

    def _label(self, visitor: Visitor, event: gr.SelectData) -> dict:
        """A key or a button: ``event.index`` is the number of the clip on the page, so that a key that is pressed
        twice labels one clip."""
        own = visitor.recordings
        if own is None or own.labels is None or event.index != len(own.labels.given):
            return {self.line: gr.skip()}
        if event.value == BACK:
            own.labels.take_back()
        elif isinstance(event.value, int):
            own.labels.give(event.value)
        own.touch()
        return self._show(visitor, own)

    def _teach(self, visitor: Visitor) -> dict:
        own, (_, result) = visitor.recordings, visitor.latest()
        if own is None or own.labels is None or result is None or not own.labels.can_teach:
            return {self.line: gr.skip()}
        try:
            model, answers = user_labels.teach(result, own.labels)
        except SettingsError as error:
            return {self.line: html.error(error)}
        own.labels.teach()
        number = next(n for n in range(1, 1000) if f"taught-{n}" not in visitor.models)
        card = model_card.model_card(result, f"taught-{number}", "Your model, taught with labels of yours")
        card |= {"few_labels": {"labels": own.labels.taught}, "uar": None}
        join(visitor, Loaded(f"taught-{number}", model, card))
        return self._show(visitor, own, answers)

    def _show(self, visitor: Visitor, own: UserRecordings, taught: np.ndarray | None = None) -> dict:
        labels, found = own.labels, visitor.latest_answers()
        assert labels is not None and found is not None
        if taught is not None:
            found.answers[TAUGHT] = taught
        scores = labels.scores(found.utterances, found.answers)
        return {
            self.begin: gr.Button(visible=False),
            self.teach: gr.Button(visible=labels.can_teach),
            self.clip: clip_to_label(own, labels),
            self.score: report_clips.score_table(scores, NAMES),
            self.line: html.line(progress(labels)),
        }


def fitting(own: UserRecordings, result: AdaptationResult) -> bool:
    """Whether the labels of an earlier run score this one; others are forgotten."""
    if own.labels is not None:
        paths = {utterance.path for utterance in clip_answers.utterances(result)}
        if own.labels.classes != result.task.labels.classes or not set(own.labels.asked) <= paths:
            own.labels = None
    return own.labels is not None


def progress(labels: Labels) -> str:
    done = len(labels.given)
    taught = f" {labels.taught} of them taught the model; the score is that of the others." if labels.taught else ""
    if labels.next is None:
        return f"{done} clips are labelled; there are no more to label.{taught}"
    if done < MIN_LABELS:
        return f"{done} of {ENOUGH} labelled; a first score comes with {MIN_LABELS}."
    if done < ENOUGH:
        return f"{done} of {ENOUGH} labelled.{taught}"
    return f"{done} labelled; each further one, up to {len(labels.asked)}, narrows the interval.{taught}"


def clip_to_label(own: UserRecordings, labels: Labels) -> str:
    """A player and a button for each class, as HTML; "" when all are labelled. No model's answer is shown."""
    path = labels.next
    if path is None:
        return ""
    number = len(labels.given)
    row = next((row for row in own.scan.rows if row.path == path), None)
    pack = next(iter(own.packs.values()), None)
    utterance = next((one for one in pack.utterances if one.path == path), None) if pack else None
    sound = recording(utterance, own) if utterance and row else None
    player = (
        f"<audio controls autoplay aria-label='clip {number + 1}' "
        f"src='{clip_media.data_address(sound, MAX_PLAYED_S)}'></audio>"
        if sound
        else "<p class='x-error'>This clip cannot be played any more; send the recordings again.</p>"
    )
    buttons = [(str(key), name, str(key - 1)) for key, name in enumerate(labels.classes, start=1)]
    buttons += [("0", "none of these", str(NONE_OF_THESE)), ("\N{LEFTWARDS ARROW}", "back", BACK)]
    keys = "".join(
        f"<button type='button' data-label='{value}'><kbd>{key}</kbd> {escape(name)}</button>"
        for key, name, value in buttons
    )
    return (
        f"<div class='x-label' data-clip='{number}'><p><strong>Clip {number + 1}</strong>: which emotion do you hear? "
        f"Press its number; space plays again.</p>{player}<div class='x-keys'>{keys}</div></div>"
    )
