"""A user's recordings encoded like those of a corpus, also with missing labels or damaged files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from xser_demo import corpora
from xser_demo.corpora import splits, user
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.custom.ingest import decode
from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.data import packs
from xser_demo.data.encode import build, encode
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, SettingsError
from xser_demo.utils.progress import Step


@pytest.fixture
def clips(tmp_path) -> tuple[Path, FolderScan]:
    """Ten clips of two speakers, of different lengths, in a folder, and what is known about them."""
    for n in range(10):
        file = tmp_path / f"s{n % 2}" / ("angry" if n % 4 < 2 else "sad") / f"{n}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        wave = 0.1 * np.random.default_rng(n).standard_normal(16_000 + 1_600 * (7 * n % 10))
        soundfile.write(file, wave, 16_000)
    *_, scanned = decode(tmp_path, scan(tmp_path))
    return tmp_path, scanned


def encoded(folder: Path, scanned: FolderScan, feature: str = "whisper") -> packs.Pack:
    *steps, pack = encode(folder, scanned, feature)
    assert all(isinstance(step, Step) for step in steps)
    return pack


def test_pack_of_own_clips(clips):
    folder, scanned = clips
    before = sorted(folder.rglob("*"))
    *steps, pack = encode(folder, scanned)
    assert [step.share for step in steps] == pytest.approx([n / 10 for n in range(1, 11)])
    assert pack.key == "own" and [u.path for u in pack.utterances] == [row.path for row in scanned.rows]
    assert {(u.corpus, u.language, u.text_id) for u in pack.utterances} == {("own", "und", "")}
    assert {(u.speaker, u.emotion) for u in pack.utterances} == {
        (s, e) for s in ("s0", "s1") for e in ("anger", "sadness")
    }
    assert [u.duration_s for u in pack.utterances] == [row.seconds for row in scanned.rows]
    assert sorted(folder.rglob("*")) == before  # nothing was written


def test_frames_equal_those_of_an_official_corpus(clips):
    """Sorted by length on the way, yet each clip has its own frames."""
    folder, scanned = clips
    pack = encoded(folder, scanned)
    from xser_demo.audio import io

    usual = build("own", pack.utterances, lambda u: io.load(folder / u.path).samples)
    assert torch.equal(pack.starts, usual.starts) and torch.equal(pack.places, usual.places)
    far = (pack.values.float() * pack.scale + pack.offset - usual.values.float() * usual.scale - usual.offset).abs()
    assert (far / pack.scale).max() < 2  # other batches, other rounding


@pytest.mark.parametrize("feature", ["mel", "gemaps"])
def test_other_features(feature, clips):
    folder, scanned = clips
    pack = encoded(folder, scanned, feature)
    assert pack.feature == feature and len(pack) == 10 and torch.isfinite(pack.frames(0)).all()


def test_clips_that_cannot_be_read_are_skipped_and_listed(clips):
    folder, scanned = clips
    (folder / scanned.rows[0].path).write_bytes(b"RIFF")
    (folder / scanned.rows[5].path).unlink()
    pack = encoded(folder, scanned)
    assert len(pack) == 8 and sorted(path for path, _ in pack.card["skipped"]) == [
        scanned.rows[0].path,
        scanned.rows[5].path,
    ]
    (folder / scanned.rows[7].path).unlink()
    with pytest.raises(CorpusError, match=r"At least 8 clips are needed to adapt to, and there are 7 \(3 could not"):
        list(encode(folder, scanned))


def test_parts_of_a_long_file_are_encoded_like_clips_of_their_own(tmp_path, monkeypatch):
    from xser_demo.audio import io
    from xser_demo.corpora.custom import ingest

    voices = [io.load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    (tmp_path / "sad").mkdir()
    soundfile.write(tmp_path / "sad" / "a.wav", voices[0], 16_000)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        sound = np.concatenate([x for voice in voices * 3 for x in (voice, np.zeros(16_000))])
        soundfile.write(tmp_path / name / "long.wav", sound[: 70 * 16_000], 16_000)
    *_, scanned = decode(tmp_path, scan(tmp_path))
    read = []
    load = ingest.load
    monkeypatch.setattr(ingest, "load", lambda file, **options: read.append(file) or load(file, **options))
    pack = encoded(tmp_path, scanned)
    assert len(read) == 3, "each file is decoded once"
    assert [u.path for u in pack.utterances] == sorted(row.path for row in scanned.rows) and len(pack) > 16
    rows = {row.path: row for row in scanned.rows}
    like = build(
        "own",
        pack.utterances,
        lambda u: ingest.Reader(tmp_path, "mean").read(rows[u.path]).samples,
    )
    assert torch.equal(pack.starts, like.starts) and torch.equal(pack.places, like.places)


def test_too_few_and_too_many(clips):
    folder, scanned = clips
    with pytest.raises(CorpusError, match="and there are 7; send more"):
        next(encode(folder, replace(scanned, rows=scanned.rows[:7])))
    hours = tuple(replace(row, seconds=3600.0) for row in scanned.rows)
    with pytest.raises(CorpusError, match=r"last 10\.0 hours together, at most 2"):
        next(encode(folder, replace(scanned, rows=hours)))


def test_closing_stops_it(clips, monkeypatch):
    folder, scanned = clips
    read = []
    from xser_demo.audio import io

    load = io.load
    monkeypatch.setattr(io, "load", lambda file, **options: read.append(file) or load(file, **options))
    steps = encode(folder, replace(scanned, rows=2 * scanned.rows))
    next(steps)
    steps.close()
    assert len(read) < 20


def test_unlabelled_clips_have_no_emotion_and_no_speaker(tree):
    folder = tree(*(f"{n}.wav" for n in range(8)), seconds=0.5)
    *_, scanned = decode(folder, scan(folder))
    assert {(u.emotion, u.speaker, u.sex) for u in encoded(folder, scanned).utterances} == {("", "", "")}


def test_the_user_corpus_is_in_no_list():
    assert corpora.corpus("own") is user.USER_CORPUS and "own" not in corpora.CORPORA
    with pytest.raises(CorpusError) as caught:
        corpora.corpus("elsewhere")
    assert "own" not in str(caught.value)


# --- folds ---------------------------------------------------------------------------------------------------------


def spoken(*speakers: str) -> list[Utterance]:
    return [Utterance(f"{n}.wav", "own", "und", speaker, "", "", "", 1.0) for n, speaker in enumerate(speakers)]


@pytest.mark.parametrize("number", [2, 3, 5, 7, 30])
def test_folds_keep_speakers_apart(number):
    clips = spoken(*(f"s{n % number:02}" for n in range(100)))
    folds = splits.folds("own", clips)
    assert len(folds) == min(5, number) and all(folds)
    assert sorted(speaker for fold in folds for speaker in fold) == sorted({clip.speaker for clip in clips})
    assert folds == splits.folds("own", clips[::-1])


@pytest.mark.parametrize(
    ("speakers", "why"),
    [
        (("", "", ""), "it is not known who speaks; choose transductive"),
        (("anna", "bert", ""), "it is not known who speaks in 1 of 3 clips; choose transductive"),
        (("anna", "anna"), "there is only one speaker; choose transductive"),
    ],
)
def test_folds_of_unknown_speakers_are_refused(speakers, why):
    with pytest.raises(SettingsError, match=why):
        splits.folds("own", spoken(*speakers))
