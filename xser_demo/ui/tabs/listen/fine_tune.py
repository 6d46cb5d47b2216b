"""The closed part of the Listen tab: which models answer, and where example clips come from."""

import gradio as gr

from xser_demo import corpora
from xser_demo.corpora.labels import FOUR
from xser_demo.data import packs
from xser_demo.ui.shared import clips, model_menu
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import ANY, emotions
from xser_demo.ui.shared.components import QUIET
from xser_demo.ui.shared.model_menu import MAX_MODELS, SEPARATOR, defaults, menu
from xser_demo.ui.state import Visitor


class FineTune:
    """Its components, and what to change about them."""

    def __init__(self):
        with gr.Accordion("Fine-tune", open=False, elem_id="listen-fine-tune") as self.accordion:
            self._build()
        self.settings = {"models": self.models, "corpus": self.corpus, "emotion": self.emotion}  # of a link
        self.outputs = [self.models, self.pair, self.corpus, self.emotion]

    def _build(self) -> None:
        available, chosen = packs.available(), defaults(Visitor())
        self.pair = gr.Dropdown(
            model_menu.pairs(),
            value=pair_of(chosen),
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

    def wire(self) -> None:
        self.corpus.input(lambda key: gr.Dropdown(emotions(key), value=ANY), self.corpus, self.emotion, **QUIET)
        # A published system may be chosen next; load its libraries meanwhile.
        self.accordion.expand(_warm_up_systems, **QUIET)

    def change(self, model_ids: list[str], corpus: str) -> dict:
        """Other models and another corpus."""
        emotion = gr.Dropdown(emotions(corpus), value=ANY)
        return {self.models: model_ids, self.pair: pair_of(model_ids), self.corpus: corpus, self.emotion: emotion}

    def set_up(self, values: dict) -> dict:
        """Changes for the values of a link, with what depends on them."""
        change = {self.settings[name]: value for name, value in values.items()}
        if self.models in change:
            change[self.pair] = pair_of(change[self.models])
        if self.corpus in change:
            change[self.emotion] = gr.Dropdown(emotions(change[self.corpus]), value=change.get(self.emotion, ANY))
        return change


def pair_of(model_ids: list[str]) -> str | None:
    """The value of the menu "Compare" for these models, if they are a pair."""
    value = SEPARATOR.join(model_ids)
    return value if value in {pair for _, pair in model_menu.pairs()} else None


def _warm_up_systems() -> None:
    view.warm_up_systems()
