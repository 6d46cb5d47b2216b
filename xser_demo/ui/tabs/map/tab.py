"""The Map tab: the clips of two corpora before and after adaptation, side by side and linked."""

import os
import threading
from collections.abc import Iterator

import gradio as gr

from xser_demo.evaluation import projection
from xser_demo.inference.predict import EncodedClip
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import map_animation, maps, score_tables
from xser_demo.reporting.maps import Comparison, MapCache
from xser_demo.ui.jobs.queue import WAITING
from xser_demo.ui.js import script
from xser_demo.ui.shared.components import PRIVATE, late_plot
from xser_demo.ui.shared.corpus_download import Control, Fetching
from xser_demo.ui.shared.model_pairs import SHIPPED, choices, default, two
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.map import clip_details, region, style
from xser_demo.ui.tabs.map import figures as map_figures
from xser_demo.ui.tabs.map.layout_job import LayoutRequest, steps
from xser_demo.ui.tabs.map.player import Film
from xser_demo.utils.errors import UserError

KINDS = [("PCA", "pca"), ("t-SNE", "tsne"), ("UMAP", "umap")]
SECONDS = {"tsne": 6, "umap": 6, "listen": 2, "images": 8}  # for two maps of 1,000 clips on two cores with other work
# Seconds after the tab is first opened. Compiling holds everything else up, so that a t-SNE begun at once took 40 s.
WARM_UP_AFTER = float(os.environ.get("XSER_WARM_UP_S", 20))
EMPTY = "There is no adapted model yet. Make one in the Adapt tab; its maps appear here."

_warming = threading.Lock()  # taken once, by the thread that compiles UMAP
Chosen = tuple[str, int] | None  # which clips (pair.key), and the row of one


def build(visitor: gr.State, local: bool = False) -> Tab:
    """``local``: the page is served to this computer only, so that a visitor may fetch a corpus to it."""
    own, seen, wanted = gr.State(MapCache()), gr.State([]), gr.State(None)
    clip, part = gr.State(None), gr.State(None)  # the chosen clip and the region, each with the clips it is of
    first = choices(Visitor())
    gr.HTML(style.STYLE + region.STYLE, elem_classes="x-style")
    with gr.Row():
        model = gr.Dropdown(
            first, value=default(first), label="Adapted model", scale=11, min_width=260, elem_id="map-model"
        )
        kind = gr.Radio(KINDS, value="pca", label="Kind of map", scale=8, min_width=230, elem_id="map-kind")
        colour = gr.Radio(
            list(maps.COLOUR_BY), value="corpus", label="Colour", scale=10, min_width=250, elem_id="map-colour"
        )
    line = gr.HTML(score_tables.line("" if first else EMPTY), elem_id="map-line", elem_classes="x-small")
    with gr.Row(equal_height=False):
        with gr.Column(scale=9, min_width=320):
            bar = gr.HTML(
                html_template=style.BAR,
                js_on_load=script("map"),
                elem_id="map-bar",
                ring=None,
                step=None,
            )
            with gr.Row(elem_classes="x-maps"):
                before, after = (late_plot(f"map-{when}", min_width=300) for when in ("before", "after"))
            key = gr.HTML(elem_id="map-legend")
            with gr.Row(elem_classes="x-point", equal_height=False):
                with gr.Column(min_width=240):
                    facts = gr.HTML(elem_id="map-point", elem_classes="x-gauges")
                    origin = gr.HTML(elem_id="map-origin", elem_classes="x-small")
                    owner = Fetching(local)
                with gr.Column(min_width=260):
                    picture = late_plot("map-picture")
                    sound = gr.Audio(
                        visible=False,
                        interactive=False,
                        autoplay=True,
                        show_label=False,
                        buttons=[],
                        elem_id="map-sound",
                    )
            told = gr.HTML(elem_id="map-region", elem_classes="x-gauges x-region")
            film = Film()
        with gr.Column(scale=4, min_width=270):
            gauge = gr.HTML(elem_id="map-gauges", elem_classes="x-gauges")
    trust = gr.HTML(elem_id="map-trust", elem_classes="x-small")
    knobs = style.knobs()

    def draw(
        visitor: Visitor,
        own: MapCache,
        chosen: Chosen,
        picked: tuple | None,
        model_id: str | None,
        kind: str,
        colour: str,
        *turned,
    ) -> Iterator[dict]:
        """PCA at once; another kind when it is there, else it is asked for by ``wanted`` and drawn when it has come.
        How far to trust it is said last: it takes longer than the drawing."""
        if not model_id:
            yield {line: score_tables.line(EMPTY)}
            return
        try:
            knobs, most = style.turn(*turned)
            two_models = two(visitor, model_id)
            atlas = own if model_id in visitor.models else SHIPPED
            if not atlas.has(*two_models, most=most):
                about = SECONDS["images"] if two_models[1].model.recipe.head == "image" else SECONDS["listen"]
                words = f"Both models listen to all clips, about {about} s; until then nothing here changes."
                yield {line: score_tables.line(words)}
            comparison = _comparison(visitor, atlas, model_id, two_models, most)
            ready = kind == "pca" or atlas.has(*two_models, kind, knobs, most)
            shown, wish = (kind, None) if ready else ("pca", LayoutRequest(model_id, kind, knobs, most))
            awaits = wish.name if wish else ""
            figures = map_figures.figures(comparison, atlas, shown, colour, stars(visitor), knobs, awaits)
        except UserError as error:
            yield {line: score_tables.error(error)}
            return
        card = comparison.models[1].card
        yield {
            before: figures[0],
            after: figures[1],
            key: map_figures.legend(comparison.clips, colour, visitor.clip is not None),
            gauge: score_tables.distances(card["source"], card["target"], *comparison.shifts)
            + score_tables.card_scores(card),
            line: score_tables.line(_line(comparison, kind, ready)),
            wanted: wish,
            **film.rewound(),
            **_still(comparison, chosen, picked),
        }
        yield {trust: map_figures.trust_words(*atlas.trust(comparison, shown, knobs))}

    def _still(comparison: Comparison, chosen: Chosen, picked: tuple | None) -> dict:
        """What was clicked and selected stays, told by the model that is shown now, as long as the clips are these."""
        name, change = map_figures.key(comparison), {}
        if chosen and chosen[0] == name:
            change[facts] = clip_details.words(comparison, chosen[1])
        else:
            cleared = {facts: "", picture: None, sound: gr.Audio(None, visible=False), origin: "", clip: None}
            change |= cleared | {bar: gr.HTML(ring=None)}
        if picked and picked[0] == name:
            change[told] = region.tell(comparison, picked[1])
        else:
            change |= {told: "", part: None}
        return change

    def settle(visitor: Visitor, own: MapCache, wanted: LayoutRequest | None) -> Iterator[dict]:
        """Lay out what ``draw`` asked for. Meanwhile something else may come to the screen: the page shows only steps
        of what it awaits."""
        if wanted is None:
            yield {bar: gr.skip()}
            return
        atlas = own if wanted.model_id in visitor.models else SHIPPED
        comparison = _comparison(visitor, atlas, wanted.model_id, two(visitor, wanted.model_id), wanted.most)
        for news in steps(atlas, comparison, wanted, stars(visitor)):
            yield {line: score_tables.line(news)} if isinstance(news, str) else {bar: gr.HTML(step=news)}

    def settled(wanted: LayoutRequest | None, *shown) -> Iterator[dict]:
        """Gradio fires ``change`` for a state that is still None, too, such as when the page is opened; and a generator
        that yields nothing empties all its outputs: on a busy computer that came after the maps had been drawn."""
        if wanted is None:
            yield {line: gr.skip()}
        else:
            yield from draw(*shown)

    def refresh(visitor: Visitor, own: MapCache, known: list, *shown) -> Iterator[dict]:
        """Models made in this visit join the choice, a new one is shown; the clip may be another one."""
        if _warming.acquire(blocking=False):
            timer = threading.Timer(WARM_UP_AFTER, projection.warm_up)
            timer.daemon = True
            timer.start()
        chosen, picked, model_id, *rest = shown
        there = choices(visitor)
        ids = [one for _, one in there]
        fresh = [one for one in visitor.models if one in ids and one not in known]
        model_id = fresh[-1] if fresh else model_id if model_id in ids else default(there)
        menu = {model: gr.Dropdown(there, value=model_id), seen: list(visitor.models)}
        for change in draw(visitor, own, chosen, picked, model_id, *rest):
            yield menu | change
            menu = {}

    def click(
        event: gr.EventData,
        request: gr.Request,
        visitor: Visitor,
        own: MapCache,
        chosen: Chosen,
        control: Control,
        *here,
    ) -> dict:
        """A point of a map, or a step to another clip."""
        try:
            comparison = _shown(visitor, own, *here)
            name = map_figures.key(comparison)
            row = chosen[1] if chosen and chosen[0] == name else None
            row = clip_details.chosen(comparison, row, getattr(event, "where", None))
            utterance = comparison.clips.utterances[row]
            shown = clip_details.show(utterance)
        except UserError as error:
            return {line: score_tables.error(error)}
        return {
            clip: (name, row),
            facts: clip_details.words(comparison, row),
            bar: gr.HTML(ring=row),
            **_seen_and_heard(shown),
            **owner.about(utterance.corpus, control, request),
        }

    def _seen_and_heard(shown: clip_details.Shown) -> dict:
        sounds = gr.Audio(shown.sound, visible=shown.sound is not None)
        return {picture: shown.figure, sound: sounds, origin: shown.source}

    def play(visitor: Visitor, own: MapCache, chosen: Chosen, fetched: str | None, *here) -> dict:
        """Its corpus has come: the clip that is chosen now is heard."""
        try:
            comparison = _shown(visitor, own, *here)
        except UserError as error:
            return {line: score_tables.error(error)}
        if chosen and chosen[0] == map_figures.key(comparison):
            utterance = comparison.clips.utterances[chosen[1]]
            shown = clip_details.show(utterance)
            if utterance.corpus == fetched and shown.sound:
                return _seen_and_heard(shown)
        return {line: gr.skip()}

    def select(event: gr.SelectData, visitor: Visitor, own: MapCache, *here) -> dict:
        """A region of either map."""
        try:
            comparison = _shown(visitor, own, *here)
        except UserError as error:
            return {line: score_tables.error(error)}
        rows = region.rows(event.index, comparison)
        return {told: region.tell(comparison, rows), part: (map_figures.key(comparison), rows) if rows else None}

    def shoot(visitor: Visitor, own: MapCache, model_id: str, kind: str, colour: str, *turned) -> Iterator[dict]:
        knobs, _ = style.turn(*turned)
        story = visitor.map_history.get(model_id)
        try:
            if story is None:
                yield film.says("The maps are being laid out." if kind != "pca" else "")
                comparison = _shown(visitor, own, model_id, *turned)
                atlas = own if model_id in visitor.models else SHIPPED
                yield film.shows(map_animation.move(comparison, atlas, kind, knobs, stars(visitor)), colour)
            else:
                yield from film.epochs(story, kind, knobs, visitor.clip, colour)
        except UserError as error:
            yield film.fails(error)

    settings = [model, kind, colour, *knobs]
    inputs = [visitor, own, clip, part, *settings]
    outputs = [before, after, key, gauge, line, wanted, trust, facts, picture, sound, origin, bar, told]
    outputs += [clip, part, *film.outputs]
    gr.on(  # one event for all settings: of two at a time the first could end last
        [one.input for one in settings],
        draw,
        inputs,
        outputs,
        show_progress="hidden",
        trigger_mode="always_last",
        **PRIVATE,
    )
    wanted.change(
        settle,
        [visitor, own, wanted],
        [bar, line],
        concurrency_limit=WAITING,
        show_progress="hidden",
        **PRIVATE,
    ).then(settled, [wanted, *inputs], outputs, show_progress="hidden", **PRIVATE)
    quick = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    here, heard = [model, *knobs], [picture, sound, origin, line]
    pointed = [clip, facts, bar, *heard, *owner.outputs]
    bar.click(click, [visitor, own, clip, owner.control, *here], pointed, **quick).then(
        None, None, None, js=style.INTO_VIEW, **PRIVATE
    )
    owner.wire().then(play, [visitor, own, clip, owner.which, *here], heard, show_progress="hidden", **PRIVATE)
    bar.select(select, [visitor, own, *here], [told, part, line], **quick)
    film.go.click(
        shoot,
        [visitor, own, *settings],
        film.outputs,
        concurrency_id="film",
        concurrency_limit=2,
        show_progress="hidden",
        **PRIVATE,
    )
    names = ("model", "kind", "colour", "components", "perplexity", "neighbours", "distance", "seed", "clips")
    named = dict(zip(names, settings, strict=True))
    return Tab(refresh, [visitor, own, seen, *inputs[2:]], [model, seen, *outputs], named)


def stars(visitor: Visitor) -> list[EncodedClip]:
    """The visitor's clip, if there is one."""
    return [] if visitor.clip is None else [visitor.clip]


def warm_up() -> None:
    """The maps that are shown first, and in the lab, before anyone asks: two models listen to all clips, 2 s."""
    visitor = Visitor()
    model_id = default(choices(visitor))
    if model_id:
        comparison = SHIPPED.comparison(*two(visitor, model_id))
        SHIPPED.trust(comparison, "pca")
        projection.layout(comparison.views[0].points[:40], "tsne")  # imports what t-SNE needs, 2 s


def _comparison(
    visitor: Visitor, atlas: MapCache, model_id: str, two_models: tuple[Loaded, Loaded], most: int
) -> Comparison:
    """An adaptation of this visit has its distances measured already, on the clips that were scored."""
    made = visitor.results.get(model_id)
    return atlas.comparison(*two_models, made, most)


def _shown(visitor: Visitor, own: MapCache, model_id: str, *turned) -> Comparison:
    """What is on the screen."""
    _, most = style.turn(*turned)
    atlas = own if model_id in visitor.models else SHIPPED
    return _comparison(visitor, atlas, model_id, two(visitor, model_id), most)


def _line(comparison: Comparison, kind: str, ready: bool) -> str:
    n, name = len(comparison.clips), {value: title for title, value in KINDS}[kind]
    if not ready:
        first = ", the first time up to 20 s" if kind == "umap" else ""
        about = max(1, round(SECONDS[kind] * n / 1000))
        return f"{name} is laying out {n:,} clips twice, about {about} s{first}. It starts from PCA; watch it settle."
    return f"{n:,} clips. Each point is one clip, near what the model finds alike; labels only colour the points."
