"""The animated map of the Map tab: a button, a figure and its player."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import html, map_animation
from xser_demo.reporting.map_animation import Animation, MapHistory
from xser_demo.reporting.maps import MapSettings
from xser_demo.ui.js import script
from xser_demo.ui.shared.components import late_plot

EMPTY = {"part": 0, "frames": []}
HTML = """<div class="x-play"><button type="button">Play</button>
<input type="range" min="0" max="1" step="1" value="0" aria-label="Moment of the adaptation"><output></output></div>"""
SHIPPED_NOTE = (
    "<p>The points move from before to after; shipped models store no epochs in between. To see epochs, adapt a model "
    "in the Adapt tab.</p>"
)


class Player:
    """Its components, and what to change about them."""

    def __init__(self):
        self.button = gr.Button("Watch it move", size="sm", elem_id="map-go")
        self.line = gr.HTML(elem_id="map-film-line", elem_classes="x-small")
        with gr.Column(elem_classes="x-film"):
            self.plot = late_plot("map-film")
            self.controls = gr.HTML(
                html_template=HTML, js_on_load=script("film"), elem_id="map-player", film=EMPTY
            )  # fmt: skip
        self.outputs = [self.plot, self.controls, self.line]

    def clear(self) -> dict:
        return {self.plot: None, self.controls: gr.HTML(film=EMPTY), self.line: ""}

    def show_move(self, animation: Animation, colour: str) -> dict:
        """Two frames, before and after."""
        return self._first(animation, colour) | {self.line: SHIPPED_NOTE}

    def show_epochs(
        self, history: MapHistory, kind: Kind, settings: MapSettings, clip: EncodedClip | None, colour: str
    ) -> Iterator[dict]:
        """The epochs of an adaptation of this visit. The first frame is shown at once; the player continues as further
        frames are laid out."""
        total = len(map_animation.frames_of(history, kind))
        for number, animation in enumerate(map_animation.epochs(history, kind, settings, clip)):
            done = len(animation.names)
            text = f"Laying out frame {done} of {total}, each starting from the one before."
            if number == 0:
                yield self._first(animation, colour) | {self.line: html.line(text, 0)}
            elif kind != "pca" and done < total:
                yield {
                    self.controls: _film(animation, colour, number),
                    self.line: html.line(text, done / total),
                }
        note = (
            f"{len(animation.clips):,} clips in {total} frames of your adaptation, each starting from the one before."
        )
        yield {self.controls: _film(animation, colour, number), self.line: f"<p>{note}</p>"}

    def _first(self, animation: Animation, colour: str) -> dict:
        return {self.plot: map_animation.first(animation, colour), self.controls: _film(animation, colour)}


def _film(animation: Animation, colour: str, part: int = 0) -> gr.HTML:
    """The frames for js/film.js. ``part``: 0 starts a film, others continue it."""
    frames = map_animation.frames(animation, colour)
    return gr.HTML(film={"part": part, "extent": map_animation.extent(animation), "frames": frames})
