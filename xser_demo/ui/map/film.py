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

NOTHING = {"part": 0, "frames": []}


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
                film=NOTHING,
            )
        self.outputs = [self.plot, self.player, self.line]

    def rewound(self) -> dict:
        """The map has changed: its film is another one."""
        return {self.plot: None, self.player: gr.HTML(film=NOTHING), self.line: ""}

    def says(self, words: str) -> dict:
        return {self.line: gauges.line(words)}

    def fails(self, error: Exception) -> dict:
        return {self.line: gauges.error(error)}

    def shows(self, film: animation.Film, colour: str, trained: bool = False) -> dict:
        return {
            self.plot: animation.first(film, colour),
            self.player: _played(film, colour),
            self.line: look.film_words(trained, len(film.clips), len(film.names)),
        }

    def epochs(self, story: Story, kind: Kind, knobs: Knobs, heard: Heard | None, colour: str) -> Iterator[dict]:
        """How an own model's clips moved. The first picture is there at once, the player goes on as the others come."""
        total = len(animation.shown(story, kind))
        for number, film in enumerate(animation.epochs(story, kind, knobs, heard)):
            done, words = len(film.names), f"Laying out moment {len(film.names)} of {total}, each from the one before."
            if number == 0:
                yield self.shows(film, colour, trained=True) | {self.line: gauges.line(words, 0)}
            elif kind != "pca" and done < total:
                yield {self.player: _played(film, colour, number), self.line: gauges.line(words, done / total)}
        yield {self.player: _played(film, colour, number), self.line: look.film_words(True, len(film.clips), total)}


def _played(film: animation.Film, colour: str, part: int = 0) -> gr.HTML:
    """``part``: 0 begins a film, others continue it."""
    return gr.HTML(film={"part": part, "room": animation.room(film), "frames": animation.frames(film, colour)})
