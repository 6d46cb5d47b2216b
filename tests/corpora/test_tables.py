"""Tables as people and corpora write them: which columns say what, and what was not used."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xser_demo.corpora.custom import emotion_words, table_columns, tables
from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.corpora.custom.scan import scan
from xser_demo.utils.errors import CorpusError

WORDS = ["angry", "happy", "neutral", "sad"]
EMOTIONS = ["anger", "happiness", "neutral", "sadness"]
ROWS = [(f"{n:03}", WORDS[n % 4], f"s{n // 4}") for n in range(8)]


@pytest.fixture
def scanned(tree) -> Callable[[list[str], dict[str, str | bytes]], FolderScan]:
    """Function that makes sounds and tables and scans them."""

    def make(sounds: list[str], files: dict[str, str | bytes]) -> FolderScan:
        root = tree(*sounds)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return scan(root)

    return make


def right(result: FolderScan, speakers: bool = True) -> bool:
    """Whether all eight recordings have the emotion and the speaker of ROWS."""
    expected = [(EMOTIONS[n % 4], f"s{n // 4}" if speakers else "") for n in range(8)]
    return [(row.emotion, row.speaker) for row in result.rows] == expected and not result.skipped


def lines(header: str, row: str) -> str:
    """A table with a row for each of ROWS; {n} is its number, {f} its file, {e} its emotion and {s} its speaker."""
    return header + "\n" + "".join(row.format(n=int(f), f=f, e=e, s=s) + "\n" for f, e, s in ROWS)


# --- the layouts of corpora ----------------------------------------------------------------------------------------

LAYOUTS = {  # name -> (pattern of the sounds, table, header, row)
    "nemo": ("samples/{f}.wav", "data.tsv", "file_id\temotion\traw_text\tspeaker_id", "{f}.wav\t{e}\tx\t{s}"),
    "emns": (
        "wavs/recorded_audio_{f}.wav",
        "metadata.csv",
        "id|utterance|description|emotion|audio_recording|user_id",
        "{n}|Some text, number {n}.|Say it.|{e}|wavs/recorded_audio_{f}.wav|{s}",
    ),
    "emozionalmente": (
        "audio/{f}.wav",
        "metadata/samples.csv",
        "id,timestamp,file_name,sentence,actor,emotion_expressed",
        '{n},0,{f}.wav,"La frase",{s},{e}',
    ),
    "kaggle, paths of another computer": (
        "{s}/{f}.wav",
        "data_path.csv",
        ",Emotions,Path,speaker",
        "{n},{e},/kaggle/input/my-speech-corpus/{s}/{f}.wav,{s}",
    ),
    "sep line of Excel": ("{f}.wav", "labels.csv", "sep=;\r\nfile;emotion;speaker", "{f}.wav;{e};{s}"),
    "quoted newline": ("{f}.wav", "meta.csv", "file,text,emotion,speaker", '{f}.wav,"one\ntwo, ""three""",{e},{s}'),
    "hugging face": ("train/{f}.wav", "train/metadata.csv", "file_name,label,speaker_id", "{f}.wav,{e},{s}"),
    "iemocap": ("wav/Ses_{f}.wav", "iemocap.csv", "session,wav_file,emotion,val,SpeakerID", "1,Ses_{f},{e},2.5,{s}"),
    "bom and tabs": ("{f}.wav", "Labels.TSV", "\ufeffFile\tEmotion\tSpeaker", "{f}.wav\t{e}\t{s}"),
    "windows paths": ("a/{f}.wav", "t.csv", "path,emotion,speaker", "D:\\My corpus\\a\\{f}.wav,{e},{s}"),
    "percent-encoded": ("my clips/{f}.wav", "t.csv", "url,emotion,speaker", "my%20clips/{f}.wav,{e},{s}"),
    "file address": ("{f}.wav", "t.csv", "wav_path,emotion,speaker", "file:///home/me/data/{f}.wav,{e},{s}"),
    "from the folder of the table": ("a/{f}.wav", "meta/t.csv", "path,emotion,spk", "../a/{f}.wav,{e},{s}"),
    "upper case, converted": ("{f}.flac", "t.csv", "FILENAME,EMOTION,SPEAKER", "{f}.WAV,{e},{s}"),
    "column with another name": ("{f}.wav", "t.csv", "which,discrete,Spk No.", "{f},{e},{s}"),
    "german": ("{f}.wav", "t.csv", "Dateiname;Gefühl;Sprecher-ID", "{f}.wav;{e};{s}"),
    "russian": ("{f}.wav", "t.csv", "Имя файла,Эмоция,Диктор", "{f}.wav,{e},{s}"),
    "chinese": ("{f}.wav", "t.csv", "文件名,情感类别,说话人ID", "{f}.wav,{e},{s}"),
    "one quotation mark": ("{f}.wav", "t.tsv", "file\ttext\temotion\tspeaker", '{f}.wav\t"Yes, he said\t{e}\t{s}'),
    "numbers and words": ("{f}.wav", "t.csv", "file,label,emotion_name,speaker", "{f}.wav,{n},{e},{s}"),
    "title above": ("{f}.wav", "t.csv", "My corpus,,\n,,\nfile,emotion,speaker", "{f}.wav,{e},{s}"),
    "zeros lost in a spreadsheet": ("{f}.wav", "t.csv", "id,emotion,speaker", "{n},{e},{s}"),
    "separators inside texts": ("{f}.wav", "t.csv", "file,text,emotion,speaker", "{f}.wav,a\u2028b\x0bc\x85d,{e},{s}"),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_of_tables(name, scanned):
    sounds, file, header, row = LAYOUTS[name]
    result = scanned([sounds.format(f=f, s=s) for f, _, s in ROWS], {file: lines(header, row)})
    assert right(result), result


def test_paths_of_several_folders_of_another_computer(scanned):
    table = "path,emotion\n/kaggle/in/one/S1/1.wav,joy\n/kaggle/in/one/S2/1.wav,sad\n/kaggle/in/two/F/1.wav,fear\n"
    result = scanned(["S1/1.wav", "S2/1.wav", "F/1.wav"], {"t.csv": table})
    assert {row.path: row.emotion for row in result.rows} == {
        "S1/1.wav": "happiness", "S2/1.wav": "sadness", "F/1.wav": "fear"
    }  # fmt: skip


def test_an_end_that_two_paths_have_is_not_guessed(scanned):
    table = "path,emotion\n/data/one/S1/1.wav,joy\n/data/two/S1/1.wav,sad\n/data/two/S1/2.wav,sad\n"
    result = scanned(["S1/1.wav", "S1/2.wav"], {"t.csv": table})
    assert [(row.path, row.emotion) for row in result.rows] == [("S1/2.wav", "sadness")]


def test_a_table_without_a_header(scanned):
    assert right(scanned([f"{f}.wav" for f, *_ in ROWS], {"t.csv": lines("x", "{f}.wav,{e}")[2:]}), speakers=False)


@pytest.mark.parametrize("file", ["metadata.jsonl", "metadata.json", "manifest.json"])
def test_json_with_objects_inside(file, scanned):
    objects = [{"audio": {"path": f"x/{f}.wav", "array": [0.1]}, "label": e, "speaker_id": s} for f, e, s in ROWS]
    text = json.dumps(objects) if file == "metadata.json" else "\n".join(map(json.dumps, objects))
    assert right(scanned([f"{f}.wav" for f, *_ in ROWS], {file: text}))


def test_letters_for_emotions_are_asked_for(scanned):
    """MSP-Podcast."""
    table = "FileName,EmoClass,EmoAct,SpkrID,Gender,Split\nM_1.wav,A,4.0,7,Female,Train\nM_2.wav,H,3.0,8,Male,Test\n"
    result = scanned(["Audios/M_1.wav", "Audios/M_2.wav"], {"Labels/labels_consensus.csv": table})
    assert result.unknown == {"A": 1, "H": 1} and [(row.speaker, row.sex) for row in result.rows] == [
        ("7", "f"), ("8", "m")
    ]  # fmt: skip
    assert result.how == (
        "As Labels/labels_consensus.csv says (columns FileName, EmoClass, SpkrID, Gender). "
        "Columns not used: EmoAct, Split."
    )


def test_a_text_is_no_column_of_files(scanned):
    """MELD: only two numbers together name a file."""
    table = 'No,Utterance,Emotion,Dialogue_ID,Utterance_ID\n1,"Some words, said.",joy,0,1\n2,Others.,anger,0,2\n'
    result = scanned(["dia0_utt1.wav", "dia0_utt2.wav"], {"train.csv": table})
    assert [row.emotion for row in result.rows] == ["", ""]
    assert [(one.path, one.why) for one in result.skipped] == [
        (
            "train.csv",
            "A table, but no column names files that are here; its columns are No, Utterance, Emotion, Dialogue_ID, "
            "Utterance_ID.",
        )
    ]


def test_votes_in_letters_leave_the_official_labels(scanned):
    """CREMA-D's summary of votes."""
    table = ",FileName,VoiceVote,VoiceLevel\n1,1001_DFA_ANG_XX,A,51\n2,1001_DFA_HAP_XX,H,60\n"
    result = scanned(
        ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1001_DFA_HAP_XX.wav"], {"processed/summaryTable.csv": table}
    )
    assert [row.emotion for row in result.rows] == ["anger", "happiness"] and result.corpus == "crema_d"
    assert "its columns are (no name), FileName, VoiceVote, VoiceLevel" in result.skipped[0].why


def test_a_table_of_numbers_does_not_hide_the_words_of_folders(scanned):
    result = scanned(["angry/1.wav", "sad/2.wav"], {"t.csv": "path,label\n1.wav,0\n2.wav,3\n"})
    assert [row.emotion for row in result.rows] == ["anger", "sadness"]


def test_a_table_of_speakers(scanned):
    sounds, samples = ["1.wav", "2.wav"], "file_name,actor,emotion\n1.wav,anna,joy\n2.wav,ben,anger\n"
    result = scanned(sounds, {"samples.csv": samples, "users.csv": "username,gender,age\nanna,female,30\nben,M,31\n"})
    assert [row.sex for row in result.rows] == ["f", "m"]
    assert result.how.startswith("As samples.csv and 1 more says") and "Columns not used: age." in result.how
    result = scanned(sounds, {"samples.csv": samples, "users.csv": "username,gender\ncarl,male\n"})
    assert [one.why for one in result.skipped] == ["A table of speakers, but none of them is known to speak here."]


def test_a_table_of_the_speakers_of_folders(scanned):
    sounds = [f"{speaker}/{word}/{n}.wav" for speaker in ("anna", "ben") for word in ("angry", "sad") for n in (1, 2)]
    result = scanned(sounds, {"speakers.csv": "name,speaker,gender,language\nA,anna,f,German\nB,ben,m,it\n"})
    assert {(row.speaker, row.sex, row.language) for row in result.rows} == {("anna", "f", "de"), ("ben", "m", "it")}


def test_numbers_that_only_count_the_rows_name_no_files(scanned):
    result = scanned(["1.wav", "2.wav"], {"t.csv": ",clip code,emotion\n1,x2,joy\n2,x1,sad\n"})
    assert [row.emotion for row in result.rows] == ["", ""] and "no column names files" in result.skipped[0].why


def test_a_spreadsheet_is_named(scanned):
    result = scanned(["angry/1.wav", "sad/2.wav"], {"labels.xlsx": b"PK\3\4"})
    assert [one.why for one in result.skipped] == ["A table that is not read here; save it as CSV."]


def test_ten_thousand_files_are_understood_in_ten_seconds(tmp_path):
    (tmp_path / "clips").mkdir()
    table = ["id,file_name,text,emotion,speaker_id,gender,age"]
    for n in range(10_000):
        (tmp_path / f"clips/utt_{n:05}.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
        table.append(f"{n},/data/me/clips/utt_{n:05}.wav,Some words {n},{WORDS[n % 4]},s{n % 50},female,30")
    (tmp_path / "metadata.csv").write_text("\n".join(table))
    start = time.process_time()
    result = scan(tmp_path)
    assert time.process_time() - start < 10
    assert len(result.rows) == 10_000 and not result.skipped and result.rows[5].emotion == "happiness"


def test_every_name_of_a_column_is_recognised():
    for key, names in table_columns.NAMES.items():
        for name in names.split():
            assert table_columns.rank(key, name.upper()) < table_columns.UNNAMED, name


@pytest.mark.parametrize(
    "name", ["emotion.confidence", "speaker_age", "EmoAct", "text", "sentence_id", "duration", "age", "valence", ""]
)
def test_names_that_say_nothing_of_this(name):
    assert not table_columns.is_known(name)


def test_many_rows_and_cells(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * (tables.MAX_ROWS + 1))
    with pytest.raises(CorpusError, match="more than 100,000 rows"):
        tables.read(tmp_path / "t.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=200), st.text(',;\t|"\r\n\0 ab=sep{}[]:', max_size=60).map(str.encode)))
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.json"])
def test_any_bytes_are_a_table_or_refused(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    try:
        table = tables.read(tmp_path / name)
    except CorpusError:
        return
    assert all(len(row) == len(table.header) for row in table.rows)


# --- code pages ----------------------------------------------------------------------------------------------------

CODE_PAGES = {  # encoding -> the words for anger, happiness, neutral and sadness
    "gbk": ["愤怒", "高兴", "中性", "悲伤"],
    "gb18030": ["生气", "开心", "中立", "难过"],
    "big5": ["憤怒", "高興", "中性", "悲傷"],
    "cp932": ["怒り", "喜び", "平常", "悲しみ"],
    "euc-kr": ["분노", "기쁨", "중립", "슬픔"],
    "cp1251": ["злость", "радость", "нейтрально", "грусть"],
    "cp1252": ["Ärger", "fröhlich", "neutral", "Traurigkeit"],
    "utf-16": ["colère", "joie", "neutre", "tristesse"],
}


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_code_pages_are_told_apart_by_emotion_words(encoding, scanned):
    words = CODE_PAGES[encoding]
    table = "file,emotion\n" + "".join(f"{n}.wav,{words[n % 4]}\n" for n in range(8))
    result = scanned([f"{n}.wav" for n in range(8)], {"t.csv": table.encode(encoding)})
    assert [row.emotion for row in result.rows] == EMOTIONS * 2
    assert {emotion_words.emotion(word) for word in words} == set(EMOTIONS)


def test_one_line_of_another_encoding_does_not_change_the_others(scanned):
    table = "file,text,emotion\n1.wav,两个人在公园里散步聊天看花,愤怒\n2.wav,今天天气很好我们出去走走吧,悲伤\n".encode()
    result = scanned(["1.wav", "2.wav", "3.wav"], {"t.csv": table + "3.wav,é,joy\n".encode("cp1252")})
    assert [row.emotion for row in result.rows] == ["anger", "sadness", "happiness"]


TEXTS = {  # encoding -> a sentence in which no word is known here
    "cp1252": "Das Mädchen läuft über die Straße; là-bas, où l’été a été très chaud.",
    "cp1250": "Zażółć gęślą jaźń, łódź i wąż",
    "cp1251": "Съешь ещё этих мягких французских булок",
    "cp932": "今日はとてもいい天気ですね。カメラを持って行きましょう。",
    "euc-kr": "오늘은 날씨가 아주 좋습니다. 같이 산책을 갑시다.",
    "gb18030": "今天天气很好，我们一起去公园散步吧。",
    "big5": "今天天氣很好，我們一起去公園散步吧。",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_code_pages_are_told_apart_without_known_words(encoding, tmp_path: Path):
    (tmp_path / "t.csv").write_bytes(f"file,text\n1.wav,{TEXTS[encoding].replace(',', '')}\n".encode(encoding))
    assert tables.read(tmp_path / "t.csv").rows[0][1] == TEXTS[encoding].replace(",", "")
