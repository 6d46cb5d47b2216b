"""A model's card on the Listen tab: its answer, why, and how the model was made. HTML, everything escaped."""

import base64
import io
from html import escape

import numpy as np

from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.experiments.systems.base import AFTER, REDUCED
from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.inference.explain import GRADCAM, Curve, Explanation, Groups, Picture
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.inference.timeline import Moment
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import naming
from xser_demo.reporting.palette import EMOTION_COLOURS, HEAT, INK
from xser_demo.ui.shared import texts
from xser_demo.utils.errors import UserError

MOSTLY_BEYOND = 0.25  # share of the heat on added silence from which the card says so


def answered(
    model: Loaded,
    answer: Prediction,
    colour: str,
    label: str | None,
    heard: EncodedClip,
    why: Explanation | None,
    scale: float = 1.0,
) -> str:
    """A large word, bars on one scale from 0 to 100, the reason, and how the model was made. ``label``: what the
    corpus calls the clip. ``scale``: the largest share of a group on the page, so that cards can be compared."""
    right = naming.own_class(model.card, label) if label else None
    rows = "".join(_bar(model.card, name, share, name == right) for name, share in answer.probabilities.items())
    reason = _reason(model.card, answer, heard, why, scale)
    return _card(model, colour, _verdict(model.card, answer, label, right), rows + reason + _met(model.card, heard))


def failed(model: Loaded, error: UserError, colour: str) -> str:
    """A model that cannot be asked about this clip; the others can."""
    return _card(model, colour, f"<p class='x-error' role='alert'>{escape(str(error))}</p>", "")


def current(model: Loaded, moment: Moment, colour: str) -> str:
    """What a model says at this moment of the live microphone."""
    rows = "".join(_bar(model.card, name, share, False) for name, share in moment.probabilities.items())
    return _card(model, colour, _verdict(model.card, moment, None, None), rows)


def waiting(model: Loaded, colour: str, said: str = texts.WAITING) -> str:
    rows = "".join(
        f"<div class='x-bar'><span>{escape(naming.word(model.card, name))}</span><i></i><span></span></div>"
        for name in model.card["labels"]
    )
    return _card(model, colour, f"<p><strong class='x-none'>{said}</strong></p>", rows)


def _card(model: Loaded, colour: str, verdict: str, rest: str) -> str:
    """Three parts, which stand at the same height in all cards of a row."""
    head = f"<h3>{escape(model.card['title'])}</h3>{verdict}"
    return f"<article class='x-card' style='--model:{colour}'>{head}<div>{rest}{_made(model)}</div></article>"


def _verdict(card: dict, answer: Prediction | Moment, label: str | None, right: str | None) -> str:
    named = escape(naming.word(card, answer.emotion))
    if answer.sure:
        verdict = f"sounds most like <strong>{named}</strong>"
    else:
        verdict = f"<strong class='x-unsure'>not sure</strong> perhaps {named}"
    if not label:
        return f"<p>{verdict}</p>"
    said = f"labelled as <b>{escape(label)}</b>"
    if right is None:
        said += ", which is not among its answers"
    elif right != label:
        said += f" ({escape(naming.word(card, right))})"
    return f"<p>{said}, {verdict}</p>"


def _bar(card: dict, name: str, share: float, labelled: bool) -> str:
    said = escape(naming.word(card, name))
    colour = EMOTION_COLOURS.get(name, INK)
    return (
        f"<div class='x-bar'><span>{f'<em>{said}</em>' if labelled else said}</span>"
        f"<i><b style='width:{100 * share:.1f}%;background:{colour}'></b></i><span>{100 * share:.0f}%</span></div>"
    )


def _reason(card: dict, answer: Prediction, heard: EncodedClip, why: Explanation | None, scale: float) -> str:
    named = f"<b>{escape(naming.word(card, answer.emotion))}</b>"
    if isinstance(why, Groups):
        rows = "".join(_group(naming.group(name), share, scale) for name, share in why.shares.items())
        head = f"What spoke for {named}: from {100 * why.before:.0f}% for an average voice to {100 * why.after:.0f}%"
        return f"<div class='x-why'><p>{head}</p>{rows}</div>"
    if isinstance(why, Picture):
        return f"<div class='x-why'>{_picture(why, named)}{_first_seconds(why.curve, heard)}</div>"
    if isinstance(why, Curve) and why.kind == GRADCAM:
        said = (
            f"Dashed curve below: which moments spoke for {named}."
            if why.values.any()
            else texts.NO_MOMENT.format(named)
        )
        return f"<div class='x-why'><p>{said}</p>{_first_seconds(why, heard)}</div>"
    return ""


def _group(name: str, share: float, scale: float) -> str:
    """One signed bar from the middle: to the right what spoke for the answer, to the left what spoke against it."""
    width = min(50.0, 50 * abs(share) / max(scale, 1e-9))
    side, sign = ("x-for", "+") if share > 0 else ("x-against", "\N{MINUS SIGN}")
    points = round(100 * abs(share))
    return (
        f"<div class='x-bar x-group'><span>{escape(name)}</span>"
        f"<i><b class='{side}' style='width:{width:.1f}%'></b></i><span>{sign if points else ''}{points}</span></div>"
    )


def _picture(why: Picture, named: str) -> str:
    if not why.heat.any():
        return f"<p>{texts.NO_MOMENT.format(named)}</p>"
    end = why.start_s + why.heat.shape[1] / why.rate_hz
    note = ""
    if why.beyond > MOSTLY_BEYOND:
        note = f" {100 * why.beyond:.0f}% of the orange lies on the silence that fills this short clip to 3 s."
    return (
        f"<figure class='x-look'><img src='{_png(why)}' alt='Mel picture with the places that spoke for the answer'>"
        f"<div><span>{why.start_s:.1f} s</span><span>low tones below, high above</span><span>{end:.1f} s</span></div>"
        f"<figcaption>Grey: the picture it sees. Orange: what spoke for {named}.{note}</figcaption></figure>"
    )


def _png(why: Picture) -> str:
    """The mel picture in grey under the heat, as a data URI: high bands on top, twice as large."""
    from PIL import Image

    loud = np.clip((why.levels + 80) / 80, 0, 1)[::-1, :, None]
    grey = 24 + 231 * loud**1.5 * np.ones(3)
    heat = 0.75 * why.heat[::-1, :, None] ** 1.2
    pixels = ((1 - heat) * grey + heat * np.array(HEAT)).astype(np.uint8)
    image = Image.fromarray(pixels).resize((2 * pixels.shape[1], 2 * pixels.shape[0]), Image.Resampling.BILINEAR)
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _first_seconds(curve: Curve, heard: EncodedClip) -> str:
    """Networks on mels hear three seconds at most; where there is more speech, the card says so."""
    seconds = len(curve.values) / curve.rate_hz
    speech_end = (len(heard.speech) - heard.speech[::-1].argmax()) / whisper.RATE
    if speech_end <= curve.start_s + seconds + 0.2:
        return ""
    return f"<p>It hears the first {seconds:.0f} s of the speech only.</p>"


def _met(card: dict, heard: EncodedClip) -> str:
    """A model that knows the clip's corpus is at an advantage; its card says so."""
    corpus = heard.stored and heard.stored[0]
    known = dict.fromkeys(card["source"].split("+"), texts.TRAINED_HERE)
    known |= dict.fromkeys((card["target"] or "").split("+"), texts.ADAPTED_HERE)
    met = known.get(corpus) if corpus else None
    return f"<p class='x-made'>{met}</p>" if met else ""


def _made(model: Loaded) -> str:
    """One small line: what the model listens to and how true it is to its paper; the full list on demand."""
    card = model.card
    hears = f"Hears {FEATURES[model.model.recipe.feature].title}"
    if not card.get("system"):
        return f"<p class='x-made'>{escape(hears)}.</p>"
    fidelity, deviations = card.get("fidelity") or AFTER, card.get("deviations") or []
    if fidelity == REDUCED and deviations:
        fidelity += f": {deviations[0].split(',')[0]}"
    lists = [
        ("Classes", _classes(card)),
        ("Other than in the paper", deviations),
        ("Not known from the paper, chosen here", card.get("unknown_in_paper") or []),
        ("Paper", [card["paper"]] if card.get("paper") else []),
    ]
    inside = "".join(
        f"<dt>{escape(head)}</dt>" + "".join(f"<dd>{escape(item)}</dd>" for item in items)
        for head, items in lists
        if items
    )
    summary = escape(f"{hears}; {fidelity}")
    return f"<details class='x-made'><summary>{summary}</summary><dl>{inside}</dl></details>"


def _classes(card: dict) -> list[str]:
    """Which emotions a coarser class gathers."""
    known = LABEL_SETS.get(card.get("label_set", ""))
    if known is None or all(name in known.of for name in card["labels"]):
        return []
    gathered = {name: [e for e, its in known.of.items() if its == name] for name in card["labels"]}
    return [f"{naming.word(card, name)}: {', '.join(members)}" for name, members in gathered.items()]
