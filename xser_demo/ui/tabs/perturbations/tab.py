"""The Shift lab tab: one clip is changed step by step; hear it, see where it drifts, and what the models still get."""

import random
from collections.abc import Callable, Iterator
from html import escape

import gradio as gr

from xser_demo.audio import perturbations
from xser_demo.corpora.labels import FOUR
from xser_demo.reporting import score_tables
from xser_demo.reporting.maps import COLOUR_BY, MapCache
from xser_demo.ui.jobs.queue import HEAVY, WAITING, died
from xser_demo.ui.shared import clips, model_pairs
from xser_demo.ui.shared.clips import ANY, clip_line, error_line
from xser_demo.ui.shared.components import PRIVATE
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import curves, sweep
from xser_demo.ui.tabs.perturbations import view as perturbations_view
from xser_demo.ui.tabs.perturbations.curves import Measured
from xser_demo.ui.tabs.perturbations.sweep import OWN, REAL, VOICE, Desk
from xser_demo.utils.errors import UserError

MEASURING_S = 30  # that a measurement takes, for those who wait
FIRST_SHIFT, FIRST_STRENGTH = "noise", 0.5
FIRST_VOICE = 3  # German, the language that the first adapted model was adapted to
NO_MODEL = "There is no adapted model yet. Make one in the Adapt tab; then it can be tried here."
NO_CLIP = "There is no clip yet: take a synthetic voice, or record one in the Listen tab."
SHIFTS = [(one.title, name) for name, one in perturbations.PERTURBATIONS.items()]


def build(visitor: gr.State) -> Tab:
    atlas, desk = gr.State(MapCache()), gr.State(Desk())
    there = model_pairs.choices(Visitor())
    voices = [(one["label"].removeprefix("Synthetic voice, "), n) for n, one in enumerate(clips.voices())]
    gr.HTML(score_tables.STYLE + perturbations_view.STYLE, elem_classes="x-style")
    gr.HTML("", js_on_load=perturbations_view.ONE_AT_A_TIME, elem_classes="x-style")
    with gr.Row(equal_height=False, elem_id="lab-top"):
        with gr.Column(scale=9, min_width=300, elem_classes="x-tight"):
            with gr.Row(elem_classes="x-chips", elem_id="lab-chips"):
                own = gr.Button("Your clip", size="sm", elem_id="lab-own", interactive=False)
                voice = gr.Button("Synthetic voice", size="sm", elem_id="lab-voice", interactive=bool(voices))
                real = gr.Button("Real recording", size="sm", elem_id="lab-real", interactive=False)
            about = gr.HTML(padding=False, elem_id="lab-clip", elem_classes="x-small x-clip")
        what = gr.Dropdown(SHIFTS, value=FIRST_SHIFT, label="Change", scale=7, min_width=240, elem_id="lab-shift")
        model = gr.Dropdown(
            there, value=model_pairs.default(there), label="Adapted model", scale=9, min_width=260, elem_id="lab-model"
        )
    sentence = gr.HTML(padding=False, elem_id="lab-sentence")
    with gr.Row(equal_height=False):
        with gr.Column(scale=8, min_width=280, elem_classes="x-tight"):
            level = gr.Slider(0, 1, FIRST_STRENGTH, step=0.125, label="Strength", elem_id="lab-strength", buttons=[])
            dose = gr.HTML(
                _dose(FIRST_SHIFT, FIRST_STRENGTH), padding=False, elem_id="lab-dose", elem_classes="x-small"
            )
            original = gr.HTML(perturbations_view.sound("Original", None), padding=False, elem_id="lab-original")
            changed = gr.HTML(perturbations_view.sound("Changed", None), padding=False, elem_id="lab-changed")
            picture = gr.Plot(show_label=False, elem_id="lab-picture", elem_classes="x-plot")
        with gr.Column(scale=11, min_width=320, elem_classes="x-tight"):
            cards = gr.HTML(perturbations_view.waiting(), padding=False, elem_id="lab-cards")
            with gr.Row(elem_id="lab-maps"):
                before, after = (
                    gr.Plot(show_label=False, min_width=150, elem_id=f"lab-{when}", elem_classes="x-plot")
                    for when in ("before", "after")
                )
            key = gr.HTML(padding=False, elem_id="lab-legend")
        with gr.Column(scale=10, min_width=300, elem_classes="x-tight"):
            curve = gr.Plot(show_label=False, elem_id="lab-curve", elem_classes="x-plot")
            uar = gr.Plot(show_label=False, elem_id="lab-uar", elem_classes="x-plot")
            note = gr.HTML(padding=False, elem_id="lab-note", elem_classes="x-small")
            with gr.Row(elem_classes="x-chips"):
                go = gr.Button("Measure on the recordings here", size="sm", visible=False, elem_id="lab-measure")
                stop = gr.Button("Stop", size="sm", visible=False, elem_id="lab-stop")
    with gr.Accordion("Fine-tune", open=False, elem_id="lab-fine-tune"), gr.Row():
        reader = gr.Dropdown(
            voices, value=FIRST_VOICE if voices else None, label="Synthetic voice", elem_id="lab-reader"
        )
        emotion = gr.Dropdown([ANY, *FOUR], value=ANY, label="Real recordings labelled as", elem_id="lab-emotion")
        colour = gr.Radio(list(COLOUR_BY), value="emotion", label="Colour of the maps", elem_id="lab-colour")

    shown = [changed, picture, cards, sentence, before, after, curve, uar, note, go, key, dose, about]

    def draw(
        visitor: Visitor, atlas: MapCache, desk: Desk, name: str, at: float, model_id: str | None, colour: str
    ) -> Iterator[dict]:
        """Everything at one strength, unless something else was asked for meanwhile: then that is drawn."""
        desk.asked += 1
        mine = desk.asked
        for change in drawn(visitor, atlas, desk, name, at, model_id, colour):
            if desk.asked != mine:
                yield {about: gr.skip()}
                return
            yield change

    def drawn(
        visitor: Visitor, atlas: MapCache, desk: Desk, name: str, at: float, model_id: str | None, colour: str
    ) -> Iterator[dict]:
        """Only the first look at a shift takes time: all its strengths are heard then."""
        try:
            if not model_id:
                raise UserError(NO_MODEL)
            if desk.heard is None:
                raise UserError(NO_CLIP)
            pair, its = (
                model_pairs.load_pair(visitor, model_id),
                atlas if model_id in visitor.models else model_pairs.SHIPPED,
            )
            at = min(max(float(at or 0), perturbations.get(name).low), 1.0)
            if not desk.has(name) or not its.has(*pair):
                yield {about: desk.line + "<p role='status'>Both models listen to all strengths ...</p>"}
            its.comparison(*pair, visitor.results.get(model_id))
            found = desk.drift(name, pair, its)
            step = found.sweep.nearest(at)
            yield {  # first what costs nothing
                changed: perturbations_view.sound("Changed", found.sweep.versions[step]),
                cards: perturbations_view.cards(found, step),
                sentence: f"<p>{escape(sweep.sentence(found, step))}</p>",
                dose: _dose(name, found.sweep.strengths[step]),
                about: desk.line,
            }
            maps = perturbations_view.maps(found, step, colour)
            yield {
                picture: perturbations_view.spectrograms(found.sweep, step),
                before: maps[0],
                after: maps[1],
                curve: perturbations_view.probabilities(found, found.sweep.strengths[step]),
                key: perturbations_view.key(found, colour),
                **score(desk, pair, name, found.sweep.strengths[step]),
            }
        except UserError as error:
            yield {about: desk.line + error_line(error)}

    def score(desk: Desk, pair: curves.Pair, name: str, at: float) -> dict:
        """The UAR against the strength: as measured here, else as it was measured beforehand."""
        measured, problem = desk.measured.get((name, *sweep.ids(pair))), ""
        try:
            measured = measured or curves.stored(pair, name)
        except UserError as error:
            measured, problem = Measured(pair[1].card["target"], {}), error_line(error)
        card = pair[1].card
        here = sweep.recordings(card["target"])
        said = escape(curves.note(measured, name, at, here))
        return {
            uar: curves.figure(measured, name, at, sweep.names(card), 1 / len(card["labels"])),
            note: problem or f"<p>{said}</p>",
            go: gr.Button(visible=here),
        }

    def put(desk: Desk, find: Callable[[], tuple], then: Callable[[], Iterator[dict]]) -> Iterator[dict]:
        """Another clip on the desk. What went wrong is said there, and the clip before it stays."""
        try:
            desk.put(*find())
        except UserError as error:
            yield {about: desk.line + error_line(error)}
            return
        yield {original: perturbations_view.sound("Original", desk.heard), **marked(desk)}
        yield from then()

    def marked(desk: Desk) -> dict:
        """The button of the clip that is used stands out."""
        kinds = {OWN: own, VOICE: voice, REAL: real}
        return {one: gr.Button(variant="primary" if kind == desk.kind else "secondary") for kind, one in kinds.items()}

    def own_clip(visitor, atlas, desk, *rest):
        yield from put(desk, lambda: _own(visitor), lambda: draw(visitor, atlas, desk, *rest))

    def voice_clip(number, visitor, atlas, desk, *rest):
        yield from put(desk, lambda: _voice(number), lambda: draw(visitor, atlas, desk, *rest))

    def real_clip(emotion, visitor, atlas, desk, name, at, model_id, colour):
        def find() -> tuple:
            return _real(model_pairs.load_pair(visitor, model_id)[1].card["target"], emotion)

        yield from put(desk, find, lambda: draw(visitor, atlas, desk, name, at, model_id, colour))

    def other_shift(visitor, atlas, desk, name, at, model_id, colour):
        """A slider for the other shift, at the same strength where it has two directions, too."""
        at = abs(at or 0) if perturbations.get(name).low == 0 else at or 0
        yield {level: _slider(name, at), dose: _dose(name, at)}
        yield from draw(visitor, atlas, desk, name, at, model_id, colour)

    def refresh(number, visitor, atlas, desk, name, at, model_id, colour):
        """Models made in this visit join the choice; a clip that is new in Listen is taken, else a voice is."""
        there = model_pairs.choices(visitor)
        model_id = model_id if model_id in [one for _, one in there] else model_pairs.default(there)
        name = name if name in perturbations.PERTURBATIONS else FIRST_SHIFT
        at = min(max(float(at or 0), perturbations.get(name).low), 1.0)
        mine = sweep.own(visitor.clip)
        ready = bool(model_id) and sweep.recordings(model_pairs.load_pair(visitor, model_id)[1].card["target"])
        yield {
            model: gr.Dropdown(there, value=model_id),
            level: _slider(name, at),
            own: gr.Button(interactive=mine is not None),
            real: gr.Button(interactive=ready),
        }
        rest = (visitor, atlas, desk, name, at, model_id, colour)
        if mine is not None and mine is not desk.seen:
            desk.seen = mine
            yield from own_clip(*rest)
        elif desk.heard is None and voices:
            yield from voice_clip(number, *rest)
        else:
            yield from draw(*rest)

    def measure(visitor: Visitor, desk: Desk, name: str, at: float, model_id: str) -> Iterator[dict]:
        """UAR on the recordings, a strength at a time. It ends itself when Stop was asked for: an event that Gradio
        cancels blocks its button until the step that it was in has ended."""
        desk.stop = False
        yield {go: gr.Button(interactive=False), stop: gr.Button(visible=True, interactive=True), note: _busy(0, name)}
        try:
            pair = model_pairs.load_pair(visitor, model_id)
            with HEAVY.job(MEASURING_S) as job:
                for text in HEAVY.turn(job, lambda: desk.stop):
                    yield {note: score_tables.line(text)}
                for measured in curves.measure(pair, name, stopped=lambda: desk.stop):
                    desk.measured[(name, *sweep.ids(pair))] = measured
                    yield score(desk, pair, name, at) | {go: gr.skip(), note: _busy(len(measured.points), name)}
            last = score(desk, pair, name, at)
        except UserError as error:
            last = {note: error_line(error)}
        except Exception as error:
            last = {note: error_line(died("The measurement", error))}
        yield last | {go: gr.Button(visible=True, interactive=True), stop: gr.Button(visible=False)}

    def halt(desk: Desk) -> gr.Button:
        desk.stop = True
        return gr.Button(interactive=False)

    inputs = [visitor, atlas, desk, what, level, model, colour]
    quiet = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    chosen = [original, own, voice, real, *shown]
    own.click(own_clip, inputs, chosen, **quiet)
    voice.click(voice_clip, [reader, *inputs], chosen, **quiet)
    reader.input(voice_clip, [reader, *inputs], chosen, **quiet)
    real.click(real_clip, [emotion, *inputs], chosen, **quiet)
    what.input(other_shift, inputs, [level, *shown], **quiet)
    level.input(draw, inputs, shown, **quiet)  # fires for the keyboard, too, which ``release`` does not
    for choice in (model, colour):
        choice.input(draw, inputs, shown, **quiet)
    scored = [visitor, desk, what, level, model]
    go.click(
        measure,
        scored,
        [uar, note, go, stop],
        show_progress="hidden",
        concurrency_limit=WAITING,
        **PRIVATE,
    )
    stop.click(halt, desk, stop, show_progress="hidden", **PRIVATE)
    settings = {"shift": what, "strength": level, "model": model, "voice": reader}
    return Tab(refresh, [reader, *inputs], [model, level, *chosen], settings)


def _own(visitor: Visitor) -> tuple:
    heard = sweep.own(visitor.clip)
    if heard is None:
        raise UserError("There is no sound of yours here: record a clip in the Listen tab.")
    return OWN, heard, sweep.label_of(heard), clip_line(heard)


def _voice(number: int | None) -> tuple:
    """The chosen voice, or any."""
    found = clips.voice(random.randrange(1000) if number is None else int(number))  # noqa: S311  nothing secret
    return VOICE, found.heard, None, f"<p>{escape(found.heard.name)}, {found.heard.duration_s:.1f} s.</p>"


def _real(corpus: str, emotion: str) -> tuple:
    found = sweep.real(corpus, emotion)
    return REAL, found.heard, found.label, found.line


def _dose(name: str, at: float) -> str:
    return perturbations_view.dose(perturbations.get(name), at)


def _slider(name: str, at: float) -> gr.Slider:
    low = perturbations.get(name).low
    return gr.Slider(low, 1, value=at, step=(1 - low) / (sweep.STEPS - 1))


def _busy(done: int, name: str) -> str:
    total = curves.wanted(name)
    words = f"Both models listen to {curves.LIVE} recordings: strength {min(done + 1, total)} of {total} ..."
    return score_tables.line(words, done / total)
