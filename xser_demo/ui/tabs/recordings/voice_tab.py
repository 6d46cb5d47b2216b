"""Your voice, in the Your data tab: sentences to say, a model that gets used to them, and both heard beside each
other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.inference.predict import encode_file
from xser_demo.inference.speaker.calibrate import ADAPTATION_CLIPS, MAX_CLIP_S, MAX_RECORDING_S, read_recording
from xser_demo.reporting import score_tables
from xser_demo.reporting.model_zip import export_visitor_model
from xser_demo.ui.shared import recorder
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import error_line
from xser_demo.ui.shared.components import PRIVATE, QUIET, Download
from xser_demo.ui.shared.model_menu import loaded
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import prompts
from xser_demo.ui.tabs.recordings.voice import (
    MOST,
    STYLE,
    calibrated,
    first,
    meant,
    models,
    next_step,
    outcome,
    prompt,
    table,
    taught,
    warning,
    without,
)
from xser_demo.utils.errors import SettingsError, UserError
from xser_demo.utils.progress import Step

ABOUT = (
    "<p>A model is used to the voices that it learnt from. Say some sentences in different moods, and it gets used to "
    f"yours: from {MIN_TARGET_CLIPS} clips by statistics alone, from a few that you label by teaching, from "
    f"{ADAPTATION_CLIPS} by a whole adaptation. Or speak freely: what is longer than {MAX_CLIP_S:.0f} s, up to "
    f"{MAX_RECORDING_S / 60:.0f} minutes, is cut at its pauses.</p>"
)
PRIVACY = (
    "What was heard stays in the memory of your visit. It goes when you forget it, two minutes after you close the "
    "page, or after half an hour without use; the file of a recording goes then, too, or after about an hour. Clips "
    "that you make a target are written to the private folder of your visit."
)
NOW_LISTEN = "Say something new: both models answer. They are in Listen, too."
FULL_UP = f"{MOST} clips are as many as fit; take some out, or use these."
# A menu says how a clip was meant, a cross takes it out.
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
    """``whole`` was pressed: what was said becomes a corpus of one's own, which is the tab's work."""

    whole: gr.Button
    line: gr.HTML


def build(visitor: gr.State) -> VoiceTab:
    place, tuned = gr.State(0), gr.State("")  # of the sentence to say; id of the last model that got used to the voice
    gr.HTML(STYLE + score_tables.STYLE, elem_classes="x-style")
    with gr.Row(equal_height=False):
        with gr.Column(scale=10, min_width=300):
            gr.HTML(ABOUT, padding=False, elem_classes="x-small")
            sentence = gr.HTML(prompt("en", 0), padding=False, elem_id="voice-prompt")
            with gr.Row(elem_classes="x-chips"):
                language = gr.Dropdown(
                    [(one.name, key) for key, one in prompts.LANGUAGES.items()],
                    value="en", show_label=False, container=False, min_width=130, scale=0, elem_id="voice-language",
                )  # fmt: skip
                skip = gr.Button("Another sentence", size="sm", elem_id="voice-skip")
            mic = gr.Audio(
                sources=["microphone", "upload"], type="filepath", label="What you say", show_label=False,
                editable=False, buttons=[], elem_id="voice-mic",
            )  # fmt: skip
            recorder.fixed("voice-mic", processing=False)
            follow = gr.Checkbox(
                True, label="I say it in the mood that is asked for", container=False, elem_id="voice-follow"
            )
            gr.HTML(PRIVACY, padding=False, elem_classes="x-small")
        with gr.Column(scale=11, min_width=300):
            there = models(Visitor())
            model = gr.Dropdown(there, value=first(there), label="Model that gets used to you", elem_id="voice-model")
            line = gr.HTML(elem_id="voice-line")
            with gr.Row(elem_classes="x-voice-buttons"):
                calibrate, teach, whole, clear = (
                    gr.Button(name, variant=look, size="md", interactive=False, min_width=110, elem_id=f"voice-{key}")
                    for key, name, look in (
                        ("calibrate", "Calibrate", "primary"),
                        ("teach", "Teach labels", "secondary"),
                        ("whole", "Use as target", "secondary"),
                        ("clear", "Forget", "secondary"),
                    )
                )
            warned = gr.HTML(padding=False, elem_id="voice-warning")
            with gr.Column(visible=False, elem_id="voice-check") as check:
                again = gr.Audio(
                    sources=["microphone", "upload"], type="filepath", label=NOW_LISTEN, editable=False, buttons=[],
                    elem_id="voice-again",
                )  # fmt: skip
                recorder.fixed("voice-again", processing=False)
                both = gr.HTML(padding=False, elem_id="voice-both")
                take_home = Download("Take this model home", "voice-take")
            listed = gr.HTML(padding=False, elem_id="voice-list", js_on_load=PICK)
    buttons = [calibrate, teach, whole, clear]

    def shows(visitor: Visitor, model_id: str | None, made: str, said: str = "") -> dict:
        """The clips so far, and what they are enough for."""
        clips = visitor.voice_clips
        base, mine = _loaded(visitor, model_id), _loaded(visitor, made)
        words = warning(base, clips) if base else ""
        enough = (
            len(clips) >= MIN_TARGET_CLIPS, len({one.mood for one in clips} - {""}) > 1,
            len(clips) >= ADAPTATION_CLIPS, len(clips) > 0,
        )  # fmt: skip
        return {
            listed: table(clips, base, mine),
            line: score_tables.line(said or next_step(clips)),
            warned: f"<p class='x-warn'>{words}</p>" if words else "",
            check: gr.Column(visible=mine is not None),
            **{one: gr.Button(interactive=can) for one, can in zip(buttons, enough, strict=True)},
        }

    def take(path: str | None, visitor: Visitor, number: int, language: str, follow: bool, model_id, made) -> Iterator:
        """One recording, of a sentence or of many. The recorder is emptied for the next."""
        if path is None:  # a generator must yield something, else all that it could change is emptied
            yield {line: gr.skip()}
            return
        try:
            if len(visitor.voice_clips) >= MOST:
                raise SettingsError(FULL_UP)
            for event in read_recording(path, prompts.prompt(language, number)[1] if follow else ""):
                if isinstance(event, Step):
                    yield {line: score_tables.line(event.text, event.share)}
            visitor.voice_clips = (visitor.voice_clips + event)[:MOST]
        except UserError as error:
            yield {line: score_tables.error(error), mic: None}
            return
        heard = event[0].encoded if len(event) == 1 else None
        doubts = " ".join(heard.quality.warnings) if heard and heard.quality else ""
        said = f"{next_step(visitor.voice_clips)} {doubts}".strip()
        following = {place: number + 1, sentence: prompt(language, number + 1)} if heard else {}
        yield shows(visitor, model_id, made, said) | following | {mic: None}

    def other(language: str, number: int, step: int) -> dict:
        return {place: number + step, sentence: prompt(language, number + step)}

    def pick(visitor: Visitor, model_id: str | None, made: str, event: gr.SelectData) -> dict:
        try:
            place, value = int(event.index), str(event.value)
            clips = visitor.voice_clips
            visitor.voice_clips = without(clips, place) if value == "out" else meant(clips, place, value)
        except (UserError, TypeError, ValueError) as error:
            return {line: score_tables.error(UserError(str(error)))}
        return shows(visitor, model_id, made)

    def use(kind: str):
        def get_used(visitor: Visitor, model_id: str | None) -> dict:
            """A model that has got used to the clips so far, beside the one that has not."""
            try:
                base = loaded(visitor, [model_id] if model_id else [])[0]
                if kind == "calibrate":
                    found, told = calibrated(visitor, base, visitor.voice_clips), "Calibrated; no label was used."
                else:
                    found, done = taught(visitor, base, visitor.voice_clips)
                    told = f"Taught. {outcome(done)}"
            except IndexError:
                return {line: score_tables.error(SettingsError("Choose a model first."))}
            except UserError as error:
                return {line: score_tables.error(error)}
            return shows(visitor, model_id, found.id, told) | {tuned: found.id, both: ""}

        return get_used

    def compare(path: str | None, visitor: Visitor, model_id: str | None, made: str) -> dict:
        if path is None or not _loaded(visitor, made):
            return {both: gr.skip()}
        try:
            visitor.clip = encode_file(path)
            ids = dict.fromkeys(one for one in (model_id, made) if one)
            return {both: view.show(visitor, list(ids)).cards}
        except UserError as error:
            return {both: error_line(error)}

    def forget(visitor: Visitor, model_id: str | None) -> dict:
        visitor.voice_clips = []
        said = "Your clips are forgotten; models that got used to them stay."
        return shows(visitor, model_id, "", said) | {tuned: "", place: 0, both: ""}

    def refresh(visitor: Visitor, model_id: str | None, made: str) -> dict:
        there = models(visitor)
        chosen = model_id if model_id in dict(map(reversed, there)) else first(there)
        return shows(visitor, chosen, made) | {model: gr.Dropdown(there, value=chosen)}

    shown = [listed, line, warned, check, *buttons]
    mic.input(
        take,
        [mic, visitor, place, language, follow, model, tuned],
        [*shown, mic, place, sentence],
        show_progress_on=[line],
        **recorder.LAST,
        **PRIVATE,
    )
    language.input(lambda *given: other(*given, 0), [language, place], [place, sentence], **QUIET)
    skip.click(lambda *given: other(*given, 1), [language, place], [place, sentence], **QUIET)
    listed.select(pick, [visitor, model, tuned], shown, **QUIET)
    model.input(shows, [visitor, model, tuned], shown, **QUIET)
    for kind, button in (("calibrate", calibrate), ("teach", teach)):
        button.click(use(kind), [visitor, model], [*shown, both, tuned], show_progress_on=[line], **PRIVATE)
    again.input(compare, [again, visitor, model, tuned], both, show_progress_on=[both], **recorder.LAST, **PRIVATE)
    take_home.wire([visitor, tuned], _zip)
    clear.click(forget, [visitor, model], [*shown, both, tuned, place], **QUIET)
    return VoiceTab(refresh, [visitor, model, tuned], [*shown, model], whole=whole, line=line)


def _zip(folder: Path, visitor: Visitor, made: str) -> Path | None:
    """None after half an hour without use."""
    mine = visitor.models.get(made)
    if mine is None:
        return None
    export_visitor_model(mine, folder / f"{mine.id}.zip")
    return folder / f"{mine.id}.zip"


def _loaded(visitor: Visitor, model_id: str | None):
    """A model that this visitor can choose; None when it is not there (any more)."""
    return visitor.model(model_id) if model_id in {one for _, one in visitor.choices()} else None
