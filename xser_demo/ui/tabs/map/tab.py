"""The Map tab: the clips of two corpora before and after adaptation, side by side and linked."""

import os
import threading
from collections.abc import Iterator

import gradio as gr

from xser_demo.evaluation import projection
from xser_demo.inference.predict import EncodedClip
from xser_demo.reporting import html, maps, score_tables
from xser_demo.reporting.maps import Comparison, MapCache
from xser_demo.ui.jobs.queue import MAX_WAITING
from xser_demo.ui.shared import clip_media, model_pairs
from xser_demo.ui.shared.components import PRIVATE, QUIET, as_text, late_plot
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.map import clip_details, figures, nearest, region
from xser_demo.ui.tabs.map.clip_details import ClipDetails
from xser_demo.ui.tabs.map.layout_job import EMBEDDING_S, KINDS, LayoutRequest, status, steps
from xser_demo.ui.tabs.map.layout_menus import layout_menus, layout_settings
from xser_demo.ui.tabs.map.player import Player
from xser_demo.ui.tabs.map.toolbar import toolbar
from xser_demo.utils.errors import UserError

# Seconds after the tab is first opened. Compiling UMAP blocks other work: a t-SNE begun at once took 40 s.
WARM_UP_AFTER = float(os.environ.get("XSER_WARM_UP_S", 20))
NO_MODEL = "There is no adapted model yet. Make one in the Adapt tab; its maps appear here."
INTO_VIEW = """() => setTimeout(() => document.querySelector('.x-point')?.scrollIntoView({block: 'nearest'}), 150)"""

_warming = threading.Lock()  # taken once, by the thread that compiles UMAP
Chosen = tuple[str, int] | None  # the clips it belongs to (``figures.key``), and the row of one
Region = tuple[str, list[int]] | None  # the same with the rows of several


def build(visitor: gr.State, local: bool = False) -> Tab:
    """``local``: the page is served to this computer only, so that its visitor may download a corpus to it."""
    return MapTab(visitor, local).wire()


class MapTab:
    """Components in the order of the page; ``wire`` says which event calls which method."""

    def __init__(self, visitor: gr.State, local: bool):
        self.visitor = visitor
        self.cache, self.known_models = gr.State(MapCache()), gr.State([])
        self.layout_request = gr.State(None)
        self.chosen, self.selection = gr.State(None), gr.State(None)  # ``Chosen``, ``Region``
        self._menus()
        with gr.Row(equal_height=False):
            with gr.Column(scale=9, min_width=320):
                self.toolbar = toolbar()
                with gr.Row(elem_classes="x-maps"):
                    self.before, self.after = (late_plot(f"map-{when}", min_width=300) for when in ("before", "after"))
                self.player = Player()
                self.legend = gr.HTML(elem_id="map-legend")
                self.nearest = gr.HTML(elem_id="map-nearest", elem_classes="x-small")
                self.details = ClipDetails(local)
                self.region = gr.HTML(elem_id="map-region", elem_classes="x-gauges x-region")
            with gr.Column(scale=4, min_width=270):
                self.scores = gr.HTML(elem_id="map-gauges", elem_classes="x-gauges")
        self.trust = gr.HTML(elem_id="map-trust", elem_classes="x-small")
        self.layout_menus = layout_menus()

    def _menus(self) -> None:
        with gr.Row():
            self.model = model_pairs.menu("map-model", scale=11)
            self.kind = gr.Radio(KINDS, value="tsne", label="Kind of map", scale=8, min_width=230, elem_id="map-kind")
            self.colour = gr.Radio(
                list(maps.COLOUR_BY), value="emotion", label="Colour", scale=10, min_width=250, elem_id="map-colour"
            )
        self.line = gr.HTML(
            html.line("" if self.model.choices else NO_MODEL), elem_id="map-line", elem_classes="x-small"
        )

    def wire(self) -> Tab:
        details, player = self.details, self.player
        settings = [self.model, self.kind, self.colour, *self.layout_menus]
        shown = [self.chosen, self.selection, *settings]
        visit, compared = [self.visitor, self.cache], [self.model, *self.layout_menus]
        drawn = [*visit, *shown]
        outputs = [self.before, self.after, self.legend, self.scores, self.line, self.layout_request, self.trust]
        outputs += [details.facts, *details.outputs, self.toolbar, self.region, self.chosen, self.selection]
        outputs += [self.nearest, *player.outputs]
        latest = {"trigger_mode": "always_last", **QUIET}
        # One event for all settings: of two at a time the first could end last.
        gr.on([one.input for one in settings], self.draw, drawn, outputs, **latest)
        self.layout_request.change(
            self.settle,
            [*visit, self.layout_request],
            [self.toolbar, self.line],
            concurrency_limit=MAX_WAITING,
            **QUIET,
        ).then(self.draw_settled, [self.layout_request, *drawn], outputs, **QUIET)
        self.toolbar.click(
            self.click,
            [*visit, self.chosen, details.download.control, *compared],
            [self.chosen, details.facts, self.toolbar, *details.outputs, self.line, *details.download.outputs],
            **latest,
        ).then(None, None, None, js=INTO_VIEW, **PRIVATE)
        details.download.wire().then(
            self.play,
            [*visit, self.chosen, details.download.which, *compared],
            [*details.outputs, self.line],
            **QUIET,
        )
        self.toolbar.select(self.select, [*visit, *compared], [self.region, self.selection, self.line], **latest)
        player.button.click(
            self.animate,
            [*visit, self.model, self.kind, *self.layout_menus],
            player.outputs,
            concurrency_id="film",
            concurrency_limit=2,
            **QUIET,
        )
        names = ("model", "kind", "colour", "components", "perplexity", "neighbours", "distance", "seed", "clips")
        return Tab(
            self.refresh,
            [*visit, self.known_models, *shown],
            [self.model, self.known_models, *outputs],
            dict(zip(names, settings, strict=True)),
        )

    def refresh(self, visitor: Visitor, cache: MapCache, known_models: list, *shown) -> Iterator[dict]:
        """Add models made in this visit to the menu and show a new one; the clip may have changed, too."""
        if _warming.acquire(blocking=False):
            timer = threading.Timer(WARM_UP_AFTER, projection.warm_up)
            timer.daemon = True
            timer.start()
        chosen, selection, model_id, *rest = shown
        available = model_pairs.choices(visitor)
        ids = [one for _, one in available]
        new = [one for one in visitor.models if one in ids and one not in known_models]
        model_id = new[-1] if new else model_id if model_id in ids else model_pairs.default(available)
        menu = {self.model: gr.Dropdown(available, value=model_id), self.known_models: list(visitor.models)}
        for change in self.draw(visitor, cache, chosen, selection, model_id, *rest):
            yield menu | change
            menu = {}

    def draw(self, visitor, cache, chosen, selection, model_id, kind, colour, *layout_values) -> Iterator[dict]:
        """Draw a map at once if it is PCA, shipped or in the cache. Another is requested (``layout_request``) and drawn
        when it is ready, PCA until then. The trust values come last, because they take longer than the drawing."""
        if not model_id:
            yield {self.line: html.line(NO_MODEL)}
            return
        try:
            settings, max_clips = layout_settings(*layout_values)
            models, cached = model_pairs.load_pair(visitor, model_id), model_pairs.cache_for(visitor, cache, model_id)
            if not cached.has(*models, max_clips=max_clips):
                seconds = EMBEDDING_S.get(models[1].model.recipe.head, 2)
                yield {self.line: html.line(f"Embedding all clips with both models, about {seconds} s.")}
            comparison = model_pairs.compare(visitor, cache, model_id, max_clips)
            ready = kind == "pca" or cached.has(*models, kind, settings, max_clips)
            drawn, request = (kind, None) if ready else ("pca", LayoutRequest(model_id, kind, settings, max_clips))
            awaits, clips = request.name if request else "", visitor_clips(visitor)
            history = visitor.map_history.get(model_id)
            before, after = figures.figures(comparison, cached, drawn, colour, clips, settings, awaits, history)
            near = nearest.lines(comparison, clips)
        except UserError as error:
            yield {self.line: html.error(error)}
            return
        card = comparison.models[1].card
        distances = score_tables.distances(card["source"], card["target"], *comparison.distances)
        yield {
            self.before: before,
            self.after: after,
            self.legend: maps.legend(comparison.clips, colour, visitor.clip is not None),
            self.scores: distances + score_tables.card_scores(card),
            self.line: html.line(status(comparison, kind, ready)),
            self.layout_request: request,
            self.nearest: near,
            **self.player.clear(waiting=request is not None),
            **self._keep_selected(comparison, chosen, selection),
        }
        yield {self.trust: figures.trust_note(*cached.trust(comparison, drawn, settings))}

    def _keep_selected(self, comparison: Comparison, chosen: Chosen, selection: Region) -> dict:
        """The chosen clip and the region stay, with the predictions of these models, while the clips are the same."""
        key, change = figures.key(comparison), {}
        if chosen and chosen[0] == key:
            change[self.details.facts] = clip_details.facts(comparison, chosen[1])
        else:
            change |= self.details.clear() | {self.chosen: None, self.toolbar: gr.HTML(ring=None)}
        if selection and selection[0] == key:
            change[self.region] = region.summary(comparison, selection[1])
        else:
            change |= {self.region: "", self.selection: None}
        return change

    def settle(self, visitor: Visitor, cache: MapCache, request: LayoutRequest | None) -> Iterator[dict]:
        """Compute the layout that ``draw`` requested. If something else is drawn meanwhile, the page ignores the steps:
        it shows only those of the layout that it awaits."""
        if request is None:
            yield {self.toolbar: gr.skip()}
            return
        cached = model_pairs.cache_for(visitor, cache, request.model_id)
        comparison = model_pairs.compare(visitor, cache, request.model_id, request.max_clips)
        for step in steps(cached, comparison, request, visitor_clips(visitor)):
            yield {self.line: html.line(step)} if isinstance(step, str) else {self.toolbar: gr.HTML(step=as_text(step))}

    def draw_settled(self, request: LayoutRequest | None, *drawn) -> Iterator[dict]:
        """Draw the finished layout. Gradio fires ``change`` also for a state that is still None, for example when the
        page is opened, and a generator that yields nothing would empty all its outputs, hence the ``skip``."""
        if request is None:
            yield {self.line: gr.skip()}
        else:
            yield from self.draw(*drawn)

    def click(self, event: gr.EventData, request: gr.Request, visitor, cache, chosen, control, *compared) -> dict:
        """Show the clip of a clicked point, or the next one for a button of the toolbar."""
        try:
            comparison = _compared(visitor, cache, *compared)
            key = figures.key(comparison)
            row = chosen[1] if chosen and chosen[0] == key else None
            row = clip_details.requested_row(comparison, row, getattr(event, "where", None))
            utterance = comparison.clips.utterances[row]
            media = clip_media.media(utterance, visitor.recordings)
        except UserError as error:
            return {self.line: html.error(error)}
        return {
            self.chosen: (key, row),
            self.details.facts: clip_details.facts(comparison, row),
            self.toolbar: gr.HTML(ring=row),
            **self.details.show(media),
            **self.details.download.about(utterance.corpus, control, request),
        }

    def play(self, visitor: Visitor, cache: MapCache, chosen: Chosen, downloaded: str | None, *compared) -> dict:
        """Play the chosen clip once its corpus has been downloaded."""
        try:
            comparison = _compared(visitor, cache, *compared)
        except UserError as error:
            return {self.line: html.error(error)}
        if chosen and chosen[0] == figures.key(comparison):
            utterance = comparison.clips.utterances[chosen[1]]
            media = clip_media.media(utterance, visitor.recordings)
            if utterance.corpus == downloaded and media.sound:
                return self.details.show(media)
        return {self.line: gr.skip()}

    def select(self, event: gr.SelectData, visitor: Visitor, cache: MapCache, *compared) -> dict:
        """Summarise a region of either map."""
        try:
            comparison = _compared(visitor, cache, *compared)
        except UserError as error:
            return {self.line: html.error(error)}
        rows = region.valid_rows(event.index, comparison)
        return {
            self.region: region.summary(comparison, rows),
            self.selection: (figures.key(comparison), rows) if rows else None,
        }

    def animate(self, visitor, cache, model_id, kind, *layout_values) -> Iterator[dict]:
        """The epochs of an adaptation of this visit; from before to after for a shipped model."""
        settings, max_clips = layout_settings(*layout_values)
        history = visitor.map_history.get(model_id)
        try:
            comparison = model_pairs.compare(visitor, cache, model_id, max_clips)
            cached = model_pairs.cache_for(visitor, cache, model_id)
            if not cached.has(*comparison.models, kind, settings, max_clips):
                yield {self.player.line: html.line("Laying out the maps.")}
            shown = comparison, cached, kind, settings, visitor_clips(visitor)
            if history is None:
                yield self.player.show_move(*shown)
            else:
                yield from self.player.show_epochs(history, *shown)
        except UserError as error:
            yield {self.player.line: html.error(error)}


def visitor_clips(visitor: Visitor) -> list[EncodedClip]:
    """The visitor's clip, if there is one."""
    return [] if visitor.clip is None else [visitor.clip]


def warm_up() -> None:
    """Compute the maps that the Map and Shift lab tabs show first: two models embed all clips, 2 s."""
    visitor = Visitor()
    model_id = model_pairs.default(model_pairs.choices(visitor))
    if model_id:
        comparison = model_pairs.compare(visitor, model_pairs.SHIPPED, model_id)
        model_pairs.SHIPPED.trust(comparison, "tsne")
        model_pairs.SHIPPED.layouts(comparison, "pca")  # of the Shift lab
        projection.layout(comparison.views[0].points[:40], "tsne")  # imports what t-SNE needs, 2 s


def _compared(visitor: Visitor, cache: MapCache, model_id: str, *layout_values) -> Comparison:
    """What the maps on the page show."""
    return model_pairs.compare(visitor, cache, model_id, layout_settings(*layout_values)[1])
