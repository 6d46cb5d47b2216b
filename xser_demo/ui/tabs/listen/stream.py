"""The live microphone: two models predict while someone speaks. At most the last three seconds of sound are kept."""

import time
from math import inf
from pathlib import Path

import gradio as gr
import numpy as np

from xser_demo.inference import streaming
from xser_demo.inference.streaming import Stream
from xser_demo.inference.timeline import HOP_S
from xser_demo.reporting import html
from xser_demo.ui.js import script
from xser_demo.ui.shared import recorder, texts
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import live_view
from xser_demo.utils.errors import UserError
from xser_demo.utils.settings import LIVE_S

INTERVAL_S = HOP_S  # between two chunks from the browser; half of it would be too much for two busy cores
MAX_VISITORS = 4  # at once; more wait for their turn
STOP = "(over) => { if (over) document.querySelector('#live-mic .stop-button')?.click(); }"


class LiveMicrophone:
    """Components in two columns of the tab, made by ``microphone`` and ``predictions``, then ``wire``."""

    def microphone(self) -> None:
        with gr.Column(visible=False, elem_id="live-ask") as self.input_column:
            self.mic = gr.Audio(
                sources=["microphone"],
                streaming=True,
                type="filepath",
                show_label=False,
                buttons=[],
                elem_id="live-mic",
            )
            recorder.fixed("live-mic", processing=False, seconds=inf, streams=True)
            gr.HTML(f"<p>{texts.LIVE}</p>", padding=False, elem_classes="x-small")

    def predictions(self) -> None:
        with gr.Column(
            scale=7, min_width=320, visible=False, elem_id="live-answer", elem_classes="x-answer"
        ) as self.answer_column:
            self.shown = gr.HTML(_start(Visitor(), [])[1], padding=False, elem_id="live")
            gr.HTML(
                "<p><span></span>&nbsp;</p>",
                js_on_load=script("live"),
                padding=False,
                elem_id="live-delay",
                elem_classes="x-small",
            )

    def wire(self, visitor: gr.State, models: gr.Dropdown) -> None:
        stream = gr.State(Stream())
        over = gr.Textbox(visible="hidden", elem_id="live-over")
        outputs = [stream, self.shown, over]
        self.mic.start_recording(_start, [visitor, models], outputs, **QUIET)
        self.mic.stream(
            _respond,
            [self.mic, stream, visitor, models],
            outputs,
            stream_every=INTERVAL_S,
            time_limit=LIVE_S + 30,  # after this Gradio would queue the stream again
            concurrency_limit=MAX_VISITORS,
            **QUIET,
        )
        self.mic.stop_recording(_stop, stream, stream, **QUIET)
        over.change(None, over, None, js=STOP, **QUIET)


def _start(visitor: Visitor, model_ids: list[str]) -> tuple[Stream, str, str]:
    """Values for [stream, shown, over] before any sound."""
    try:
        stream = Stream(models=live_view.models(visitor, model_ids))
        return stream, live_view.draw(stream), ""
    except UserError as error:
        return Stream(), html.error(error), ""


def _respond(path: str | None, stream: Stream, visitor: Visitor, model_ids: list[str]):
    """Values for [stream, shown, over] after a chunk of sound."""
    if path is None:
        return gr.skip(), gr.skip(), gr.skip()
    started = time.perf_counter()
    try:
        chunk = _read(Path(path))
        if stream.over:
            return gr.skip(), gr.skip(), gr.skip()
        stream.add(*chunk)
        stream.models = stream.models or live_view.models(visitor, model_ids)
        if stream.late(started) and not stream.over:
            return stream, gr.skip(), gr.skip()
        streaming.respond(stream)
        shown = live_view.draw(stream, time.perf_counter() - started)
    except UserError as error:
        shown = html.error(error)
    return stream, shown, "over" if stream.over else gr.skip()


def _read(file: Path) -> tuple[int, np.ndarray]:
    """A chunk of sound from its file, which is deleted at once; Gradio would keep it for an hour. Its name is a hash of
    its content, so that two chunks of digital silence share one file: that one stays."""
    rate, samples = streaming.chunk(file.read_bytes())
    if samples.any():
        file.unlink()
    return rate, samples


def _stop(stream: Stream) -> Stream:
    stream.forget()
    return stream
