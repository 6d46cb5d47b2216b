"""What a visitor's corpus holds, before anything runs: how it was understood, counts, labels, sound, and what was left
out. Knows nothing of Gradio; all words that come from the visitor's files are escaped."""

import base64
import io
import random
from collections import Counter
from html import escape

import soundfile

from xser_demo.audio.io import load
from xser_demo.corpora import CORPORA, corpus
from xser_demo.corpora.custom import ingest, reference_levels
from xser_demo.corpora.custom.ingest import Summary
from xser_demo.corpora.custom.scan import FolderScan, Recording
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.encode import MOST_S, enough
from xser_demo.reporting.html import definitions, options, table
from xser_demo.reporting.naming import upper
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, CorpusError

PLAYERS, PLAYED_S = 6, 8  # seconds of each
BARS, WORDS, NAMES = 12, 40, 5  # at most: labels shown, unknown words offered, file names beside a reason
BAND_STEP = 250  # Hz; less is no difference
LANGUAGES = {"fr": "French", "es": "Spanish", "pt": "Portuguese", "pl": "Polish", "tr": "Turkish", "ja": "Japanese",
             "ar": "Arabic", "nl": "Dutch", "ru": "Russian"}  # fmt: skip
NONE = "none of these"


def html(corpus_: UserRecordings) -> str:
    """All but the words table and the players."""
    found = corpus_.scan
    told = ingest.summary(found)
    return (
        f"<h3>{_count(told.clips, 'recording')}, {_long(told.seconds)}</h3>"
        f"<p>{escape(found.how)}</p>{_warning(found)}"
        f"{_facts(told)}{_labels(found)}"
    )


def beside(corpus_: UserRecordings) -> str:
    """How loud and how wide it is next to the corpora that models here were trained on, and what was left out."""
    found = corpus_.scan
    told = ingest.summary(found)
    rows = [
        (escape(f"{corpus(key).name} ({corpus(key).language_name})"), _louder(told.level_dbfs - its.level_dbfs),
         _wider(told.band_hz, its.band_hz))
        for key, its in reference_levels.table().items()
    ]  # fmt: skip
    here = f"Half of the clips are louder than {abs(told.level_dbfs):.0f} dB below full scale"
    band = f", and the voice reaches {_khz(told.band_hz)}" if told.band_hz else ""
    return (
        "<h4>The sound, beside corpora that models here know</h4>"
        f"<p>{here}{band}.</p>{table(('Compared with', 'Level', 'Band'), rows)}{_left_out(found)}"
    )


def obstacle(found: FolderScan) -> str:
    """Why it cannot be adapted to, as a sentence; "" when it can."""
    try:
        enough(len(found.rows), MIN_TARGET_CLIPS, found.skipped)
    except CorpusError as error:
        return str(error)
    total = sum(row.seconds or 0.0 for row in found.rows)
    if total > MOST_S:
        return f"The recordings last {_long(total)}; send at most {MOST_S / 3600:g} hours of them."
    return ""


def words(found: FolderScan) -> str:
    """The words that mean no emotion here, each with a menu; "" when all are known. A menu that was changed stays."""
    counts = Counter(row.word for row in found.rows if row.word in found.settled or (row.word and not row.emotion))
    if not counts:
        return ""
    means = {row.word: row.emotion for row in found.rows}
    shown = sorted(counts, key=lambda word: (-counts[word], word))
    rows = [(escape(word), f"{counts[word]:,}", _menu(word, means[word])) for word in shown[:WORDS]]
    more = len(shown) - WORDS
    rest = f"<p>{_count(more, 'rarer word')} more: none of these.</p>" if more > 0 else ""
    return (
        "<h4>Words that could mean several things, or nothing known here</h4>"
        "<p>Say what they mean; the labels follow at once. They are used for the score only.</p>"
        f"{table(('Word', 'Clips', 'Means'), rows)}{rest}"
    )


def samples(found: FolderScan) -> list[Recording]:
    """A few clips to hear, the same each time: one of each emotion, from different speakers where possible."""
    dice = random.Random(0)  # noqa: S311  nothing secret
    rows = dice.sample(found.rows, len(found.rows))
    by_emotion = {row.emotion: row for row in reversed(rows) if row.emotion}
    by_speaker = {row.speaker: row for row in reversed(rows) if row.speaker}
    if len(by_emotion) > 1:
        chosen, heard = [], set()
        for emotion in sorted(by_emotion)[:PLAYERS]:
            fresh = [row for row in rows if row.emotion == emotion and row.speaker not in heard]
            chosen.append((fresh or [by_emotion[emotion]])[0])
            heard.add(chosen[-1].speaker)
        return chosen
    if len(by_speaker) > 1:
        return [by_speaker[speaker] for speaker in sorted(by_speaker)[:PLAYERS]]
    return rows[: PLAYERS // 2]


def players(corpus_: UserRecordings) -> str:
    """Each holds its sound itself: no address leads to the folder."""
    return "<h4>Listen to some</h4><div class='x-samples'>" + "".join(
        _player(corpus_, row) for row in samples(corpus_.scan)
    ) + "</div>"  # fmt: skip


def _player(corpus_: UserRecordings, row: Recording) -> str:
    said = [f"labelled as {row.emotion or row.word}"] if row.emotion or row.word else []
    said += [f"speaker {row.speaker}"] if row.speaker else []
    name = escape(upper(", ".join(said)) if said else row.path.rpartition("/")[2])
    try:
        clip = load(corpus_.folder / row.path, channel=corpus_.scan.channel)
    except AudioError:
        return ""
    file = io.BytesIO()
    part = clip.samples[: PLAYED_S * settings.SAMPLE_RATE]
    soundfile.write(file, part, settings.SAMPLE_RATE, format="WAV", subtype="PCM_16")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f"<figure><figcaption>{name}</figcaption>"
        f"<audio controls aria-label='{name}' src='data:audio/wav;base64,{data}'></audio></figure>"
    )


def _facts(told: Summary) -> str:
    labelled = told.clips - told.unlabelled
    facts = {
        "Speakers": f"{told.speakers:,}" if told.speakers else "not known",
        "A clip lasts": f"{told.shortest_s:.1f} to {told.longest_s:.1f} s, the middle one {told.median_s:.1f} s",
        "Speech": f"{_long(told.speech_s)} without the silence before and after",
        "Language": ", ".join(_language(one) for one in told.languages) or "not said",
        "Labels": (
            "all clips" if not told.unlabelled else f"{labelled:,} of {told.clips:,} clips"
            if labelled else "none; adapting needs none, only a score does"
        ),
    }  # fmt: skip
    return definitions(facts.items())


def _labels(found: FolderScan) -> str:
    """How many clips have which label, emotions that are known here first."""
    counts = Counter((not row.emotion, row.emotion or row.word) for row in found.rows if row.emotion or row.word)
    if not counts:
        return ""
    most, bars = max(counts.values()), []
    for strange, name in sorted(counts, key=lambda one: (one[0], -counts[one], one[1]))[:BARS]:
        number = counts[strange, name]
        colour = INK if strange else EMOTION_COLOURS.get(name, INK)
        bars.append(
            f"<div class='x-bar'><span>{escape(_short(name))}</span><i>"
            f"<b style='width:{100 * number / most:.1f}%;background:{colour}'></b></i><span>{number:,}</span></div>"
        )
    more = len(counts) - len(bars)
    rest = f"<p>and {_count(more, 'rarer word')} more</p>" if more > 0 else ""
    return f"<h4>Labelled as</h4>{''.join(bars)}{rest}"


def _warning(found: FolderScan) -> str:
    if not found.corpus:
        return ""
    name = escape(corpus(found.corpus).name)
    return (
        f"<p class='x-error' role='note'>These are recordings of {name}. A model that was trained on {name} has heard "
        "them: choose another source, else the score says nothing about domain shift.</p>"
    )


def _left_out(found: FolderScan) -> str:
    """What was skipped, by reason; file names can be many."""
    if not found.skipped:
        return ""
    items = []
    for why, number in Counter(one.why for one in found.skipped).most_common():
        names = [one.path for one in found.skipped if one.why == why]
        shown = ", ".join(names[:NAMES]) + (f" and {number - NAMES:,} more" if number > NAMES else "")
        items.append(f"<li>{escape(why)} ({escape(shown)})</li>")
    head = f"<summary>{_count(len(found.skipped), 'file')} left out</summary>"
    return f"<details>{head}<ul>{''.join(items)}</ul></details>"


def _menu(word: str, chosen: str) -> str:
    choices = options([("", NONE), *((emotion, emotion) for emotion in EMOTIONS)], chosen)
    quoted = escape(word, quote=True)
    return f"<select data-word='{quoted}' aria-label='What {quoted} means'>{choices}</select>"


def _language(code: str) -> str:
    known = {one.language: one.language_name for one in CORPORA.values()} | LANGUAGES
    return known.get(code, code)


def _louder(decibels: float) -> str:
    number = round(abs(decibels))
    return f"{number} dB {'louder' if decibels > 0 else 'quieter'}" if number else "as loud"


def _wider(hertz: int, theirs: int) -> str:
    if not hertz:
        return "not measured"
    if abs(hertz - theirs) < 2 * BAND_STEP:
        return "as wide"
    return f"{'wider' if hertz > theirs else 'narrower'}: {_khz(hertz)}, not {_khz(theirs)}"


def _khz(hertz: int) -> str:
    return f"{hertz / 1000:.1f} kHz"


def _long(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.0f} s"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _short(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
