"""Cards with a model's prediction, its explanation and how the model was made. HTML; all text is escaped."""

import base64
import io
from collections.abc import Iterable
from html import escape

import numpy as np

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.systems.base import AFTER
from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.features.mel import BANDS_SECONDS
from xser_demo.inference.explain import GRADCAM, Curve, Explanation, Groups, Picture
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.inference.timeline import Moment
from xser_demo.methods import METHODS
from xser_demo.reporting import naming
from xser_demo.reporting.palette import EMOTION_COLOURS, HEAT, INK
from xser_demo.ui.shared import texts
from xser_demo.utils.errors import UserError

PADDING_NOTE = 0.25  # share of the heat on padded silence from which the card mentions it


def answered(
    card: dict,
    prediction: Prediction,
    colour: str,
    label: str | None,
    clip: EncodedClip,
    explanation: Explanation | None,
    scale: float = 1.0,
) -> str:
    """The predicted class in large letters, a bar per class from 0 to 100%, the explanation and the model's details.

    ``card``: of the model. ``label``: of the clip in its corpus. ``scale``: the largest share of a feature group on the
    page, so that cards can be compared.
    """
    right = naming.own_class(card, label) if label else None
    reason = _explanation(card, prediction, clip, explanation, scale)
    rest = bars(card, prediction, right) + reason + _seen(card, clip)
    return _card(card, colour, _verdict(card, prediction, label, right), rest)


def failed(card: dict, error: UserError, colour: str) -> str:
    """A model that cannot predict this clip; the others can."""
    return _card(card, colour, f"<p class='x-error' role='alert'>{escape(str(error))}</p>", "")


def current(card: dict, moment: Moment, colour: str) -> str:
    """The latest prediction for the live microphone."""
    return _card(card, colour, _verdict(card, moment, None, None), bars(card, moment))


def waiting(card: dict, colour: str, message: str = texts.WAITING) -> str:
    rows = "".join(
        f"<div class='x-bar'><span>{escape(naming.word(card, name))}</span><i></i><span></span></div>"
        for name in card["labels"]
    )
    return _card(card, colour, f"<p><strong class='x-none'>{message}</strong></p>", rows)


def row(cards: Iterable[str], waiting: bool = False) -> str:
    return f"<div class='x-cards{' x-waiting' if waiting else ''}'>{''.join(cards)}</div>"


def article(title: str, colour: str, verdict: str, rest: str) -> str:
    """A card of three parts, each at the same height in all cards of a row."""
    return (
        f"<article class='x-card' style='--model:{colour}'><h3>{escape(title)}</h3>{verdict}<div>{rest}</div></article>"
    )


def bars(card: dict, prediction: Prediction | Moment, right: str | None = None) -> str:
    """A bar per class with its probability. ``right``: the class of the clip's label, which is underlined."""
    return "".join(_bar(card, name, share, name == right) for name, share in prediction.probabilities.items())


def _bar(card: dict, name: str, share: float, labelled: bool) -> str:
    word = escape(naming.word(card, name))
    return (
        f"<div class='x-bar'><span>{f'<em>{word}</em>' if labelled else word}</span>"
        f"<i><b style='width:{100 * share:.1f}%;background:{EMOTION_COLOURS.get(name, INK)}'></b></i>"
        f"<span>{100 * share:.0f}%</span></div>"
    )


def _card(card: dict, colour: str, verdict: str, rest: str) -> str:
    return article(naming.heading(card), colour, verdict, rest + _made(card))


def _verdict(card: dict, prediction: Prediction | Moment, label: str | None, right: str | None) -> str:
    word = escape(naming.word(card, prediction.emotion)) + _mark(prediction.emotion, right)
    if prediction.sure:
        verdict = f"sounds most like <strong>{word}</strong>"
    else:
        verdict = f"<strong class='x-unsure'>not sure</strong> perhaps {word}"
    if not label:
        return f"<p>{verdict}</p>"
    labelled = f"labelled as <b>{escape(label)}</b>"
    if right is None:
        labelled += ", which is not among its answers"
    elif right != label:
        labelled += f" ({escape(naming.word(card, right))})"
    return f"<p>{labelled}, {verdict}</p>"


def _mark(answer: str, right: str | None) -> str:
    """A tick or a cross behind an answer to a labelled clip."""
    if right is None:
        return ""
    sign, name, words = ("✓", "right", "as labelled") if answer == right else ("✗", "wrong", "not as labelled")
    return f" <span class='x-mark x-{name}' role='img' aria-label='{words}'>{sign}</span>"


def _explanation(
    card: dict, prediction: Prediction, clip: EncodedClip, explanation: Explanation | None, scale: float
) -> str:
    word = f"<b>{escape(naming.word(card, prediction.emotion))}</b>"
    if isinstance(explanation, Groups):
        rows = "".join(_group(naming.group(name), share, scale) for name, share in explanation.shares.items())
        change = f"from {100 * explanation.before:.0f}% for an average voice to {100 * explanation.after:.0f}%"
        return f"<div class='x-why'><p>What spoke for {word}: {change}</p>{rows}</div>"
    if isinstance(explanation, Picture):
        return f"<div class='x-why'>{_picture(explanation, word)}{_first_seconds(clip)}</div>"
    if isinstance(explanation, Curve) and explanation.kind == GRADCAM:
        text = texts.NO_MOMENT.format(word)
        if explanation.values.any():
            text = f"Dashed curve below: which moments spoke for {word}."
        return f"<div class='x-why'><p>{text}</p>{_first_seconds(clip)}</div>"
    return ""


def _group(name: str, share: float, scale: float) -> str:
    """A signed bar from the middle: to the right what spoke for the prediction, to the left what spoke against it."""
    width = min(50.0, 50 * abs(share) / max(scale, 1e-9))
    side, sign = ("x-for", "+") if share > 0 else ("x-against", "\N{MINUS SIGN}")
    points = round(100 * abs(share))
    return (
        f"<div class='x-bar x-group'><span>{escape(name)}</span>"
        f"<i><b class='{side}' style='width:{width:.1f}%'></b></i><span>{sign if points else ''}{points}</span></div>"
    )


def _picture(picture: Picture, word: str) -> str:
    if not picture.heat.any():
        return f"<p>{texts.NO_MOMENT.format(word)}</p>"
    start, end = picture.places[0] / picture.rate_hz, (picture.places[-1] + 1) / picture.rate_hz
    note = ""
    if picture.beyond > PADDING_NOTE:
        note = f" {100 * picture.beyond:.0f}% of the orange lies on the silence that pads this short clip to 3 s."
    return (
        f"<figure class='x-look'><img src='{_png(picture)}' alt='Mel picture with what spoke for the answer'>"
        f"<div><span>{start:.1f} s</span><span>low tones below, high above</span>"
        f"<span>{end:.1f} s</span></div>"
        f"<figcaption>Grey: the network's input. Orange: what spoke for {word}.{note}</figcaption></figure>"
    )


def _png(picture: Picture) -> str:
    """The mel picture in grey under the heat map, as a data URI: high bands on top, twice as large."""
    from PIL import Image

    loud = np.clip((picture.levels + 80) / 80, 0, 1)[::-1, :, None]
    grey = 24 + 231 * loud**1.5 * np.ones(3)
    heat = 0.75 * picture.heat[::-1, :, None] ** 1.2
    pixels = ((1 - heat) * grey + heat * np.array(HEAT)).astype(np.uint8)
    image = Image.fromarray(pixels).resize((2 * pixels.shape[1], 2 * pixels.shape[0]), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _first_seconds(clip: EncodedClip) -> str:
    """A note where there is more speech than networks on mel bands take."""
    if clip.speech.sum() / whisper.RATE <= BANDS_SECONDS + 0.2:
        return ""
    return f"<p>It uses only the first {BANDS_SECONDS:.0f} s of the speech.</p>"


def _seen(card: dict, clip: EncodedClip) -> str:
    """A note where the model was trained on, or adapted to, the clip's corpus: it then has an advantage."""
    corpus = clip.stored and clip.stored[0]
    notes = dict.fromkeys(card["source"].split("+"), texts.TRAINED_HERE)
    notes |= dict.fromkeys((card["target"] or "").split("+"), texts.ADAPTED_HERE)
    note = notes.get(corpus) if corpus else None
    return f"<p class='x-made'>{note}</p>" if note else ""


def _made(card: dict) -> str:
    """Behind an i: the method, the features and, for a published system, how it differs from its paper."""
    fidelity, deviations = card.get("fidelity") or AFTER, card.get("deviations") or []
    if fidelity != AFTER and deviations:
        fidelity += f": {deviations[0].split(';')[0]}"
    title = METHODS[card["method"]].title if card["target"] and card["method"] in METHODS else ""
    lists = [
        ("Method", [f"{title} ({card['paper']})" if card.get("paper") else title] if title else []),
        ("Features", [FEATURES[card["recipe"]["feature"]].title]),
        ("Classes", _classes(card)),
        ("Different from the paper", deviations),
        ("Not stated in the paper, chosen here", card.get("unknown_in_paper") or []),
        ("Paper", [card["paper"]] if card.get("system") and card.get("paper") else []),
    ]
    details = "".join(
        f"<dt>{escape(head)}</dt>" + "".join(f"<dd>{escape(item)}</dd>" for item in items)
        for head, items in lists
        if items
    )
    summary = escape(f"How it was made; {fidelity}" if card.get("system") else "How it was made")
    return f"<details class='x-made'><summary>{summary}</summary><dl>{details}</dl></details>"


def _classes(card: dict) -> list[str]:
    """The emotions that each coarser class contains."""
    known = LABEL_SETS.get(card.get("label_set", ""))
    if known is None or all(name in known.of for name in card["labels"]):
        return []
    members = {name: [emotion for emotion, of in known.of.items() if of == name] for name in card["labels"]}
    return [f"{naming.word(card, name)}: {', '.join(emotions)}" for name, emotions in members.items()]
