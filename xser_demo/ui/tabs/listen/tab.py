"""The Listen tab: record, upload or pick a clip, or speak live, and compare the predictions of several models."""

from collections.abc import Callable

import gradio as gr
import plotly.graph_objects as go

from xser_demo import corpora
from xser_demo.corpora.labels import FOUR
from xser_demo.data import packs
from xser_demo.inference.predict import encode_file
from xser_demo.networks.heads import attention
from xser_demo.reporting import html
from xser_demo.ui.js import script
from xser_demo.ui.shared import clips, model_menu, recorder, texts
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import ANY, PickedClip, clip_line, emotions, playable
from xser_demo.ui.shared.components import PRIVATE, QUIET, late_plot
from xser_demo.ui.shared.model_menu import MAX_MODELS, SEPARATOR, defaults, menu
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen.stream import LiveMicrophone
from xser_demo.utils.errors import UserError

RECORD, LIVE = "Record", "Live"
ATTENTION = [("All heads", 0), *((str(n), n) for n in range(1, attention.HEADS + 1))]
SHOWN = 5  # values of ``_shown``


def build(visitor: gr.State) -> Tab:
    return ListenTab(visitor).wire()


class ListenTab:
    """Components in the order of the page; ``wire`` says which event calls which method."""

    def __init__(self, visitor: gr.State):
        self.visitor, self.label, self.known_models = visitor, gr.State(None), gr.State([])
        self.live = LiveMicrophone()
        with gr.Row(equal_height=False):
            with gr.Column(scale=4, min_width=320, elem_id="listen-ask"):
                self._input()
            with gr.Column(scale=7, min_width=320, elem_classes="x-answer") as self.recorded:
                self._predictions()
            self.live.predictions()
        with gr.Accordion("Fine-tune", open=False, elem_id="listen-fine-tune") as self.fine_tune:
            self._fine_tune()

    def _input(self) -> None:
        gr.HTML(
            f"<h2 class='x-lead'>{texts.LEAD}</h2><p class='x-small'>{texts.CAUTION}</p>",
            elem_id="caution",
            padding=False,
        )
        self.mode = gr.Radio(
            [RECORD, LIVE], value=RECORD, show_label=False, container=False, elem_id="mode", elem_classes="x-choice"
        )
        with gr.Column(elem_id="record") as self.record:
            self.clip = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                label="Your clip",
                show_label=False,
                editable=False,
                buttons=["download"],  # no sharing: only the visitor takes a clip elsewhere
                elem_id="clip",
            )
            with gr.Row(elem_classes="x-chips"):
                self.real = gr.Button("Real recording", size="sm", elem_id="real", interactive=bool(packs.available()))
                self.voice = gr.Button("Synthetic voice", size="sm", elem_id="voice")
                self.upload = gr.UploadButton(
                    "Upload", size="sm", file_types=["audio", ".webm", ".m4a", ".mp4"], elem_id="upload"
                )
            self.line = gr.HTML(padding=False, elem_id="clip-line", elem_classes="x-small x-clip")
            recorder.controls()
        self.live.microphone()
        self.quadrant = gr.HTML(padding=False, elem_id="quadrant")

    def _predictions(self) -> None:
        empty = view.show(Visitor(), defaults(Visitor()))
        self.cards = gr.HTML(empty.cards, padding=False, elem_id="cards")
        self.sentence = gr.HTML(padding=False, elem_id="sentence", elem_classes="x-sentence")
        self.plot = late_plot("attention")
        self.heads = gr.Radio(
            ATTENTION, value=0, visible=False, show_label=False, container=False, elem_id="heads",
            elem_classes="x-choice",
        )  # fmt: skip
        gr.HTML("", js_on_load=script("follow"), elem_id="cursor")
        gr.Plot(go.Figure(), visible="hidden", elem_id="early")  # loads plotly.js before the first clip needs it

    def _fine_tune(self) -> None:
        available, chosen, pairs = packs.available(), defaults(Visitor()), model_menu.pairs()
        self.pair = gr.Dropdown(
            pairs,
            value=_pair(chosen),
            label="Compare",
            info="One network, trained on one language only and adapted to another; this sets both models.",
            elem_id="pair",
        )
        self.models = gr.Dropdown(
            menu(Visitor()),
            value=chosen,
            multiselect=True,
            max_choices=MAX_MODELS,
            label="Models",
            info="Two to four models for the same clip. Type to search: GAN, NNPM, VGG16, German ...",
            elem_id="models",
        )
        self.corpus = gr.Dropdown(
            [(f"{corpora.corpus(k).name}, {corpora.corpus(k).language_name}", k) for k in available],
            value="emodb" if "emodb" in available else (available or [None])[0],
            label="Real recordings from",
            elem_id="corpus",
        )
        self.emotion = gr.Dropdown([ANY, *FOUR], value=ANY, label="labelled as", elem_id="emotion")
        self.reader = gr.Dropdown(clips.voice_choices(), value=None, label="Synthetic voice", elem_id="reader")
        self.settings = {"models": self.models, "corpus": self.corpus, "emotion": self.emotion}  # of a link

    def wire(self) -> Tab:
        shown = [self.cards, self.plot, self.sentence, self.quadrant, self.heads]
        predicted, inputs = [self.visitor, self.label, self.line, *shown], [self.visitor, self.models, self.heads]
        picked = {"outputs": [self.clip, *predicted], "show_progress_on": [self.cards], **PRIVATE}
        use_voice, unfold = self.use_voice, self.unfold  # the same object for several events: they share one queue
        events = [
            # ``input`` is what a person does; a clip that the page puts into the recorder does not fire it.
            self.clip.input(
                self.use_recording,
                [self.clip, *inputs],
                predicted,
                show_progress_on=[self.cards],
                **recorder.LAST,
                **PRIVATE,
            ),
            self.upload.upload(self.use_upload, [self.upload, *inputs], **picked),
            self.real.click(self.use_real, [self.corpus, self.emotion, *inputs], **picked),
            self.voice.click(use_voice, [self.reader, *inputs], **picked),
            self.reader.input(use_voice, [self.reader, *inputs], **picked),
        ]
        for event in events:
            event.then(unfold, inputs, self.plot, **QUIET)
        self.heads.input(self.change_head, inputs, self.plot, **QUIET)
        modes = [self.record, self.recorded, self.live.input_column, self.live.answer_column, self.quadrant]
        self.mode.input(self.change_mode, self.mode, modes, **QUIET)
        self.live.wire(self.visitor, self.models)
        self.models.input(self.change_models, [*inputs, self.label], [self.line, *shown], **QUIET)
        self.models.input(lambda: None, None, self.pair, **QUIET)  # the models are no longer a pair of the menu
        self.pair.input(
            self.change_pair,
            [self.visitor, self.pair, self.heads, self.label],
            [self.models, self.line, *shown],
            **QUIET,
        )
        self.corpus.input(self.change_corpus, self.corpus, self.emotion, **QUIET)
        # A published system may be chosen next; load its libraries meanwhile.
        self.fine_tune.expand(_warm_up_systems, **QUIET)
        return Tab(
            self.refresh,
            [*inputs, self.known_models, self.label],
            [self.models, self.known_models, *shown],
            self.settings,
            self.set_up,
            [*self.settings.values(), self.pair],
        )

    def use_recording(self, path: str | None, visitor: Visitor, model_ids: list[str], head: int):
        """Predict a recorded or uploaded clip. None comes when the recorder is emptied: the predictions stay."""
        if path is None:
            return _skip(3 + SHOWN)
        return _predict(visitor, model_ids, head, lambda: _own(path))[1:]

    def use_upload(self, path: str | None, visitor: Visitor, model_ids: list[str], head: int):
        if path is None:
            return _skip(4 + SHOWN)
        return _predict(visitor, model_ids, head, lambda: _own(path, play=True))

    def use_real(self, corpus: str, emotion: str, visitor: Visitor, model_ids: list[str], head: int):
        return _predict(visitor, model_ids, head, lambda: clips.real_recording(corpus, emotion))

    def use_voice(self, number: int | None, visitor: Visitor, model_ids: list[str], head: int):
        return _predict(visitor, model_ids, head, lambda: clips.synthetic_voice(number))

    def unfold(self, visitor: Visitor, model_ids: list[str], head: int):
        """The timeline of a longer clip, which takes longer than the predictions and comes after them."""
        return self.change_head(visitor, model_ids, head) if view.unfold(visitor) else gr.skip()

    def change_head(self, visitor: Visitor, model_ids: list[str], head: int):
        return view.show(visitor, model_ids, None, head).figure

    def change_mode(self, mode: str):
        live = mode == LIVE
        return *[gr.Column(visible=not live)] * 2, *[gr.Column(visible=live)] * 2, gr.HTML(visible=not live)

    def change_models(self, visitor: Visitor, model_ids: list[str], head: int, label: str | None):
        try:
            return gr.skip(), *_shown(view.show(visitor, model_ids, label, head))
        except UserError as error:
            return html.error(error), *_skip(SHOWN)

    def change_pair(self, visitor: Visitor, pair: str, head: int, label: str | None):
        ids = pair.split(SEPARATOR) if pair else []
        return ids, *self.change_models(visitor, ids, head, label)

    def change_corpus(self, corpus: str):
        return gr.Dropdown(emotions(corpus), value=ANY)

    def set_up(self, values: dict) -> dict:
        """Changes for the values of a link (links.py), with what depends on them."""
        change = {self.settings[name]: value for name, value in values.items()}
        if self.models in change:
            change[self.pair] = _pair(change[self.models])
        if self.corpus in change:
            change[self.emotion] = gr.Dropdown(emotions(change[self.corpus]), value=change.get(self.emotion, ANY))
        return change

    def refresh(self, visitor: Visitor, model_ids: list[str], head: int, known_models: list[str], label: str | None):
        """Add models made in this visit to the menu; the clip may have been changed in another tab."""
        choices = menu(visitor)
        ids = [model_id for _, model_id in choices]
        new = [model_id for model_id in visitor.models if model_id not in known_models]
        kept = [model_id for model_id in model_ids if model_id in ids and model_id not in new]
        model_ids = kept[: MAX_MODELS - len(new[-1:])] + new[-1:] or defaults(visitor)
        shown = _shown(view.show(visitor, model_ids, label, head))
        return gr.Dropdown(choices=choices, value=model_ids), list(visitor.models), *shown


def _predict(visitor: Visitor, model_ids: list[str], head: int, pick: Callable[[], PickedClip]):
    """Values for [clip, visitor, label, line] and ``_shown``. Errors are shown beside the recorder; the previous
    predictions stay."""
    try:
        picked = pick()
        visitor.clip = picked.encoded
        shown = view.show(visitor, model_ids, picked.label, head)
    except UserError as error:
        return *_skip(3), html.error(error), *_skip(SHOWN)
    return picked.sound, visitor, picked.label, picked.line, *_shown(shown)


def _own(path: str, play: bool = False) -> PickedClip:
    encoded = encode_file(path)
    sound = playable(encoded.clip) if play else None
    return PickedClip(encoded, None, clip_line(encoded), sound)


def _shown(shown: view.Shown):
    """Values for [cards, plot, sentence, quadrant, heads]."""
    return shown.cards, shown.figure, shown.sentence, shown.quadrant, gr.Radio(visible=shown.heads)


def _skip(count: int) -> list:
    return [gr.skip()] * count


def _pair(model_ids: list[str]) -> str | None:
    """The value of the menu "Compare" for these models, if they are a pair."""
    value = SEPARATOR.join(model_ids)
    return value if value in {pair for _, pair in model_menu.pairs()} else None


def _warm_up_systems() -> None:
    view.warm_up_systems()
