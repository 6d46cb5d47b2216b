"""The moving map of the Map tab: a button, a figure and its player."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import map_animation, score_tables
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.reporting.maps import MapSettings
from xser_demo.ui.js import script
from xser_demo.ui.shared.components import late_plot
from xser_demo.ui.tabs.map import style

NOTHING = {"part": 0, "frames": []}


class Film:
    """Its components, and what to change about them."""

    def __init__(self):
        self.go = gr.Button("Watch it move", size="sm", elem_id="map-go")
        self.line = gr.HTML(elem_id="map-film-line", elem_classes="x-small")
        with gr.Column(elem_classes="x-film"):
            self.plot = late_plot("map-film")
            self.player = gr.HTML(
                html_template=style.PLAYER,
                js_on_load=script("film"),
                elem_id="map-player",
                film=NOTHING,
            )
        self.outputs = [self.plot, self.player, self.line]

    def rewound(self) -> dict:
        """The map has changed: its film is another one."""
        return {self.plot: None, self.player: gr.HTML(film=NOTHING), self.line: ""}

    def says(self, words: str) -> dict:
        return {self.line: score_tables.line(words)}

    def fails(self, error: Exception) -> dict:
        return {self.line: score_tables.error(error)}

    def shows(self, film: map_animation.Animation, colour: str, trained: bool = False) -> dict:
        return {
            self.plot: map_animation.first(film, colour),
            self.player: _played(film, colour),
            self.line: style.film_words(trained, len(film.clips), len(film.names)),
        }

    def epochs(
        self, story: MapHistory, kind: Kind, knobs: MapSettings, heard: EncodedClip | None, colour: str
    ) -> Iterator[dict]:
        """How an own model's clips moved. The first picture is there at once, the player goes on as the others come."""
        total = len(map_animation.shown(story, kind))
        for number, film in enumerate(map_animation.epochs(story, kind, knobs, heard)):
            done, words = len(film.names), f"Laying out moment {len(film.names)} of {total}, each from the one before."
            if number == 0:
                yield self.shows(film, colour, trained=True) | {self.line: score_tables.line(words, 0)}
            elif kind != "pca" and done < total:
                yield {self.player: _played(film, colour, number), self.line: score_tables.line(words, done / total)}
        yield {self.player: _played(film, colour, number), self.line: style.film_words(True, len(film.clips), total)}


def _played(film: map_animation.Animation, colour: str, part: int = 0) -> gr.HTML:
    """``part``: 0 begins a film, others continue it."""
    return gr.HTML(film={"part": part, "room": map_animation.room(film), "frames": map_animation.frames(film, colour)})
