"""A visitor's own voice: the clips they recorded, and models calibrated to them or taught by them."""

from dataclasses import asdict, replace
from html import escape
from pathlib import Path

import soundfile

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.scan import scan
from xser_demo.corpora.labels import LABEL_SETS, only
from xser_demo.corpora.user import KEY
from xser_demo.data import domains
from xser_demo.data.domains import MIN_TARGET_CLIPS, Domain
from xser_demo.data.packs import load_cached
from xser_demo.inference.speaker import calibrate, few_shot, neutral
from xser_demo.inference.speaker.calibrate import VoiceClip
from xser_demo.inference.speaker.few_shot import FewShot, HeldOutScore
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON, Model
from xser_demo.networks.temperature import validation
from xser_demo.reporting import html, naming
from xser_demo.ui import storage
from xser_demo.ui.shared.model_menu import defaults, join
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings
from xser_demo.ui.tabs.recordings import prompts
from xser_demo.utils import settings
from xser_demo.utils.csv_files import to_csv
from xser_demo.utils.errors import SettingsError, UserError

MAX_CLIPS = 60  # of a visit; 12 s of sound and frames have 1 MB
TABLE = "clips.csv"


def models(visitor: Visitor) -> list[tuple[str, str]]:
    """(title, id) of models that can adapt to a voice: those of the common ground with a classifier."""
    cards = {card["id"]: card for card in checkpoints.cards()} | {i: one.card for i, one in visitor.models.items()}
    # NNPM answers from a memory bank of source clips, which a few labels cannot change.
    choices = ((title, i, cards[i]) for title, i in visitor.choices())
    return [(title, i) for title, i, card in choices if checkpoints.recipe(card) == COMMON and card["method"] != "nnpm"]


def first(models: list[tuple[str, str]]) -> str | None:
    """The default model of the Listen tab if it is among them, else the first."""
    ids = [model_id for _, model_id in models]
    return next((model_id for model_id in [*defaults(Visitor()), *ids] if model_id in ids), None)


def prompt(language: str, number: int, plain: bool = False) -> str:
    """The sentence to say and its mood, as HTML; ``plain``: always neutral."""
    sentence, mood = prompts.prompt(language, number, plain)
    manner = "as plainly as you can" if mood == "neutral" else f"with <strong>{mood}</strong> in your voice"
    return (
        f"<div class='x-prompt'><p class='x-small'>Say, {manner}:</p>"
        f"<q lang='{language}' dir='{prompts.LANGUAGES[language].direction}'>{escape(sentence)}</q></div>"
    )


def answers(loaded: Loaded, clips: list[VoiceClip]) -> list[str]:
    """The predicted emotion of each clip."""
    return calibrate.answers(loaded.model, [clip.frames for clip in clips]) if clips else []


def table(clips: list[VoiceClip], base: Loaded | None, adapted: Loaded | None) -> str:
    """The clips with their labels and the predictions of both models, as HTML."""
    if not clips:
        return ""
    is_taught = adapted is not None and "few_shot" in adapted.card
    after = "Now predicted (taught with these labels)" if is_taught else "Now predicted"
    predicted = [
        (name, model.card, answers(model, clips)) for name, model in (("Predicted", base), (after, adapted)) if model
    ]
    rows = [
        (
            str(n + 1),
            f"{clip.encoded.duration_s:.1f} s",
            _menu(n, clip.mood),
            *(escape(naming.word(card, emotions[n])) for _, card, emotions in predicted),
            f"<button data-drop='{n}' aria-label='Remove clip {n + 1}' title='Remove'>×</button>",
        )
        for n, clip in enumerate(clips)
    ]
    head = ("", "Length", "Labelled as", *(name for name, *_ in predicted), "")
    return f"<div class='x-voice-list'>{html.table(head, rows)}</div>"


def _menu(number: int, mood: str) -> str:
    choices = html.options([("", "no label"), *((name, name) for name in prompts.MOODS)], mood)
    return f"<select data-meant='{number}' aria-label='Label of clip {number + 1}'>{choices}</select>"


def next_step(clips: list[VoiceClip]) -> str:
    """What the clips so far are enough for."""
    n, labelled = len(clips), sum(bool(clip.mood) for clip in clips)
    if all_neutral(clips) and n < MIN_TARGET_CLIPS:
        more = "" if n >= neutral.CLIPS else f" {neutral.CLIPS} are better."
        return f"{n} neutral clips: enough to calibrate.{more}"
    if n < MIN_TARGET_CLIPS:
        return f"{n} of {MIN_TARGET_CLIPS} clips to calibrate a model to your voice, or {neutral.CLIPS} neutral ones."
    text = f"{n} clips: enough to calibrate."
    if labelled:
        text += f" {labelled} are labelled: enough to teach."
    if n < calibrate.ADAPTATION_CLIPS:
        return f"{text} {calibrate.ADAPTATION_CLIPS - n} more are enough for a full adaptation."
    return f"{text} Enough for a full adaptation, too."


def warning(base: Loaded, clips: list[VoiceClip]) -> str:
    """A warning about one-sided moods when there are enough clips to calibrate; else "". Neutral clips that are
    labelled so are not taken for the voice."""
    enough = len(clips) >= MIN_TARGET_CLIPS and not all_neutral(clips)
    return calibrate.one_sided(answers(base, clips)) if enough else ""


def all_neutral(clips: list[VoiceClip]) -> bool:
    """Whether the clips are labelled neutral, all of them, and enough to calibrate by."""
    return len(clips) >= neutral.MIN_CLIPS and all(clip.mood == neutral.NEUTRAL for clip in clips)


def calibrated(visitor: Visitor, base: Loaded, clips: list[VoiceClip]) -> Loaded:
    """A model whose input statistics are those of the clips. It joins the models of the visit."""
    frames = [clip.frames for clip in clips]
    if all_neutral(clips):
        model = neutral.calibrate_by_neutral(base.model, frames, _heard_before(visitor, base))
        how = "neutral clips of your voice, compared with what the model calls neutral"
    else:
        model, how = calibrate.calibrate(base.model, frames), "clips of your voice, shrunk towards those of the card"
    statistics = f"target frames standardised by {len(clips)} {how}"
    return _join(visitor, base, model, f"calibrated to your voice, {len(clips)} clips", {"statistics": statistics})


def _heard_before(visitor: Visitor, base: Loaded) -> Domain:
    """The unlabelled clips that a model was adapted to; for a model of one language, those of its source."""
    if base.id in visitor.results:
        return visitor.results[base.id].task.adapt
    labels = only(LABEL_SETS[base.card["label_set"]], base.model.classes)
    target = base.card["target"]
    if target == KEY:
        raise SettingsError("The recordings that this model was adapted to are not here; choose a shipped model.")
    return domains.target(load_cached(target or base.card["source"].split("+")[0]), labels)[0]


def taught(visitor: Visitor, base: Loaded, clips: list[VoiceClip]) -> tuple[Loaded, FewShot]:
    """A model whose classifier learnt the labels of the clips, and its scores on held-out clips."""
    card = base.card
    packs = [load_cached(key) for key in card["source"].split("+")]
    done = few_shot.teach(
        base.model, validation(card, packs), [clip.frames for clip in clips], [clip.mood for clip in clips]
    )
    count = sum(bool(clip.mood) for clip in clips)
    facts = {"few_shot": f"classifier taught by {count} clips labelled by their speaker"}
    if done.after:
        facts["held_out"] = {"before": asdict(done.before), "after": asdict(done.after)}
    return _join(visitor, base, done.model, f"taught by {count} of your clips", facts), done


def _join(visitor: Visitor, base: Loaded, model: Model, change: str, facts: dict) -> Loaded:
    number = next(n for n in range(1, 1000) if f"voice-{n}" not in visitor.models)
    title = f"{base.card['title']}, {change}"
    card = base.card | {"id": f"voice-{number}", "title": title, "target": KEY, "uar": None} | facts
    return join(visitor, Loaded(card["id"], model, card))


def outcome(done: FewShot) -> str:
    """The scores on held-out clips before and after teaching; or why there are none."""
    if done.note:
        return done.note
    return (
        f"On held-out clips: {_score(done.after)}, before {_score(done.before)}. This holds for this voice on this day "
        "only."
    )


def _score(score: HeldOutScore) -> str:
    return f"{html.percent(score.uar)} of each mood found {html.interval(score.ci95)}"


def relabel(clips: list[VoiceClip], number: int, mood: str) -> list[VoiceClip]:
    """The clips, one of them with another mood. SettingsError for an unknown clip or mood, which a browser may send."""
    if not 0 <= number < len(clips) or mood not in ("", *prompts.MOODS):
        raise SettingsError("This clip or mood is not in the list; open the tab again.")
    return [replace(clip, mood=mood) if n == number else clip for n, clip in enumerate(clips)]


def without(clips: list[VoiceClip], number: int) -> list[VoiceClip]:
    return [clip for n, clip in enumerate(clips) if n != number]


def store(visit: str, clips: list[VoiceClip]) -> UserRecordings:
    """Make the clips the recordings of a visit, like uploaded ones. SettingsError for too few."""
    folder = storage.fresh(visit)
    try:
        write(folder, clips)
        *_, found = ingest.decode(folder, scan(folder))
        return storage.keep(visit, folder, found)
    except UserError:
        storage.delete(folder)
        raise


def write(folder: Path, clips: list[VoiceClip]) -> None:
    """Write the clips as a user corpus: sound files and a table of their labels."""
    if len(clips) < calibrate.ADAPTATION_CLIPS:
        raise SettingsError(
            f"A full adaptation needs {calibrate.ADAPTATION_CLIPS} clips, and there are {len(clips)}; record more."
        )
    rows = [{"path": f"clip-{n:02d}.wav", "emotion": clip.mood} for n, clip in enumerate(clips, start=1)]
    (folder / TABLE).write_text(to_csv(rows), encoding="utf-8", newline="")
    for row, clip in zip(rows, clips, strict=True):
        soundfile.write(folder / row["path"], clip.encoded.clip.samples, settings.SAMPLE_RATE, "PCM_16")
