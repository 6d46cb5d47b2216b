"""Which column of a table says what: files by what the cells name, emotions by their words, the rest by its name."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from xser_demo.corpora.custom import emotion_words

FACTS = ("emotion", "speaker", "language", "sex")
# Names that a column may have, the better ones first; compared without case, accents, blanks and punctuation.
NAMES = {
    "path": "path file filepath filename wav wavpath wavfile audio audiopath audiofile audiofilename sound clip "
    "clippath recording utterance utt uttid name key id Datei Dateiname Dateipfad Pfad Aufnahme fichier chemin "
    "enregistrement archivo ruta grabación percorso arquivo caminho plik 文件 文件名 文件路径 路径 音频 音频文件 语音 "
    "语音文件 錄音 檔案 檔名 音檔 "
    "ファイル ファイル名 音声 音声ファイル 파일 파일명 음성 경로 файл имяфайла путь запись аудио",
    "emotion": "emotion emo emotions label labels class category Gefühl émotion emoción emozione emoção emocja duygu "
    "情感 情绪 情緒 感情 情感类别 情感标签 标签 類別 感情ラベル ラベル 감정 정서 라벨 эмоция эмоции метка класс",
    "speaker": "speaker spk spkr speakers actor subject participant client talker performer user username voiceactor "
    "Sprecher Sprecherin Schauspieler Proband locuteur acteur parlante attore hablante locutor 说话人 說話人 说话者 "
    "发音人 录音人 演员 話者 発話者 声優 화자 성우 배우 диктор говорящий спикер актер",
    "language": "language lang languages locale Sprache langue lingua idioma língua 语言 語言 言語 언어 язык",
    "sex": "sex gender speakersex speakergender actorsex actorgender Geschlecht sexe sesso genere sexo género 性别 "
    "性別 성별 пол",
    "start": "start starttime startsec startseconds starts begin begintime onset tmin Anfang 开始 "
    "开始时间 開始 시작 начало",
    "end": "end endtime endsec endseconds ends stop stoptime tmax Ende 结束 结束时间 終了 종료 конец",
}  # fmt: skip
# Words beside one of the names that change nothing: "SpkrID", "emotion_expressed", "EmoClass".
FILLERS = {
    "id", "ids", "no", "nr", "num", "number", "code", "name", "label", "class", "category", "type", "value",
    "expressed", "intended", "acted", "portrayed", "perceived", "primary", "main", "major", "majority", "consensus",
    "final", "gold", "discrete", "categorical", "path", "file",
}  # fmt: skip
MAX_EMOTIONS = 40  # different words in a column of emotions
MAX_EMOTION_LETTERS = 40
RANK_OF = {
    key: {emotion_words.plain(name): rank for rank, name in enumerate(names.split())} for key, names in NAMES.items()
}
COUNTER = re.compile(r"0|[1-9]\d*")
UNNAMED = 1000  # rank of a column whose name says nothing

Rows = Sequence[Sequence[str]]


def is_known(name: str) -> bool:
    """Whether a column of this name is understood."""
    return any(rank(key, name) < UNNAMED for key in NAMES)


def rank(key: str, name: str) -> int:
    """How well a column name fits a key of NAMES: 0 is best, UNNAMED not at all."""
    ranks = RANK_OF[key]
    if (whole := emotion_words.plain(name)) in ranks:
        return ranks[whole]
    words = [emotion_words.plain(word) for word in _words(name)]
    if key == "path" and words and all(word in ranks or word in FILLERS for word in words):
        return min((ranks[word] for word in words if word in ranks), default=UNNAMED)
    return ranks.get("".join(word for word in words if word not in FILLERS), UNNAMED)


def named(key: str, header: Sequence[str]) -> list[int]:
    """The columns whose name fits a key of NAMES, the best first."""
    ranks = [rank(key, name) for name in header]
    return sorted((c for c, found in enumerate(ranks) if found < UNNAMED), key=ranks.__getitem__)


def of_files(header: Sequence[str], rows: Rows, names_file: Callable[[str], bool], files: int) -> list[int]:
    """The columns whose cells name files that are there, the best first. Where the name of a column says nothing, half
    of its cells must name a file, or they must name half of the ``files``; plain numbers may count the rows."""
    found = []
    for column, name in enumerate(header):
        cells = Counter(row[column] for row in rows if row[column])
        count = sum(times for cell, times in cells.items() if names_file(cell))
        telling = 2 * count >= min(cells.total(), files) and not all(map(COUNTER.fullmatch, cells))
        if count and ((known := rank("path", name)) < UNNAMED or telling):
            found.append((-count, known, column))
    return [column for *_, column in sorted(found)]


def facts(header: Sequence[str], rows: Rows, taken: set[int]) -> dict[str, int]:
    """Key of FACTS -> column, for the columns that are not ``taken``."""
    free = [column for column in range(len(header)) if column not in taken]
    columns = {key: next((c for c in named(key, header) if c in free), None) for key in FACTS}
    words = list(_with_emotion_words(rows, free))
    columns["emotion"] = next((c for c in named("emotion", header) if c in words), (words or [columns["emotion"]])[0])
    return {key: column for key, column in columns.items() if column is not None}


def _with_emotion_words(rows: Rows, columns: list[int]) -> Iterator[int]:
    """Columns in which at least half of the cells are words for at least two emotions."""
    for column in columns:
        cells = Counter(row[column] for row in rows if row[column])
        if len(cells) > MAX_EMOTIONS or any(len(cell) > MAX_EMOTION_LETTERS for cell in cells):
            continue
        meant = {cell: emotion for cell in cells if (emotion := emotion_words.emotion(cell))}
        if len(set(meant.values())) > 1 and 2 * sum(cells[cell] for cell in meant) >= cells.total():
            yield column


def _words(name: str) -> list[str]:
    """ "SpkrID" and "spkr_id" are two words each."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[\u0400-\uffff])(?=[A-Za-z])", " ", name)
    return [word for word in re.split(r"[\W_\d]+", parted) if word]
