"""Live: two models answer while someone speaks. No more than the last three seconds of sound are held."""

import time
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from xser_demo.inference import streaming
from xser_demo.inference.streaming import Stream
from xser_demo.inference.timeline import HOP_S
from xser_demo.ui.js import script
from xser_demo.ui.shared import recorder, texts
from xser_demo.ui.shared.clips import error_line
from xser_demo.ui.shared.components import PRIVATE
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import live_view
from xser_demo.utils.errors import UserError
from xser_demo.utils.settings import LIVE_S

EVERY_S = HOP_S  # how often the browser sends what it has; twice as often would be too much for two busy cores
AT_ONCE = 4  # visitors; more wait for their turn
SCRIPT = script("live")
STOP = "(over) => { if (over) document.querySelector('#live-mic .stop-button')?.click(); }"


@dataclass(frozen=True)
class Live:
    """What the tab shows or hides: the recorder's side and the answer's."""

    ask: gr.Column
    answer: gr.Column


def microphone() -> tuple[gr.Column, gr.Audio]:
    with gr.Column(visible=False, elem_id="live-ask") as ask:
        mic = gr.Audio(
            sources=["microphone"],
            streaming=True,
            type="filepath",
            show_label=False,
            buttons=[],
            elem_id="live-mic",
        )
        recorder.fixed("live-mic", processing=False)
        gr.HTML(f"<p>{texts.LIVE}</p>", padding=False, elem_classes="x-small")
    return ask, mic


def answer() -> tuple[gr.Column, gr.HTML]:
    with gr.Column(scale=7, min_width=320, visible=False, elem_id="live-answer", elem_classes="x-answer") as column:
        shown = gr.HTML(_begun(Visitor(), [])[1], padding=False, elem_id="live")
        gr.HTML(
            "<p><span></span>&nbsp;</p>", js_on_load=SCRIPT, padding=False, elem_id="live-delay", elem_classes="x-small"
        )
    return column, shown


def wire(mic: gr.Audio, shown: gr.HTML, visitor: gr.State, models: gr.Dropdown) -> None:
    stream = gr.State(Stream())
    over = gr.Textbox(visible="hidden", elem_id="live-over")

    def heard(path: str | None, stream: Stream, visitor: Visitor, model_ids: list[str]):
        if path is None:
            return gr.skip(), gr.skip(), gr.skip()
        started = time.perf_counter()
        try:
            piece = _read(Path(path))
            if stream.over:
                return gr.skip(), gr.skip(), gr.skip()
            stream.add(*piece)
            stream.models = stream.models or live_view.models(visitor, model_ids)
            if stream.late(started) and not stream.over:
                return stream, gr.skip(), gr.skip()
            streaming.respond(stream)
            told = live_view.draw(stream, time.perf_counter() - started)
        except UserError as error:
            told = error_line(error)
        return stream, told, "over" if stream.over else gr.skip()

    mic.start_recording(_begun, [visitor, models], [stream, shown, over], show_progress="hidden", **PRIVATE)
    mic.stream(
        heard,
        [mic, stream, visitor, models],
        [stream, shown, over],
        stream_every=EVERY_S,
        time_limit=LIVE_S + 30,  # Gradio would wait for its turn again after this
        concurrency_limit=AT_ONCE,
        show_progress="hidden",
        **PRIVATE,
    )
    mic.stop_recording(_stopped, stream, stream, show_progress="hidden", **PRIVATE)
    over.change(None, over, None, js=STOP, show_progress="hidden", **PRIVATE)


def _read(piece: Path) -> tuple[int, np.ndarray]:
    """A piece of sound from its file, which goes at once; Gradio would keep it for an hour. Its name is made from what
    it holds, so two pieces of digital silence are one file: that one stays."""
    rate, samples = streaming.chunk(piece.read_bytes())
    if samples.any():
        piece.unlink()
    return rate, samples


def _stopped(stream: Stream) -> Stream:
    stream.forget()
    return stream


def _begun(visitor: Visitor, model_ids: list[str]) -> tuple[Stream, str, str]:
    """Values for [stream, shown, over]: nothing heard yet."""
    try:
        stream = Stream(models=live_view.models(visitor, model_ids))
        return stream, live_view.draw(stream), ""
    except UserError as error:
        return Stream(), error_line(error), ""
