"""The Listen tab: record, upload or pick a clip, or speak live; several models hear it side by side."""

import random
from collections.abc import Callable

import gradio as gr
import plotly.graph_objects as go

from xser_demo import corpora
from xser_demo.corpora.labels import FOUR
from xser_demo.data import packs
from xser_demo.inference.predict import encode_file
from xser_demo.networks.heads import attention
from xser_demo.ui.js import script
from xser_demo.ui.shared import clips, model_menu, recorder, texts
from xser_demo.ui.shared.answers import view
from xser_demo.ui.shared.clips import ANY, Found, clip_line, emotions, error_line, playable, voices
from xser_demo.ui.shared.components import PRIVATE, late_plot
from xser_demo.ui.shared.model_menu import BETWEEN, MOST_MODELS, defaults, menu
from xser_demo.ui.shared.tab import Tab
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.listen import stream
from xser_demo.utils.errors import UserError

RECORD, LIVE = "Record", "Live"
ATTENTION = [("All heads", 0), *((str(n), n) for n in range(1, attention.HEADS + 1))]
SHOWN = 5  # values of ``_parts``

# While the recorder plays, a line runs over the spectrogram. The playing element sits in a shadow root.
FOLLOW = script("follow")


def build(visitor: gr.State) -> Tab:
    start = Visitor()
    choices, chosen = menu(start), defaults(start)
    empty = view.show(start, chosen)
    label, known = gr.State(None), gr.State([])
    available, pairs = packs.available(), model_menu.pairs()

    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=320, elem_id="listen-ask"):
            gr.HTML(
                f"<h2 class='x-lead'>{texts.LEAD}</h2><p class='x-small'>{texts.CAUTION}</p>",
                elem_id="caution",
                padding=False,
            )
            mode = gr.Radio(
                [RECORD, LIVE], value=RECORD, show_label=False, container=False, elem_id="mode", elem_classes="x-choice"
            )
            with gr.Column(elem_id="record") as record:
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
                recorder.controls()
            live_ask, live_mic = stream.microphone()
            quadrant = gr.HTML(padding=False, elem_id="quadrant")
        with gr.Column(scale=7, min_width=320, elem_classes="x-answer") as recorded:
            cards = gr.HTML(empty.cards, padding=False, elem_id="cards")
            sentence = gr.HTML(padding=False, elem_id="sentence", elem_classes="x-sentence")
            plot = late_plot("attention")
            heads = gr.Radio(
                ATTENTION, value=0, visible=False, show_label=False, container=False, elem_id="heads",
                elem_classes="x-choice",
            )  # fmt: skip
            gr.HTML("", js_on_load=FOLLOW, elem_id="cursor")
            gr.Plot(go.Figure(), visible="hidden", elem_id="early")  # plotly.js loads before the first answer needs it
        live_answer, live = stream.answer()
    with gr.Accordion("Fine-tune", open=False, elem_id="listen-fine-tune") as fine_tune:
        pair = gr.Dropdown(
            pairs,
            value=BETWEEN.join(chosen) if BETWEEN.join(chosen) in dict(map(reversed, pairs)) else None,
            label="Compare",
            info="One network, trained on one language only and adapted to another; this sets both models.",
            elem_id="pair",
        )
        models = gr.Dropdown(
            choices,
            value=chosen,
            multiselect=True,
            max_choices=MOST_MODELS,
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
        emotion = gr.Dropdown([ANY, *FOUR], value=ANY, label="labelled as", elem_id="emotion")
        reader = gr.Dropdown(
            [(one["label"].removeprefix("Synthetic voice, "), n) for n, one in enumerate(voices())],
            value=None,
            label="Synthetic voice",
            elem_id="reader",
        )

    settings = {"models": models, "corpus": corpus, "emotion": emotion}
    answered = [cards, plot, sentence, quadrant, heads]
    heard, ask = [visitor, label, line, *answered], [visitor, models, heads]

    def own_clip(path: str | None, visitor: Visitor, model_ids: list[str], head: int):
        """One answer to a recording or an upload. None comes when the recorder is emptied: the answer stays."""
        if path is None:
            return _keep(3 + SHOWN)
        return _answer(visitor, model_ids, head, lambda: _own(path))[1:]

    def uploaded(path: str | None, visitor: Visitor, model_ids: list[str], head: int):
        if path is None:
            return _keep(4 + SHOWN)
        return _answer(visitor, model_ids, head, lambda: _own(path, play=True))

    def real_clip(corpus: str, emotion: str, visitor: Visitor, model_ids: list[str], head: int):
        return _answer(visitor, model_ids, head, lambda: clips.real(corpus, emotion))

    def voice_clip(number: int | None, visitor: Visitor, model_ids: list[str], head: int):
        """The chosen voice, or any when none is chosen."""
        number = random.randrange(1000) if number is None else int(number)  # noqa: S311  nothing secret
        return _answer(visitor, model_ids, head, lambda: clips.voice(number))

    def other_models(visitor: Visitor, model_ids: list[str], head: int, label: str | None):
        try:
            return gr.skip(), *_parts(view.show(visitor, model_ids, label, head))
        except UserError as error:
            return error_line(error), *_keep(SHOWN)

    def other_pair(visitor: Visitor, chosen: str, head: int, label: str | None):
        ids = chosen.split(BETWEEN) if chosen else []
        return ids, *other_models(visitor, ids, head, label)

    def other_head(visitor: Visitor, model_ids: list[str], head: int):
        return view.show(visitor, model_ids, None, head).figure

    def along(visitor: Visitor, model_ids: list[str], head: int):
        """The timeline of a longer clip, which takes longer than the answer and comes after it."""
        return other_head(visitor, model_ids, head) if view.unfold(visitor) else gr.skip()

    def other_mode(mode: str):
        live = mode == LIVE
        return *[gr.Column(visible=not live)] * 2, *[gr.Column(visible=live)] * 2, gr.HTML(visible=not live)

    def other_corpus(corpus: str):
        return gr.Dropdown([ANY, *emotions(corpus)[1:]], value=ANY)

    def set_up(values: dict) -> dict:
        """The values of links.py, with what depends on them."""
        made = {settings[name]: value for name, value in values.items()}
        if models in made:
            named = BETWEEN.join(made[models])
            made[pair] = named if named in dict(map(reversed, pairs)) else None
        if corpus in made:
            made[emotion] = gr.Dropdown([ANY, *emotions(made[corpus])[1:]], value=made.get(emotion, ANY))
        return made

    def refresh(visitor: Visitor, model_ids: list[str], head: int, known: list[str], label: str | None):
        """Models made in this visit join the choice, and the clip may have been changed in another tab."""
        choices = menu(visitor)
        ids = [model_id for _, model_id in choices]
        fresh = [model_id for model_id in visitor.models if model_id not in known]
        kept = [model_id for model_id in model_ids if model_id in ids and model_id not in fresh]
        model_ids = kept[: MOST_MODELS - len(fresh[-1:])] + fresh[-1:] or defaults(visitor)
        shown = _parts(view.show(visitor, model_ids, label, head))
        return gr.Dropdown(choices=choices, value=model_ids), list(visitor.models), *shown

    # ``input`` is what a person did; programmes that put a clip into the recorder do not fire it.
    events = [
        clip.input(own_clip, [clip, *ask], heard, show_progress_on=[cards], **recorder.LAST, **PRIVATE),
        upload.upload(uploaded, [upload, *ask], [clip, *heard], show_progress_on=[cards], **PRIVATE),
        real.click(real_clip, [corpus, emotion, *ask], [clip, *heard], show_progress_on=[cards], **PRIVATE),
        voice.click(voice_clip, [reader, *ask], [clip, *heard], show_progress_on=[cards], **PRIVATE),
        reader.input(voice_clip, [reader, *ask], [clip, *heard], show_progress_on=[cards], **PRIVATE),
    ]
    for event in events:
        event.then(along, ask, plot, show_progress="hidden", **PRIVATE)
    heads.input(other_head, ask, plot, show_progress="hidden", **PRIVATE)
    modes = [record, recorded, live_ask, live_answer, quadrant]
    mode.input(other_mode, mode, modes, show_progress="hidden", **PRIVATE)
    stream.wire(live_mic, live, visitor, models)
    models.input(other_models, [*ask, label], [line, *answered], show_progress="hidden", **PRIVATE)
    models.input(lambda: None, None, pair, show_progress="hidden", **PRIVATE)  # no longer a pair from the list
    pair.input(other_pair, [visitor, pair, heads, label], [models, line, *answered], show_progress="hidden", **PRIVATE)
    corpus.input(other_corpus, corpus, emotion, show_progress="hidden", **PRIVATE)
    # Who opens it may choose a published system next, and has its libraries ready by then.
    fine_tune.expand(_ready_for_systems, show_progress="hidden", **PRIVATE)
    return Tab(
        refresh,
        [*ask, known, label],
        [models, known, *answered],
        settings,
        set_up,
        [*settings.values(), pair],
    )


def _answer(visitor: Visitor, model_ids: list[str], head: int, find: Callable[[], Found]):
    """Values for [clip, visitor, label, line] and ``_parts``. What went wrong is said beside the recorder, and the
    answer before it stays."""
    try:
        found = find()
        visitor.clip = found.heard
        shown = view.show(visitor, model_ids, found.label, head)
    except UserError as error:
        return *_keep(3), error_line(error), *_keep(SHOWN)
    return found.sound, visitor, found.label, found.line, *_parts(shown)


def _own(path: str, play: bool = False) -> Found:
    heard = encode_file(path)
    sound = playable(heard.clip) if play else None
    return Found(heard, None, clip_line(heard), sound)


def _parts(shown: view.Shown):
    """Values for [cards, plot, sentence, quadrant, heads]."""
    return shown.cards, shown.figure, shown.sentence, shown.quadrant, gr.Radio(visible=shown.heads)


def _keep(count: int) -> list:
    return [gr.skip()] * count


def _ready_for_systems() -> None:
    view.warm_up_systems()
