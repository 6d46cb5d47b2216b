"""Finding and reading corpora in the manifest layout and in the official layouts."""

from collections import Counter

import pytest

from xser_demo.corpora import CORPORA
from xser_demo.corpora.locate import audio_path, find, read
from xser_demo.utils.errors import CorpusError

# corpus -> emotion counts of the release
PUBLISHED = {
    "ravdess": dict.fromkeys(("calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"), 192)
    | {"neutral": 96},
    "emodb": {
        "anger": 127,
        "boredom": 81,
        "neutral": 79,
        "happiness": 71,
        "fear": 69,
        "sadness": 62,
        "disgust": 46,
    },
    "emovo": dict.fromkeys(("disgust", "happiness", "neutral", "fear", "anger", "surprise", "sadness"), 84),
    "urdu": dict.fromkeys(("sadness", "happiness", "neutral", "anger"), 100),
    "aesdd": {"disgust": 122, "sadness": 122, "anger": 121, "fear": 120, "happiness": 119},
}  # recordings of these are at hand
HEADER = "path,corpus,language,speaker,sex,emotion,utterance_text_id,duration_s\n"
STUB = b"RIFF" + bytes(32)


@pytest.mark.parametrize("key", PUBLISHED)
def test_real_corpus_has_the_published_counts(key, corpora_dir):
    clips = read(key, corpora_dir)
    known = CORPORA[key]
    assert len(clips) == known.clips
    assert len({clip.speaker for clip in clips}) == known.speakers
    assert Counter(clip.emotion for clip in clips) == PUBLISHED[key]
    assert sorted(PUBLISHED[key]) == list(known.emotions)
    assert [clip.path for clip in clips] == sorted(clip.path for clip in clips)
    assert audio_path(corpora_dir, clips[0]).is_file()


@pytest.mark.parametrize("key", PUBLISHED)
def test_official_names_agree_with_the_manifest(key, corpora_dir):
    for clip in read(key, corpora_dir):
        parsed = CORPORA[key].parse(find(key, corpora_dir) / clip.path)
        for field in ("corpus", "language", "speaker", "sex", "emotion", "text_id"):
            assert getattr(parsed, field) == getattr(clip, field), (clip.path, field)


def test_ravdess_doubled_tree_is_read_once(tree):
    names = ("Actor_01/03-01-05-01-02-01-01.wav", "Actor_02/03-01-08-02-01-02-02.wav")
    root = tree(*("ravdess/" + name for name in names))
    tree(*("ravdess/audio_speech_actors_01-24/" + name for name in names))
    clips = read("ravdess", root)
    assert [clip.path for clip in clips] == list(names)
    assert [(clip.speaker, clip.sex, clip.emotion, clip.text_id) for clip in clips] == [
        ("01", "m", "anger", "S02"),
        ("02", "f", "surprise", "S01"),
    ]


def test_ravdess_songs_and_videos_are_not_clips(tree):
    root = tree(
        "ravdess/a/03-02-05-01-02-01-01.wav",
        "ravdess/a/01-01-05-01-02-01-01.wav",
        "ravdess/03-01-01-01-01-01-25.wav",
    )
    with pytest.raises(CorpusError, match="RAVDESS is not in"):
        read("ravdess", root)


def test_aesdd_irregular_names(tree):
    root = tree(
        "AESDD/disgust/d03 (01).wav",
        "AESDD/fear/f18 (5)b.wav",
        "AESDD/fear/f18 (5).wav",
        "AESDD/Tools and Documentation/tone.wav",
    )
    (root / "AESDD/sadness").mkdir()
    (root / "AESDD/sadness/s05 (3).wav").write_bytes(STUB)
    clips = read("aesdd", root)
    assert [(clip.path, clip.speaker, clip.sex, clip.text_id) for clip in clips] == [
        ("disgust/d03 (01).wav", "1", "f", "03"),
        ("fear/f18 (5).wav", "5", "f", "18"),
        ("fear/f18 (5)b.wav", "5", "f", "18"),
    ]


def test_emovo_stereo_and_mono_files_are_both_clips(tree):
    root = tree("EMOVO/f1/dis-f1-b1.wav", channels=2)
    tree("EMOVO/f1/rab-f1-b1.wav")
    assert [clip.emotion for clip in read("emovo", root)] == ["disgust", "anger"]
    assert CORPORA["emovo"].channel == "first"


@pytest.mark.parametrize(
    ("key", "path", "root"),
    [
        ("emodb", "emodb/wav/03a01Fa.wav", "emodb"),
        ("emodb", "emodb/download/wav/03a01Fa.WAV", "emodb"),
        ("emodb", "download/wav/03a01Fa.wav", "download"),
        ("emodb", "wav/03a01Fa.wav", "."),
        ("emodb", "03a01Fa.wav", "."),
        (
            "ravdess",
            "Audio_Speech_Actors_01-24/Actor_01/03-01-01-01-01-01-01.wav",
            "Audio_Speech_Actors_01-24",
        ),
        ("ravdess", "Actor_01/03-01-01-01-01-01-01.wav", "."),
        ("emovo", "EMOVO/f1/dis-f1-b1.wav", "EMOVO"),
        ("urdu", "URDU-Dataset-master/Angry/SM1_F1_A01.wav", "URDU-Dataset-master"),
        (
            "aesdd",
            "Acted Emotional Speech Dynamic Database/anger/a01 (1).wav",
            "Acted Emotional Speech Dynamic Database",
        ),
    ],
)
def test_official_folders_are_found(key, path, root, tree):
    folder = tree(path)
    assert find(key, folder) == folder / root
    (clip,) = read(key, folder)
    assert audio_path(folder, clip) == folder / path
    assert clip.duration_s is None


def test_folder_with_other_corpora_is_not_taken_for_one(tree):
    folder = tree("emovo/dis-f1-b1.wav", "emovo/dis-f1-b2.wav", "mixed/03a01Fa.wav")
    with pytest.raises(CorpusError, match="EmoDB is not in"):
        find("emodb", folder)


def test_corpus_folder_itself_in_manifest_layout(tree):
    folder = tree("a.wav")
    (folder / "manifest.csv").write_text(HEADER + "a.wav,emodb,de,03,m,anger,a01,0.1\n")
    assert find("emodb", folder) == folder
    with pytest.raises(CorpusError, match="EMOVO is not in"):
        find("emovo", folder)


def test_manifest_ignores_further_columns_and_byte_order_mark(tree):
    folder = tree("emodb/a.wav", "emodb/b.wav")
    header = HEADER.strip() + ",version\n"
    rows = "b.wav,emodb,de,03,m,anger,a01,,x\na.wav,emodb,de,08,f,fear,,1.5,y\n"
    (folder / "emodb/manifest.csv").write_text("\ufeff" + header + rows, encoding="utf-8")
    assert [(clip.path, clip.duration_s) for clip in read("emodb", folder)] == [
        ("a.wav", 1.5),
        ("b.wav", None),
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("path,corpus,language,speaker,sex,emotion,duration_s\n", "has no column utterance_text_id"),
        ("", "has no column"),
        (HEADER, "lists no clip"),
        (HEADER + "a.wav,emovo,de,03,m,anger,a01,1\n", "belongs to corpus 'emovo'"),
        (HEADER + "a.wav,emodb,de,03,m,bliss,a01,1\n", "emotion 'bliss' is none of"),
        (HEADER + "a.wav,emodb,de,,m,anger,a01,1\n", "needs a speaker"),
        (HEADER + "a.wav,emodb,de,03,m,anger,a01,long\n", "not a number of seconds"),
        (HEADER + "../a.wav,emodb,de,03,m,anger,a01,1\n", "does not lie inside"),
        (HEADER + "a.wav,emodb\n", "emotion '' is none of"),
        (HEADER + "a.wav,emodb,de,03,m,anger,a01,1\n" * 2, "lists a.wav twice"),
        (HEADER + "gone.wav,emodb,de,03,m,anger,a01,1\n", "lists gone.wav, which is not there"),
    ],
)
def test_errors_of_an_invalid_manifest(table, reason, tree):
    folder = tree("emodb/a.wav")
    (folder / "emodb/manifest.csv").write_text(table)
    with pytest.raises(CorpusError, match=reason) as caught:
        read("emodb", folder)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_manifest_that_is_not_text(tree):
    folder = tree("emodb/a.wav")
    (folder / "emodb/manifest.csv").write_bytes(b"\xff\xfe\x00path")
    with pytest.raises(CorpusError, match="cannot be read as a UTF-8 table"):
        read("emodb", folder)


def test_error_of_a_missing_corpus(tmp_path):
    for folder in (None, tmp_path, tmp_path / "nowhere"):
        with pytest.raises(CorpusError) as caught:
            read("emovo", folder)
        sentence = str(caught.value)
        assert "EMOVO" in sentence and "voice.fub.it" in sentence and "XSER_CORPORA" in sentence
        assert "--corpora" in sentence and sentence.endswith(".") and "\n" not in sentence
    with pytest.raises(CorpusError, match="choose one of ravdess, emodb"):
        read("nowhere", tmp_path)
