"""The manifest layout: a folder with audio files and a ``manifest.csv`` that describes each of them.

The columns are path (relative to the folder), corpus, language, speaker, sex, emotion, utterance_text_id and
duration_s (seconds, may be empty). Other columns are ignored.
"""

import csv
from pathlib import Path, PurePosixPath

from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import EMOTIONS
from xser_demo.utils import csv_files
from xser_demo.utils.errors import CorpusError

NAME = "manifest.csv"
COLUMNS = ("path", "corpus", "language", "speaker", "sex", "emotion", "utterance_text_id", "duration_s")


def read_manifest(root: Path, key: str) -> list[Utterance]:
    """Rows of ``root/manifest.csv``, sorted by path; CorpusError when one is invalid. Does not check that the audio
    files exist."""
    file = root / NAME
    try:
        # utf-8-sig: spreadsheets write a byte order mark
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
            if missing:
                raise CorpusError(f"{file} has no column {', '.join(missing)}; add it or use the official folders.")
            utterances = [_utterance(row, key, f"{file}, line {reader.line_num}") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{file} cannot be read as a UTF-8 table ({error}); make the manifest again.") from error
    if not utterances:
        raise CorpusError(f"{file} lists no clip; make the manifest again.")
    paths = [utterance.path for utterance in utterances]
    if len(set(paths)) < len(paths):
        repeated = next(path for path in sorted(paths) if paths.count(path) > 1)
        raise CorpusError(f"{file} lists {repeated} twice; remove one of the rows.")
    return sorted(utterances, key=lambda utterance: utterance.path)


def corpus_of(root: Path) -> str | None:
    """Corpus key in the first row of the manifest; None when there is none."""
    try:
        with (root / NAME).open(encoding="utf-8-sig", newline="") as stream:
            return next(csv.DictReader(stream), {}).get("corpus")
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def _utterance(row: dict[str, str | None], key: str, location: str) -> Utterance:
    """One row. Every value is checked, because these tables are often edited by hand."""
    value = {column: csv_files.plain((row[column] or "").strip()) for column in COLUMNS}
    path = PurePosixPath(value["path"])
    if not value["path"] or path.is_absolute() or ".." in path.parts:
        raise CorpusError(f"{location}: the path {value['path']!r} does not lie inside the corpus folder.")
    if value["corpus"] != key:
        raise CorpusError(f"{location}: the row belongs to corpus {value['corpus']!r}, not to {key!r}.")
    if value["emotion"] not in EMOTIONS:
        raise CorpusError(f"{location}: emotion {value['emotion']!r} is none of {', '.join(EMOTIONS)}.")
    if value["sex"] not in ("f", "m", "") or not value["speaker"]:
        raise CorpusError(f"{location}: a row needs a speaker, and as sex f, m or nothing.")
    try:
        duration_s = float(value["duration_s"]) if value["duration_s"] else None
    except ValueError:
        raise CorpusError(f"{location}: duration_s {value['duration_s']!r} is not a number of seconds.") from None
    return Utterance(
        path=path.as_posix(),
        corpus=key,
        language=value["language"],
        speaker=value["speaker"],
        sex=value["sex"],
        emotion=value["emotion"],
        text_id=value["utterance_text_id"],
        duration_s=duration_s,
    )
