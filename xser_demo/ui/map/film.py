"""The moving map of the Map tab: a button, a figure and its player."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.alignment import Kind
from xser_demo.inference import Heard
from xser_demo.ui import gauges
from xser_demo.ui.js import script
from xser_demo.ui.late import late_plot
from xser_demo.ui.map import animation, look
from xser_demo.ui.map.animation import Story
from xser_demo.ui.map.clouds import Knobs


class Film:
    """Its components, and what to change about them."""

    def __init__(self):
        self.go = gr.Button("Watch it move", size="sm", elem_id="map-go")
        self.line = gr.HTML(elem_id="map-film-line", elem_classes="x-small")
        with gr.Column(elem_classes="x-film"):
            self.plot = late_plot("map-film")
            self.player = gr.HTML(
                html_template=look.PLAYER,
                js_on_load=script("film"),
                elem_id="map-player",
                frames=[],
            )
        self.outputs = [self.plot, self.player, self.line]

    def rewound(self) -> dict:
        """The map has changed: its film is another one."""
        return {self.plot: None, self.player: gr.HTML(frames=[]), self.line: ""}

    def says(self, words: str) -> dict:
        return {self.line: gauges.line(words)}

    def fails(self, error: Exception) -> dict:
        return {self.line: gauges.error(error)}

    def shows(self, film: animation.Film, colour: str, trained: bool = False) -> dict:
        return {
            self.plot: animation.first(film, colour),
            self.player: gr.HTML(frames=animation.frames(film, colour)),
            self.line: look.film_words(trained, len(film.clips), len(film.names)),
        }

    def epochs(self, story: Story, kind: Kind, knobs: Knobs, heard: Heard | None, colour: str) -> Iterator[dict]:
        """How an own model's clips moved. PCA is there at once; of the others it says how far it is."""
        total = len(story.shots if kind == "pca" else animation.few(story.shots))
        for film in animation.epochs(story, kind, knobs, heard):
            done = len(film.names)
            if kind != "pca":
                words = f"Laying out moment {done} of {total}, each from the one before."
                yield {self.line: gauges.line(words, done / total)}
        yield self.shows(film, colour, trained=True)
