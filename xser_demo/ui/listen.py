"""The Listen tab: record, upload or pick a clip; several models hear it side by side."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import gradio as gr

from xser_demo import corpora, inference
from xser_demo.errors import UserError
from xser_demo.features import packs
from xser_demo.ui import texts, view
from xser_demo.ui.visitor import Visitor

PRIVATE = {"api_visibility": "private"}

# While the recorder plays, a line runs over the spectrogram. The playing element sits in a shadow root.
FOLLOW = """
const audio = () => [...document.querySelectorAll('#clip *')].filter(e => e.shadowRoot)
  .map(e => e.shadowRoot.querySelector('audio')).find(a => a);
const step = () => {
  if (!element.isConnected) return;
  const box = document.querySelector('#attention'), plot = box && box.querySelector('.js-plotly-plot');
  const heard = audio(), full = plot && plot._fullLayout;
  if (heard && full && full._size && !document.hidden) {
    let line = box.querySelector('.x-now');
    if (!line) { line = document.createElement('div'); line.className = 'x-now'; box.append(line); }
    const moving = heard.currentTime > 0 && !heard.ended;
    const inside = plot.getBoundingClientRect(), outer = box.getBoundingClientRect();
    line.style.display = moving ? 'block' : 'none';
    line.style.left = (inside.left - outer.left + full._size.l + full.xaxis.l2p(heard.currentTime)) + 'px';
    line.style.top = (inside.top - outer.top + full._size.t) + 'px';
    line.style.height = full._size.h + 'px';
  }
  requestAnimationFrame(step);
};
step();
"""


@dataclass(frozen=True)
class Listening:
    """What the shell needs to bring the tab up to date when it is selected."""

    refresh: Callable
    refresh_inputs: list
    refresh_outputs: list


def build(visitor: gr.State) -> Listening:
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    start = Visitor()
    choices, chosen = view.menu(start), view.defaults(start)
    empty = view.show(start, chosen)
    label, known = gr.State(None), gr.State([])
    available, pairs = packs.available(), view.pairs()

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320):
            gr.HTML(
                f"<h2 class='x-lead'>{texts.LEAD}</h2><p class='x-small'>{texts.CAUTION}</p>",
                elem_id="caution",
                padding=False,
            )
            clip = gr.Audio(
                sources=["microphone", "upload"],
                type="filepath",
                label="Your clip",
                show_label=False,
                editable=False,
                buttons=["download"],  # no sharing: a clip leaves this computer only by its owner's hand
                elem_id="clip",
            )
            with gr.Row(elem_classes="x-chips"):
                real = gr.Button("Real recording", size="sm", elem_id="real", interactive=bool(available))
                voice = gr.Button("Synthetic voice", size="sm", elem_id="voice")
                upload = gr.UploadButton(
                    "Upload", size="sm", file_types=["audio", ".webm", ".m4a", ".mp4"], elem_id="upload"
                )
            line = gr.HTML(padding=False, elem_id="clip-line", elem_classes="x-small x-clip")
        with gr.Column(scale=7, min_width=320, elem_classes="x-answer"):
            cards = gr.HTML(empty.cards, padding=False, elem_id="cards")
            sentence = gr.HTML(padding=False, elem_id="sentence", elem_classes="x-sentence")
            plot = gr.Plot(show_label=False, visible=False, elem_id="attention", elem_classes="x-plot")
            gr.HTML("", js_on_load=FOLLOW, elem_id="cursor")
    with gr.Accordion("Fine-tune", open=False, elem_id="listen-fine-tune") as fine_tune:
        pair = gr.Dropdown(
            pairs,
            value=view.BETWEEN.join(chosen) if view.BETWEEN.join(chosen) in dict(map(reversed, pairs)) else None,
            label="Compare",
            info="One network, trained on one language only and adapted to another; this sets both models.",
            elem_id="pair",
        )
        models = gr.Dropdown(
            choices,
            value=chosen,
            multiselect=True,
            max_choices=view.MOST_MODELS,
            label="Models",
            info="Two to four hear the same clip. Type to search: GAN, NNPM, VGG16, German ...",
            elem_id="models",
        )
        corpus = gr.Dropdown(
            [(f"{corpora.corpus(k).name}, {corpora.corpus(k).language_name}", k) for k in available],
            value="emodb" if "emodb" in available else (available or [None])[0],
            label="Real recordings from",
            elem_id="corpus",
        )
        emotion = gr.Dropdown([view.ANY, *view.FOUR], value=view.ANY, label="labelled as", elem_id="emotion")
        reader = gr.Dropdown(
            [(one["label"].removeprefix("Synthetic voice, "), n) for n, one in enumerate(view.voices())],
            value=None,
            label="Synthetic voice",
            elem_id="reader",
        )

    answered = [cards, plot, sentence]
    heard = [visitor, label, line, *answered]

    def own_clip(path: str | None, visitor: Visitor, model_ids: list[str]):
        """One answer to a recording or an upload. None comes when the recorder is emptied: the answer stays."""
        if path is None:
            return _keep(7)[1:]
        return _answer(visitor, model_ids, lambda: _own(path))[1:]

    def uploaded(path: str | None, visitor: Visitor, model_ids: list[str]):
        if path is None:
            return _keep(7)
        return _answer(visitor, model_ids, lambda: _own(path, play=True))

    def real_clip(corpus: str, emotion: str, visitor: Visitor, model_ids: list[str]):
        return _answer(visitor, model_ids, lambda: view.real(corpus, emotion))

    def voice_clip(number: int | None, visitor: Visitor, model_ids: list[str]):
        """The chosen voice, or any when none is chosen."""
        number = random.randrange(1000) if number is None else int(number)  # noqa: S311  nothing secret
        return _answer(visitor, model_ids, lambda: view.voice(number))

    def other_models(visitor: Visitor, model_ids: list[str], label: str | None):
        try:
            return gr.skip(), *_parts(view.show(visitor, model_ids, label))
        except UserError as error:
            return view.error_line(error), *_keep(3)

    def other_pair(visitor: Visitor, chosen: str, label: str | None):
        ids = chosen.split(view.BETWEEN) if chosen else []
        return ids, *other_models(visitor, ids, label)

    def other_corpus(corpus: str):
        return gr.Dropdown([view.ANY, *view.emotions(corpus)[1:]], value=view.ANY)

    def refresh(visitor: Visitor, model_ids: list[str], known: list[str], label: str | None):
        """Models made in this visit join the choice, and the clip may have been changed in another tab."""
        choices = view.menu(visitor)
        ids = [model_id for _, model_id in choices]
        fresh = [model_id for model_id in visitor.own if model_id not in known]
        kept = [model_id for model_id in model_ids if model_id in ids and model_id not in fresh]
        model_ids = kept[: view.MOST_MODELS - len(fresh[-1:])] + fresh[-1:] or view.defaults(visitor)
        shown = _parts(view.show(visitor, model_ids, label))
        return gr.Dropdown(choices=choices, value=model_ids), list(visitor.own), *shown

    # ``input`` is what a person did; programmes that put a clip into the recorder do not fire it.
    clip.input(own_clip, [clip, visitor, models], heard, show_progress_on=[cards], **PRIVATE)
    upload.upload(uploaded, [upload, visitor, models], [clip, *heard], show_progress_on=[cards], **PRIVATE)
    real.click(real_clip, [corpus, emotion, visitor, models], [clip, *heard], show_progress_on=[cards], **PRIVATE)
    voice.click(voice_clip, [reader, visitor, models], [clip, *heard], show_progress_on=[cards], **PRIVATE)
    reader.input(voice_clip, [reader, visitor, models], [clip, *heard], show_progress_on=[cards], **PRIVATE)
    models.input(other_models, [visitor, models, label], [line, *answered], show_progress="hidden", **PRIVATE)
    models.input(lambda: None, None, pair, show_progress="hidden", **PRIVATE)  # no longer a pair from the list
    pair.input(other_pair, [visitor, pair, label], [models, line, *answered], show_progress="hidden", **PRIVATE)
    corpus.input(other_corpus, corpus, emotion, show_progress="hidden", **PRIVATE)
    # Who opens it may choose a published system next, and has its libraries ready by then.
    fine_tune.expand(_ready_for_systems, show_progress="hidden", **PRIVATE)
    _endpoint()
    return Listening(refresh, [visitor, models, known, label], [models, known, *answered])


def _answer(visitor: Visitor, model_ids: list[str], find: Callable[[], view.Found]):
    """Values for [clip, visitor, label, line, cards, plot, sentence]. What went wrong is said beside the recorder, and
    the answer before it stays."""
    try:
        found = find()
        visitor.heard = found.heard
        shown = view.show(visitor, model_ids, found.label)
    except UserError as error:
        return *_keep(3), view.error_line(error), *_keep(3)
    return found.sound, visitor, found.label, found.line, *_parts(shown)


def _own(path: str, play: bool = False) -> view.Found:
    heard = inference.hear_file(path)
    sound = view.playable(heard.clip) if play else None
    return view.Found(heard, None, view.clip_line(heard), sound)


def _parts(shown: view.Shown):
    visible = shown.figure is not None
    return shown.cards, gr.Plot(shown.figure, visible=visible), shown.sentence


def _keep(count: int) -> list:
    return [gr.skip()] * count


def _endpoint() -> None:
    """The one documented endpoint. Its file goes through gr.File, which takes uploaded files only: gr.api would let a
    caller name any file of this computer."""

    def predict(audio: str | None, models: list | None) -> dict:
        """One clip and the models' answers, as ``xser predict --json`` prints them. No model ids: the defaults."""
        if audio is None:
            raise gr.Error("Send a sound file.", print_exception=False)
        try:
            return view.predict(audio, [str(one) for one in models] if isinstance(models, list) else [])
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    with gr.Row(visible=False):
        audio = gr.File(label="audio", type="filepath")
        models = gr.JSON(label="models", value=[])
        answer = gr.JSON(label="answer")
        gr.Button().click(predict, [audio, models], answer, api_name="predict")


def _warm_up() -> None:
    with suppress(UserError):  # a missing model is said where it is asked for
        view.warm_up()


def _ready_for_systems() -> None:
    view.warm_up_systems()
