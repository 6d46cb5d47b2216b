"""Your voice, in the Your data tab: sentences to say, a model adapted to the speaker, and its answers beside those of
the model before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.inference.predict import encode_file
from xser_demo.inference.speaker import neutral
from xser_demo.inference.speaker.calibrate import ADAPTATION_CLIPS, MAX_CLIP_S, MAX_RECORDING_S, read_recording
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON
from xser_demo.reporting import html
from xser_demo.reporting.model_zip import export_visitor_model
from xser_demo.ui.shared import recorder
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.components import PRIVATE, QUIET, late_plot
from xser_demo.ui.shared.model_download import ModelDownload
from xser_demo.ui.shared.model_menu import loaded
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import prompts, voice_curve
from xser_demo.ui.tabs.recordings.voice import (
    MAX_CLIPS,
    all_neutral,
    calibrated,
    first,
    models,
    next_step,
    outcome,
    prompt,
    relabel,
    table,
    taught,
    warning,
    without,
)
from xser_demo.utils.errors import SettingsError, UserError
from xser_demo.utils.progress import Step

ABOUT = (
    "<p>A model works best on voices like those it was trained on. Say some sentences to adapt it to yours: with "
    f"{neutral.CLIPS} neutral ones, or {MIN_TARGET_CLIPS} in different moods, by calibrating its input, with a few "
    f"labelled clips by teaching, with {ADAPTATION_CLIPS} clips by a full adaptation. Or speak freely: a recording "
    f"longer than {MAX_CLIP_S:.0f} s, up to {MAX_RECORDING_S / 60:.0f} minutes, is cut at its pauses.</p>"
)
PRIVACY = (
    "Your clips stay in memory for this visit. They are deleted when you press Forget, two minutes after you close the "
    "page, or after half an hour without use; so is the file of a recording, after about an hour at the latest. Clips "
    "that you use as a target are written to the private folder of your visit."
)
MOODS_IN_TURN, FIVE_NEUTRAL = "Four moods in turn", f"{neutral.CLIPS} neutral sentences"
PLANS = {MOODS_IN_TURN: False, FIVE_NEUTRAL: True}  # whether every sentence is neutral
NOW_LISTEN = "Say something new: both models answer. You find them in Listen, too."
FULL_UP = f"{MAX_CLIPS} clips are the maximum; remove some, or use these."
BUTTONS = (
    ("calibrate", "Calibrate", "primary"),
    ("teach", "Teach labels", "secondary"),
    ("whole", "Adapt to these clips", "secondary"),
    ("clear", "Forget", "secondary"),
)
# A menu sets the label of a clip, a cross removes the clip.
PICK = """element.addEventListener('change', event => {
  const menu = event.target.closest('[data-meant]');
  if (menu) trigger('select', {index: +menu.dataset.meant, value: menu.value});
});
element.addEventListener('click', event => {
  const cross = event.target.closest('[data-drop]');
  if (cross) trigger('select', {index: +cross.dataset.drop, value: 'out'});
});"""


@dataclass(frozen=True, kw_only=True)
class VoiceTab(Tab):
    """``whole`` was pressed: the clips become a corpus, which is the work of the tab around this one."""

    whole: gr.Button
    line: gr.HTML


def build(visitor: gr.State) -> VoiceTab:
    return Voice(visitor).wire()


class Voice:
    """The components in the order of the page, and the functions that change them."""

    def __init__(self, visitor: gr.State):
        self.visitor = visitor
        self.number = gr.State(0)  # of the sentence to say
        self.adapted_id = gr.State("")  # of the last model that was adapted to the voice
        with gr.Row(equal_height=False):
            with gr.Column(scale=10, min_width=300):
                self._say()
            with gr.Column(scale=11, min_width=300):
                self._use()
        self.buttons = [self.calibrate, self.teach, self.whole, self.clear]
        self.shown = [self.clips, self.line, self.warning, self.check, self.curve, *self.buttons]

    def _say(self) -> None:
        """Left: the sentence to say, and the recorder."""
        gr.HTML(ABOUT, padding=False, elem_classes="x-small")
        self.sentence = gr.HTML(prompt("en", 0), padding=False, elem_id="voice-prompt")
        self.plan = gr.Radio(
            list(PLANS), value=MOODS_IN_TURN, label="What to say", show_label=False, container=False,
            elem_id="voice-plan", elem_classes="x-choice",
        )  # fmt: skip
        with gr.Row(elem_classes="x-chips"):
            self.language = gr.Dropdown(
                [(one.name, key) for key, one in prompts.LANGUAGES.items()],
                value="en", show_label=False, container=False, min_width=130, scale=0, elem_id="voice-language",
            )  # fmt: skip
            self.skip = gr.Button("Another sentence", size="sm", elem_id="voice-skip")
        self.mic = _recorder("voice-mic", "What you say", show_label=False)
        self.follow = gr.Checkbox(
            True, label="I speak in the mood that is asked for", container=False, elem_id="voice-follow"
        )
        gr.HTML(PRIVACY, padding=False, elem_classes="x-small")

    def _use(self) -> None:
        """Right: the model, what to do with the clips, a comparison, and the clips."""
        available = models(Visitor())
        self.model = gr.Dropdown(
            available, value=first(available), label="Model to adapt to your voice", elem_id="voice-model"
        )
        self.line = gr.HTML(elem_id="voice-line")
        with gr.Row(elem_classes="x-voice-buttons"):
            self.calibrate, self.teach, self.whole, self.clear = (
                gr.Button(name, variant=variant, size="md", interactive=False, min_width=110, elem_id=f"voice-{key}")
                for key, name, variant in BUTTONS
            )
        self.warning = gr.HTML(padding=False, elem_id="voice-warning")
        with gr.Column(visible=False, elem_id="voice-check") as self.check:
            self.again = _recorder("voice-again", NOW_LISTEN)
            self.answers = gr.HTML(padding=False, elem_id="voice-both")
            self.download = ModelDownload("voice-take", COMMON)
        self.clips = gr.HTML(padding=False, elem_id="voice-list", js_on_load=PICK)
        self.curve = late_plot("voice-curve")
        gr.HTML(f"<p>{voice_curve.NOTE}</p>", padding=False, elem_classes="x-small")

    def wire(self) -> VoiceTab:
        """Which event calls which function."""
        visitor, shown, chosen = self.visitor, self.shown, [self.visitor, self.model, self.adapted_id]
        place, asked = [self.number, self.sentence], [self.language, self.number, self.plan]
        self.mic.input(
            self.take,
            [self.mic, visitor, self.number, self.language, self.plan, self.follow, self.model, self.adapted_id],
            [*shown, self.mic, *place],
            show_progress_on=[self.line],
            **recorder.LAST,
            **PRIVATE,
        )
        for menu in (self.language, self.plan):
            menu.input(self.ask, asked, place, **QUIET)
        self.skip.click(self.ask_next, asked, place, **QUIET)
        self.clips.select(self.edit, chosen, shown, **QUIET)
        self.model.input(self.show, chosen, shown, **QUIET)
        for adapt, button in ((self.calibrate_model, self.calibrate), (self.teach_model, self.teach)):
            outputs = [*shown, self.answers, self.adapted_id]
            button.click(adapt, [visitor, self.model, self.again], outputs, show_progress_on=[self.line], **PRIVATE)
        self.again.input(
            self.compare, [self.again, *chosen], self.answers, show_progress_on=[self.answers], **recorder.LAST,
            **PRIVATE,
        )  # fmt: skip
        self.download.wire([visitor, self.adapted_id], _zip)
        outputs = [*shown, self.answers, self.adapted_id, self.number]
        self.clear.click(self.forget, [visitor, self.model], outputs, **QUIET)
        return VoiceTab(self.refresh, chosen, [*shown, self.model], whole=self.whole, line=self.line)

    def show(self, visitor: Visitor, model_id: str | None, adapted_id: str, message: str = "") -> dict:
        """The clips so far, and what they are enough for."""
        clips = visitor.voice_clips
        base, adapted = _loaded(visitor, model_id), _loaded(visitor, adapted_id)
        doubt = warning(base, clips) if base else ""
        enough = (
            len(clips) >= MIN_TARGET_CLIPS or all_neutral(clips), len({clip.mood for clip in clips} - {""}) > 1,
            len(clips) >= ADAPTATION_CLIPS, len(clips) > 0,
        )  # fmt: skip
        return {
            self.clips: table(clips, base, adapted),
            self.line: html.line(message or next_step(clips)),
            self.warning: f"<p class='x-warn'>{doubt}</p>" if doubt else "",
            self.check: gr.Column(visible=adapted is not None),
            self.curve: voice_curve.figure(len(clips)),
            **{button: gr.Button(interactive=can) for button, can in zip(self.buttons, enough, strict=True)},
        }

    def refresh(self, visitor: Visitor, model_id: str | None, adapted_id: str) -> dict:
        available = models(visitor)
        chosen = model_id if model_id in [known for _, known in available] else first(available)
        return self.show(visitor, chosen, adapted_id) | {self.model: gr.Dropdown(available, value=chosen)}

    def ask(self, language: str, number: int, plan: str) -> dict:
        return {self.number: number, self.sentence: prompt(language, number, PLANS[plan])}

    def ask_next(self, language: str, number: int, plan: str) -> dict:
        return self.ask(language, number + 1, plan)

    def take(
        self, path: str | None, visitor: Visitor, number: int, language: str, plan: str, follow: bool, *chosen: str
    ) -> Iterator:
        """One recording, of a sentence or of many. The recorder is emptied for the next."""
        if path is None:  # a generator must yield something, else all that it could change is emptied
            yield {self.line: gr.skip()}
            return
        try:
            if len(visitor.voice_clips) >= MAX_CLIPS:
                raise SettingsError(FULL_UP)
            for event in read_recording(path, prompts.prompt(language, number, PLANS[plan])[1] if follow else ""):
                if isinstance(event, Step):
                    yield {self.line: html.line(event.text, event.share)}
            visitor.voice_clips = (visitor.voice_clips + event)[:MAX_CLIPS]
        except UserError as error:
            yield {self.line: html.error(error), self.mic: None}
            return
        clip = event[0].encoded if len(event) == 1 else None
        doubts = " ".join(clip.quality.warnings) if clip and clip.quality else ""
        message = f"{next_step(visitor.voice_clips)} {doubts}".strip()
        following = self.ask(language, number + 1, plan) if clip else {}
        yield self.show(visitor, *chosen, message) | following | {self.mic: None}

    def edit(self, visitor: Visitor, model_id: str | None, adapted_id: str, event: gr.SelectData) -> dict:
        """Change the mood of a clip, or take the clip out of the list."""
        try:
            number, value = int(event.index), str(event.value)
            clips = visitor.voice_clips
            visitor.voice_clips = without(clips, number) if value == "out" else relabel(clips, number, value)
        except (UserError, TypeError, ValueError) as error:
            return {self.line: html.error(UserError(str(error)))}
        return self.show(visitor, model_id, adapted_id)

    def calibrate_model(self, visitor: Visitor, model_id: str | None, again: str | None) -> dict:
        def adapt(base: Loaded) -> tuple[Loaded, str]:
            return calibrated(visitor, base, visitor.voice_clips), "Calibrated; no label was used."

        return self._adapt(visitor, model_id, again, adapt)

    def teach_model(self, visitor: Visitor, model_id: str | None, again: str | None) -> dict:
        def adapt(base: Loaded) -> tuple[Loaded, str]:
            model, done = taught(visitor, base, visitor.voice_clips)
            return model, f"Taught. {outcome(done)}"

        return self._adapt(visitor, model_id, again, adapt)

    def _adapt(
        self, visitor: Visitor, model_id: str | None, again: str | None, adapt: Callable[[Loaded], tuple[Loaded, str]]
    ) -> dict:
        """A model adapted to the clips so far, beside the chosen one. ``again``: the clip that both answer to."""
        try:
            if not model_id:
                raise SettingsError("Choose a model first.")
            adapted, message = adapt(loaded(visitor, [model_id])[0])
        except UserError as error:
            return {self.line: html.error(error)}
        change = self.show(visitor, model_id, adapted.id, message) | {self.adapted_id: adapted.id}
        return change | self.compare(again, visitor, model_id, adapted.id)

    def compare(self, path: str | None, visitor: Visitor, model_id: str | None, adapted_id: str) -> dict:
        """Answers of both models to a new clip."""
        if path is None or not _loaded(visitor, adapted_id):
            return {self.answers: gr.skip()}
        try:
            visitor.bring(encode_file(path))
            ids = dict.fromkeys(one for one in (model_id, adapted_id) if one)
            return {self.answers: view.show(visitor, list(ids)).cards}
        except UserError as error:
            return {self.answers: html.error(error)}

    def forget(self, visitor: Visitor, model_id: str | None) -> dict:
        visitor.voice_clips = []
        message = "Your clips are deleted; models adapted to them stay."
        return self.show(visitor, model_id, "", message) | {self.adapted_id: "", self.number: 0, self.answers: ""}


def _recorder(elem_id: str, label: str, **options) -> gr.Audio:
    """Without the browser's processing of the sound."""
    audio = gr.Audio(
        sources=["microphone", "upload"], type="filepath", label=label, editable=False, buttons=[], elem_id=elem_id,
        **options,
    )  # fmt: skip
    recorder.fixed(elem_id, processing=False, seconds=MAX_RECORDING_S)
    return audio


def _zip(folder: Path, visitor: Visitor, adapted_id: str, with_onnx: bool) -> Path | None:
    """None after half an hour without use."""
    adapted = visitor.models.get(adapted_id)
    if adapted is None:
        return None
    export_visitor_model(adapted, folder / f"{adapted.id}.zip", with_onnx)
    return folder / f"{adapted.id}.zip"


def _loaded(visitor: Visitor, model_id: str | None) -> Loaded | None:
    """A model that this visitor can choose; None when it is not there (any more)."""
    return visitor.model(model_id) if model_id in {known for _, known in visitor.choices()} else None
