"""Corpora that only their owners distribute: generated trees like their downloads, read and checked."""

import hashlib
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xser_demo.corpora import CORPORA, verify
from xser_demo.corpora.locate import audio_path, find, read
from xser_demo.utils.errors import CorpusError

# corpus -> paths of one download, and what the loader makes of each: speaker, sex, emotion, text
LAYOUTS = {
    "savee": {
        "SAVEE/AudioData/DC/a01.wav": ("DC", "m", "anger", "a01"),
        "SAVEE/AudioData/DC/n30.wav": ("DC", "m", "neutral", "n30"),
        "SAVEE/AudioData/JE/a01.wav": ("JE", "m", "anger", "a01"),
        "SAVEE/AudioData/JK/sa15.wav": ("JK", "m", "sadness", "sa15"),
        "SAVEE/AudioData/KL/su07.wav": ("KL", "m", "surprise", "su07"),
    },
    "tess": {
        "TESS Toronto emotional speech set data/OAF_Fear/OAF_food_fear.wav": ("OAF", "f", "fear", "food"),
        "TESS Toronto emotional speech set data/OAF_Pleasant_surprise/OAF_back_ps.wav": (
            "OAF",
            "f",
            "surprise",
            "back",
        ),
        "TESS Toronto emotional speech set data/OAF_angry/OAF_back_angry.wav": ("OAF", "f", "anger", "back"),
        "TESS Toronto emotional speech set data/OAF_neutral/OA_bite_neutral.wav": ("OAF", "f", "neutral", "bite"),
        "TESS Toronto emotional speech set data/YAF_pleasant_surprised/YAF_back_ps.wav": (
            "YAF",
            "f",
            "surprise",
            "back",
        ),
    },
    "casia": {
        "CASIA/ZhaoZuoxiang/angry/201.wav": ("ZhaoZuoxiang", "m", "anger", "201"),
        "CASIA/liuchanhg/angry/201.wav": ("liuchanhg", "f", "anger", "201"),
        "CASIA/liuchanhg/happy/201.wav": ("liuchanhg", "f", "happiness", "201"),
        "CASIA/wangzhe/surprise/250.wav": ("wangzhe", "m", "surprise", "250"),
        "CASIA/zhaoquanyin/fear/230.wav": ("zhaoquanyin", "f", "fear", "230"),
    },
    "crema_d": {
        "CREMA-D/AudioWAV/1001_DFA_ANG_XX.wav": ("1001", "m", "anger", "DFA"),
        "CREMA-D/AudioWAV/1002_IEO_HAP_HI.wav": ("1002", "f", "happiness", "IEO"),
        "CREMA-D/AudioWAV/1040_ITH_SAD_X.wav": ("1040", "m", "sadness", "ITH"),
        "CREMA-D/AudioWAV/1090_WSI_NEU_XX.wav": ("1090", "m", "neutral", "WSI"),
        "CREMA-D/AudioWAV/1091_TIE_DIS_LO.wav": ("1091", "f", "disgust", "TIE"),
    },
    "esd_en": {
        "ESD/0011/Angry/0011_000351.wav": ("0011", "m", "anger", "000"),
        "ESD/0011/Neutral/0011_000001.wav": ("0011", "m", "neutral", "000"),
        "ESD/0015/Sad/0015_001400.wav": ("0015", "f", "sadness", "349"),
        "ESD/0019/Surprise/evaluation/0019_001402.wav": ("0019", "f", "surprise", "001"),
        "ESD/0020/Happy/train/0020_000703.wav": ("0020", "m", "happiness", "002"),
    },
    "esd_zh": {
        "Emotional Speech Dataset (ESD)/0001/Angry/0001_000351.wav": ("0001", "f", "anger", "000"),
        "Emotional Speech Dataset (ESD)/0004/Happy/test/0004_000701.wav": ("0004", "m", "happiness", "000"),
        "Emotional Speech Dataset (ESD)/0006/Neutral/0006_000350.wav": ("0006", "m", "neutral", "349"),
        "Emotional Speech Dataset (ESD)/0007/Sad/0007_001051.wav": ("0007", "f", "sadness", "000"),
        "Emotional Speech Dataset (ESD)/0010/Surprise/0010_001750.wav": ("0010", "m", "surprise", "349"),
    },
    "shemo": {
        "ShEMO/female/F01A01.wav": ("F01", "f", "anger", ""),
        "ShEMO/female/F03F12.wav": ("F03", "f", "fear", ""),
        "ShEMO/female/F03H02.wav": ("F03", "f", "happiness", ""),
        "ShEMO/male/M02N05.wav": ("M02", "m", "neutral", ""),
        "ShEMO/male/M56W01.wav": ("M56", "m", "surprise", ""),
    },
    "nemo": {
        "nEMO/samples/EB0_anger_1.wav": ("EB0", "f", "anger", ""),
        "nEMO/samples/KS0_surprised_12.wav": ("KS0", "m", "surprise", ""),
        "nEMO/samples/MK0_neutral_90.wav": ("MK0", "f", "neutral", ""),
        "nEMO/samples/TP0_sadness_7.wav": ("TP0", "m", "sadness", ""),
        "nEMO/samples/WR0_fear_33.wav": ("WR0", "m", "fear", ""),
    },
    "turev": {
        "TurEV-DB-master/Sound Source/Angry/1157_kz_acik.wav": ("1157", "", "anger", "acik"),
        "TurEV-DB-master/Sound Source/Calm/1234_sk_cay.wav": ("1234", "", "calm", "cay"),
        "TurEV-DB-master/Sound Source/Happy/1358_mt_beste.wav": ("1358", "", "happiness", "beste"),
        "TurEV-DB-master/Sound Source/Sad/1157_hl_bugu.wav": ("1157", "", "sadness", "bugu"),
        "TurEV-DB-master/Sound Source/Sad/7895_hl_algi.wav": ("7895", "", "sadness", "algi"),
    },
    "iemocap": {
        f"IEMOCAP_full_release/Session{name[4]}/sentences/wav/{name[:-5]}/{name}.wav": facts
        for name, facts in {
            "Ses01F_impro01_F000": ("01F", "f", "neutral", ""),
            "Ses01F_impro01_M001": ("01M", "m", "frustration", ""),
            "Ses01F_script01_1_F002": ("01F", "f", "excited", "script01_1"),
            "Ses05M_script01_1b_M003": ("05M", "m", "happiness", "script01_1b"),
            "Ses05M_script01_1b_M004": ("05M", "m", "disgust", "script01_1b"),
        }.items()
    },
}
# What else lies in these downloads, or is added by a Mac: no clip of the corpus, and no fault of the copy
BESIDES = {
    "esd_en": ["ESD/0001/Angry/0001_000351.wav"],
    "esd_zh": ["Emotional Speech Dataset (ESD)/0011/Angry/train/0011_000351.wav"],
    "iemocap": [
        "IEMOCAP_full_release/Session1/dialog/wav/Ses01F_impro01.wav",
        "IEMOCAP_full_release/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F001.wav",
        "IEMOCAP_full_release/Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F002.wav",
    ],
}
CODES = {
    "Ses01F_impro01": {"F000": "neu", "F001": "xxx", "F002": "oth", "M001": "fru"},
    "Ses01F_script01_1": {"F002": "exc"},
    "Ses05M_script01_1b": {"M003": "hap", "M004": "dis"},
}
LISTED = ("savee", "tess", "casia", "crema_d")
COUNTS = {
    "savee": dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness", "surprise"), 60) | {"neutral": 120},
    "tess": dict.fromkeys(("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"), 400),
    "casia": dict.fromkeys(("anger", "fear", "happiness", "neutral", "sadness", "surprise"), 200),
    "crema_d": dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness"), 1271) | {"neutral": 1087},
}


@pytest.fixture
def download(tree):
    """Function that makes the download of a corpus, labels and strange files included; gives the folder around it."""

    def make(key: str, seconds: float | None = None) -> Path:
        folder = tree(*LAYOUTS[key], *BESIDES.get(key, []), seconds=seconds)
        for path in LAYOUTS[key]:
            file = folder / path
            (file.parent / f"._{file.name}").write_bytes(b"\0\5\x16\7 no audio" * 10)
        if key == "iemocap":
            for dialogue, turns in CODES.items():
                write_labels(
                    folder / f"IEMOCAP_full_release/Session{dialogue[4]}/dialog/EmoEvaluation", dialogue, turns
                )
        return folder

    return make


def write_labels(folder: Path, dialogue: str, turns: dict[str, str]) -> None:
    lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
    for turn, code in turns.items():
        lines += [f"[6.2901 - 8.2357]\t{dialogue}_{turn}\t{code}\t[2.5000, 2.5000, 2.5000]"]
        lines += ["C-E2:\tNeutral;\t()", "A-E3:\tval 3; act 2; dom  2;\t()", ""]
    for below in ("", "Attribute", "Categorical", "Self-evaluation"):
        (folder / below).mkdir(parents=True, exist_ok=True)
    (folder / f"{dialogue}.txt").write_text("\n".join(lines))
    (folder / f"._{dialogue}.txt").write_bytes(b"\0\5\x16\7\xff")
    wrong = "\n".join(lines).replace("\tneu\t", "\tsad\t")
    (folder / "Categorical" / f"{dialogue}_e2_cat.txt").write_text(wrong)


@pytest.fixture
def listed(download, tmp_path_factory, monkeypatch):
    """Function that makes a download whose official list, if it has one, says exactly what is there."""

    def make(key: str, seconds: float | None = None) -> tuple[Path, list[Path]]:
        folder = download(key, seconds)
        files = [folder / path for path in LAYOUTS[key]]
        lists = tmp_path_factory.mktemp("official")
        if key in LISTED:
            rows = [
                f"{CORPORA[key].clip_id(file)}\t{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}\t0\n"
                for file in files
            ]
            (lists / f"{key}.tsv").write_text("# made by the test\nname\tsha256\tbytes\n" + "".join(rows))
        monkeypatch.setattr(verify, "FOLDER", lists)
        monkeypatch.setitem(CORPORA, key, replace(CORPORA[key], clips=len(files)))
        return folder, files

    return make


@pytest.mark.parametrize("key", LAYOUTS)
def test_official_layout_is_read(key, download):
    folder = download(key)
    clips = read(key, folder)
    parsed = {f"{find(key, folder).name}/{c.path}": (c.speaker, c.sex, c.emotion, c.text_id) for c in clips}
    assert parsed == LAYOUTS[key]
    assert {(c.corpus, c.language) for c in clips} == {(key, CORPORA[key].language)}
    assert {c.emotion for c in clips} <= set(CORPORA[key].emotions)
    assert all(audio_path(folder, c).is_file() and c.duration_s is None for c in clips)
    itself = read(key, folder / find(key, folder).name)  # the folder of the corpus in place of the one around it
    assert [(c.speaker, c.emotion) for c in itself] == [(c.speaker, c.emotion) for c in clips]


@pytest.mark.parametrize("key", LISTED)
def test_every_name_of_the_official_list_is_read(key):
    algorithm, names = verify.official_files(key)
    clips = [CORPORA[key].parse(Path(f"{name}.wav")) for name in names]
    assert algorithm == "sha256" and len(clips) == CORPORA[key].clips
    assert Counter(clip.emotion for clip in clips) == COUNTS[key]
    assert sorted(COUNTS[key]) == list(CORPORA[key].emotions)
    assert len({clip.speaker for clip in clips}) == CORPORA[key].speakers
    assert all(CORPORA[key].clip_id(Path(f"{name}.wav")) == name for name in names)
    digests = list(names.values())
    assert len(digests) - len(set(digests)) == len(CORPORA[key].identical)


@pytest.mark.parametrize("key", ["ravdess", "emodb", "emovo", "urdu", "aesdd"])
def test_other_official_lists_have_every_clip_with_a_legal_name(key):
    _, names = verify.official_files(key)
    assert len(names) == CORPORA[key].clips
    assert all(CORPORA[key].parse(Path(f"{name}.wav")) for name in names)


def test_official_list_of_esd_has_five_mandarin_speakers():
    _, names = verify.official_files("esd_zh")
    clips = [CORPORA["esd_zh"].parse(Path("Angry", f"{name}.wav")) for name in names]
    assert Counter(clip.speaker for clip in clips) == dict.fromkeys(("0001", "0002", "0003", "0004", "0005"), 1750)
    assert set(Counter(clip.text_id for clip in clips).values()) == {25}  # 5 speakers, 5 emotions
    for key in ("esd_en", "iemocap", "shemo"):
        assert verify.official_files(key) == ("sha256", {})


@pytest.mark.parametrize("key", LAYOUTS)
def test_unaltered_copy(key, listed):
    folder, files = listed(key)
    report = verify.check(key, folder)
    assert report.complete and report.found == report.expected == len(files)
    assert not (report.unknown or report.repeated or report.duplicates or report.missing)
    assert report.compared == (len(files) if key in LISTED else 0)
    comparison = "were compared with" if key in LISTED else "contents could not be compared, since no list"
    assert comparison in report.verdict and report.verdict.endswith(".")


@pytest.mark.parametrize("key", LAYOUTS)
def test_faults_are_named(key, listed):
    folder, files = listed(key)
    names = [CORPORA[key].clip_id(file) for file in files]
    root = find(key, folder)
    files[0].unlink()
    shutil.copy(files[1], files[2])  # two clips with the same content
    files[3].write_bytes(b"no audio" * 20)
    again = root / "again" / files[4].relative_to(root)
    again.parent.mkdir(parents=True)
    shutil.copy(files[4], again)
    shutil.copy(files[4], root / "stranger.wav")
    report = verify.check(key, folder)
    assert not report.complete and (report.found, report.expected) == (4, 5)
    assert report.duplicates == [tuple(sorted(names[1:3]))]
    assert report.unreadable == [names[3]] and report.repeated == [names[4]] and report.unknown == ["stranger.wav"]
    assert report.missing == (names[:1] if key in LISTED else [])
    assert report.altered == (names[2:3] if key in LISTED else [])
    assert "4 of 5 clips are there" in report.verdict and "=".join(sorted(names[1:3])) in report.verdict
    assert report.verdict.endswith(f"get the official files from {CORPORA[key].url}.")


@pytest.mark.parametrize("key", LAYOUTS)
def test_cut_copy_is_refused(key, listed, monkeypatch):
    monkeypatch.setattr(verify, "EQUAL_CLIPS", 5)
    folder, _ = listed(key, seconds=0.5)
    report = verify.check(key, folder)
    assert report.equal_length_s == 0.5 and not report.complete and "do not use this copy" in report.verdict


def test_empty_file_of_an_unlisted_corpus_is_unreadable(listed):
    folder, files = listed("shemo")
    files[0].write_bytes(b"")
    report = verify.check("shemo", folder)
    assert report.unreadable == ["F01A01"] and not report.complete
    assert len(read("shemo", folder)) == len(files) - 1


def test_partly_listed_corpus_is_partly_compared(listed, monkeypatch):
    folder, files = listed("esd_zh")
    rows = f"0001_000351\t{hashlib.sha256(files[0].read_bytes()).hexdigest()[:16]}\t0\n0002_000001\t0\t0\n"
    (verify.FOLDER / "esd_zh.tsv").write_text("# made by the test\nname\tsha256\tbytes\n" + rows)
    report = verify.check("esd_zh", folder)
    assert report.compared == 1 and report.missing == ["0002_000001"] and report.found == 5
    assert "; 1 of them could be compared with the official files; 1 missing (0002_000001)" in report.verdict


def test_savee_in_one_folder_has_the_same_clips(tree):
    folder = tree("ALL/DC_a01.wav", "ALL/JE_a01.wav", "ALL/KL_su07.wav", "ALL/a01.wav", "ALL/XX_a01.wav")
    assert [(c.speaker, c.emotion, c.text_id) for c in read("savee", folder)] == [
        ("DC", "anger", "a01"),
        ("JE", "anger", "a01"),
        ("KL", "surprise", "su07"),
    ]
    tree("ALL/AudioData/DC/a01.wav")
    assert len(read("savee", folder)) == 3


def test_casia_with_everything_in_the_file_name(tree):
    folder = tree("casia/201-angry-ZhaoZuoxiang.wav", "casia/6/sad/250-sad-liuchanhg.wav", "casia/200-sad-wangzhe.wav")
    assert [(c.speaker, c.emotion, c.text_id) for c in read("casia", folder)] == [
        ("ZhaoZuoxiang", "anger", "201"),
        ("liuchanhg", "sadness", "250"),
    ]


def test_tess_tree_that_exists_twice_is_read_once(download):
    folder = download("tess")
    root = find("tess", folder)
    shutil.copytree(root, root / root.name)
    tone = np.sin(2 * np.pi * 440 * np.arange(9600) / 96_000)
    soundfile.write(root / "OAF_Fear" / "OAF_food_fear.wav", tone, 96_000)
    clips = read("tess", folder)
    assert [f"{root.name}/{clip.path}" for clip in clips] == sorted(LAYOUTS["tess"])
    assert len(verify.check("tess", folder).repeated) == len(clips)


def test_esd_takes_the_label_from_the_folder_only(tree):
    folder = tree("ESD/0011/Happy/0011_000351.wav", "ESD/0011/0011_000352.wav", "ESD/0001/Angry/0001_000351.wav")
    (folder / "ESD/0011/0011.txt").write_bytes("0011_000351\ttext\tAngry\n".encode("utf-16"))
    (clip,) = read("esd_en", folder)
    assert (clip.emotion, clip.text_id) == ("happiness", "000")
    assert [clip.speaker for clip in read("esd_zh", folder)] == ["0001"]


def test_iemocap_without_labels_says_what_is_missing(download):
    folder = download("iemocap")
    for session in (folder / "IEMOCAP_full_release").iterdir():
        shutil.rmtree(session / "dialog")
    for function in (read, verify.check):
        with pytest.raises(CorpusError, match="has no labels; copy Session1/dialog/EmoEvaluation"):
            function("iemocap", folder)


@pytest.mark.parametrize(("key", "clips"), [("nemo", 848), ("turev", 550)])
def test_a_part_of_the_corpus_with_a_manifest_agrees_with_its_official_names(key, clips, corpora_dir):
    """The folder of an emotion is lost in the part of TurEV-DB; its theme, the middle of the name, stands for it."""
    themes = {"hl": "Sad", "kz": "Angry", "mt": "Happy", "sk": "Calm"}
    table = read(key, corpora_dir)
    assert len(table) == clips and len({clip.speaker for clip in table}) == CORPORA[key].speakers
    for clip in table:
        name = Path(clip.path).stem
        official = CORPORA[key].parse(Path(themes.get(name.split("_")[1], "samples")) / f"{name}.wav")
        assert (official.speaker, official.sex, official.emotion) == (clip.speaker, clip.sex, clip.emotion), name
