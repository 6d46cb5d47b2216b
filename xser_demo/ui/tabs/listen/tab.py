"""The Listen tab: an answered clip to begin with; record, upload or pick one, or speak live, and compare models."""

from collections.abc import Callable

import gradio as gr
import plotly.graph_objects as go

from xser_demo.data import packs
from xser_demo.inference.predict import EncodedClip
from xser_demo.networks.heads import attention
from xser_demo.reporting import html
from xser_demo.ui.js import script
from xser_demo.ui.shared import clips, recorder, texts
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import PickedClip
from xser_demo.ui.shared.components import PRIVATE, QUIET, late_plot
from xser_demo.ui.shared.model_menu import MAX_MODELS, SEPARATOR, defaults, menu
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import opening, small_map
from xser_demo.ui.tabs.listen.fine_tune import FineTune, pair_of
from xser_demo.ui.tabs.listen.stream import LiveMicrophone
from xser_demo.utils.errors import UserError

RECORD, LIVE = "Record", "Live"
READ_ALOUD = "element.setAttribute('aria-live', 'polite');"  # by screen readers, when it changes
ATTENTION = [("All heads", 0), *((str(n), n) for n in range(1, attention.HEADS + 1))]


def build(visitor: gr.State) -> Tab:
    return ListenTab(visitor).wire()


class ListenTab:
    """Components in the order of the page; ``wire`` says which event calls which method."""

    def __init__(self, visitor: gr.State):
        scenes = opening.scenes_of(defaults(Visitor()))
        self.first = opening.picked(scenes) if scenes else None  # the clip of who has brought none
        self.visitor, self.known_models, self.number = visitor, gr.State([]), gr.State(0)
        self.live = LiveMicrophone()
        self.language, self.others = opening.language_switch()
        with gr.Row(equal_height=False):
            with gr.Column(scale=3, min_width=330, elem_id="listen-ask"):
                self._input()
            with gr.Column(scale=8, min_width=320, elem_classes=["x-answer"], elem_id="listen-answer") as self.recorded:
                self._predictions()
            self.live.predictions()
        self.fine_tune = FineTune()

    def _input(self) -> None:
        gr.HTML(
            f"<h2 class='x-lead'>{texts.LEAD}</h2><p class='x-small'>{texts.CAUTION}</p>",
            elem_id="caution",
            padding=False,
        )
        self.mode = gr.Radio(
            [RECORD, LIVE],
            value=RECORD,
            label="Way to speak",
            show_label=False,
            container=False,
            elem_id="mode",
            elem_classes="x-choice",
        )
        with gr.Column(elem_id="record") as self.record:
            self.clip = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                label="Your clip",
                show_label=False,
                editable=False,
                buttons=["download"],  # no sharing: only the visitor takes a clip elsewhere
                elem_id="clip",
            )
            with gr.Row(elem_classes="x-chips"):
                self.real = gr.Button("Real recording", size="sm", elem_id="real", interactive=bool(packs.available()))
                self.voice = gr.Button("Synthetic voice", size="sm", elem_id="voice")
                self.upload = gr.UploadButton(
                    "Upload", size="sm", file_types=["audio", ".webm", ".m4a", ".mp4"], elem_id="upload"
                )
            self.line = gr.HTML(
                self.first.line if self.first else "", padding=False, elem_id="clip-line", elem_classes="x-small x-clip"
            )
            recorder.controls()
        self.live.microphone()
        self.quadrant = gr.HTML(padding=False, elem_id="quadrant")

    def _predictions(self) -> None:
        ids, first = defaults(Visitor()), self.first
        shown = view.show(Visitor(), ids, first and first.label, clip=first and first.encoded)
        with gr.Row(elem_id="scene"):
            self.scene = gr.HTML(
                opening.line(opening.scenes_of(ids)), padding=False, elem_id="scene-line", elem_classes="x-small"
            )
            self.another = gr.Button(
                "Next clip where they differ", size="sm", elem_id="another", visible=first is not None, scale=0
            )
        with gr.Row(equal_height=False, elem_id="answers"):
            self.cards = gr.HTML(shown.cards, padding=False, elem_id="cards")
            self.map = small_map.small_map(ids, first and first.encoded)
        self.tally = gr.HTML(
            opening.tally(Visitor(), ids, first and first.encoded.stored), padding=False, elem_id="tally"
        )
        self.sentence = gr.HTML(
            shown.sentence, padding=False, elem_id="sentence", elem_classes="x-sentence", js_on_load=READ_ALOUD
        )
        self.plot = late_plot("attention", value=shown.figure)
        self.heads = gr.Radio(
            ATTENTION, value=0, label="Attention head", visible=shown.heads, show_label=False, container=False,
            elem_id="heads", elem_classes="x-choice",
        )  # fmt: skip
        gr.HTML("", js_on_load=script("follow"), elem_id="cursor")
        gr.Plot(go.Figure(), visible="hidden", elem_id="early")  # loads plotly.js before the first clip needs it

    def wire(self) -> Tab:
        fine = self.fine_tune
        answer = [self.cards, self.plot, self.sentence, self.quadrant, self.heads, self.tally, self.map, self.another]
        inputs = [self.visitor, fine.models, self.heads]
        clip = [self.clip, self.visitor, self.line, self.scene, self.number, *answer]
        picked = {"outputs": clip, "show_progress_on": [self.cards], **PRIVATE}
        models = [*fine.outputs, self.language, self.others]
        use_voice, complete = self.use_voice, self.complete  # the same object for several events: they share one queue
        events = [
            # ``input`` is what a person does; a clip that the page puts into the recorder does not fire it.
            self.clip.input(self.use_recording, [self.clip, *inputs], **recorder.LAST, **picked),
            self.upload.upload(self.use_upload, [self.upload, *inputs], **picked),
            self.real.click(self.use_real, [fine.corpus, fine.emotion, *inputs], **picked),
            self.another.click(self.use_another, [self.number, *inputs], **picked),
            self.voice.click(use_voice, [fine.reader, *inputs], **picked),
            fine.reader.input(use_voice, [fine.reader, *inputs], **picked),
        ]
        change_language = self.change_language
        for control in (self.language, self.others):
            event = control.input(
                change_language,
                [self.language, self.others, self.visitor, self.heads],
                [*models, *clip],
                show_progress_on=[self.cards],
                trigger_mode="always_last",
                **PRIVATE,
            )
            events.append(event)
        for event in events:
            event.then(complete, inputs, [self.plot, self.map], **QUIET)
        self.heads.input(self.change_head, inputs, self.plot, **QUIET)
        modes = [self.record, self.recorded, self.live.input_column, self.live.answer_column, self.quadrant]
        self.mode.input(self.change_mode, self.mode, modes, **QUIET)
        self.live.wire(self.visitor, fine.models)
        fine.models.input(self.change_models, inputs, [self.line, self.scene, *models, *answer], **QUIET)
        fine.pair.input(self.change_pair, [fine.pair, *inputs], [self.line, self.scene, *models, *answer], **QUIET)
        fine.wire()
        return Tab(
            self.refresh,
            [*inputs, self.known_models],
            [fine.models, self.known_models, self.line, self.scene, *answer],
            fine.settings,
            self.set_up,
            [*fine.settings.values(), fine.pair, self.language, self.others],
        )

    def use_recording(self, path: str | None, visitor: Visitor, model_ids: list[str], head: int) -> dict:
        """Predict a recorded or uploaded clip. None comes when the recorder is emptied: the predictions stay."""
        if path is None:
            return {self.line: gr.skip()}
        return self._predict(visitor, model_ids, head, lambda: clips.own_clip(path)) | {self.clip: gr.skip()}

    def use_upload(self, path: str | None, visitor: Visitor, model_ids: list[str], head: int) -> dict:
        if path is None:
            return {self.line: gr.skip()}
        return self._predict(visitor, model_ids, head, lambda: clips.own_clip(path, play=True))

    def use_real(self, corpus: str, emotion: str, visitor: Visitor, model_ids: list[str], head: int) -> dict:
        """A random clip of a corpus; only these count for the tally, since the others are chosen by their answers."""
        return self._predict(visitor, model_ids, head, lambda: clips.real_recording(corpus, emotion), count=True)

    def use_voice(self, number: int | None, visitor: Visitor, model_ids: list[str], head: int) -> dict:
        return self._predict(visitor, model_ids, head, lambda: clips.synthetic_voice(number))

    def use_another(self, number: int, visitor: Visitor, model_ids: list[str], head: int) -> dict:
        """The next of the chosen clips on which the two models differ."""
        found = opening.scenes_of(model_ids)
        if found is None:  # the models were changed meanwhile
            return {self.scene: ""}
        change = self._predict(visitor, model_ids, head, lambda: opening.picked(found, number + 1))
        return change | {self.scene: opening.line(found), self.number: number + 1}

    def change_language(self, target: str, others: bool, visitor: Visitor, head: int) -> dict:
        """Models, clips and map of a language together, with a clip on which the models differ."""
        ids = opening.models_for(target, others)
        found = opening.scenes_of(ids)
        change = self.fine_tune.change(ids, target)
        if found is None:
            return change | {self.scene: html.line("")}
        change |= self._predict(visitor, ids, head, lambda: opening.picked(found))
        return change | {self.scene: opening.line(found), self.number: 0}

    def _predict(
        self, visitor: Visitor, ids: list[str], head: int, pick: Callable[[], PickedClip], count: bool = False
    ) -> dict:
        """The answers to a picked clip. Errors are shown beside the recorder; the previous predictions stay."""
        try:
            picked = pick()
            shown = view.show(visitor, ids, picked.label, head, picked.encoded)
        except UserError as error:
            return {self.line: html.error(error)}
        visitor.bring(picked.encoded, picked.label, picked.line)
        if count:
            opening.count(visitor, picked.encoded.stored, picked.label, shown.answers)
        answer = self._answer(visitor, ids, shown)
        return {self.clip: picked.sound, self.visitor: visitor, self.line: picked.line, self.scene: "", **answer}

    def _answer(self, visitor: Visitor, ids: list[str], shown: view.Shown) -> dict:
        encoded, _ = self._current(visitor)
        return {
            self.cards: shown.cards,
            self.plot: shown.figure,
            self.sentence: shown.sentence,
            self.quadrant: shown.quadrant,
            self.heads: gr.Radio(visible=shown.heads),
            self.tally: opening.tally(visitor, ids, encoded and encoded.stored),
            self.map: gr.HTML(**small_map.props(ids, encoded)),
            self.another: gr.Button(visible=opening.scenes_of(ids) is not None),
        }

    def _current(self, visitor: Visitor) -> tuple[EncodedClip | None, str | None]:
        """The visitor's clip and its label, or those that the page opens with."""
        if visitor.clip is None and self.first:
            return self.first.encoded, self.first.label
        return visitor.clip, visitor.label

    def _show(self, visitor: Visitor, ids: list[str], head: int) -> view.Shown:
        encoded, label = self._current(visitor)
        return view.show(visitor, ids, label, head, encoded)

    def complete(self, visitor: Visitor, ids: list[str], head: int) -> dict:
        """What takes longer than the predictions and comes after them: the timeline of a longer clip, and the star of
        the visitor's own on the small map."""
        figure = self._show(visitor, ids, head).figure if view.unfold(visitor) else gr.skip()
        star = small_map.late_star(ids, visitor.clip)
        return {self.plot: figure, self.map: gr.HTML(**star) if star else gr.skip()}

    def change_head(self, visitor: Visitor, ids: list[str], head: int):
        return self._show(visitor, ids, head).figure

    def change_mode(self, mode: str) -> dict:
        """The recorder that is not used leaves the page, so that it stops; the answers are only hidden: put on the page
        again, figures and the small map would be empty."""
        live = mode == LIVE
        return {
            self.record: gr.Column(visible=not live),
            self.recorded: gr.Column(elem_classes=["x-answer", "x-away"] if live else ["x-answer"]),
            self.live.input_column: gr.Column(visible=live),
            self.live.answer_column: gr.Column(visible=live),
            self.quadrant: gr.HTML(elem_classes=["x-away"] if live else []),
        }

    def change_models(self, visitor: Visitor, ids: list[str], head: int) -> dict:
        try:
            shown = self._show(visitor, ids, head)
        except UserError as error:
            return {self.line: html.error(error)}
        target, others = opening.target_of(ids) or (None, False)
        switch = {self.language: target, self.others: others, self.fine_tune.pair: pair_of(ids), self.scene: ""}
        return switch | self._answer(visitor, ids, shown)

    def change_pair(self, pair: str, visitor: Visitor, ids: list[str], head: int) -> dict:
        ids = pair.split(SEPARATOR) if pair else []
        return self.change_models(visitor, ids, head) | {self.fine_tune.models: ids}

    def set_up(self, values: dict) -> dict:
        """Changes for the values of a link (links.py), with what depends on them."""
        change = self.fine_tune.set_up(values)
        if ids := values.get("models"):
            change[self.language], change[self.others] = opening.target_of(ids) or (None, False)
        return change

    def refresh(self, visitor: Visitor, ids: list[str], head: int, known_models: list[str]) -> dict:
        """Add models made in this visit to the menu; the clip may have been changed in another tab."""
        choices = menu(visitor)
        available = [model_id for _, model_id in choices]
        new = [model_id for model_id in visitor.models if model_id not in known_models]
        kept = [model_id for model_id in ids if model_id in available and model_id not in new]
        ids = kept[: MAX_MODELS - len(new[-1:])] + new[-1:] or defaults(visitor)
        models = gr.Dropdown(choices=choices, value=ids)
        change = {self.fine_tune.models: models, self.known_models: list(visitor.models)}
        if visitor.clip:
            change |= {self.line: visitor.line or clips.clip_line(visitor.clip)}
            change |= {} if visitor.clip.stored else {self.scene: ""}
        return change | self._answer(visitor, ids, self._show(visitor, ids, head))
