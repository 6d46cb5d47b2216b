"""What the Listen tab shows, as functions that know nothing of Gradio."""

import json
import random
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo import adaptation, audio, corpora, inference, settings
from xser_demo.checkpoints import Loaded
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import FOUR
from xser_demo.encoders import whisper
from xser_demo.errors import CorpusError, SettingsError, UserError
from xser_demo.features import mel, packs
from xser_demo.inference import Answer, Heard
from xser_demo.methods import METHODS, RECOMMENDED
from xser_demo.quality import speech_segments
from xser_demo.ui import plots, texts
from xser_demo.ui.palette import MODEL_COLOURS
from xser_demo.ui.visitor import Visitor

MOST_MODELS = len(MODEL_COLOURS)
ANY = "any emotion"


@dataclass(frozen=True)
class Shown:
    """What the page shows of the current clip."""

    cards: str
    figure: go.Figure | None
    sentence: str


def defaults(visitor: Visitor) -> list[str]:
    """The models that are asked first: English only, and the same adapted to German by the recommended method.

    Not the one with the best score: that would be a choice by target labels.
    """
    cards = {model_id: visitor.model(model_id).card for _, model_id in visitor.choices()}
    plain = [i for i, card in cards.items() if card["target"] is None and card["source"] == "ravdess"]
    german = [i for i, card in cards.items() if (card["source"], card["target"]) == ("ravdess", "emodb")]
    german.sort(key=lambda i: cards[i]["method"] != RECOMMENDED)
    return plain[:1] + german[:1] or list(cards)[:2]


def loaded(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """Models by id. Only ids that this visitor can choose: a path must never come in from outside."""
    known = {model_id for _, model_id in visitor.choices()}
    unknown = [model_id for model_id in model_ids if model_id not in known]
    if unknown:
        raise SettingsError(f"There is no model '{unknown[0]}'; choose one of: {', '.join(sorted(known))}.")
    if len(model_ids) > MOST_MODELS:
        raise SettingsError(f"At most {MOST_MODELS} models can answer at once; take one away.")
    return [visitor.model(model_id) for model_id in model_ids]


def show(visitor: Visitor, model_ids: list[str], label: str | None = None) -> Shown:
    """Ask the models about the visitor's clip."""
    models = loaded(visitor, model_ids)
    if not models:
        hint = texts.CHOOSE_MODELS if visitor.choices() else texts.NO_MODELS
        return Shown(f"<p class='x-small'>{hint}</p>", None, "")
    if visitor.heard is None:
        return Shown(_waiting(models), None, "")
    heard = visitor.heard
    answers = [inference.answer(model, heard) for model in models]
    looks = list(zip(models, answers, colours(models), strict=True))
    cards = "".join(plots.probabilities(a, m.card["title"], colour, label) for m, a, colour in looks)
    curves = [(short_name(m.card), colour, a.attention.mean(axis=0)) for m, a, colour in looks]
    return Shown(f"<div class='x-cards'>{cards}</div>", _figure(heard, curves), _sentence(models, answers))


def colours(models: list[Loaded]) -> list[str]:
    """Slate for a model that was not adapted, as everywhere on the page; the others in order. No two alike."""
    slate, *others = MODEL_COLOURS
    plain = next((model.id for model in models if model.card["target"] is None), models[-1].id)
    if len(models) <= len(others) and all(model.card["target"] for model in models):
        return others[: len(models)]
    rest = iter(others)
    return [slate if model.id == plain else next(rest) for model in models]


def short_name(card: dict) -> str:
    """In a legend: "English only", "adapted to German (InfoMax)"."""
    if card["target"] is None:
        return f"{_language(card['source'])} only"
    method = METHODS[card["method"]].title if card["method"] in METHODS else card["method"]
    return f"adapted to {_language(card['target'])} ({method})"


def clip_line(heard: Heard) -> str:
    """Quality of a clip: level and speech in words, then the warnings."""
    line = f"{escape(heard.name)}, {heard.duration_s:.1f} s"
    if heard.quality is None:
        return f"<p>{line}</p>"
    quality = heard.quality
    line += f"; {quality.speech_s:.1f} s of speech, level {abs(quality.level_dbfs):.0f} dB below full scale"
    return f"<p>{line}.</p>" + "".join(f"<p class='x-warn'>{escape(warning)}</p>" for warning in quality.warnings)


def error_line(error: UserError) -> str:
    return f"<p class='x-error' role='alert'>{escape(str(error))}</p>"


@dataclass(frozen=True)
class Found:
    """A clip that the page offers. ``sound``: (rate, samples) to play, None where no audio is stored."""

    heard: Heard
    label: str | None
    line: str
    sound: tuple | None


def voices() -> list[dict]:
    """The synthetic voices: file, language, label, text. Empty where the examples are not there."""
    try:
        return json.loads((settings.EXAMPLES / "examples.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []


def voice(number: int) -> Found:
    known = voices()
    if not known:
        raise CorpusError("There are no example voices in assets/examples; record or upload a clip.")
    one = known[number % len(known)]
    clip = audio.load(settings.EXAMPLES / one["file"], name=one["label"])
    heard = inference.hear(clip)
    said = f"<p>“{escape(one['text'])}”</p><p>{texts.SYNTHETIC}</p>"
    return Found(heard, None, said + clip_line(heard), playable(clip))


def real(corpus: str, emotion: str, model_cards: list[dict]) -> Found:
    """A random utterance of a corpus, from its audio if that is on this disk, else from the stored features."""
    if corpus not in packs.available():
        raise CorpusError("There is no feature pack of this corpus here; choose another one or record a clip.")
    pack = adaptation.pack(corpus)
    wanted = FOUR if emotion == ANY else (emotion,)
    rows = [row for row, u in enumerate(pack.utterances) if u.emotion in wanted]
    if not rows:
        raise CorpusError(f"{corpora.corpus(corpus).name} has no clip labelled {emotion}; choose another emotion.")
    row = random.choice(rows)  # noqa: S311  nothing secret
    utterance = pack.utterances[row]
    clip = _audio(utterance)
    heard = inference.hear(clip) if clip else inference.recall(pack, row)
    who = f"speaker {escape(utterance.speaker)}, labelled as <strong>{escape(utterance.emotion)}</strong>"
    line = f"<p>{escape(corpora.corpus(corpus).name)}, {who}, {heard.duration_s:.1f} s.</p>{_seen(corpus, model_cards)}"
    if clip is None:
        line += f"<p>{texts.FEATURES_ONLY}</p>"
    return Found(heard, utterance.emotion, line, playable(clip) if clip else None)


def playable(clip: audio.Clip) -> tuple[int, np.ndarray]:
    """(rate, 16-bit samples) at the clip's own level; of floats Gradio would change the level."""
    return settings.SAMPLE_RATE, (clip.samples.clip(-1, 1) * 32767).astype(np.int16)


def emotions(corpus: str) -> list[str]:
    return [ANY, *sorted({u.emotion for u in adaptation.pack(corpus).utterances})]


def predict(path: str, model_ids: list[str]) -> dict:
    """What ``xser predict`` prints, for one file and shipped models (all the defaults when none is named)."""
    visitor = Visitor()
    models = loaded(visitor, model_ids or defaults(visitor))
    heard = inference.hear_file(path)
    return {"clips": [inference.describe(heard, [(inference.answer(m, heard), m.card) for m in models])]}


def warm_up() -> None:
    """Load what the first clip needs, so that its answer does not wait."""
    samples = np.random.default_rng(0).standard_normal(settings.SAMPLE_RATE * 2, dtype=np.float32) / 100
    speech_segments(samples)
    whisper.encode([samples])
    mel.decibels(samples)
    visitor = Visitor()
    loaded(visitor, defaults(visitor))


def _waiting(models: list[Loaded]) -> str:
    cards = "".join(
        f"<article class='x-card' style='--model:{colour}'><h3>{escape(m.card['title'])}</h3>"
        f"<p><strong>{texts.WAITING}</strong></p>{''.join(plots.empty_bar(c) for c in m.card['labels'])}</article>"
        for m, colour in zip(models, colours(models), strict=True)
    )
    return f"<div class='x-cards x-waiting'>{cards}</div><p class='x-small'>{texts.AFTER_WAITING}</p>"


def _figure(heard: Heard, curves: list[plots.Attention]) -> go.Figure:
    if heard.clip is None:
        return plots.attention_only(heard.duration_s, curves)
    return plots.spectrogram(mel.decibels(heard.clip.samples), heard.duration_s, curves)


def _sentence(models: list[Loaded], answers: list[Answer]) -> str:
    """Escaped: the names may come from a visitor's own corpus."""
    names = [short_name(m.card) for m in models]
    bare = [name.split(" (")[0] for name in names]
    if len(set(bare)) == len(bare):  # the method is said only where it tells two models apart
        names = bare
    said = [f"the {n.replace(' only', '-only')} model" if n.endswith(" only") else f"the one {n}" for n in names]
    return escape(plots.sentence(said, answers), quote=False)


def _language(key: str) -> str:
    return corpora.CORPORA[key].language_name if key in corpora.CORPORA else key


def _seen(corpus: str, cards: list[dict]) -> str:
    """Models that know the corpus are at an advantage; the page says so."""
    trained = [short_name(card) for card in cards if card["source"] == corpus]
    adapted = [short_name(card) for card in cards if card["target"] == corpus]
    said = []
    if trained:
        said.append(f"Trained on this corpus with its labels: {', '.join(trained)}.")
    if adapted:
        said.append(f"Adapted to this corpus without its labels: {', '.join(adapted)}.")
    return f"<p>{escape(' '.join(said))}</p>" if said else ""


def _audio(utterance: Utterance) -> audio.Clip | None:
    folder = settings.corpora_dir()
    if folder is None:
        return None
    try:
        path = corpora.audio_path(folder, utterance)
        return audio.load(path, name=utterance.path, channel=corpora.corpus(utterance.corpus).channel)
    except UserError:
        return None  # the corpus, or this clip of it, is not on this disk: the features are
