"""Scans a folder of recordings of unknown layout: a table, the official names of a known corpus, a folder for each
emotion, emotion words in file names, or unlabelled files. Decodes and writes nothing, and follows no links.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from xser_demo.corpora import CORPORA
from xser_demo.corpora.base import Corpus
from xser_demo.corpora.custom import (
    emotion_words,
    folder_names,
    labels_in_names,
    name_levels,
    official_names,
    speakers,
    table_matching,
)
from xser_demo.corpora.custom.file_list import list_files
from xser_demo.corpora.custom.labels_in_names import LabelLevels
from xser_demo.corpora.custom.name_levels import Level
from xser_demo.corpora.custom.official_names import Official
from xser_demo.corpora.custom.recordings import NONE, Choices, FolderScan, Recording, Skipped
from xser_demo.corpora.custom.table_matching import TableFacts
from xser_demo.utils.errors import CorpusError, SettingsError
from xser_demo.utils.file_names import file_names, readable

TABLE = "table"
AUTOMATIC = Choices()


@dataclass(frozen=True)
class _Names:
    """What the names of folders and files may say."""

    sounds: list[str]
    folders: list[Level]
    fields: list[Level]
    labels: LabelLevels

    def of_clips(self, segments: dict[str, list[str]]) -> "_Names":
        """The same for clips, as ``Level.of_clips``."""
        if not segments:
            return self
        folders, fields = ([level.of_clips(segments) for level in levels] for levels in (self.folders, self.fields))
        return _Names(self.sounds, folders, fields, self.labels.of_clips(segments))


def scan(root: Path, choices: Choices = AUTOMATIC) -> FolderScan:
    """The recordings below ``root``. CorpusError when there are none, SettingsError for a choice that is not possible
    here."""
    sounds, sheets, skipped = list_files(root)
    if not sounds:
        raise CorpusError(
            "No recording was found (WAV, FLAC, MP3, OGG, M4A or WebM)"
            + (f"; {skipped[0].path}: {skipped[0].why}" if skipped else ".")
        )
    on_disk = dict(zip(file_names(sounds), sounds, strict=True))
    sounds = list(on_disk)
    folders, fields = name_levels.folders(sounds), name_levels.fields(sounds)
    names = _Names(sounds, folders, fields, labels_in_names.find(folders, fields, len(sounds)))
    tables_say = table_matching.match_tables(root, sheets, sounds)
    found = _labelled(_by_names(root, names, choices), tables_say, sounds, choices)
    clips = names.of_clips({file: [one.path for one in parts] for file, parts in tables_say.segments.items()})
    found = _with_other_labels(found, clips.labels)
    found = _with_speakers(found, clips, tables_say, choices)
    tables_say = table_matching.with_speakers(tables_say, {row.speaker for row in found.rows})
    left_out = (*found.skipped, *skipped, *(Skipped(path, why) for path, why in tables_say.problems))
    return replace(
        found,
        how=readable(f"{tables_say.how} {found.how}".strip()),
        rows=tuple(replace(_about_speaker(row, tables_say), file=on_disk[row.name]) for row in found.rows),
        skipped=tuple(Skipped(readable(one.path), one.why) for one in left_out),
    )


def _by_names(root: Path, names: _Names, choices: Choices) -> FolderScan:
    """Labels by the names of a corpus, of folders or of files; of a corpus with its speakers."""
    wanted = choices.labels_from
    if wanted in CORPORA:
        return _of_corpus(root, names, official_names.forced(wanted, names.sounds, names.labels.folders))
    official = official_names.find(names.sounds, names.labels.folders)
    if official and not official.doubt and wanted in ("", TABLE):
        return _of_corpus(root, names, official)
    level = _label_level(names.labels, choices)
    doubt = official.doubt if official and wanted == "" else ""
    rows = []
    for path in names.sounds:
        word = level.of.get(path, "") if level else ""
        rows.append(Recording(path, word, emotion_words.emotion(word) or ""))
    used = labels_in_names.FOLDERS if level and level.in_folders else wanted if level else NONE
    how = f"{doubt} {_how_labelled(level, names)}".strip()
    readings = {official.corpus.key: official.counts} if official else {}
    return FolderScan(how, tuple(rows), (), used=Choices(NONE, used), label_readings=readings)


def _label_level(labels: LabelLevels, choices: Choices) -> Level | None:
    """The level that is used as labels. Names of unknown meaning are no labels when the user says that they are
    speakers."""
    wanted = choices.labels_from
    if wanted in ("", TABLE):
        level = labels.level(labels_in_names.FOLDERS)
        return None if level and level == labels.unknown_words and level.name == choices.speaker_from else level
    level = None if wanted == NONE else labels.level(wanted)
    if level is None and wanted != NONE:
        known = [labels_in_names.FOLDERS] if labels.folders or labels.unknown_words else []
        choice = ", ".join([*known, *labels.offered, NONE, *CORPORA])
        raise SettingsError(f"There are no labels in '{wanted}' here; choose one of: {choice}.")
    return level


def _how_labelled(level: Level | None, names: _Names) -> str:
    if level is None:
        return f"A pile of {len(names.sounds):,} file{'s'[: len(names.sounds) != 1]}: no labels were found."
    if level == names.labels.unknown_words:
        return "Folders whose names are no emotions known here: say what each means, or use them unlabelled."
    if level.in_folders:
        return "One folder for each emotion."
    return f"Labels from the file names ({level.name}): {labels_in_names.counts(level)}."


def _of_corpus(root: Path, names: _Names, official: Official) -> FolderScan:
    """The clips of a corpus, each once. The word of a folder overrules a name that contradicts it."""
    info, clips = official.corpus, official.claim.clips
    labels = _label_files(info, root)
    first: dict[str, str] = {}
    rows, skipped = [], []
    for path in sorted(names.sounds, key=lambda path: (path.count("/"), path)):
        clip, clip_id = clips.get(Path(path)), info.clip_id(Path(path))
        if not clip:
            skipped.append(Skipped(path, f"Its name is none of {info.name}."))
        elif first.setdefault(clip_id, path) != path:
            skipped.append(Skipped(path, f"The same clip as {first[clip_id]}."))
        else:
            word = official_names.folder_word(names.labels.folders, path) if official.contradicted else ""
            emotion = emotion_words.emotion(word) or (labels.get(clip_id, "") if info.labels else clip.emotion)
            rows.append(Recording(path, emotion, emotion, clip.speaker, clip.language, clip.sex))
    how = f"These are file names of {info.name}: labels, speakers and language are that corpus's own."
    if official.contradicted:
        how += f" {official.contradicted:,} of them lie in folders of another emotion, and the folders count."
    rows.sort(key=lambda row: row.path)
    used, readings = Choices(info.key, info.key), {info.key: official.counts}
    return FolderScan(how, tuple(rows), tuple(skipped), info.key, used=used, label_readings=readings)


def _label_files(info: Corpus, root: Path) -> dict[str, str]:
    try:
        return info.labels(root) if info.labels else {}
    except CorpusError:  # no label files: the clips are unlabelled
        return {}


def _labelled(by_names: FolderScan, tables_say: TableFacts, sounds: list[str], choices: Choices) -> FolderScan:
    """Labels of tables take precedence, unless none of them is known and some of the names are, or the user chose
    others. Speakers, sex and language of tables count in any case."""
    wanted, known_names = choices.labels_from, any(row.emotion for row in by_names.rows)
    if wanted == TABLE and not tables_say.labelled:
        raise SettingsError("No table with emotions is here; choose other labels with --labels-from.")
    if not tables_say.labelled:
        return replace(by_names, rows=_split(by_names.rows, tables_say))
    readings = {TABLE: "the emotions of the table"} | by_names.label_readings
    if wanted == TABLE or (wanted == "" and (tables_say.known or not known_names)):
        return replace(_as_tables_say(by_names, tables_say, sounds), label_readings=readings)
    why = "are not used" if wanted else f"are no words known here; {official_names.advice(TABLE)}"
    how, rows = f"The emotions there {why}. {by_names.how}", _split(by_names.rows, tables_say)
    return replace(by_names, how=how, rows=rows, label_readings=readings)


def _as_tables_say(by_names: FolderScan, tables_say: TableFacts, sounds: list[str]) -> FolderScan:
    """With the emotions of tables. Only files that they list are used."""
    explained = {path for path, _ in tables_say.problems}
    skipped = [
        Skipped(path, "The table does not list it.")
        for path in sounds
        if path not in tables_say.facts and path not in tables_say.segments and path not in explained
    ]
    named = {row.path: row for row in by_names.rows}
    rows = []
    for row in _split([named.get(path, Recording(path)) for path in sounds], tables_say):
        if facts := tables_say.facts.get(row.path):
            word = facts["emotion"]
            rows.append(replace(row, word=word, emotion=emotion_words.emotion(word) or ""))
    used = replace(by_names.used, labels_from=TABLE)
    return replace(by_names, how="", rows=tuple(rows), skipped=tuple(skipped), used=used)


def _split(rows: Iterable[Recording], tables_say: TableFacts) -> tuple[Recording, ...]:
    """The segments that tables list of a file; the file itself where they list none. With the facts of tables."""
    return tuple(_filled_in(part, tables_say) for row in rows for part in _parts(row, tables_say))


def _parts(row: Recording, tables_say: TableFacts) -> list[Recording]:
    segments = tables_say.segments.get(row.path, [])
    return [replace(row, path=one.path, segment=one) for one in segments] or [row]


def _filled_in(row: Recording, tables_say: TableFacts) -> Recording:
    facts = tables_say.facts.get(row.path, {})
    return replace(row, **{key: facts[key] for key in ("speaker", "sex", "language") if facts.get(key)})


def _about_speaker(row: Recording, tables_say: TableFacts) -> Recording:
    about = tables_say.speakers.get(row.speaker, {}) if row.speaker else {}
    return replace(row, sex=row.sex or about.get("sex", ""), language=row.language or about.get("language", ""))


def _with_other_labels(found: FolderScan, labels: LabelLevels) -> FolderScan:
    """Which other labels there are, and where they contradict those that are used."""
    others = ({labels_in_names.FOLDERS: labels.folders} if labels.folders else {}) | labels.offered
    readings = {key: labels_in_names.counts(level) for key, level in others.items()}
    said = list(_sentences(found, {key: level for key, level in others.items() if key != found.used.labels_from}))
    return replace(found, how=" ".join([found.how, *said]), label_readings=found.label_readings | readings)


def _sentences(found: FolderScan, others: dict[str, Level]) -> Iterator[str]:
    for key, level in others.items():
        where = "folders" if level.in_folders else f"file names ({level.name})"
        if not any(row.emotion for row in found.rows):
            found_there = labels_in_names.counts(level)
            yield f"The {where} hold emotion words ({found_there}); {official_names.advice(key)}."
            continue
        meant = [(row.emotion, emotion_words.emotion(level.of.get(row.path, ""))) for row in found.rows if row.emotion]
        different = sum(other is not None and other != used for used, other in meant)
        if different > official_names.MAX_CONTRADICTED * len(meant):
            yield f"The {where} name another emotion in {different:,} files; {official_names.advice(key)}."


def _with_speakers(found: FolderScan, names: _Names, tables_say: TableFacts, choices: Choices) -> FolderScan:
    """Who speaks: by a table, the names of a corpus, or a level of the names."""
    labels = {row.path: row.emotion or row.word for row in found.rows}
    by_table = any(facts["speaker"] for facts in tables_say.facts.values())
    known = TABLE if by_table else found.corpus
    readings = [speakers.Reading(known, {row.path: row.speaker for row in found.rows})] if known else []
    levels = [*names.folders, *names.fields]
    by_names = speakers.find(levels, labels, _emotion_folders(found, names.labels))
    possible = replace(by_names, readings=(*readings, *by_names.readings))
    result = speakers.chosen(possible, choices.speaker_from or (readings[0].name if readings else ""), levels)
    of, sexes, languages = result.of, folder_names.sexes(names.folders), folder_names.languages(names.folders)
    rows = tuple(
        replace(
            row,
            speaker=of.get(row.path, ""),
            sex=row.sex or sexes.get(row.path, ""),
            language=row.language or languages.get(row.path, ""),
        )
        for row in found.rows
    )
    told = "" if readings and result.used == readings[0].name else speakers.sentence(result)
    return replace(
        found,
        how=f"{found.how} {told}".strip(),
        rows=rows,
        used=replace(found.used, speaker_from=result.used),
        speaker_readings={reading.name: reading.examples for reading in result.readings},
    )


def _emotion_folders(found: FolderScan, labels: LabelLevels) -> Level | None:
    """The level of folders that has the emotions. Unknown words count when they are the labels."""
    return labels.folders or (labels.unknown_words if found.used.labels_from == labels_in_names.FOLDERS else None)
