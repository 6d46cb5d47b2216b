"""Words that say what a name is: a speaker, or a take, session, sentence, dialogue, intensity, subset or format.

In English, German, Italian, French, Spanish, Urdu, Polish, Greek (also in Latin letters) and Turkish; accents may be
left out.
"""

import re
from functools import lru_cache

from xser_demo.corpora.custom import emotion_words, tables

SPEAKER = (
    "speaker speakers spk spkr spkid actor actors actress subject subj participant person talker Sprecher "
    "Sprecherin Schauspieler Schauspielerin Person Proband parlante attore attrice soggetto locuteur locutrice "
    "acteur actrice sujet participant hablante locutor actriz sujeto participante mówca aktor aktorka osoba "
    "lektor ομιλητής ηθοποιός omilitis ithopoios konuşmacı oyuncu aktör kişi denek اداکار مقرر"
)
PARTS = (
    # takes
    "take takes repetition repetitions repeat repeats trial trials version variant Aufnahme Aufnahmen "
    "Wiederholung Durchgang Versuch ripetizione ripetizioni ripresa prova prise prises répétition essai toma "
    "tomas repetición intento powtórzenie ujęcie próba λήψη επανάληψη προσπάθεια lipsi epanalipsi tekrar çekim "
    "deneme kayıt تکرار دہرائی "
    # sessions
    "session sessions day days part parts block round Sitzung Sitzungen Teil Runde sessione sessioni seduta "
    "giorno parte séance séances jour partie sesión sesiones sesja sesje dzień część συνεδρία μέρος ημέρα "
    "synedria meros oturum bölüm gün نشست سیشن حصہ "
    # sentences
    "sentence sentences text texts utterance utterances word words phrase phrases prompt prompts statement "
    "statements script scripts scripted Satz Sätze Text Texte Äußerung Wort Wörter frase frasi testo testi "
    "enunciato parola parole texte énoncé mot mots frases oración oraciones texto textos enunciado palabra "
    "palabras zdanie zdania tekst teksty wypowiedź słowo słowa πρόταση προτάσεις κείμενο φράση λέξη protasi "
    "protaseis keimeno frasi lexi cümle cümleler metin ifade kelime جملہ جملے متن لفظ "
    # dialogues
    "dialogue dialogues dialog dialogs conversation conversations impro improvisation improvised spontaneous "
    "acted read scene scenes episode episodes chapter chapters video videos Dialoge Gespräch Gespräche Szene "
    "dialogo dialoghi conversazione scena diálogo diálogos conversación escena rozmowa rozmowy sceny διάλογος "
    "συνομιλία σκηνή dialogos synomilia skini diyalog sohbet sahne مکالمہ گفتگو منظر "
    # intensities
    "intensity intensities level levels high low medium mid middle strong weak mild normal intense pleasant very "
    "hi lo md Intensität stark schwach mittel leicht hoch niedrig intensità alto alta basso bassa medio media "
    "forte debole lieve intensité fort faible moyen moyenne élevé élevée léger légère intensidad bajo baja "
    "fuerte débil leve moderado intensywność silny silna silne słaby słaba słabe średni średnia średnie wysoki "
    "wysoka niski niska mocny mocna lekki slaby slaba ένταση δυνατό δυνατή ισχυρό ισχυρή έντονο έντονη αδύναμο "
    "ασθενής χαμηλή χαμηλό υψηλή υψηλό μέτρια μέτριο ήπια ήπιο entasi dynato dynati ischyri entoni adynami "
    "chamili chamilo ypsili ypsilo metria ipia yoğunluk şiddet güçlü zayıf orta yüksek düşük hafif şiddetli شدت "
    "شدید زیادہ کم درمیانہ ہلکا "
    # subsets and formats
    "train training test testing val valid validation dev eval evaluation split splits fold folds set subset "
    "batch audio audios wav wavs flac mp3 ogg sound sounds clip clips recording recordings record data dataset "
    "corpus speech song raw clean noisy mono stereo file files khz hz"
)
# Short forms, which count only before a number ("rep2"), since some are also names of people.
SHORT = "tk rep reps ses sess sen sent snt utt utter dia dial conv ep sc chap ch vid seg int lvl txt"
SEPARATORS = re.compile(r"[\s_\-.,;:()\[\]{}+#&~/]+")
SEX_AND_NUMBER = re.compile(r"(\D+?)[\s_\-./]*\d{1,2}")
ASCII = str.maketrans({"ł": "l", "ı": "i", "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue"})


def _forms(words: str) -> frozenset[str]:
    lower = words.casefold()
    return frozenset(emotion_words.plain(word) for word in [*lower.split(), *lower.translate(ASCII).split()])


SPEAKER_WORDS, PART_WORDS, SHORT_WORDS = _forms(SPEAKER), _forms(PARTS), _forms(SHORT)


def pieces(name: str) -> list[str]:
    """What stands between separators; letters with the number behind them are a piece of their own:
    "spk_03-F01S02" has the pieces spk, 03, F01 and S02."""
    return [piece for part in SEPARATORS.split(name) for piece in re.findall(r"\D+\d*|\d+", part)]


@lru_cache(100_000)
def speaker_part(name: str) -> str:
    """The name without words for emotions and parts of a corpus, and without the numbers behind them: "anna" of
    "anna_angry_take2"; "" when nothing is left."""
    found = pieces(name)
    kept = []
    number_belongs = False  # to a word that is left out
    for piece, following in zip(found, [*found[1:], ""], strict=True):
        word = emotion_words.plain(piece)
        if word:
            numbered = piece[-1].isdigit() or following.isdigit()
            number_belongs = (
                word in emotion_words.TABLE or word in PART_WORDS or (numbered and word in SHORT_WORDS)
            )  # fmt: skip
        if not number_belongs:
            kept.append(piece)
    return name if len(kept) == len(found) else "_".join(kept)


def names_a_speaker(name: str) -> bool:
    """Whether a name says that it is a speaker's: "Actor_01", "spk3", "F01", "female 2"."""
    if any(emotion_words.plain(piece) in SPEAKER_WORDS for piece in pieces(name)):
        return True
    match = SEX_AND_NUMBER.fullmatch(name)
    return bool(match and tables.sex(match[1]) and match[1].lower() != "w")  # w1 may be a word
