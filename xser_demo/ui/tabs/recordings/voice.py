"""A visitor's own voice: what they have said, and models that have got used to it. Knows nothing of Gradio."""

import csv
from dataclasses import asdict, replace
from html import escape
from pathlib import Path

import soundfile

from xser_demo.corpora.user import KEY
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.packs import load_cached
from xser_demo.inference.speaker import calibrate, few_shot
from xser_demo.inference.speaker.calibrate import VoiceClip
from xser_demo.inference.speaker.few_shot import FewShot, Held
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON, Model
from xser_demo.networks.temperature import validation
from xser_demo.reporting import html, naming
from xser_demo.ui.shared.model_menu import defaults, join
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import prompts
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

MOST = 60  # utterances of a visit: 12 s of sound and frames have 1 MB
TABLE = "clips.csv"


def models(visitor: Visitor) -> list[tuple[str, str]]:
    """(title, id) of those that can get used to a voice: the common ground's with a classifier."""
    cards = {card["id"]: card for card in checkpoints.cards()} | {i: one.card for i, one in visitor.models.items()}
    # NNPM answers from a memory of source clips: a few labels could not change it.
    there = ((title, i, cards[i]) for title, i in visitor.choices())
    return [(title, i) for title, i, card in there if checkpoints.recipe(card) == COMMON and card["method"] != "nnpm"]


def first(models: list[tuple[str, str]]) -> str | None:
    """The one that Listen asks first, where it is there."""
    ids = [model_id for _, model_id in models]
    return next((one for one in [*defaults(Visitor()), *ids] if one in ids), None)


def prompt(language: str, number: int) -> str:
    sentence, mood = prompts.prompt(language, number)
    how = "as plainly as you can" if mood == "neutral" else f"with <strong>{mood}</strong> in your voice"
    said = prompts.LANGUAGES[language]
    return (
        f"<div class='x-prompt'><p class='x-small'>Say, {how}:</p>"
        f"<q lang='{language}' dir='{said.direction}'>{escape(sentence)}</q></div>"
    )


def answers(loaded: Loaded, said: list[VoiceClip]) -> list[str]:
    return calibrate.answers(loaded.model, [one.frames for one in said]) if said else []


def table(said: list[VoiceClip], base: Loaded | None, mine: Loaded | None) -> str:
    """What was said, how it was meant, and what the models hear in it, before and after."""
    if not said:
        return ""
    now = "Now heard as" if mine is None or "few_shot" not in mine.card else "Now heard as (taught with these labels)"
    heard = [(name, one, answers(one, said)) for name, one in (("Heard as", base), (now, mine)) if one]
    rows = [
        (
            str(n + 1),
            f"{one.heard.duration_s:.1f} s",
            _menu(n, one.mood),
            *(escape(naming.word(model.card, found[n])) for _, model, found in heard),
            f"<button data-drop='{n}' aria-label='Take clip {n + 1} out' title='Take it out'>×</button>",
        )
        for n, one in enumerate(said)
    ]
    head = ("", "Length", "Meant as", *(name for name, *_ in heard), "")
    return f"<div class='x-voice-list'>{html.table(head, rows)}</div>"


def _menu(number: int, mood: str) -> str:
    choices = html.options([("", "not said"), *((one, one) for one in prompts.MOODS)], mood)
    return f"<select data-meant='{number}' aria-label='What clip {number + 1} was meant as'>{choices}</select>"


def next_step(said: list[VoiceClip]) -> str:
    """What the clips so far are enough for."""
    n, labelled = len(said), sum(bool(one.mood) for one in said)
    if n < MIN_TARGET_CLIPS:
        return f"{n} of {MIN_TARGET_CLIPS} clips to calibrate a model to your voice."
    text = f"{n} clips: enough to calibrate."
    if labelled:
        text += f" {labelled} say how they were meant: enough to teach."
    if n < calibrate.FULL:
        return f"{text} {calibrate.FULL - n} more make a target for a whole adaptation."
    return f"{text} Enough for a whole adaptation, too."


def warning(base: Loaded, said: list[VoiceClip]) -> str:
    """Of one-sided moods, when there is enough to calibrate with; else nothing."""
    return calibrate.one_sided(answers(base, said)) if len(said) >= MIN_TARGET_CLIPS else ""


def calibrated(visitor: Visitor, base: Loaded, said: list[VoiceClip]) -> Loaded:
    model = calibrate.calibrate(base.model, [one.frames for one in said])
    how = f"target frames standardised by {len(said)} clips of your voice, shrunk towards those of the card"
    return _join(visitor, base, model, f"calibrated to your voice, {len(said)} clips", {"statistics": how})


def taught(visitor: Visitor, base: Loaded, said: list[VoiceClip]) -> tuple[Loaded, FewShot]:
    """With how well it hears clips whose labels it was not taught."""
    card = base.card
    packs = [load_cached(key) for key in card["source"].split("+")]
    done = few_shot.teach(base.model, validation(card, packs), [one.frames for one in said], [one.mood for one in said])
    count = sum(bool(one.mood) for one in said)
    more = {"few_shot": f"classifier taught by {count} clips labelled by their speaker"}
    if done.after:  # on clips whose labels it was not taught
        more["held_out"] = {"before": asdict(done.before), "after": asdict(done.after)}
    return _join(visitor, base, done.model, f"taught by {count} of your clips", more), done


def _join(visitor: Visitor, base: Loaded, model: Model, how: str, more: dict) -> Loaded:
    number = next(n for n in range(1, 1000) if f"voice-{n}" not in visitor.models)
    title = f"{base.card['title']}, {how}"
    card = base.card | {"id": f"voice-{number}", "title": title, "target": KEY, "uar": None} | more
    return join(visitor, Loaded(card["id"], model, card))


def outcome(done: FewShot) -> str:
    """What teaching has changed on clips that were held out; or why nobody knows."""
    if done.note:
        return done.note
    return (
        f"On clips whose labels it was not taught: {_score(done.after)}, before {_score(done.before)}. It speaks for "
        "this voice on this day."
    )


def _score(one: Held) -> str:
    return f"{html.percent(one.uar)} of each mood {html.interval(one.ci95)}"


def meant(said: list[VoiceClip], number: int, mood: str) -> list[VoiceClip]:
    """SettingsError for a clip or a mood that is not there; a browser may send anything."""
    if not 0 <= number < len(said) or mood not in ("", *prompts.MOODS):
        raise SettingsError("This clip or mood is not in the list; open the tab again.")
    return [replace(one, mood=mood) if n == number else one for n, one in enumerate(said)]


def without(said: list[VoiceClip], number: int) -> list[VoiceClip]:
    return [one for n, one in enumerate(said) if n != number]


def write(folder: Path, said: list[VoiceClip]) -> None:
    """The clips as a corpus of one's own: sound files, and a table that says how they were meant."""
    if len(said) < calibrate.FULL:
        raise SettingsError(f"A whole adaptation needs {calibrate.FULL} clips, and there are {len(said)}; record more.")
    with open(folder / TABLE, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "emotion"])
        for n, one in enumerate(said, start=1):
            name = f"clip-{n:02d}.wav"
            soundfile.write(folder / name, one.heard.clip.samples, settings.SAMPLE_RATE, "PCM_16")
            rows.writerow([name, one.mood])
