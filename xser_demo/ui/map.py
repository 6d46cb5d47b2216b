"""The Map tab: the clips of two corpora before and after adaptation, side by side."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import gradio as gr

from xser_demo import alignment, checkpoints
from xser_demo.checkpoints import Loaded
from xser_demo.corpora import corpus
from xser_demo.errors import ModelError, UserError
from xser_demo.inference import Heard
from xser_demo.ui import clouds, gauges, live, plots, view
from xser_demo.ui.clouds import Atlas, Comparison
from xser_demo.ui.palette import VISITOR_SHAPE
from xser_demo.ui.visitor import Visitor

PRIVATE = {"api_visibility": "private"}
KINDS = [("PCA", "pca"), ("t-SNE", "tsne"), ("UMAP", "umap")]
SECONDS = {"tsne": 8, "umap": 6, "listen": 2, "images": 8}  # for two maps of 1,000 clips on two cores with other work
WARM_UP_AFTER = 3.0  # seconds after the tab is first opened: the first map must not wait for it
EMPTY = "There is no adapted model yet. Make one in the Adapt tab; its maps appear here."

SHIPPED = Atlas()  # of shipped models only: the same for everyone
_warming = threading.Lock()  # taken once, by the thread that compiles UMAP


@dataclass(frozen=True)
class Mapping:
    """What the shell needs to bring the tab up to date when it is selected."""

    refresh: Callable
    refresh_inputs: list
    refresh_outputs: list


def build(visitor: gr.State) -> Mapping:
    own, seen, wanted = gr.State(Atlas()), gr.State([]), gr.State(None)
    first = choices(Visitor())
    gr.HTML(gauges.STYLE, elem_classes="x-style")
    with gr.Row():
        model = gr.Dropdown(
            first, value=default(first), label="Adapted model", scale=11, min_width=260, elem_id="map-model"
        )
        kind = gr.Radio(KINDS, value="pca", label="Kind of map", scale=8, min_width=230, elem_id="map-kind")
        colour = gr.Radio(
            list(clouds.COLOUR_BY), value="corpus", label="Colour", scale=10, min_width=250, elem_id="map-colour"
        )
    line = gr.HTML(gauges.line("" if first else EMPTY), elem_id="map-line", elem_classes="x-small")
    with gr.Row(equal_height=False):
        with gr.Column(scale=9, min_width=320):
            with gr.Row():
                before, after = (
                    gr.Plot(
                        show_label=False, visible=False, min_width=300, elem_id=f"map-{when}", elem_classes="x-plot"
                    )
                    for when in ("before", "after")
                )
            key = gr.HTML(elem_id="map-legend")
        with gr.Column(scale=4, min_width=270):
            gauge = gr.HTML(elem_id="map-gauges", elem_classes="x-gauges")

    def draw(visitor: Visitor, own: Atlas, model_id: str | None, kind: str, colour: str) -> Iterator[dict]:
        """PCA at once; another kind when it is there, else it is asked for by ``wanted`` and drawn when it has come."""
        if not model_id:
            yield {line: gauges.line(EMPTY)}
            return
        try:
            pair = two(visitor, model_id)
            atlas = own if model_id in visitor.own else SHIPPED
            if not atlas.has(*pair):
                about = SECONDS["images"] if pair[1].model.recipe.head == "image" else SECONDS["listen"]
                words = f"Both models listen to all clips, about {about} s; until then nothing here changes."
                yield {line: gauges.line(words)}
            comparison = _comparison(visitor, atlas, model_id, pair)
            ready = kind == "pca" or atlas.has(*pair, kind)
            shown = kind if ready else "pca"
            figures, words = pictures(comparison, atlas, shown, colour, stars(visitor))
        except UserError as error:
            yield {line: gauges.error(error)}
            return
        card = comparison.models[1].card
        yield {
            before: gr.Plot(figures[0], visible=True),
            after: gr.Plot(figures[1], visible=True),
            key: words,
            gauge: gauges.distances(card["source"], card["target"], *comparison.shifts) + gauges.card_scores(card),
            line: gauges.line(_line(comparison, kind, ready)),
            wanted: None if ready else (model_id, kind),
        }

    def settle(visitor: Visitor, own: Atlas, wanted: tuple | None) -> None:
        """Lay out what ``draw`` asked for. It only fills the atlas: meanwhile something else may be on the screen."""
        if wanted is not None:
            model_id, kind = wanted
            atlas = own if model_id in visitor.own else SHIPPED
            atlas.layouts(_comparison(visitor, atlas, model_id, two(visitor, model_id)), kind)

    def refresh(
        visitor: Visitor, own: Atlas, known: list, model_id: str | None, kind: str, colour: str
    ) -> Iterator[dict]:
        """Models made in this visit join the choice, a new one is shown; the clip may be another one."""
        if _warming.acquire(blocking=False):
            timer = threading.Timer(WARM_UP_AFTER, alignment.warm_up)
            timer.daemon = True
            timer.start()
        there = choices(visitor)
        ids = [one for _, one in there]
        fresh = [one for one in visitor.own if one in ids and one not in known]
        model_id = fresh[-1] if fresh else model_id if model_id in ids else default(there)
        menu = {model: gr.Dropdown(there, value=model_id), seen: list(visitor.own)}
        for change in draw(visitor, own, model_id, kind, colour):
            yield menu | change
            menu = {}

    settings = [visitor, own, model, kind, colour]
    outputs = [before, after, key, gauge, line, wanted]
    for choice in (model, kind, colour):
        choice.input(draw, settings, outputs, show_progress="hidden", trigger_mode="always_last", **PRIVATE)
    wanted.change(
        settle,
        [visitor, own, wanted],
        None,
        concurrency_id="heavy",
        concurrency_limit=1,
        show_progress="hidden",
        **PRIVATE,
    ).then(draw, settings, outputs, show_progress="hidden", **PRIVATE)
    return Mapping(refresh, [visitor, own, seen, model, kind, colour], [model, seen, *outputs])


def choices(visitor: Visitor) -> list[tuple[str, str]]:
    """(title, id) of adapted models: own ones, then those of the common ground, then the systems, each by its pairs.
    Models of several source languages are left out: four clouds on a map say less than two."""
    own = [(loaded.card["title"], loaded.id) for loaded in visitor.own.values()]
    adapted = (card for card in checkpoints.cards() if card["target"] and "+" not in card["source"])
    shipped = sorted(adapted, key=lambda card: card.get("system") or "")
    return own + [(_title(card), card["id"]) for card in shipped]


def _title(card: dict) -> str:
    """Languages, then what was done: in a menu of many, the titles of cards differ too late in the line."""
    try:
        how = live.what(card.get("system"), card.get("variant"), card["method"])
        return f"{corpus(card['source']).language_name} to {corpus(card['target']).language_name}: {how}"
    except UserError:
        return card["title"]  # of a corpus, a method or a system that is not built in


def default(there: list[tuple[str, str]]) -> str | None:
    """The model that Listen asks first, too, else any."""
    ids = [model_id for _, model_id in there]
    return next((one for one in view.defaults(Visitor()) if one in ids), (ids or [None])[0])


def two(visitor: Visitor, model_id: str) -> tuple[Loaded, Loaded]:
    """A model and the one that heard the source alone: of the same system, network and task, never of another."""
    if model_id not in {one for _, one in choices(visitor)}:  # never a path from outside
        raise ModelError("This model is no longer there; choose another one.")
    after = visitor.model(model_id)
    if model_id in visitor.own:
        return Loaded(f"{model_id}-start", visitor.results[model_id].source_model, {}), after
    card, classes = after.card, tuple(after.card["labels"])
    recipe = after.model.recipe
    before = live.source_only(
        card.get("system"), recipe, card["source"], card.get("label_set"), classes, card.get("seed")
    )
    if before is None:
        raise ModelError(f"The source-only model to compare '{card['title']}' with is not here; run 'make models'.")
    return checkpoints.load(before), after


def stars(visitor: Visitor) -> list[Heard]:
    """The visitor's clip, if there is one."""
    return [] if visitor.heard is None else [visitor.heard]


def pictures(comparison: Comparison, atlas: Atlas, kind: str, colour: str, heard: list[Heard]):
    """The two figures, and their common legend."""
    layouts = atlas.layouts(comparison, kind)
    places = clouds.stars(comparison, layouts, heard)
    titles = ("Before: source only", "After: adapted")
    clips = comparison.clips
    figures = [
        plots.scatter(layout, clouds.groups(clips, seen, colour), star, title)
        .update_layout(showlegend=False, height=400)
        .update_traces(marker_size=6, selector=lambda trace: trace.marker.symbol != VISITOR_SHAPE)
        for layout, seen, star, title in zip(layouts, comparison.views, places, titles, strict=True)
    ]
    return figures, gauges.legend(clips.source.pack.key, clips.target.pack.key, clips.labels, colour, bool(heard))


def _comparison(visitor: Visitor, atlas: Atlas, model_id: str, pair: tuple[Loaded, Loaded]) -> Comparison:
    """An adaptation of this visit has its distances measured already, on the clips that were scored."""
    made = visitor.results.get(model_id)
    return atlas.comparison(*pair, (made.before, made.after) if made else None)


def _line(comparison: Comparison, kind: str, ready: bool) -> str:
    n, name = len(comparison.clips), {value: title for title, value in KINDS}[kind]
    if not ready:
        first = ", the first time up to 20 s" if kind == "umap" else ""
        about = max(1, round(SECONDS[kind] * n / 1000))
        return f"{name} is laying out {n:,} clips twice, about {about} s{first}. Until then you see PCA."
    return f"{n:,} clips. Each point is one clip, near what the model finds alike; labels only colour the points."
