"""The opening of the Listen tab: languages to choose from, an answered clip, and how often both models are right."""

import gradio as gr

from xser_demo.corpora import corpus
from xser_demo.data.packs import available
from xser_demo.methods import RECOMMENDED
from xser_demo.networks import checkpoints
from xser_demo.reporting import naming, scenes
from xser_demo.reporting.scenes import Scenes
from xser_demo.ui.shared import clips
from xser_demo.ui.shared.clips import PickedClip
from xser_demo.ui.shared.model_menu import defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils.words import upper

LAST = ("urdu",)  # of the languages: the hardest
Stored = tuple[str, int] | None  # corpus and row of a clip


def language_switch() -> tuple[gr.Radio, gr.Checkbox]:
    """Which language the models hear, and whether the adapted one learned from several; hidden without models."""
    choices, chosen = languages(), target_of(defaults(Visitor()))
    with gr.Row(elem_id="languages", elem_classes="x-switch", visible=bool(choices)):
        language = gr.Radio(
            choices,
            value=chosen[0] if chosen else None,
            label="Learned English, tested on",  # listen.css shows it
            container=False,
            elem_id="language",
            elem_classes="x-choice",
            scale=0,
            min_width=0,
        )
        others = gr.Checkbox(
            label="second model: several languages", container=False, elem_id="others", scale=0, min_width=250
        )
    return language, others


def languages() -> list[tuple[str, str]]:
    """(language, corpus) of the targets that the English model is adapted to by the recommended method."""
    keys = [card["target"] for card in _recommended() if card["source"] == "ravdess" and card["target"] in available()]
    return [(corpus(key).language_name, key) for key in sorted(keys, key=lambda key: (key in LAST, key))]


def models_for(target: str, others: bool) -> list[str]:
    """English only, and the model adapted to a target: from English, or from all other languages at once."""
    found = [card["id"] for card in _recommended() if card["target"] == target and ("+" in card["source"]) == others]
    return defaults(Visitor())[:1] + found[:1]


def target_of(model_ids: list[str]) -> tuple[str, bool] | None:
    """The values of ``models_for`` that give these models; None for others."""
    choices = [(key, others) for _, key in languages() for others in (False, True)]
    return next((choice for choice in choices if models_for(*choice) == model_ids), None)


def _recommended() -> list[dict]:
    cards = [card for card in checkpoints.cards() if card["target"] and not card.get("system")]
    return [card for card in cards if card["method"] == RECOMMENDED]


def scenes_of(model_ids: list[str]) -> Scenes | None:
    """The scenes of two shipped models; None for other models."""
    cards = {card["id"]: card for card in checkpoints.cards()}
    if len(model_ids) != 2 or any(model_id not in cards for model_id in model_ids):
        return None
    found = scenes.find(*(cards[model_id] for model_id in model_ids))
    return found if found and found.chosen and found.corpus in available() else None


def picked(found: Scenes, number: int = 0) -> PickedClip:
    """One of the chosen clips, in turn."""
    return clips.corpus_clip(found.corpus, found.chosen[number % len(found.chosen)].row)


def line(found: Scenes | None) -> str:
    """How the clip was chosen, as HTML."""
    if found is None:
        return ""
    about, language = corpus(found.corpus).name, corpus(found.corpus).language_name
    return (
        f"<p>A clip in {language}, chosen because the first model is wrong on it and the second right. On all "
        f"{found.clips} clips of {about} the two differ {found.differ} times: adaptation corrected {found.corrected} "
        f"answers and broke {found.broken}.</p>"
    )


def count(visitor: Visitor, stored: Stored, label: str | None, answers: dict[str, str]) -> None:
    """Remember which models were right on a labelled clip of a corpus. ``answers``: classes by model id."""
    if stored is None or label is None:
        return
    expected = {model_id: naming.own_class(visitor.model(model_id).card, label) for model_id in answers}
    right = {model_id: answers[model_id] == name for model_id, name in expected.items() if name}
    visitor.heard.setdefault(stored, {}).update(right)


def tally(visitor: Visitor, model_ids: list[str], stored: Stored) -> str:
    """How often two models were right on labelled clips of this clip's corpus: on random ones of this visit, and on all
    of them. HTML; empty for other than two models or a clip of no corpus."""
    if stored is None or len(model_ids) != 2:
        return ""
    key, found, parts = stored[0], scenes_of(model_ids), []
    both = [right for (one, _), right in visitor.heard.items() if one == key and set(model_ids) <= right.keys()]
    if both:
        first, second = (sum(right[model_id] for right in both) for model_id in model_ids)
        parts.append(f"right on your random clips: <b>{first}</b> and <b>{second}</b> of {len(both)}")
    if found and found.corpus == key:
        first, second = (round(100 * count / found.clips) for count in (found.right_before, found.right_after))
        parts.append(f"right on all {found.clips} clips of {corpus(key).name}: <b>{first}%</b> and <b>{second}%</b>")
    return f"<p class='x-small'>{upper('; '.join(parts))}.</p>" if parts else ""
