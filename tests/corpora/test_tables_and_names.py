"""Tables beside folders and file names that also say something: which counts, and who speaks in segments."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from xser_demo.corpora.custom import ingest
from xser_demo.corpora.custom.recordings import Choices, FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.data.encode import encode
from xser_demo.experiments import provenance

CREMA = [f"{s}_DFA_{e}_XX.wav" for s in (1001, 1002) for e in ("ANG", "HAP", "SAD", "NEU")]


@pytest.fixture
def made(tree) -> Callable[..., Path]:
    """Function that makes sounds and tables."""

    def make(sounds: list[str], tables: dict[str, str], seconds: float = 0.5) -> Path:
        root = tree(*sounds, seconds=seconds)
        for name, text in tables.items():
            (root / name).write_text(text)
        return root

    return make


@pytest.fixture
def interviews(made) -> Path:
    """A recording of each of two people, cut into segments by a table; the sex is that of their folder."""
    rows = [f"{name}/talk.wav,{n / 2},{n / 2 + 0.5},{('joy', 'anger')[n % 2]}" for name in ("anna", "ben")
            for n in range(6)]  # fmt: skip
    sounds = ["female/anna/talk.wav", "male/ben/talk.wav"]
    return made(sounds, {"turns.csv": "\n".join(["file,start,end,emotion", *rows])}, seconds=3.0)


def emotions(scanned: FolderScan) -> dict[str, int]:
    return dict(Counter(row.emotion for row in scanned.rows if row.emotion))


def same(root: Path, scanned: FolderScan) -> bool:
    """Whether what was used gives the same recordings when it is asked for."""
    again = scan(root, scanned.used)
    return again.rows == scanned.rows and again.used == scanned.used


def test_table_folders_official_names_offered_names(made):
    """Each counts where the one before it is missing."""
    table = {"t.csv": "file,emotion\n" + "".join(f"{name},fear\n" for name in CREMA)}
    official, offered = {"anger": 2, "happiness": 2, "sadness": 2, "neutral": 2}, ["x_joy_1.wav", "x_sad_2.wav"]
    folders = [f"{('boredom', 'calm')[n % 2]}/{name}" for n, name in enumerate(CREMA)]
    for name, sounds, tables, used, expected in [
        ("a", folders, table, "table", {"fear": 8}),
        ("b", folders, {}, "folders", {"boredom": 4, "calm": 4}),
        ("c", CREMA, table, "table", {"fear": 8}),
        ("d", CREMA, {}, "crema_d", official),
        ("e", offered, {}, "none", {}),
    ]:
        made([f"{name}/top/{path}" for path in sounds], {f"{name}/{file}": text for file, text in tables.items()})
        root = made([], {}) / name
        found = scan(root)
        assert (found.used.labels_from, emotions(found)) == (used, expected) and same(root, found)
        assert "names" in found.label_readings or name != "e"


@pytest.mark.parametrize("sounds", [["angry/a.wav", "sad/b.wav"], ["1001_DFA_ANG_XX.wav", "1002_DFA_SAD_XX.wav"]])
def test_a_table_of_numbers_is_offered_beside_known_words(sounds, made):
    root = made(sounds, {"t.csv": f"path,label,note\n{sounds[0]},0,x\n{sounds[1]},3,y\n"})
    found = scan(root)
    assert emotions(found) == {"anger": 1, "sadness": 1} and found.used.labels_from != "table" and same(root, found)
    assert found.how.startswith(
        "As t.csv says (columns path, label). Columns not used: note. The emotions there are no"
    )
    assert "--labels-from table" in found.how and "table" in found.label_readings
    chosen = scan(root, Choices(labels_from="table"))
    assert chosen.unknown == {"0": 1, "3": 1} and same(root, chosen)


def test_numbers_of_a_table_and_words_in_file_names(made):
    """The words are only offered, so the numbers are asked for, and both are said."""
    sounds = [f"x_{e}_{n}.wav" for e in ("joy", "anger") for n in range(2)]
    root = made(sounds, {"t.csv": "path,label\n" + "".join(f"{sound},{n}\n" for n, sound in enumerate(sounds))})
    found = scan(root)
    assert found.used.labels_from == "table" and len(found.unknown) == 4 and same(root, found)
    assert "The file names (name:2) hold emotion words (anger 2, happiness 2)" in found.how
    chosen = scan(root, Choices(labels_from="names"))
    assert emotions(chosen) == {"anger": 2, "happiness": 2} and "The emotions there are not used." in chosen.how


def test_what_names_say_of_a_file_holds_for_its_segments(interviews):
    found = scan(interviews)
    assert {(row.segment.file, row.speaker, row.sex) for row in found.rows} == {
        ("female/anna/talk.wav", "anna", "f"), ("male/ben/talk.wav", "ben", "m")
    }  # fmt: skip
    assert len(found.rows) == 12 and emotions(found) == {"anger": 6, "happiness": 6}
    assert found.used == Choices("folder:2", "table") and same(interviews, found)
    assert "Speakers from folder:2: anna, ben." in found.how
    assert {row.speaker for row in scan(interviews, Choices("folder:1")).rows} == {"female", "male"}
    assert {row.speaker for row in scan(interviews, Choices("none")).rows} == {""}


def test_segments_of_unknown_words_keep_the_emotions_of_folders(made):
    table = "file,start,end,label\na.wav,0,1,0\na.wav,1,2,1\nb.wav,0,1,0\n"
    root = made(["anger/a.wav", "joy/b.wav"], {"t.csv": table}, seconds=2.0)
    found = scan(root)
    assert [(row.path, row.emotion) for row in found.rows] == [
        ("anger/a.wav#t=0,1", "anger"), ("anger/a.wav#t=1,2", "anger"), ("joy/b.wav#t=0,1", "happiness")
    ]  # fmt: skip
    assert found.label_readings["folders"] == "anger 2, happiness 1" and same(root, found)


def test_the_sexes_of_a_table_follow_the_speakers_that_are_chosen(made):
    sounds = [f"{room}/{name}/{e}/{n}.wav" for room in ("home", "office") for name in ("anna", "ben")
              for e in ("joy", "anger") for n in (1, 2)]  # fmt: skip
    root = made(sounds, {"people.csv": "speaker,gender\nanna,female\nben,male\n"})
    unclear = scan(root)
    assert {row.sex for row in unclear.rows} == {""} and unclear.used.speaker_from == "none"
    assert unclear.skipped[0].why == "A table of speakers, but none of them is known to speak here."
    found = scan(root, Choices("folder:2"))
    assert {(row.speaker, row.sex) for row in found.rows} == {("anna", "f"), ("ben", "m")} and not found.skipped
    assert found.how.startswith("As people.csv says (columns speaker, gender).") and same(root, found)


def test_a_table_fills_in_speakers_of_official_names(made):
    root = made(CREMA, {"t.csv": f"file,speaker\n{CREMA[0]},somebody\n"})
    found = scan(root)
    assert Counter(row.speaker for row in found.rows) == {"somebody": 1, "1001": 3, "1002": 4} and same(root, found)


def test_official_names_with_a_few_other_folders_are_repeated(made):
    sounds = [f"{e}/{s}_DFA_{code}_XX.wav" for s in range(1001, 1016) for e, code in (("anger", "ANG"), ("joy", "HAP"))]
    root = made([*sounds, "joy/1020_DFA_ANG_XX.wav"], {})
    found = scan(root)
    assert emotions(found) == {"anger": 15, "happiness": 16} and found.corpus == "crema_d" and same(root, found)


def test_segments_are_understood_in_another_way_and_repeated(interviews, monkeypatch):
    *_, before = ingest.decode(interviews, scan(interviews))
    monkeypatch.setattr(ingest, "load", None)  # nothing is decoded again
    after = ingest.understood(interviews, Choices("folder:1", "table"), before)
    assert [row.seconds for row in after.rows] == [0.5] * 12 and {row.speaker for row in after.rows} == {
        "female", "male"
    }  # fmt: skip
    monkeypatch.undo()
    *_, pack = encode(interviews, after, "averages")
    wanted = provenance.choices({"own": pack.card["understood"]})
    assert wanted == Choices("folder:1", "table")
    assert [row.path for row in scan(interviews, wanted).rows] == [row.path for row in after.rows]
