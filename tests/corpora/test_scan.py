"""Folders of unknown layout are interpreted; nothing outside of them is read."""

import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.utils.errors import CorpusError


def facts(scanned: FolderScan, *names: str) -> dict[str, tuple]:
    return {row.path: tuple(getattr(row, name) for name in names) for row in scanned.rows}


def table(root: Path, name: str, text: str, encoding: str = "utf-8") -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(text.encode(encoding))


# --- folders -------------------------------------------------------------------------------------------------------


def test_one_folder_for_each_emotion(tree):
    scanned = scan(tree("Wut/a.wav", "Wut/b.wav", "Freude/a.wav"))
    assert facts(scanned, "word", "emotion", "speaker") == {
        "Freude/a.wav": ("Freude", "happiness", ""),
        "Wut/a.wav": ("Wut", "anger", ""),
        "Wut/b.wav": ("Wut", "anger", ""),
    }
    assert scanned.how == "One folder for each emotion. It is not known who speaks." and scanned.skipped == ()


@pytest.mark.parametrize(
    "shape", ["{s}/{e}/{n}.wav", "{e}/{s}/{n}.wav", "pack/{s}/{e}/train/{n}.wav", "x/y/{s}/{e}/{n}.wav"]
)
def test_another_folder_level_is_the_speaker(shape, tree):
    paths = [
        shape.format(s=s, e=e, n=f"{s}{e}{n}") for s in ("0051", "0052") for e in ("Angry", "Happy") for n in (1, 2)
    ]
    scanned = scan(tree(*paths))
    assert {(row.speaker, row.emotion) in ((s, e) for s in ("0051", "0052") for e in ("anger", "happiness"))
            for row in scanned.rows} == {True}  # fmt: skip
    assert all(row.speaker in row.path and len(scanned.rows) == 8 for row in scanned.rows)


def test_folders_for_the_sex_or_the_language_are_no_speakers(tree):
    scanned = scan(tree(*(f"{s}/{w}/{e}/{n}.wav" for s in ("female", "male") for w in ("German", "Italian")
                          for e in ("sad", "happy") for n in "ab")))  # fmt: skip
    assert {(row.sex, row.language, row.speaker) for row in scanned.rows} == {
        (sex, language, "") for sex in "fm" for language in ("de", "it")
    }


def test_emotions_at_different_depths(tree):
    scanned = scan(tree("F/old/angry/a.wav", "F/old/sad/b.wav", "M/angry/c.wav", "M/sad/d.wav"))
    assert [row.emotion for row in scanned.rows] == ["anger", "sadness", "anger", "sadness"]


def test_files_of_operating_systems_are_ignored(tree):
    root = tree("my corpus/angry/a.wav", "my corpus/sad/b.wav", "my corpus/__MACOSX/angry/c.wav", "my corpus/.x/d.wav")
    for name in ("__MACOSX/._a.wav", "my corpus/angry/._a.wav", "my corpus/.DS_Store", "my corpus/sad/Thumbs.db"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"\0\5\x16\7")
    scanned = scan(root)
    assert facts(scanned, "emotion", "speaker") == {
        "my corpus/angry/a.wav": ("anger", ""),
        "my corpus/sad/b.wav": ("sadness", ""),
    }
    assert scanned.skipped == ()


def test_unlabelled_files_without_folders(tree):
    scanned = scan(tree("a.wav", "b.wav", "c.wav"))
    assert facts(scanned, "word", "emotion", "speaker") == {f"{name}.wav": ("", "", "") for name in "abc"}
    assert scanned.how == "A pile of 3 files: no labels were found. It is not known who speaks."


def test_numbered_folders_without_emotions_are_speakers(tree):
    scanned = scan(tree(*(f"zip/Actor_{s:02}/{n}.wav" for s in (1, 2, 3) for n in "abc")))
    assert {row.speaker for row in scanned.rows} == {"Actor_01", "Actor_02", "Actor_03"} and not scanned.unknown


def test_unknown_words_are_left_to_the_user(tree):
    scanned = scan(tree("hasira/a.wav", "hasira/b.wav", "furaha/c.wav", "furaha/d.wav", "furaha/e.wav"))
    assert scanned.unknown == {"furaha": 3, "hasira": 2} and {row.emotion for row in scanned.rows} == {""}
    mapped = scanned.mapped({"hasira": "anger"})
    assert mapped.unknown == {"furaha": 3} and Counter(row.emotion for row in mapped.rows) == {"anger": 2, "": 3}
    assert mapped.mapped({"furaha": ""}).unknown == {} and scanned.unknown == {"furaha": 3, "hasira": 2}
    with pytest.raises(CorpusError, match="cannot mean 'rage' here; choose one of anger"):
        scanned.mapped({"furaha": "rage"})


def test_a_known_word_can_be_given_another_meaning(tree):
    scanned = scan(tree("excited/a.wav", "sad/b.wav", "Sarcasm/c.wav")).mapped({"excited": "happiness"})
    assert [row.emotion for row in scanned.rows] == ["", "happiness", "sadness"] and scanned.unknown == {"Sarcasm": 1}


# --- official names ------------------------------------------------------------------------------------------------

OFFICIAL = {
    "ravdess": ("Actor_01/03-01-05-01-02-01-01.wav", "anger", "01"),
    "emodb": ("wav/03a01Fa.wav", "happiness", "03"),
    "emovo": ("EMOVO/f1/dis-f1-b1.wav", "disgust", "f1"),
    "urdu": ("URDU-Dataset-master/Angry/SM1_F1_A01.wav", "anger", "SM1"),
    "aesdd": ("anger/a01 (1).wav", "anger", "1"),
    "crema_d": ("AudioWAV/1001_DFA_ANG_XX.wav", "anger", "1001"),
    "savee": ("AudioData/DC/a01.wav", "anger", "DC"),
    "tess": ("OAF_angry/OAF_back_angry.wav", "anger", "OAF"),
    "esd_en": ("0011/Angry/0011_000351.wav", "anger", "0011"),
    "esd_zh": ("0001/Angry/train/0001_000351.wav", "anger", "0001"),
    "casia": ("liuchanhg/angry/201.wav", "anger", "liuchanhg"),
    "shemo": ("female/F01A01.wav", "anger", "F01"),
    "nemo": ("samples/EB0_anger_1.wav", "anger", "EB0"),
    "turev": ("Sound Source/Angry/1157_kz_acik.wav", "anger", "1157"),
}


@pytest.mark.parametrize("key", OFFICIAL)
def test_official_names_of_every_corpus(key, tree):
    path, emotion, speaker = OFFICIAL[key]
    scanned = scan(tree(f"somebody's copy/{path}"))
    (row,) = scanned.rows
    assert (row.emotion, row.speaker, row.language) == (emotion, speaker, CORPORA[key].language)
    assert scanned.corpus == key and scanned.channel == CORPORA[key].channel and CORPORA[key].name in scanned.how


def test_every_corpus_is_in_the_table_above():
    assert set(OFFICIAL) == set(CORPORA) - {"iemocap"}


@pytest.mark.parametrize("labels", [True, False])
def test_iemocap_with_and_without_its_labels(labels, tree):
    root = tree(*(f"Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_{n}.wav" for n in ("F000", "M001")))
    if labels:
        line = "[6.2901 - 8.2357]\tSes01F_impro01_F000\tang\t[2.5000, 2.5000, 2.5000]\n"
        table(root, "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt", line)
    scanned = scan(root)
    assert [(row.speaker, row.emotion) for row in scanned.rows] == [("01F", "anger" if labels else ""), ("01M", "")]


def test_duplicate_trees_and_unknown_names(tree):
    name = "Actor_01/03-01-05-01-02-01-01.wav"
    scanned = scan(tree(name, f"again/{name}", "Actor_01/03-01-06-01-02-01-01.wav", "Actor_01/hello.wav"))
    assert [row.path for row in scanned.rows] == [name, "Actor_01/03-01-06-01-02-01-01.wav"]
    assert {one.path: one.why for one in scanned.skipped} == {
        "Actor_01/hello.wav": "Its name is none of RAVDESS.",
        f"again/{name}": f"The same clip as {name}.",
    }


@pytest.mark.parametrize("key", ["emovo", "aesdd"])
def test_real_corpora_with_and_without_their_table(key, corpora_dir, tmp_path):
    with_table = scan(corpora_dir / key)
    for row in with_table.rows:
        (tmp_path / row.path).symlink_to(corpora_dir / key / row.path)
    with pytest.raises(CorpusError, match="links are not followed"):
        scan(tmp_path)
    for row in with_table.rows:
        (tmp_path / row.path).unlink()
        (tmp_path / row.path).write_bytes(b"fLaC")
    without = scan(tmp_path)
    assert with_table.rows == without.rows and with_table.corpus == without.corpus == key
    assert len(with_table.rows) == CORPORA[key].clips and "manifest.csv" in with_table.how


# --- tables --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "manifest.csv",
            "path,corpus,language,speaker,sex,emotion\na.wav,mine,de,7,f,anger\nb.wav,mine,de,8,m,sadness\n",
        ),
        (
            "list.csv",
            "\ufeffFile Name;Gender;Speaker ID;Emotion;Lang\na.wav;female;7;Wut;German\nb.wav;male;8;Trauer;de-DE\n",
        ),
        ("x.tsv", "file\tspeaker\temotion\tlanguage\tgender\na.wav\t7\trabbia\tde\tf\nb.wav\t8\ttri\tde\tm\n"),
        (
            "m.jsonl",
            '{"audio": "a.wav", "spk": 7, "emo": "ang", "lang": "de", "sex": "F"}\nnonsense\n[1]\n'
            '{"audio": "b.wav", "spk": 8, "emo": "sad", "lang": "de", "sex": "M"}\n',
        ),
    ],
)
@pytest.mark.parametrize("folder", ["", "wrapped/"])
def test_tables_of_common_makers(name, text, folder, tree):
    root = tree(f"{folder}a.wav", f"{folder}b.wav")
    table(root, folder + name, text)
    scanned = scan(root)
    assert list(facts(scanned, "emotion", "speaker", "sex", "language").values()) == [
        ("anger", "7", "f", "de"),
        ("sadness", "8", "m", "de"),
    ]
    assert scanned.how.startswith(f"As {folder}{name} says (columns ") and scanned.skipped == ()


def test_emobox(tree):
    """Paths begin with folders that nobody else has, letters are explained beside the table."""
    root = tree("EmoBox/cafe/f1/a.wav", "EmoBox/cafe/f2/a.wav")
    rows = [
        {"key": f"cafe-{n}", "dataset": "cafe", "wav": f"downloads/cafe/f{n}/a.wav", "type": "raw",
         "sample_rate": 48000, "num_frame": 100.0, "task": "category", "length": 1.0, "emo": emo, "channel": 1}
        for n, emo in ((1, "c"), (2, "t"))
    ]  # fmt: skip
    table(root, "EmoBox/cafe/cafe.jsonl", "\n".join(map(json.dumps, rows)))
    table(root, "EmoBox/cafe/label_map.json", json.dumps({"c": "Angry", "t": "Sad"}))
    scanned = scan(root)
    assert facts(scanned, "word", "emotion", "speaker") == {
        "EmoBox/cafe/f1/a.wav": ("Angry", "anger", ""),
        "EmoBox/cafe/f2/a.wav": ("Sad", "sadness", ""),
    }


def test_audformat(tree):
    """One table for emotions, one for files, one for speakers."""
    root = tree("audio/a.wav", "audio/b.wav")
    table(root, "db.yaml", "name: mine\n")
    table(root, "db.emotion.csv", "file,emotion,emotion.confidence\naudio/a.wav,anger,0.9\naudio/b.wav,boredom,0.8\n")
    table(root, "db.files.csv", "file,duration,speaker\naudio/a.wav,0 days 00:00:01,3\naudio/b.wav,0 days 00:00:02,8\n")
    table(root, "db.speaker.csv", "speaker,age,gender,language\n3,31,male,deu\n8,34,female,deu\n")
    scanned = scan(root)
    assert facts(scanned, "emotion", "speaker", "sex", "language") == {
        "audio/a.wav": ("anger", "3", "m", "deu"),
        "audio/b.wav": ("boredom", "8", "f", "deu"),
    }


def test_a_file_with_several_emotions_is_left_out(tree):
    root = tree("a.wav", "b.wav")
    table(root, "db.csv", "file,rater,emotion\na.wav,0,anger\na.wav,1,fear\nb.wav,0,fear\nb.wav,1,fear\n")
    scanned = scan(root)
    assert facts(scanned, "emotion") == {"b.wav": ("fear",)}
    assert [(one.path, one.why) for one in scanned.skipped] == [("a.wav", "The tables give it different emotions.")]


def test_a_table_without_emotions_adds_to_what_folders_say(tree):
    root = tree("angry/a.wav", "angry/b.wav", "sad/c.wav")
    table(root, "who.csv", "file,speaker\nangry/a.wav,anna\nsad/c.wav,bert\n")
    scanned = scan(root)
    assert facts(scanned, "emotion", "speaker") == {
        "angry/a.wav": ("anger", "anna"),
        "angry/b.wav": ("anger", ""),
        "sad/c.wav": ("sadness", "bert"),
    }


def test_blank_and_unknown_words_in_a_table(tree):
    root = tree("a.wav", "b.wav", "c.wav")
    table(root, "t.csv", "path,label\na.wav,\nb.wav,oth\nc.wav,angry\n")
    scanned = scan(root)
    assert [row.emotion for row in scanned.rows] == ["", "", "anger"] and scanned.unknown == {"oth": 1}


def test_files_are_matched_without_case_accents_and_endings_and_by_their_folders(tree):
    nfd = unicodedata.normalize("NFD", "è")
    root = tree("data/S1/1.flac", "data/S2/1.flac", f"data/S2/perch{nfd}.wav", "deep/er/only.wav")
    table(root, "t.csv", "path,emotion\ns1/1.wav,anger\ns2/1.WAV,fear\nx/perchè.wav,sad\nelse/only.wav,joy\n")
    scanned = scan(root)
    assert [row.emotion for row in scanned.rows] == ["anger", "fear", "sadness", "happiness"]


def test_ambiguous_names_are_not_guessed(tree):
    root = tree("wangzhe/sad/201.wav", "wangzhe/angry/201.wav", "wangzhe/angry/202.wav")
    table(root, "t.csv", "path,emotion\nliuchanhg/angry/201.wav,anger\nwangzhe/angry/202.wav,anger\n")
    scanned = scan(root)
    assert [row.path for row in scanned.rows] == ["wangzhe/angry/202.wav"]
    assert {one.path: one.why for one in scanned.skipped} == {
        "liuchanhg/angry/201.wav": "t.csv lists it, but it is not there.",
        "wangzhe/angry/201.wav": "The table does not list it.",
        "wangzhe/sad/201.wav": "The table does not list it.",
    }


@pytest.mark.parametrize(
    "path",
    [
        "../secret.wav",
        "/etc/secret.wav",
        "C:\\secret.wav",
        "a/../../secret.wav",
        "http://host/secret.wav",
        "\\\\host\\x",
    ],
)
def test_paths_out_of_the_folder_are_reported_and_not_followed(path, tree):
    root = tree("in/a.wav", "secret.wav") / "in"
    table(root, "t.csv", f"path,emotion\na.wav,anger\n{path},fear\n")
    scanned = scan(root)
    assert [row.path for row in scanned.rows] == ["a.wav"]
    assert [one.why for one in scanned.skipped] == ["Its path leads out of the folder, so it was not followed."]


def test_links_are_not_followed(tree):
    root = tree("in/a.wav", "out/secret.wav") / "in"
    (root / "link.wav").symlink_to(root.parent / "out/secret.wav")
    (root / "folder").symlink_to(root.parent / "out")
    scanned = scan(root)
    assert [row.path for row in scanned.rows] == ["a.wav"] and len(scanned.skipped) == 2


def test_many_missing_files_are_summarised(tree):
    root = tree("0.wav")
    table(root, "t.csv", "path,emotion\n" + "".join(f"{n}.wav,anger\n" for n in range(1000)))
    scanned = scan(root)
    assert len(scanned.rows) == 1 and len(scanned.skipped) == 51 and "949 more" in scanned.skipped[-1].why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is an empty table"),
        (b"left,right\n1,2\n", "no column names files that are here; its columns are left, right."),
        (b"\xff\xfe\0", "no column names files"),
        (b"path,emotion\nelsewhere.wav,anger\n", "no column names files that are here; its columns are path, emotion."),
        (b"path,emotion\n" + b'"' + b"x" * 200_000 + b'"', "no table that can be read"),
    ],
)
def test_invalid_tables(content, why, tree):
    root = tree("angry/a.wav", "sad/b.wav")
    (root / "t.csv").write_bytes(content)
    scanned = scan(root)
    assert [row.emotion for row in scanned.rows] == ["anger", "sadness"]
    assert [one.path for one in scanned.skipped] == ["t.csv"] and why in scanned.skipped[0].why


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding, tree):
    root = tree("a.wav")
    table(root, "t.csv", "path,emotion\na.wav,Ärger\n", encoding)
    assert scan(root).rows[0].emotion == "anger"


def test_recordings_are_detected_by_content(tree):
    root = tree("a.wav", "b.wav")
    (root / "a.wav").rename(root / "a.txt")
    (root / "b.wav").rename(root / "b.csv")
    (root / "RIFF.txt").write_text("RIFF is how a WAV begins.")
    (root / "zip.wav").write_bytes(b"PK\3\4")
    scanned = scan(root)
    assert [row.path for row in scanned.rows] == ["a.txt", "b.csv"]
    assert {one.path: one.why for one in scanned.skipped} == {
        "RIFF.txt": "Not a recording.",
        "zip.wav": "An archive inside; archives in archives are not opened.",
    }


def test_a_folder_without_recordings(tmp_path):
    (tmp_path / "readme.txt").write_text("hello")
    with pytest.raises(CorpusError, match="No recording was found") as caught:
        scan(tmp_path)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)
