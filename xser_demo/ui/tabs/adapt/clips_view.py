"""Clips that became right or wrong: a button for each, and the spectrogram and sound of the one that is opened."""

from collections.abc import Sequence
from functools import partial
from html import escape

import gradio as gr

from xser_demo.corpora import corpus
from xser_demo.reporting.changed_clips import GAINED, LOST, ChangedClip
from xser_demo.ui.shared import clip_media
from xser_demo.ui.shared.clip_media import Media
from xser_demo.ui.shared.components import QUIET, late_plot
from xser_demo.ui.state import Visitor

TITLE = "<h3>Clips whose prediction changed</h3>"
NOTE = (
    "<p class='x-small'>The clips whose labelled emotion gained most probability among those that became right, and "
    "lost most among those that became wrong. Labels are opened to show them, after the training.</p>"
)


class ClipsView:
    def __init__(self):
        self.shown = gr.State(())  # the clips on the buttons
        self.title = gr.HTML(elem_id="adapt-clips-title", elem_classes="x-gauges")
        with gr.Row(elem_classes="x-changed"):
            self.buttons = [
                gr.Button(visible=False, min_width=200, elem_id=f"adapt-clip-{number}")
                for number in range(GAINED + LOST)
            ]
        with gr.Row(elem_classes="x-opened", equal_height=False):
            with gr.Column(min_width=240):
                self.facts = gr.HTML(elem_id="adapt-clip-facts", elem_classes="x-gauges")
                self.origin = gr.HTML(elem_id="adapt-clip-origin", elem_classes="x-small x-origin")
            with gr.Column(min_width=260):
                self.spectrogram = late_plot("adapt-clip-picture")
                self.sound = gr.Audio(
                    visible=False, interactive=False, autoplay=True, show_label=False, buttons=[], elem_id="adapt-sound"
                )
        self.opened = [self.facts, self.origin, self.spectrogram, self.sound]
        self.outputs = [self.shown, self.title, *self.buttons, *self.opened]

    def wire(self, visitor: gr.State) -> None:
        for number, button in enumerate(self.buttons):
            button.click(partial(self._open, number), [self.shown, visitor], self.opened, **QUIET)

    def show(self, clips: Sequence[ChangedClip]) -> dict:
        """``clips``: empty for none."""
        texts = [_text(clip) for clip in clips] + [""] * (len(self.buttons) - len(clips))
        return {
            self.shown: tuple(clips),
            self.title: TITLE + NOTE if clips else "",
            **{button: gr.Button(text, visible=bool(text)) for button, text in zip(self.buttons, texts, strict=True)},
            **self._media("", Media(None, None, "")),
        }

    def _open(self, number: int, clips: tuple[ChangedClip, ...], visitor: Visitor) -> dict:
        if number >= len(clips):  # the visit was forgotten meanwhile
            return {self.facts: gr.skip()}
        clip = clips[number]
        return self._media(_facts(clip), clip_media.media(clip.utterance, visitor.recordings))

    def _media(self, facts: str, media: Media) -> dict:
        sound = gr.Audio(media.sound, visible=media.sound is not None)
        return {self.facts: facts, self.origin: media.source, self.spectrogram: media.figure, self.sound: sound}


def _who(clip: ChangedClip) -> str:
    speaker = clip.utterance.speaker
    name = corpus(clip.utterance.corpus).name
    return f"{name}, speaker {speaker}" if speaker and not speaker.startswith("?") else name


def _text(clip: ChangedClip) -> str:
    now = "now right" if clip.right else "now wrong"
    return f"{_who(clip)}\nlabelled {clip.label}\n{clip.before} \N{RIGHTWARDS ARROW} {clip.now}, {now}"


def _facts(clip: ChangedClip) -> str:
    label = clip.utterance.emotion
    labelled = clip.label if label in ("", clip.label) else f"{label} ({clip.label})"
    return (
        f"<h3>{escape(_who(clip))}</h3><dl class='x-facts'><dt>Label</dt><dd>{escape(labelled)}</dd>"
        f"<dt>Predicted before</dt><dd>{escape(clip.before)}</dd><dt>Predicted now</dt><dd>{escape(clip.now)}</dd></dl>"
    )
