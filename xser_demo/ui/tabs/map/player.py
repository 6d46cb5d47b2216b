"""*Watch it move*: a button, and the player that moves the points of the after map (js/film.js)."""

from collections.abc import Iterator

import gradio as gr

from xser_demo.evaluation.projection import Kind
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import html, map_animation, maps
from xser_demo.reporting.map_animation import Animation, MapHistory
from xser_demo.reporting.maps import Comparison, MapCache, MapSettings
from xser_demo.ui.js import script
from xser_demo.ui.shared.components import as_text

EMPTY = as_text({"part": 0, "frames": []})
HTML = """<div class="x-play" hidden><button type="button">Play</button>
<input type="range" min="0" max="1" step="1" value="0" aria-label="Moment of the adaptation"><output></output></div>"""
SHIPPED_NOTE = (
    "<p>The points move from before to after; shipped models store no epochs in between. To see epochs, adapt a model "
    "in the Adapt tab.</p>"
)


class Player:
    """Its components, and what to change about them."""

    def __init__(self):
        with gr.Row(elem_classes="x-film", equal_height=True):
            self.button = gr.Button("Watch it move", size="sm", scale=0, min_width=140, elem_id="map-go")
            self.controls = gr.HTML(html_template=HTML, js_on_load=script("film"), elem_id="map-player", film=EMPTY)
        self.line = gr.HTML(elem_id="map-film-line", elem_classes="x-small")
        self.outputs = [self.button, self.controls, self.line]

    def clear(self, waiting: bool = False) -> dict:
        """``waiting``: a layout is being computed, whose drawing would end the film."""
        return {self.button: gr.Button(interactive=not waiting), self.controls: gr.HTML(film=EMPTY), self.line: ""}

    def show_move(
        self, comparison: Comparison, cache: MapCache, kind: Kind, settings: MapSettings, clips: list[EncodedClip]
    ) -> dict:
        """Two frames, before and after."""
        animation = map_animation.move(comparison, cache, kind, settings, clips)
        return {self.controls: _film(animation), self.line: SHIPPED_NOTE}

    def show_epochs(
        self,
        history: MapHistory,
        comparison: Comparison,
        cache: MapCache,
        kind: Kind,
        settings: MapSettings,
        clips: list[EncodedClip],
    ) -> Iterator[dict]:
        """The epochs of an adaptation of this visit. The first frame is shown at once; the player continues as further
        frames are laid out."""
        total = len(map_animation.frames_of(history, kind))
        for number, animation in enumerate(map_animation.epochs(history, comparison, cache, kind, settings, clips)):
            done = number + 1
            if number == 0 or (kind != "pca" and done < total):
                text = f"Laying out frame {done} of {total}, each starting from the one before."
                yield {self.controls: _film(animation, number), self.line: html.line(text, number / total)}
        kept = int((map_animation.rows_of(history.clips, comparison.clips) >= 0).sum())
        note = (
            f"{total} frames of your adaptation, each starting from the one before. The first and the last are the "
            f"maps; in between, {kept:,} of the {len(comparison.clips):,} clips were kept."
        )
        yield {self.controls: _film(animation, number), self.line: f"<p>{note}</p>"}


def _film(animation: Animation, part: int = 0) -> gr.HTML:
    """The frames for js/film.js. ``part``: 0 starts a film, others continue it."""
    x_range, y_range = maps.bounds(animation.layouts)
    return gr.HTML(
        film=as_text({"part": part, "ranges": [x_range, y_range], "frames": map_animation.frames(animation)})
    )
