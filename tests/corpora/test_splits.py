"""The frozen folds and the source split are speaker-disjoint."""

import json
from collections import Counter
from pathlib import Path

import pytest

from xser_demo.corpora import CORPORA, splits
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.locate import read
from xser_demo.corpora.verify import official_files
from xser_demo.utils.errors import CorpusError, SettingsError

NUMBER = {"ravdess": 6, "emodb": 5, "emovo": 6, "aesdd": 6, "urdu": 5}  # recordings of these are at hand
NAMED = {
    "crema_d": 5,
    "iemocap": 5,
    "savee": 4,
    "tess": 2,
    "esd_en": 5,
    "esd_zh": 5,
    "casia": 4,
    "nemo": 9,
    "shemo": 5,
}  # names only


def clip(speaker: str, sex: str, emotion: str) -> Utterance:
    return Utterance(f"{speaker}-{emotion}.wav", "toy", "xx", speaker, sex, emotion, "", None)


@pytest.mark.parametrize("key", NUMBER)
def test_folds_are_disjoint_and_cover_every_speaker(key, corpora_dir):
    speakers = [speaker for fold in splits.folds(key) for speaker in fold]
    assert len(splits.folds(key)) == NUMBER[key] and all(splits.folds(key))
    assert len(set(speakers)) == len(speakers)
    assert set(speakers) == {utterance.speaker for utterance in read(key, corpora_dir)}


@pytest.mark.parametrize("key", ["ravdess", "emodb"])
def test_folds_have_as_many_men_as_women(key, corpora_dir):
    sex = {utterance.speaker: utterance.sex for utterance in read(key, corpora_dir)}
    for fold in splits.folds(key):
        counts = Counter(sex[speaker] for speaker in fold)
        assert counts["f"] == counts["m"]


def test_urdu_folds_are_even_in_size(corpora_dir):
    clips = Counter(utterance.speaker for utterance in read("urdu", corpora_dir))
    sizes = [sum(clips[speaker] for speaker in fold) for fold in splits.folds("urdu")]
    assert min(sizes) >= 76 and max(sizes) <= 86  # 80 would be even; one speaker alone has 80


@pytest.mark.parametrize("key", NAMED)
def test_folds_made_from_names_are_disjoint_and_hold_every_speaker(key):
    speakers = [speaker for fold in splits.folds(key) for speaker in fold]
    assert len(splits.folds(key)) == NAMED[key] and all(splits.folds(key))
    assert len(set(speakers)) == len(speakers) == CORPORA[key].speakers


def test_folds_of_crema_d_are_even():
    clips = [CORPORA["crema_d"].parse(Path(f"{name}.wav")) for name in official_files("crema_d")[1]]
    for fold in splits.folds("crema_d"):
        counts = Counter(clip.emotion for clip in clips if clip.speaker in fold)
        assert 1400 < counts.total() < 1600 and max(counts.values()) < 1.2 * min(counts.values())


def test_folds_of_shemo_have_as_many_women_and_men_as_each_other():
    sexes = [Counter(speaker[0] for speaker in fold) for fold in splits.folds("shemo")]
    assert {counts["F"] for counts in sexes} == {6, 7} and {counts["M"] for counts in sexes} == {11, 12}


def test_folds_without_a_file_are_made_from_the_clips():
    with pytest.raises(CorpusError, match=r"are made from its clips"):
        splits.folds("own")


def test_every_corpus_has_a_rule_or_makes_its_folds_from_clips():
    assert set(NUMBER) | set(NAMED) == set(splits.RULES) == set(CORPORA) - {"turev"}
    assert {file.stem for file in splits.FOLDER.glob("*.json")} == set(splits.RULES)


def test_fold_files_are_repeatable(tmp_path):
    splits.write_all(tmp_path)
    for key in splits.RULES:
        assert (tmp_path / f"{key}.json").read_bytes() == (splits.FOLDER / f"{key}.json").read_bytes()


@pytest.mark.parametrize("change", ["move", "remove", "garbage", "absent"])
def test_altered_fold_file_is_refused(change, tmp_path, monkeypatch):
    file = tmp_path / "emodb.json"
    stored = json.loads((splits.FOLDER / "emodb.json").read_text())
    if change == "move":
        stored["folds"][0].append(stored["folds"][1].pop())
    if change == "remove":
        del stored["sha256"]
    if change != "absent":
        file.write_text("{" if change == "garbage" else json.dumps(stored))
    monkeypatch.setattr(splits, "FOLDER", tmp_path)
    with pytest.raises(CorpusError, match="restore the file"):
        splits.folds("emodb")


@pytest.mark.parametrize("key", NUMBER)
@pytest.mark.parametrize("seed", range(5))
def test_source_split_of_real_corpora(key, seed, corpora_dir):
    clips = read(key, corpora_dir)
    train, validation = splits.source_split(clips, seed)
    assert (train, validation) == splits.source_split(clips[::-1], seed)
    assert not set(train) & set(validation)
    assert set(train) | set(validation) == {utterance.speaker for utterance in clips}
    assert {u.sex for u in clips if u.speaker in validation} == {"f", "m"}
    emotions = {u.emotion for u in clips}
    assert {u.emotion for u in clips if u.speaker in train} == emotions
    assert {u.emotion for u in clips if u.speaker in validation} == emotions


def test_source_split_depends_on_the_seed(corpora_dir):
    clips = read("emodb", corpora_dir)
    assert len({tuple(splits.source_split(clips, seed)[1]) for seed in range(10)}) > 3


def test_source_split_keeps_a_rare_emotion_in_training():
    clips = [clip(str(n), "f", "anger") for n in range(6)] + [clip("0", "f", "fear")]
    for seed in range(20):
        assert "0" in splits.source_split(clips, seed)[0]


def test_source_split_of_two_speakers_and_of_one():
    two = [clip("1", "f", "anger"), clip("2", "m", "anger")]
    assert [len(side) for side in splits.source_split(two, 0)] == [1, 1]
    for clips in ([], two[:1], [clip("1", "f", "anger"), clip("2", "m", "fear")]):
        with pytest.raises(SettingsError, match="at least two speakers"):
            splits.source_split(clips, 0)


def test_source_split_where_the_sex_is_unknown():
    clips = [clip(str(n), "", emotion) for n in range(10) for emotion in ("anger", "fear")]
    train, validation = splits.source_split(clips, 0)
    assert (len(train), len(validation)) == (8, 2)
