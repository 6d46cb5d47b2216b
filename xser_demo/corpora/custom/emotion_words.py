"""Emotion words of 21 languages, as people write them in folder names and tables, and the unified names.

Words that could mean two emotions are not in the list, nor are single letters: the user says what they mean.
"""

import re
import unicodedata

from xser_demo.corpora.labels import EMOTIONS

# English, German, Italian, French, Spanish, Urdu (also in Latin letters), Chinese (both scripts), Japanese, Korean,
# Russian; Portuguese, Polish, Turkish, Arabic, Persian, Greek, Hindi, Bengali, Dutch, Indonesian, Ukrainian.
# Abbreviations are those of well-known corpora. Accents may be left out, and umlauts written with an e.
WORDS = {
    "anger": "ang angry rage furious Ärger ärgerlich Wut wütend Zorn zornig rabbia rab arrabbiato arrabbiata "
    "colère fâché fâchée ira enojo enojado enojada enfado enfadado enfadada rabia غصہ غصے ناراض ghussa gussa 愤怒 "
    "憤怒 生气 生氣 怒 "
    "怒り 激怒 분노 화남 화난 злость злой злая гнев ярость сердитый "
    "raiva zangado zangada złość gniew zły öfke öfkeli kızgın kızgınlık sinirli غضب غاضب خشم عصبانی عصبانیت "
    "θυμός θυμωμένος गुस्सा क्रोध রাগ রাগান্বিত woede boos marah kemarahan гнів",
    "boredom": "bor bored Langeweile gelangweilt noia annoiato annoiata ennui ennuyé ennuyée aburrimiento aburrido "
    "aburrida بوریت 无聊 無聊 厌倦 厭倦 "
    "退屈 지루함 지루한 скука скучно "
    "tédio entediado entediada nuda znudzony ملل πλήξη ऊब verveling нудьга",
    "calm": "calmness ruhig gelassen calmo calma calme tranquillo tranquilla tranquilo tranquila پرسکون سکون 平静 "
    "平靜 冷静 "
    "落ち着き 평온 차분함 спокойствие спокойный спокойно "
    "spokój spokojny spokojna sakin هدوء هادئ آرام آرامش ήρεμος ηρεμία शांत শান্ত kalm rustig tenang спокій",
    "disgust": "dis disgusted Ekel angeekelt disgusto disgustato disgustata dégoût dégoûté dégoûtée asco کراہت "
    "厌恶 厭惡 "
    "嫌悪 嫌悪感 혐오 역겨움 отвращение "
    "nojo wstręt obrzydzenie tiksinti tiksinme iğrenme iğrenç اشمئزاز قرف αηδία αποστροφή घृणा ঘৃণা walging jijik огида",
    "excited": "exc excitement excité excitée begeistert eccitato eccitata emocionado emocionada 兴奋 興奮 激动 激動 "
    "흥분 возбуждение "
    "animado animada podekscytowany heyecan heyecanlı हर्षित opgewonden",
    "fear": "fea fearful afraid scared frightened Angst ängstlich Furcht paura pau impaurito impaurita peur effrayé "
    "effrayée crainte miedo temor asustado asustada خوف ڈر khauf 恐惧 恐懼 害怕 惧 "
    "恐怖 恐れ 怖れ 두려움 공포 страх испуг "
    "medo assustado assustada strach lęk korku korkmuş ترس φόβος φοβισμένος डर भय ভয় angstig takut ketakutan",
    "frustration": "fru frustrated frustriert frustrazione frustrato frustrata frustré frustrée frustración "
    "frustrado frustrada 沮丧 沮喪 "
    "苛立ち 좌절 фрустрация "
    "frustração frustracja frustratie",
    "happiness": "hap happy joy joyful cheerful Freude fröhlich froh glücklich gioia gio felice felicità allegria joie "
    "joyeux joyeuse heureux heureuse bonheur alegría alegre felicidad feliz contento contenta خوشی خوش khushi 高兴 "
    "高興 快乐 快樂 开心 開心 喜悦 喜悅 喜 "
    "喜び 嬉しい 幸せ 기쁨 행복 행복한 즐거움 радость радостный счастье счастливый "
    "alegria felicidade radość szczęście wesoły szczęśliwy mutlu mutluluk sevinç neşeli سعادة سعيد فرح سرور "
    "شادی شاد خوشحال خوشحالی χαρά ευτυχία χαρούμενος खुशी ख़ुशी आनंद খুশি আনন্দ blij vreugde senang bahagia радість щастя",
    "neutral": "neu normal sachlich neutrale neutralità neutre neutro neutra نارمل غیرجانبدار 中性 中立 "
    "neutrality 平常 普通 ニュートラル 중립 무감정 нейтральный нейтрально нейтральность нейтральная нейтральное "
    "neutralny neutralna neutralnie nötr محايد خنثی ουδέτερο ουδέτερη ουδέτερος ουδετερότητα "
    "तटस्थ নিরপেক্ষ neutraal netral нейтральний",
    "sadness": "sad unhappy Trauer traurig Traurigkeit tristezza tri triste tristesse tristeza اداسی اداس غم غمگین "
    "udasi gham 悲伤 悲傷 伤心 傷心 难过 難過 悲 "
    "悲しみ 悲しい 슬픔 슬픈 грусть грустный печаль "
    "smutek smutny smutna üzgün üzüntü üzgünlük hüzün حزن حزين ناراحت ناراحتی λύπη λυπημένος θλίψη "
    "दुख दुःख दुखी उदास दुःखी দুঃখ দুঃখী verdriet verdrietig droevig sedih kesedihan сум смуток",
    "surprise": "sur surprised astonished ps Überraschung überrascht sorpresa sor sorpreso surpris sorprendido "
    "sorprendida حیرت حیران تعجب 惊讶 驚訝 吃惊 吃驚 惊奇 驚奇 惊 "
    "驚き 놀람 놀라움 удивление удивленный "
    "surpresa surpreso surpreendido zaskoczenie zdziwienie zaskoczony şaşkın şaşkınlık şaşırmış sürpriz "
    "مفاجأة دهشة متفاجئ شگفتی شگفت έκπληξη έκπληκτος आश्चर्य বিস্ময় বিস্মিত verrassing verrast terkejut здивування",
}
ALIASES = {"pleasantsurprise": "surprise", "anxiety": "fear", "anxious": "fear", "noemotion": "neutral"}
NEGATED = (  # "not happy" means no emotion here; in the languages of WORDS
    "not no non less without nicht kein keine ohne pas sans senza sin não sem nie bez değil niet geen zonder tidak "
    "tanpa не нет без не ні ليس غير بدون нет نه بی όχι μη δεν χωρίς नहीं बिना না নয় ছাড়া نہیں بغیر 不 没 沒 無 无 未"
)
PLAIN = str.maketrans("łøđı", "lodi")  # letters that Unicode does not take apart
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def plain(word: str) -> str:
    """Lower-case letters only, without accents: "01_Colère" becomes "colere"."""
    return "".join(c for c in _without_marks(word.casefold().translate(PLAIN)) if c.isalpha())


def _without_marks(text: str) -> str:
    """Without accents and without the vowel signs of Indian scripts."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.category(c).startswith("M"))


def _table() -> dict[str, str]:
    table = dict(ALIASES)
    for emotion in EMOTIONS:
        for word in (emotion, *WORDS[emotion].split()):
            for form in {plain(word), plain(word.casefold().translate(UMLAUTS))}:
                if table.setdefault(form, emotion) != emotion:
                    raise ValueError(f"{word} is in the list for two emotions")
    return table


TABLE = _table()
NEGATIONS = {plain(word) for word in NEGATED.split()}


def emotion(words: str) -> str | None:
    """Name in labels.EMOTIONS; None when the words mean no emotion or more than one. Numbers, one more word
    ("OAF_fear") and a translation in brackets ("Angst (fear)") are allowed."""
    if plain(words) in TABLE:
        return TABLE[plain(words)]
    parts = [plain(part) for part in re.split(r"[\W\d_]+", _without_marks(words))]
    meanings = {TABLE[part] for part in parts if part in TABLE}
    return meanings.pop() if len(meanings) == 1 and not NEGATIONS.intersection(parts) else None
