"""Emotion words of 21 languages; ambiguous words have no meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom import emotion_words
from xser_demo.corpora.labels import EMOTIONS

SPOKEN = {
    "en": {"anger": "Angry", "fear": "fearful", "happiness": "joy", "neutral": "Neutral", "sadness": "SAD"},
    "de": {"anger": "Wut", "fear": "Angst", "happiness": "Freude", "neutral": "sachlich", "sadness": "Trauer"},
    "it": {"anger": "rabbia", "fear": "paura", "happiness": "gioia", "neutral": "neutro", "sadness": "tristezza"},
    "fr": {"anger": "colère", "fear": "peur", "happiness": "joie", "neutral": "neutre", "sadness": "tristesse"},
    "es": {"anger": "enojo", "fear": "miedo", "happiness": "alegría", "neutral": "neutro", "sadness": "tristeza"},
    "ur": {"anger": "غصہ", "fear": "خوف", "happiness": "خوشی", "neutral": "نارمل", "sadness": "اداسی"},
    "zh": {"anger": "愤怒", "fear": "恐惧", "happiness": "高兴", "neutral": "中性", "sadness": "悲伤"},
    "ja": {"anger": "怒り", "fear": "恐怖", "happiness": "喜び", "neutral": "平常", "sadness": "悲しみ"},
    "ko": {"anger": "분노", "fear": "두려움", "happiness": "기쁨", "neutral": "중립", "sadness": "슬픔"},
    "ru": {"anger": "злость", "fear": "страх", "happiness": "радость", "neutral": "нейтрально", "sadness": "Грусть"},
    "pt": {"anger": "raiva", "fear": "medo", "happiness": "alegria", "neutral": "neutro", "sadness": "tristeza"},
    "pl": {"anger": "złość", "fear": "strach", "happiness": "radość", "neutral": "neutralny", "sadness": "smutek"},
    "tr": {"anger": "öfke", "fear": "korku", "happiness": "MUTLULUK", "neutral": "nötr", "sadness": "üzüntü"},
    "ar": {"anger": "غضب", "fear": "خوف", "happiness": "سعادة", "neutral": "محايد", "sadness": "حزن"},
    "fa": {"anger": "خشم", "fear": "ترس", "happiness": "شادی", "neutral": "خنثی", "sadness": "ناراحتی"},
    "el": {"anger": "θυμός", "fear": "φόβος", "happiness": "ΧΑΡΑ", "neutral": "ουδέτερο", "sadness": "λύπη"},
    "hi": {"anger": "गुस्सा", "fear": "डर", "happiness": "खुशी", "neutral": "तटस्थ", "sadness": "दुख"},
    "bn": {"anger": "রাগ", "fear": "ভয়", "happiness": "আনন্দ", "neutral": "নিরপেক্ষ", "sadness": "দুঃখ"},
    "nl": {"anger": "woede", "fear": "angstig", "happiness": "vreugde", "neutral": "neutraal", "sadness": "verdriet"},
    "id": {"anger": "marah", "fear": "takut", "happiness": "senang", "neutral": "netral", "sadness": "sedih"},
    "uk": {"anger": "гнів", "fear": "страх", "happiness": "радість", "neutral": "нейтральний", "sadness": "смуток"},
}


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_has_the_common_emotions(language):
    assert {emotion: emotion_words.emotion(word) for emotion, word in SPOKEN[language].items()} == {
        emotion: emotion for emotion in SPOKEN[language]
    }


@pytest.mark.parametrize(
    ("written", "emotion"),
    [
        ("01_Colère", "anger"),
        ("F01_दुःख_2.wav", "sadness"),  # vowel signs are no ends of words
        ("KIZGIN", "anger"),
        ("zlosc", "anger"),
        ("colere", "anger"),
        ("aergerlich", "anger"),
        ("Ärger", "anger"),
        ("A\u0308rger", "anger"),  # as macOS writes it
        ("OAF_Pleasant_surprise", "surprise"),
        ("YAF_pleasant_surprised", "surprise"),
        ("Angst (fear)", "fear"),
        ("HAP", "happiness"),
        ("exc", "excited"),
        ("憤怒", "anger"),
        ("neutral_speech", "neutral"),
        ("no emotion", "neutral"),
        ("neutrality", "neutral"),
    ],
)
def test_spellings(written, emotion):
    assert emotion_words.emotion(written) == emotion


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "x",
        "Actor_01",
        "0011",
        "not happy",
        "angry-sad",
        "xxx",
        "train",
        "hasira",
        "não feliz",
        "nie zły",
        "niet blij",
        "tidak marah",
        "mutlu değil",
        "sem medo",
        "не злой",
        "sin miedo",
        "ليس غاضب",
        "नहीं डर",
    ],
)
def test_words_with_no_or_several_emotions(written):
    assert emotion_words.emotion(written) is None


def test_unified_names_map_to_themselves():
    assert {emotion: emotion_words.emotion(emotion) for emotion in EMOTIONS} == {
        emotion: emotion for emotion in EMOTIONS
    }
    assert set(emotion_words.WORDS) == set(EMOTIONS) and {e for c in CORPORA.values() for e in c.emotions} <= set(
        emotion_words.WORDS
    )


@given(st.text(max_size=30))
def test_any_text_gives_an_emotion_or_none(text):
    assert emotion_words.emotion(text) in (None, *EMOTIONS)


@given(
    st.sampled_from([word for listed in emotion_words.WORDS.values() for word in listed.split()]), st.integers(0, 99)
)
def test_numbers_and_case_change_nothing(word, number):
    assert (
        emotion_words.emotion(f"{number:02}_{word}")
        == emotion_words.emotion(word)
        == emotion_words.emotion(f"{word.upper()} {number}")
    )
