"""The Shift lab tab: perturb one clip step by step, hear it, see where it moves on the maps and what models predict."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from html import escape

import gradio as gr

from xser_demo.audio import perturbations
from xser_demo.corpora.labels import FOUR
from xser_demo.reporting import html
from xser_demo.reporting.maps import COLOUR_BY, MapCache
from xser_demo.ui.shared import clips, model_pairs
from xser_demo.ui.shared.clips import ANY, PickedClip, clip_line
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import sweep, view
from xser_demo.ui.tabs.perturbations.sweep import OWN, REAL, VOICE, LabState
from xser_demo.ui.tabs.perturbations.uar_panel import UarPanel
from xser_demo.utils.errors import UserError

FIRST_SHIFT, FIRST_STRENGTH = "noise", 0.5
FIRST_VOICE = 3  # German, the language that the first adapted model was adapted to
NO_MODEL = "There is no adapted model yet. Make one in the Adapt tab; then it can be tried here."
NO_CLIP = "There is no clip yet: take a synthetic voice, or record one in the Listen tab."
SHIFTS = [(one.title, name) for name, one in perturbations.PERTURBATIONS.items()]


def build(visitor: gr.State) -> Tab:
    return ShiftLab(visitor).wire()


class ShiftLab:
    """Components in the order of the page; ``wire`` says which event calls which method."""

    def __init__(self, visitor: gr.State):
        self.visitor, self.cache, self.lab = visitor, gr.State(MapCache()), gr.State(LabState())
        voices = clips.voice_choices()
        gr.HTML("", js_on_load=view.ONE_AT_A_TIME, elem_classes="x-style")
        with gr.Row(equal_height=False, elem_id="lab-top"):
            self._choices(bool(voices))
        self.sentence = gr.HTML(padding=False, elem_id="lab-sentence")
        with gr.Row(equal_height=False):
            with gr.Column(scale=8, min_width=280, elem_classes="x-tight"):
                self._sound()
            with gr.Column(scale=11, min_width=320, elem_classes="x-tight"):
                self._predictions()
            with gr.Column(scale=10, min_width=300, elem_classes="x-tight"):
                self.curve = gr.Plot(show_label=False, elem_id="lab-curve", elem_classes="x-plot")
                self.uar = UarPanel()
        with gr.Accordion("Fine-tune", open=False, elem_id="lab-fine-tune"), gr.Row():
            self.reader = gr.Dropdown(
                voices, value=FIRST_VOICE if voices else None, label="Synthetic voice", elem_id="lab-reader"
            )
            self.emotion = gr.Dropdown(
                [ANY, *FOUR], value=ANY, label="Real recordings labelled as", elem_id="lab-emotion"
            )
            self.colour = gr.Radio(list(COLOUR_BY), value="emotion", label="Colour of the maps", elem_id="lab-colour")

    def _choices(self, has_voices: bool) -> None:
        with gr.Column(scale=9, min_width=300, elem_classes="x-tight"):
            with gr.Row(elem_classes="x-chips", elem_id="lab-chips"):
                self.own = gr.Button("Your clip", size="sm", elem_id="lab-own", interactive=False)
                self.voice = gr.Button("Synthetic voice", size="sm", elem_id="lab-voice", interactive=has_voices)
                self.real = gr.Button("Real recording", size="sm", elem_id="lab-real", interactive=False)
            self.line = gr.HTML(padding=False, elem_id="lab-clip", elem_classes="x-small x-clip")
        self.perturbation = gr.Dropdown(
            SHIFTS, value=FIRST_SHIFT, label="Change", scale=7, min_width=240, elem_id="lab-shift"
        )
        self.model = model_pairs.menu("lab-model", scale=9)

    def _sound(self) -> None:
        self.strength = gr.Slider(
            0, 1, FIRST_STRENGTH, step=0.125, label="Strength", elem_id="lab-strength", buttons=[]
        )
        effect = _effect(FIRST_SHIFT, FIRST_STRENGTH)
        self.effect = gr.HTML(effect, padding=False, elem_id="lab-dose", elem_classes="x-small")
        self.original = gr.HTML(view.sound("Original", None), padding=False, elem_id="lab-original")
        self.changed = gr.HTML(view.sound("Changed", None), padding=False, elem_id="lab-changed")
        self.spectrograms = gr.Plot(show_label=False, elem_id="lab-picture", elem_classes="x-plot")

    def _predictions(self) -> None:
        self.cards = gr.HTML(view.waiting(), padding=False, elem_id="lab-cards")
        with gr.Row(elem_id="lab-maps"):
            self.before, self.after = (
                gr.Plot(show_label=False, min_width=150, elem_id=f"lab-{when}", elem_classes="x-plot")
                for when in ("before", "after")
            )
        self.legend = gr.HTML(padding=False, elem_id="lab-legend")

    def wire(self) -> Tab:
        state = [self.visitor, self.cache, self.lab]
        inputs = [*state, self.perturbation, self.strength, self.model, self.colour]
        shown = [self.changed, self.spectrograms, self.cards, self.sentence, self.before, self.after, self.curve]
        shown += [*self.uar.outputs, self.legend, self.effect, self.line]
        picked = [self.original, self.own, self.voice, self.real, *shown]
        latest = {"trigger_mode": "always_last", **QUIET}
        use_voice, draw = self.use_voice, self.draw  # the same object for several events: they share one queue
        self.own.click(self.use_own, inputs, picked, **latest)
        self.voice.click(use_voice, [self.reader, *inputs], picked, **latest)
        self.reader.input(use_voice, [self.reader, *inputs], picked, **latest)
        self.real.click(self.use_recording, [self.emotion, *inputs], picked, **latest)
        self.perturbation.input(self.change_perturbation, inputs, [self.strength, *shown], **latest)
        self.strength.input(draw, inputs, shown, **latest)  # fires for the keyboard, too, unlike ``release``
        self.model.input(draw, inputs, shown, **latest)
        self.colour.input(draw, inputs, shown, **latest)
        self.uar.wire([self.visitor, self.lab, self.perturbation, self.strength, self.model], self.lab)
        settings = {"shift": self.perturbation, "strength": self.strength, "model": self.model, "voice": self.reader}
        return Tab(self.refresh, [self.reader, *inputs], [self.model, self.strength, *picked], settings)

    def refresh(self, number, visitor, cache, lab, name, strength, model_id, colour) -> Iterator[dict]:
        """Add models made in this visit to the menu; take a new clip of the Listen tab, or else a voice."""
        available = model_pairs.choices(visitor)
        model_id = model_id if model_id in [one for _, one in available] else model_pairs.default(available)
        name = name if name in perturbations.PERTURBATIONS else FIRST_SHIFT
        strength = _within(name, strength)
        own = sweep.with_sound(visitor.clip)
        recordings = bool(model_id) and sweep.has_recordings(_target(visitor, model_id))
        yield {
            self.model: gr.Dropdown(available, value=model_id),
            self.strength: _slider(name, strength),
            self.own: gr.Button(interactive=own is not None),
            self.real: gr.Button(interactive=recordings),
        }
        inputs = (visitor, cache, lab, name, strength, model_id, colour)
        if own is not None and own is not lab.last_own:
            lab.last_own = own
            yield from self.use_own(*inputs)
        elif lab.clip is None and clips.voices():
            yield from self.use_voice(number, *inputs)
        else:
            yield from self.draw(*inputs)

    def use_own(self, visitor, *rest) -> Iterator[dict]:
        yield from self._use(OWN, lambda: _own(visitor), visitor, *rest)

    def use_voice(self, number, *rest) -> Iterator[dict]:
        yield from self._use(VOICE, lambda: _voice(number), *rest)

    def use_recording(self, emotion, visitor, cache, lab, name, strength, model_id, colour) -> Iterator[dict]:
        def pick() -> PickedClip:
            return sweep.real_recording(_target(visitor, model_id), emotion)

        yield from self._use(REAL, pick, visitor, cache, lab, name, strength, model_id, colour)

    def _use(self, kind: str, pick: Callable[[], PickedClip], visitor, cache, lab: LabState, *rest) -> Iterator[dict]:
        """Take another clip and draw it. On an error the previous clip stays."""
        try:
            picked = pick()
            lab.set_clip(kind, picked.encoded, picked.label, picked.line)
        except UserError as error:
            yield {self.line: lab.line + html.error(error)}
            return
        buttons = {OWN: self.own, VOICE: self.voice, REAL: self.real}
        marked = {
            button: gr.Button(variant="primary" if kind == lab.kind else "secondary")
            for kind, button in buttons.items()
        }
        yield {self.original: view.sound("Original", lab.clip), **marked}
        yield from self.draw(visitor, cache, lab, *rest)

    def change_perturbation(self, visitor, cache, lab, name, strength, model_id, colour) -> Iterator[dict]:
        """Set the slider's range; keep the strength, as an absolute value where the range starts at 0."""
        strength = abs(strength or 0) if perturbations.get(name).low == 0 else strength or 0
        yield {self.strength: _slider(name, strength), self.effect: _effect(name, strength)}
        yield from self.draw(visitor, cache, lab, name, strength, model_id, colour)

    def draw(self, visitor, cache, lab: LabState, name, strength, model_id, colour) -> Iterator[dict]:
        """Everything at one strength, until a later drawing begins: then only that one continues."""
        lab.drawings += 1
        mine = lab.drawings
        for change in self._draw(visitor, cache, lab, name, strength, model_id, colour):
            if lab.drawings != mine:
                yield {self.line: gr.skip()}
                return
            yield change

    def _draw(self, visitor, cache, lab: LabState, name, strength, model_id, colour) -> Iterator[dict]:
        """Only the first drawing of a perturbation takes time, which encodes the clip at all strengths."""
        try:
            if not model_id:
                raise UserError(NO_MODEL)
            if lab.clip is None:
                raise UserError(NO_CLIP)
            pair, cached = model_pairs.load_pair(visitor, model_id), model_pairs.cache_for(visitor, cache, model_id)
            if not lab.has_sweep(name) or not cached.has(*pair):
                yield {self.line: lab.line + "<p role='status'>Predicting all strengths with both models ...</p>"}
            model_pairs.compare(visitor, cache, model_id)
            drift = lab.drift(name, pair, cached)
            step = drift.sweep.nearest(_within(name, strength))
            strength = drift.sweep.strengths[step]
            yield {  # the fast parts first
                self.changed: view.sound("Changed", drift.sweep.versions[step]),
                self.cards: view.cards(drift, step),
                self.sentence: f"<p>{escape(sweep.sentence(drift, step))}</p>",
                self.effect: _effect(name, strength),
                self.line: lab.line,
            }
            before, after = view.maps(drift, step, colour)
            yield {
                self.spectrograms: view.spectrograms(drift.sweep, step),
                self.before: before,
                self.after: after,
                self.curve: view.probabilities(drift, strength),
                self.legend: view.legend(drift, colour),
                **self.uar.show(lab, pair, name, strength),
            }
        except UserError as error:
            yield {self.line: lab.line + html.error(error)}


def _own(visitor: Visitor) -> PickedClip:
    clip = sweep.with_sound(visitor.clip)
    if clip is None:
        raise UserError("There is no recording of yours here: record a clip in the Listen tab.")
    return PickedClip(clip, sweep.stored_label(clip), clip_line(clip), None)


def _voice(number: int | None) -> PickedClip:
    voice = clips.synthetic_voice(number)
    return replace(voice, line=f"<p>{escape(voice.encoded.name)}, {voice.encoded.duration_s:.1f} s.</p>")


def _target(visitor: Visitor, model_id: str) -> str:
    """The corpus that a model was adapted to."""
    return model_pairs.load_pair(visitor, model_id)[1].card["target"]


def _within(name: str, strength: float | None) -> float:
    """The strength inside the range of a perturbation."""
    return min(max(float(strength or 0), perturbations.get(name).low), 1.0)


def _effect(name: str, strength: float) -> str:
    return view.effect(perturbations.get(name), strength)


def _slider(name: str, strength: float) -> gr.Slider:
    low = perturbations.get(name).low
    return gr.Slider(low, 1, value=strength, step=(1 - low) / (sweep.STEPS - 1))
