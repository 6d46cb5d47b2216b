"""Labels of folders, of file names and of known corpora: which count, what contradicts them, what can be chosen."""

from collections import Counter
from itertools import product
from pathlib import Path

import pytest

from xser_demo.corpora import CORPORA
from xser_demo.corpora.claims import claim
from xser_demo.corpora.custom.recordings import Choices, FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.corpora.locate import find
from xser_demo.utils.errors import CorpusError, SettingsError

FOUR = ("ANGRY", "HAPPY", "NEUTRAL", "SAD")


def emotions(scanned: FolderScan) -> dict[str, int]:
    return dict(Counter(row.emotion for row in scanned.rows if row.emotion))


def bangla() -> list[str]:
    """As BanglaSER: the form of RAVDESS with other codes for the emotions, and a third text."""
    return [
        f"Actor_{a:02}/03-01-{e:02}-{1 + (e in (3, 4)):02}-{t:02}-{r:02}-{a:02}.wav"
        for a, e, t, r in product((1, 2, 13, 24), range(1, 6), (1, 2, 3), (1, 2))
    ]


# --- names of known corpora ----------------------------------------------------------------------------------------


def test_names_in_the_form_of_a_corpus_with_other_codes_are_not_its_own(tree):
    scanned = scan(tree(*bangla()))
    assert scanned.corpus == "" and emotions(scanned) == {} and len({row.speaker for row in scanned.rows}) == 4
    assert "look like those of RAVDESS, but 40 of 120 are impossible there" in scanned.how


def test_whoever_knows_better_names_the_corpus(tree):
    root = tree(*bangla())
    scanned = scan(root, Choices(labels_from="ravdess"))
    assert scanned.corpus == "ravdess" and len(scanned.rows) == 80 and len(scanned.skipped) == 40
    with pytest.raises(CorpusError, match="No file has a name of EmoDB"):
        scan(root, Choices(labels_from="emodb"))


@pytest.mark.parametrize(
    ("key", "shape", "inside", "outside"),
    [
        ("emodb", "{}a01{}a.wav", ("03", "08"), ("04", "17")),
        ("crema_d", "{}_DFA_{}_XX.wav", ("1001", "1091"), ("1092", "1099")),
        ("shemo", "{}{}01.wav", ("F31", "M56"), ("F32", "M57")),
        ("urdu", "{}_F1_{}1.wav", ("SM1", "SF11"), ("SM28", "SM90")),
        ("turev", "{1}/{0}_kz_acik.wav", ("1157", "7895"), ("1158", "0001")),
        ("nemo", "{}_{}_1.wav", ("EB0", "WR0"), ("AA0", "ZZ0")),
        ("esd_en", "{0}/{1}/{0}_000001.wav", ("0011", "0020"), ("0021", "0029")),
        ("tess", "{}_back_{}.wav", ("OAF", "YAF"), ("BAF", "XAF")),
        ("emovo", "{1}-{0}-b1.wav", ("f1", "m3"), ("f4", "m9")),
        ("casia", "{}/{}/201.wav", ("liuchanhg", "wangzhe"), ("anna", "ben")),
        ("savee", "{}/{}01.wav", ("DC", "KL"), ("AA", "BB")),
        ("aesdd", "{1}01 ({0}).wav", ("1", "6"), ("7", "8")),
        ("ravdess", "03-01-{1}-01-01-01-{0}.wav", ("01", "24"), ("25", "34")),
    ],
)
def test_every_corpus_knows_its_speakers(key, shape, inside, outside):
    codes = list(dict.fromkeys(CORPORA[key].emotion_of))
    its_own, others = (
        [Path(shape.format(speaker, code)) for speaker in speakers for code in codes] for speakers in (inside, outside)
    )
    assert claim(CORPORA[key], its_own).holds
    both = claim(CORPORA[key], [*its_own, *its_own[:1], *others])
    assert len(both.outside) == len(others) and not both.holds


def test_ravdess_has_no_strong_neutral_speech_and_its_songs_are_no_contradiction():
    names = [Path(f"03-01-{e:02}-01-01-01-01.wav") for e in range(1, 9)]
    songs = [Path(f"03-02-{e:02}-01-01-01-01.wav") for e in range(1, 7)]
    assert claim(CORPORA["ravdess"], names + songs).holds
    assert not claim(CORPORA["ravdess"], [*names, Path("03-01-01-02-01-01-01.wav")]).holds


def test_a_corpora_folder_with_names_of_another_corpus_is_not_taken_for_it(tree):
    with pytest.raises(CorpusError, match="RAVDESS is not in"):
        find("ravdess", tree(*bangla()))


@pytest.mark.parametrize(
    ("shape", "corpus"),
    [
        ("{e}/{g}0{i}S0{t}.wav", "ShEMO"),  # all "sadness" by their names
        ("{e}/0{i}a0{t}Na.wav", "EmoDB"),
        ("{e}/100{i}_DFA_NEU_X{t}.wav", ""),
        ("{e}/SM{i}_F{t}_N{g}1.wav", ""),
        ("{e}/03-01-02-0{t}-01-01-0{i}.wav", "RAVDESS"),
    ],
)
def test_folders_of_emotion_words_are_not_overruled_by_names(shape, corpus, tree):
    words = ("anger", "happiness", "neutral", "sadness")
    places = product(words, "FM", (3, 8), (1, 2)) if corpus == "EmoDB" else product(words, "FM", (1, 2), (1, 2))
    paths = {shape.format(e=e, g=g, i=i, t=t) for e, g, i, t in places}
    scanned = scan(tree(*sorted(paths)))
    assert emotions(scanned) == dict.fromkeys(words, len(paths) // 4) and scanned.corpus == ""
    assert scanned.used.labels_from == "folders"
    assert not corpus or f"Names of {corpus} would contradict the folders in" in scanned.how


def test_one_misplaced_clip_does_not_make_another_corpus(tree):
    names = [f"{word}/SM{n}_F1_{word[0]}{n}.wav" for word in ("Angry", "Happy", "Neutral", "Sad") for n in range(1, 8)]
    scanned = scan(tree(*names, "Angry/SM1_F2_S9.wav"))
    assert scanned.corpus == "urdu" and emotions(scanned)["anger"] == 8
    assert "1 of them lie in folders of another emotion, and the folders count." in scanned.how


def test_a_folder_called_normal_contradicts_nothing(tree):
    scanned = scan(tree(*(f"normal/03-01-0{e}-01-01-01-01.wav" for e in range(1, 9))))
    assert scanned.corpus == "ravdess" and len(emotions(scanned)) == 8


def test_many_names_with_one_emotion_only_are_asked_about(tree):
    root = tree(*(f"{g}0{i}S0{t}.wav" for g in "FM" for i in (1, 2) for t in (1, 2)))
    scanned = scan(root)
    assert scanned.corpus == "" and emotions(scanned) == {}
    assert "As names of ShEMO they would all mean sadness" in scanned.how and "--labels-from shemo" in scanned.how
    assert emotions(scan(root, Choices(labels_from="shemo"))) == {"sadness": 8}


# --- labels in file names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "counts"),
    [
        ([f"{g}_01_NAME_S_1_{e}_{n}.wav" for g in "FM" for e in FOUR for n in (1, 2, 3)], dict.fromkeys(FOUR, 6)),
        ([f"x/{s}_{e.lower()}_{n}a_1.wav" for s in ("female1", "male1") for e in FOUR for n in (1, 2)],
         dict.fromkeys(FOUR, 4)),
        ([f"{e.title()}_{v}_A_{w}.wav" for e in FOUR for v in "FMC" for w in ("adios", "basta_ya")],
         dict.fromkeys(FOUR, 6)),
        ([f"spk_{s}_{e}_{n}.wav" for s in ("03", "04") for e in ("anger", "sad") for n in ("01", "02")],
         {"ANGRY": 4, "SAD": 4}),
        ([f"2001_{t}_{e}_XX.wav" for t in ("DFA", "IEO") for e in ("ANG", "SAD")], {"ANGRY": 2, "SAD": 2}),
        ([f"{n}.{e}.wav" for n in range(3) for e in ("Freude", "Wut")], {"HAPPY": 3, "ANGRY": 3}),
        ([f"spk{s}{e}{n}.wav" for s in (1, 2) for e in ("anger", "joy") for n in (1, 2)], {"ANGRY": 4, "HAPPY": 4}),
    ],
)  # fmt: skip
def test_emotions_in_file_names_are_offered_and_used_when_asked_for(paths, counts, tree):
    words = {"ANGRY": "anger", "HAPPY": "happiness", "NEUTRAL": "neutral", "SAD": "sadness"}
    expected = {words[word]: number for word, number in counts.items()}
    root = tree(*paths)
    scanned = scan(root)
    assert emotions(scanned) == {}
    said = ", ".join(f"{emotion} {number}" for emotion, number in sorted(expected.items()))
    assert scanned.label_readings == {"names": said} and f"hold emotion words ({said})" in scanned.how
    assert "--labels-from names" in scanned.how
    asked = scan(root, Choices(labels_from="names"))
    assert emotions(asked) == expected and "Labels from the file names" in asked.how
    assert scan(root, asked.used).rows == asked.rows


def test_two_emotions_in_a_name_are_not_guessed(tree):
    pairs = [("happiness", "sadness"), ("anger", "fear"), ("neutral", "anger"), ("sadness", "neutral")]
    root = tree(*(f"train/{a}_{b}_{n}/{n}_{a}_{b}_{r}_1{n}.wav" for n, (a, b) in enumerate(pairs) for r in "hc"))
    scanned = scan(root)
    assert emotions(scanned) == {} and set(scanned.label_readings) == {"name:2", "name:3"}
    with pytest.raises(SettingsError, match="choose --labels-from name:2 or name:3"):
        scan(root, Choices(labels_from="names"))
    assert emotions(scan(root, Choices(labels_from="name:3"))) == {"sadness": 2, "fear": 2, "anger": 2, "neutral": 2}


def test_a_few_emotion_words_in_texts_are_no_labels(tree):
    scanned = scan(tree("happy-birthday.wav", "angry-birds.wav", *(f"text-{n}.wav" for n in range(6))))
    assert scanned.label_readings == {} and emotions(scanned) == {}


def test_file_names_that_contradict_the_folders_are_said(tree):
    other = {"anger": "joy", "joy": "anger"}
    scanned = scan(tree(*(f"{e}/x_{other[e]}_{n}.wav" for e in other for n in range(4))))
    assert emotions(scanned) == {"anger": 4, "happiness": 4} and scanned.used.labels_from == "folders"
    assert "The file names (name:2) name another emotion in 8 files" in scanned.how


def test_folders_that_agree_with_file_names_need_no_word(tree):
    assert "file names" not in scan(tree(*(f"{e}/x_{e}_{n}.wav" for e in ("anger", "joy") for n in range(4)))).how


def test_labels_of_a_table_and_of_nothing_can_be_chosen(tree):
    root = tree("anger/a.wav", "anger/b.wav", "joy/c.wav")
    (root / "t.csv").write_text("path,emotion\nanger/a.wav,sad\njoy/c.wav,sad\n")
    assert emotions(scan(root)) == {"sadness": 2} and scan(root).used.labels_from == "table"
    assert emotions(scan(root, Choices(labels_from="folders"))) == {"anger": 2, "happiness": 1}
    assert emotions(scan(root, Choices(labels_from="none"))) == {}
    with pytest.raises(SettingsError, match="no labels in 'names' here; choose one of: folders, none"):
        scan(root, Choices(labels_from="names"))
    (root / "t.csv").unlink()
    with pytest.raises(SettingsError, match="No table with emotions"):
        scan(root, Choices(labels_from="table"))
