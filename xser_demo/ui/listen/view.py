"""What the Listen tab shows, as functions that know nothing of Gradio."""

import json
import random
from dataclasses import dataclass, replace
from functools import cache
from html import escape

import numpy as np
import plotly.graph_objects as go

from xser_demo import adaptation, audio, checkpoints, corpora, inference, settings, systems, timeline, vad
from xser_demo.checkpoints import Loaded
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import FOUR
from xser_demo.encoders import whisper
from xser_demo.errors import CorpusError, SettingsError, UserError
from xser_demo.explain import Curve, Groups, Picture, explain
from xser_demo.features import FEATURES, mel, packs
from xser_demo.inference import Heard
from xser_demo.methods import RECOMMENDED
from xser_demo.ui import plots, texts, words
from xser_demo.ui.listen import cards, quadrant, strips
from xser_demo.ui.palette import MODEL_COLOURS
from xser_demo.ui.visitor import Visitor

MOST_MODELS = len(MODEL_COLOURS)
ANY = "any emotion"
BETWEEN = "|"  # the two ids of a pair


@dataclass(frozen=True)
class Shown:
    """What the page shows of the current clip."""

    cards: str
    figure: go.Figure | None
    sentence: str
    quadrant: str = ""
    heads: bool = False  # whether a model weighs moments by several heads, which can be looked at one by one


def defaults(visitor: Visitor) -> list[str]:
    """The models that are asked first: English only, and the same adapted to German by the recommended method.

    Not the one with the best score: that would be a choice by target labels.
    """
    known = [card for card in _cards(visitor).values() if not card.get("system")]
    plain = [card["id"] for card in known if card["target"] is None and card["source"] == "ravdess"]
    german = [card for card in known if (card["source"], card["target"]) == ("ravdess", "emodb")]
    german.sort(key=lambda card: card["method"] != RECOMMENDED)
    return plain[:1] + [card["id"] for card in german[:1]] or [card["id"] for card in known[:2]]


def menu(visitor: Visitor) -> list[tuple[str, str]]:
    """(name, id) of all models in the order of the menu: own ones, common ground, then system by system."""
    order = {None: -1} | {key: place for place, key in enumerate(systems.SYSTEMS)}
    shipped = {i: card for i, card in _cards(visitor).items() if i not in visitor.own}
    ids = sorted(shipped, key=lambda i: order.get(shipped[i].get("system"), len(order)))  # stable: source only first
    own = [(title, i) for title, i in visitor.choices() if i in visitor.own]
    return own + [(words.menu_name(shipped[i]), i) for i in ids]


def pairs() -> list[tuple[str, str]]:
    """(name, two ids) of what can be compared at once: a network trained on one language only, and adapted."""
    visitor = Visitor()
    known = _cards(visitor)
    ids = [model_id for _, model_id in menu(visitor)]
    start = defaults(visitor)
    found = [(f"{texts.COMMON}: {known[start[1]]['title']}", BETWEEN.join(start))] if len(start) == 2 else []
    for card in (known[i] for i in ids if known[i].get("system") and known[i]["target"]):
        alike = ("system", "source", "recipe", "label_set")
        plain = [i for i in ids if not known[i]["target"] and all(known[i].get(k) == card.get(k) for k in alike)]
        if plain:
            found.append((words.menu_name(card), BETWEEN.join((plain[0], card["id"]))))
    return found


def loaded(visitor: Visitor, model_ids: list[str]) -> list[Loaded]:
    """Models by id. Only ids that this visitor can choose: a path must never come in from outside."""
    known = {model_id for _, model_id in visitor.choices()}
    unknown = [model_id for model_id in model_ids if model_id not in known]
    if unknown:
        raise SettingsError(f"There is no model '{unknown[0]}'; choose one of: {', '.join(sorted(known))}.")
    if len(model_ids) > MOST_MODELS:
        raise SettingsError(f"At most {MOST_MODELS} models can answer at once; take one away.")
    return [visitor.model(model_id) for model_id in model_ids]


def show(visitor: Visitor, model_ids: list[str], label: str | None = None, head: int = 0) -> Shown:
    """Ask the models about the visitor's clip. ``head``: draw this one of each model's attention heads, from 1; 0:
    their mean. Models without heads keep their curve."""
    models = loaded(visitor, model_ids)
    if not models:
        hint = texts.CHOOSE_MODELS if visitor.choices() else texts.NO_MODELS
        return Shown(f"<p class='x-small'>{hint}</p>", None, "")
    if visitor.heard is None:
        return Shown(_waiting(models), None, "")
    heard, asked = visitor.heard, []
    for model, colour in zip(models, colours(models), strict=True):
        try:
            answer = inference.answer(model, heard)
            asked.append((model, colour, answer, explain(model, heard, answer)))
        except UserError as error:  # of one model, which lacks its feature: the others have answered
            asked.append((model, colour, error, None))
    scale = max((abs(s) for *_, why in asked if isinstance(why, Groups) for s in why.shares.values()), default=1.0)
    boxes, moments, bars, done, placed = [], [], [], [], []
    for model, colour, answer, why in asked:
        if isinstance(answer, UserError):
            boxes.append(cards.failed(model, answer, colour))
            continue
        boxes.append(cards.answered(model, answer, colour, label, heard, why, scale))
        done.append((model.card, answer, why))
        placed.append((model.card, answer, colour))
        curve, name = why.curve if isinstance(why, Picture) else why, words.short_name(model.card)
        if 0 < head <= len(answer.attention):
            curve = replace(curve, values=answer.attention[head - 1])
        if isinstance(curve, Curve) and curve.values.any():
            moments.append((name, colour, curve))
        if heard.clip and timeline.windows(heard.duration_s) and FEATURES[model.model.recipe.feature].rate_hz:
            said = {one: words.word(model.card, one) for one in model.card["labels"]}
            bars.append(strips.Strip(name, colour, timeline.timeline(model, heard.windows), said))
    said = words.sentence(*map(list, zip(*done, strict=True)), heard.duration_s) if done else ""
    # Escaped: names in the sentence may come from a visitor's own corpus.
    return Shown(
        f"<div class='x-cards'>{''.join(boxes)}</div>",
        _figure(heard, moments, bars),
        escape(said, quote=False) + (f"<p class='x-small'>{texts.WINDOWS}</p>" if bars else ""),
        quadrant.draw(placed),
        any(len(answer.attention) > 1 for _, answer, _ in placed),
    )


def unfold(visitor: Visitor) -> bool:
    """Encode the windows of a longer clip, for its timeline; False when there is nothing new to show."""
    heard = visitor.heard
    if heard is None or heard.windows:
        return False
    heard.windows[:] = timeline.unfold(heard)
    return bool(heard.windows)


def colours(models: list[Loaded]) -> list[str]:
    """Slate for a model that was not adapted, as everywhere on the page; the others in order. No two alike."""
    slate, *others = MODEL_COLOURS
    plain = next((model.id for model in models if model.card["target"] is None), models[-1].id)
    if len(models) <= len(others) and all(model.card["target"] for model in models):
        return others[: len(models)]
    rest = iter(others)
    return [slate if model.id == plain else next(rest) for model in models]


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


def real(corpus: str, emotion: str) -> Found:
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
    clip = recording(utterance)
    # Which utterance it is stays known with its audio too: cards say which models have met its corpus.
    heard = replace(inference.hear(clip), stored=(corpus, row)) if clip else inference.recall(pack, row)
    who = f"speaker {escape(utterance.speaker)}, labelled as <strong>{escape(utterance.emotion)}</strong>"
    line = f"<p>{escape(corpora.corpus(corpus).name)}, {who}, {heard.duration_s:.1f} s.</p>"
    if clip is None:
        line += f"<p>{texts.FEATURES_ONLY}</p>"
    return Found(heard, utterance.emotion, line, playable(clip) if clip else None)


def playable(clip: audio.Clip) -> tuple[int, np.ndarray]:
    """(rate, 16-bit samples) at the clip's own level; of floats Gradio would change the level."""
    return settings.SAMPLE_RATE, (clip.samples.clip(-1, 1) * 32767).astype(np.int16)


def emotions(corpus: str) -> list[str]:
    return [ANY, *sorted({u.emotion for u in adaptation.pack(corpus).utterances})]


def warm_up() -> None:
    """Load what the first clip needs, so that its answer does not wait."""
    import av  # noqa: F401  decodes what is not WAV

    samples = _noise()
    vad.speech_segments(samples)
    whisper.encode([samples])
    mel.decibels(samples)
    visitor = Visitor()
    loaded(visitor, defaults(visitor))


@cache
def warm_up_systems() -> None:
    """The same for models of the published systems; not at the start, where it would make the first clip wait."""
    for feature in ("mel", "gemaps", "averages"):  # librosa among them, 1 s
        FEATURES[feature].extract(_noise())
    import captum.attr  # noqa: F401  1 s


def _noise() -> np.ndarray:
    return np.random.default_rng(0).standard_normal(settings.SAMPLE_RATE * 2, dtype=np.float32) / 100


def _cards(visitor: Visitor) -> dict[str, dict]:
    """By id, without loading any weights."""
    own = {model_id: one.card for model_id, one in visitor.own.items()}
    return own | {card["id"]: card for card in checkpoints.cards() if card["id"] not in own}


def _waiting(models: list[Loaded]) -> str:
    boxes = "".join(cards.waiting(model, colour) for model, colour in zip(models, colours(models), strict=True))
    return f"<div class='x-cards x-waiting'>{boxes}</div><p class='x-small'>{texts.AFTER_WAITING}</p>"


def _figure(heard: Heard, moments: list[plots.Named], bars: list[strips.Strip]) -> go.Figure | None:
    if heard.clip is not None:
        figure = plots.spectrogram(mel.decibels(heard.clip.samples), heard.duration_s, moments)
        return strips.add(figure, bars, heard.duration_s)
    return plots.moments_only(heard.duration_s, moments) if moments else None


def recording(utterance: Utterance) -> audio.Clip | None:
    folder = settings.corpora_dir()
    if folder is None:
        return None
    try:
        path = corpora.audio_path(folder, utterance)
        return audio.load(path, name=utterance.path, channel=corpora.corpus(utterance.corpus).channel)
    except UserError:
        return None  # the corpus, or this clip of it, is not on this disk: the features are
