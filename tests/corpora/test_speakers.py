"""Who speaks, from the names of folders and files: never a take or a sentence, and nobody when it is not clear."""

import time
from itertools import product
from pathlib import Path

import pytest

from xser_demo.corpora.custom import scan as scanning
from xser_demo.corpora.custom.name_words import names_a_speaker, speaker_part
from xser_demo.corpora.custom.recordings import Choices, FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.utils.errors import SettingsError

CAFE = ("01", "02", "03", "04")
EMOTIONS = ("angry", "happy", "neutral", "sad")


@pytest.fixture
def files(tmp_path):
    """Function that makes small files of a shape, with every combination of the values of its places."""

    def make(shape: str, **values) -> Path:
        for combination in product(*values.values()):
            file = tmp_path / shape.format(**dict(zip(values, combination, strict=True)))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"fLaC")
        return tmp_path

    return make


def who(scanned: FolderScan) -> set[str]:
    return {row.speaker for row in scanned.rows} - {""}


@pytest.mark.parametrize(
    ("shape", "values", "speakers"),
    [
        ("{s}/{e}/take{t}/{n}.wav", {"s": ("anna", "ben"), "e": EMOTIONS, "t": (1, 2), "n": (1, 2)}, {"anna", "ben"}),
        ("{s}/{e}/{n}.wav", {"s": ("S12", "S13"), "e": ("neutre", "Colère"), "n": (1, 2)}, {"S12", "S13"}),
        ("{s}_{e}/{n}.wav", {"s": ("anna", "ben"), "e": EMOTIONS, "n": (1, 2)}, {"anna", "ben"}),
        ("{e}/{s}_take{t}/{n}.wav", {"e": EMOTIONS, "s": ("anna", "ben"), "t": (1, 2), "n": (1, 2)}, {"anna", "ben"}),
        ("session{n}/{s}/{e}/{k}.wav", {"n": (1, 2), "s": ("anna", "ben"), "e": EMOTIONS, "k": "ab"}, {"anna", "ben"}),
        ("{g}/{s}/{e}/{n}.wav", {"g": ("female", "male"), "s": ("01", "02"), "e": EMOTIONS, "n": (1, 2)},
         {"female/01", "female/02", "male/01", "male/02"}),
        ("lab{g}/{s}{g}/{e}/{n}.wav", {"g": (1, 2), "s": ("anna", "ben"), "e": EMOTIONS, "n": (1, 2)},
         {"anna1", "anna2", "ben1", "ben2"}),
        ("{s}/chapter{c}/{s}-{n}.wav", {"s": (1272, 1462), "c": (1, 2), "n": range(4)}, {"1272", "1462"}),
    ],
)  # fmt: skip
def test_folders_of_speakers(shape, values, speakers, files):
    scanned = scan(files(shape, **values))
    assert who(scanned) == speakers and scanned.used.speaker_from.startswith("folder:")


@pytest.mark.parametrize(
    ("shape", "values", "speakers"),
    [
        # F01 and M02 with sentences S01 and S02
        ("{e}/{g}{i}S{t}.wav", {"e": EMOTIONS, "g": "FM", "i": ("01", "02"), "t": ("01", "02")},
         {"F01", "F02", "M01", "M02"}),
        # as CaFE: speaker, emotion, intensity, sentence
        ("Colère/Fort/{s}-C-{i}-{t}.wav Neutre/{s}-N-{i}-{t}.wav", {"s": CAFE, "i": (1, 2), "t": (1, 2)}, set(CAFE)),
        ("spk_{s}_{e}_{n}.wav", {"s": ("03", "04"), "e": EMOTIONS, "n": ("01", "02")}, {"03", "04"}),
        ("{e}/{s}-{n}.wav", {"e": EMOTIONS, "s": ("anna", "ben"), "n": ("01", "02", "03")}, {"anna", "ben"}),
        ("{p}/{e}/{s}_{n}.wav", {"p": ("train", "test"), "e": EMOTIONS, "s": ("P01", "P02"), "n": (1, 2)},
         {"P01", "P02"}),
        ("{s}_{e}_{n}a_1.wav", {"s": ("female1", "male1", "male2"), "e": EMOTIONS, "n": (1, 2)},
         {"female1", "male1", "male2"}),
        ("F_01_NAMEA_S_1_{e}_{n}.wav M_02_NAMEB_S_1_{e}_{n}.wav", {"e": EMOTIONS, "n": (1, 2, 3)}, {"F_01", "M_02"}),
    ],
)  # fmt: skip
def test_speakers_in_file_names(shape, values, speakers, files):
    for one in shape.split(".wav "):
        root = files(f"{one.removesuffix('.wav')}.wav", **values)
    scanned = scan(root)
    assert who(scanned) == speakers and scanned.used.speaker_from.startswith("name:")


@pytest.mark.parametrize(
    ("shape", "values", "speakers"),
    [
        ("{s}_{t}_{e}_XX.wav", {"s": (2001, 2002, 2003), "t": ("DFA", "IEO"), "e": ("ANG", "SAD", "HAP")},
         {"2001", "2002", "2003"}),
        ("{e}-{s}-{t}.wav", {"e": ("rab", "gio", "tri"), "s": ("g1", "g2"), "t": ("b1", "b2", "b3")}, {"g1", "g2"}),
        ("{s} {e} {n}.wav", {"s": ("Anna", "Ben"), "e": ("Wut", "Freude"), "n": (1, 2)}, {"Anna", "Ben"}),
        ("{e}_{v}_A_{w}.wav", {"e": EMOTIONS, "v": "FMC", "w": ("adios", "basta_ya")}, set()),
        ("{w}_{s}_{e}_{n}.wav", {"w": ("back", "dog"), "s": ("anna", "ben"), "e": EMOTIONS, "n": (1, 2)}, set()),
    ],
)  # fmt: skip
def test_speakers_beside_labels_in_file_names(shape, values, speakers, files):
    assert who(scan(files(shape, **values), Choices(labels_from="names"))) == speakers


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ("{e}/{i}/{n}.wav", {"e": ("Colère", "Joie"), "i": ("Faible", "Fort"), "n": range(4)}),
        ("{e}/{i}/{n}.wav", {"e": EMOTIONS, "i": ("słaby", "silny"), "n": range(4)}),
        ("{e}/{i}/{n}.wav", {"e": EMOTIONS, "i": ("χαμηλή", "υψηλή"), "n": range(4)}),
        ("{e}/{i}/{n}.wav", {"e": EMOTIONS, "i": ("düşük", "orta", "yüksek"), "n": range(4)}),
        ("{i}/{e}/{n}.wav", {"i": ("شدید", "کم"), "e": EMOTIONS, "n": range(4)}),
        ("{e}/Satz {t}/{n}.wav", {"e": EMOTIONS, "t": (1, 2), "n": range(4)}),
        ("frase{t}/{e}/{n}.wav", {"t": (1, 2), "e": EMOTIONS, "n": range(4)}),
        ("dia{d}/{e}/utt{n}.wav", {"d": (1, 2), "e": EMOTIONS, "n": range(4)}),
        ("{e}/a{n}.wav", {"e": EMOTIONS, "n": range(8)}),
        ("{e}/{i}/{n}.wav", {"e": EMOTIONS, "i": ("strong", "weak"), "n": range(8)}),
        ("{e}/{i}_{n}.wav", {"e": EMOTIONS, "i": ("strong", "weak"), "n": range(1000, 1008)}),
        ("{x}{n}.wav", {"x": "ab", "n": range(8)}),
        ("session{s}/dialog{d}/Ses1{s}F_impro0{d}_{g}00{n}.wav", {"s": (1, 2), "d": (1, 2), "g": "FM", "n": range(3)}),
        ("{e}/{a}/{n}.wav", {"e": EMOTIONS, "a": (1, 2), "n": range(4)}),
        ("{h}/{s}/{e}/{n}.wav", {"h": ("home", "office"), "s": ("anna", "ben"), "e": EMOTIONS, "n": range(2)}),
    ],
)
def test_nobody_is_known_to_speak(shape, values, files):
    scanned = scan(files(shape, **values))
    assert who(scanned) == set() and scanned.used.speaker_from == "none"
    assert "It is not known who speaks." in scanned.how or (
        "It is not clear who speaks" in scanned.how and len(scanned.speaker_readings) > 0
    )


def test_iemocap_in_other_folders_has_its_own_speakers(files):
    root = files("session{s}/dialog{d}/Ses0{s}F_impro0{d}_{g}00{n}.wav", s=(1, 2), d=(1, 2), g="FM", n=range(3))
    scanned = scan(root)
    assert who(scanned) == {"01F", "01M", "02F", "02M"} and scanned.used == Choices("iemocap", "iemocap")


def test_a_reading_can_be_chosen(files):
    root = files("{h}/{s}/{e}/{n}.wav", h=("home", "office"), s=("anna", "ben"), e=EMOTIONS, n=range(2))
    assert scan(root).speaker_readings == {"folder:1": "home, office", "folder:2": "anna, ben"}
    scanned = scan(root, Choices("folder:2"))
    assert who(scanned) == {"anna", "ben"} and "Speakers from folder:2: anna, ben." in scanned.how
    assert scan(root, scanned.used).rows == scanned.rows, "what was used can be asked for again"
    assert who(scan(root, Choices("none"))) == set()
    with pytest.raises(SettingsError, match="'folder:9' here; choose one of: folder:1, folder:2, none"):
        scan(root, Choices("folder:9"))


def test_whoever_knows_better_can_choose_any_level(files):
    """As in URDU, where most speakers have one emotion."""
    root = files("angry/{s}-{n}.wav", s=("anna", "ben"), n=range(4))
    files("sad/{s}-{n}.wav", s=("carl", "dora"), n=range(4))
    assert who(scan(root)) == set() and "name:1" not in scan(root).speaker_readings
    assert who(scan(root, Choices("name:1"))) == {"anna", "ben", "carl", "dora"}


def test_folders_of_unknown_words_can_be_speakers(files):
    root = files("{s}/{n}.wav", s=("anna", "ben"), n=range(4))
    assert scan(root).unknown == {"anna": 4, "ben": 4} and who(scan(root)) == set()
    scanned = scan(root, Choices("folder:1"))
    assert not scanned.unknown and who(scanned) == {"anna", "ben"}


def test_the_speakers_of_a_table_can_be_overruled(files):
    root = files("{s}/{e}/{n}.wav", s=("anna", "ben"), e=EMOTIONS, n=range(2))
    lines = [f"{row.path},somebody" for row in scan(root).rows]
    (root / "who.csv").write_text("\n".join(["path,speaker", *lines]))
    assert who(scan(root)) == {"somebody"} and scan(root).used.speaker_from == "table"
    assert who(scan(root, Choices("folder:1"))) == {"anna", "ben"}


def test_labels_of_a_table_tell_which_folders_are_speakers(files):
    root = files("{s}/{n}.wav", s=("anna", "ben"), n=range(4))
    lines = [f"{row.path},{('anger', 'joy')[int(row.path[-5]) % 2]}" for row in scan(root).rows]
    (root / "t.csv").write_text("\n".join(["path,emotion", *lines]))
    assert who(scan(root)) == {"anna", "ben"}


def test_many_files_are_understood_quickly(monkeypatch, tmp_path):
    """10,000 paths with many levels and fields, whatever the disk needs to list them."""
    paths = [
        f"top/g{n % 7}/sp{n % 20}/{EMOTIONS[n % 4]}/x{n % 5}/{n}_a{n % 13}_b{n % 17}-c{n % 19} d{n % 23}_{n * 7}.wav"
        for n in range(10_000)
    ]
    monkeypatch.setattr(scanning, "list_files", lambda root: (paths, [], []))
    started = time.process_time()
    assert len(scan(tmp_path).rows) == 10_000
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("anna", "anna"),
        ("Actor_01", "Actor_01"),
        ("anna_angry", "anna"),
        ("OAF_Pleasant_surprise", "OAF"),
        ("anna take 2", "anna"),
        ("rep2", ""),
        ("Rep", "Rep"),
        ("angry_1", ""),
        ("03_angry", "03"),
        ("Prise 1", ""),
        ("Überhaupt_Satz3", "Überhaupt"),
        ("λήψη 2", ""),
        ("powtorzenie-1", ""),
        ("çekim1", ""),
        ("جملہ1", ""),
    ],
)
def test_the_part_of_a_name_that_may_be_a_speaker(name, part):
    assert speaker_part(name) == part


def test_names_that_say_that_they_are_speakers():
    assert all(
        map(names_a_speaker, ["Actor_01", "spk3", "F01", "female 2", "m-1", "Sprecherin A", "ηθοποιός1", "kişi2"])
    )
    assert not any(map(names_a_speaker, ["anna", "S01", "w1", "F001", "take1", "01", "", "Spock"]))
