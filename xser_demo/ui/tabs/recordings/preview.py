"""The preview of a visitor's recordings as HTML: counts, labels, level and bandwidth, players, and files left out.

All words that come from the visitor's files are escaped.
"""

import random
from collections import Counter
from html import escape

from xser_demo.corpora import CORPORA, corpus
from xser_demo.corpora.custom import ingest, reference_levels
from xser_demo.corpora.custom.ingest import Summary
from xser_demo.corpora.custom.recordings import FolderScan, Recording
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.encode import MAX_SPEECH_S, enough
from xser_demo.reporting.html import definitions, options, table
from xser_demo.reporting.palette import EMOTION_COLOURS, INK
from xser_demo.ui.shared.clip_media import data_address
from xser_demo.ui.storage import UserRecordings
from xser_demo.utils.errors import AudioError, CorpusError
from xser_demo.utils.words import upper

MAX_PLAYERS, MAX_PLAYED_S = 6, 8
MAX_BARS, MAX_WORDS, MAX_NAMES = 12, 40, 5  # labels shown, unknown words offered, file names beside a reason
MIN_BAND_DIFFERENCE = 500  # Hz
LANGUAGES = {"fr": "French", "es": "Spanish", "pt": "Portuguese", "pl": "Polish", "tr": "Turkish", "ja": "Japanese",
             "ar": "Arabic", "nl": "Dutch", "ru": "Russian"}  # fmt: skip
NONE = "none of these"


def overview(recordings: UserRecordings) -> str:
    """Number, length, speakers, language and labels; with a warning for a corpus that models here were trained on."""
    scan = recordings.scan
    summary = ingest.summary(scan)
    return (
        f"<h3>{_count(summary.clips, 'recording')}, {_duration(summary.seconds)}</h3>"
        f"<p>{escape(scan.how)}</p>{_warning(scan)}{_facts(summary)}{_labels(scan)}"
    )


def sound(recordings: UserRecordings) -> str:
    """Level and bandwidth compared with corpora that models here were trained on, and the files left out."""
    summary = ingest.summary(recordings.scan)
    rows = [
        (
            escape(f"{corpus(key).name} ({corpus(key).language_name})"),
            _level_difference(summary.level_dbfs - reference.level_dbfs),
            _band_difference(summary.band_hz, reference.band_hz),
        )
        for key, reference in reference_levels.table().items()
    ]
    level = f"Half of the clips are louder than {abs(summary.level_dbfs):.0f} dB below full scale"
    band = f", and the voice reaches {_khz(summary.band_hz)}" if summary.band_hz else ""
    return (
        "<h4>The sound, compared with corpora that models here know</h4>"
        f"<p>{level}{band}.</p>{table(('Compared with', 'Level', 'Band'), rows)}{_left_out(recordings.scan)}"
    )


def obstacle(scan: FolderScan) -> str:
    """Why a model cannot adapt to these recordings, as a sentence; "" when it can."""
    try:
        enough(len(scan.rows), MIN_TARGET_CLIPS, scan.skipped)
    except CorpusError as error:
        return str(error)
    total = sum(row.seconds or 0.0 for row in scan.rows)
    if total > MAX_SPEECH_S:
        return f"The recordings last {_duration(total)}; send at most {MAX_SPEECH_S / 3600:g} hours of them."
    return ""


def words(scan: FolderScan) -> str:
    """Label words that match no emotion, each with a menu to map it; "" when all are known. A mapped word stays."""
    counts = Counter(row.word for row in scan.rows if row.word in scan.settled or (row.word and not row.emotion))
    if not counts:
        return ""
    emotions = {row.word: row.emotion for row in scan.rows}
    shown = sorted(counts, key=lambda word: (-counts[word], word))
    rows = [(escape(word), f"{counts[word]:,}", _menu(word, emotions[word])) for word in shown[:MAX_WORDS]]
    more = len(shown) - MAX_WORDS
    rest = f"<p>{_count(more, 'rarer word')} more: none of these.</p>" if more > 0 else ""
    return (
        "<h4>Words that match no emotion, or several</h4>"
        "<p>Choose what they mean; the labels change at once. They are used for the score only.</p>"
        f"{table(('Word', 'Clips', 'Means'), rows)}{rest}"
    )


def samples(scan: FolderScan) -> list[Recording]:
    """A few clips to play, the same each time: one of each emotion, from different speakers where possible."""
    rows = random.Random(0).sample(scan.rows, len(scan.rows))  # noqa: S311  nothing secret
    by_emotion = {row.emotion: row for row in reversed(rows) if row.emotion}
    by_speaker = {row.speaker: row for row in reversed(rows) if row.speaker}
    if len(by_emotion) > 1:
        chosen, speakers = [], set()
        for emotion in sorted(by_emotion)[:MAX_PLAYERS]:
            fresh = [row for row in rows if row.emotion == emotion and row.speaker not in speakers]
            chosen.append((fresh or [by_emotion[emotion]])[0])
            speakers.add(chosen[-1].speaker)
        return chosen
    if len(by_speaker) > 1:
        return [by_speaker[speaker] for speaker in sorted(by_speaker)[:MAX_PLAYERS]]
    return rows[: MAX_PLAYERS // 2]


def players(recordings: UserRecordings) -> str:
    """Players that hold their sound as data: no URL leads to the folder."""
    return "<h4>Listen to some</h4><div class='x-samples'>" + "".join(
        _player(recordings, row) for row in samples(recordings.scan)
    ) + "</div>"  # fmt: skip


def _player(recordings: UserRecordings, row: Recording) -> str:
    label = [f"labelled as {row.emotion or row.word}"] if row.emotion or row.word else []
    speaker = [f"speaker {row.speaker}"] if row.speaker else []
    name = escape(upper(", ".join(label + speaker)) or row.path.rpartition("/")[2])
    try:
        clip = ingest.Reader(recordings.folder, recordings.scan.channel).read(row)
    except AudioError:
        return ""
    return (
        f"<figure><figcaption>{name}</figcaption>"
        f"<audio controls aria-label='{name}' src='{data_address(clip, MAX_PLAYED_S)}'></audio></figure>"
    )


def _facts(summary: Summary) -> str:
    labelled = summary.clips - summary.unlabelled
    facts = {
        "Speakers": f"{summary.speakers:,}" if summary.speakers else "unknown",
        "Length of a clip": f"{summary.shortest_s:.1f} to {summary.longest_s:.1f} s, median {summary.median_s:.1f} s",
        "Speech": f"{_duration(summary.speech_s)}, leading and trailing silence removed",
        "Language": ", ".join(_language(code) for code in summary.languages) or "unknown",
        "Labels": (
            "all clips" if not summary.unlabelled else f"{labelled:,} of {summary.clips:,} clips"
            if labelled else "none; adaptation needs none, only a score does"
        ),
    }  # fmt: skip
    return definitions(facts.items())


def _labels(scan: FolderScan) -> str:
    """Number of clips of each label as bars, known emotions first."""
    counts = Counter((not row.emotion, row.emotion or row.word) for row in scan.rows if row.emotion or row.word)
    if not counts:
        return ""
    largest, bars = max(counts.values()), []
    for unknown, name in sorted(counts, key=lambda label: (label[0], -counts[label], label[1]))[:MAX_BARS]:
        number = counts[unknown, name]
        colour = INK if unknown else EMOTION_COLOURS.get(name, INK)
        bars.append(
            f"<div class='x-bar'><span>{escape(_short(name))}</span><i>"
            f"<b style='width:{100 * number / largest:.1f}%;background:{colour}'></b></i><span>{number:,}</span></div>"
        )
    more = len(counts) - len(bars)
    rest = f"<p>and {_count(more, 'rarer word')} more</p>" if more > 0 else ""
    return f"<h4>Labelled as</h4>{''.join(bars)}{rest}"


def _warning(scan: FolderScan) -> str:
    if not scan.corpus:
        return ""
    name = escape(corpus(scan.corpus).name)
    return (
        f"<p class='x-error' role='note'>These are recordings of {name}. A model that was trained on {name} has heard "
        "them: choose another source, or the score says nothing about domain shift.</p>"
    )


def _left_out(scan: FolderScan) -> str:
    """Skipped files, by reason."""
    if not scan.skipped:
        return ""
    items = []
    for reason, number in Counter(file.why for file in scan.skipped).most_common():
        names = [file.path for file in scan.skipped if file.why == reason]
        shown = ", ".join(names[:MAX_NAMES]) + (f" and {number - MAX_NAMES:,} more" if number > MAX_NAMES else "")
        items.append(f"<li>{escape(reason)} ({escape(shown)})</li>")
    head = f"<summary>{_count(len(scan.skipped), 'file')} left out</summary>"
    return f"<details>{head}<ul>{''.join(items)}</ul></details>"


def _menu(word: str, chosen: str) -> str:
    choices = options([("", NONE), *((emotion, emotion) for emotion in EMOTIONS)], chosen)
    quoted = escape(word, quote=True)
    return f"<select data-word='{quoted}' aria-label='What {quoted} means'>{choices}</select>"


def _language(code: str) -> str:
    names = {known.language: known.language_name for known in CORPORA.values()} | LANGUAGES
    return names.get(code, code)


def _level_difference(decibels: float) -> str:
    number = round(abs(decibels))
    return f"{number} dB {'louder' if decibels > 0 else 'quieter'}" if number else "the same"


def _band_difference(hertz: int, reference: int) -> str:
    if not hertz:
        return "not measured"
    if abs(hertz - reference) < MIN_BAND_DIFFERENCE:
        return "the same"
    return f"{'wider' if hertz > reference else 'narrower'}: {_khz(hertz)}, not {_khz(reference)}"


def _khz(hertz: int) -> str:
    return f"{hertz / 1000:.1f} kHz"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.0f} s"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _short(name: str, max_length: int = 18) -> str:
    return name if len(name) <= max_length else f"{name[: max_length - 1]}…"
