"""The code page of a table: UTF-8 or UTF-16 where it is one, else the page in which most cells are known words.

Bytes that are good Chinese are often also good Korean or Japanese, so words decide first. Without a known word the page
with the fewest odd words wins: letters of two scripts side by side, symbols inside a word, capitals inside a word.
"""

import re
import unicodedata
from collections.abc import Callable

# Page -> the smaller set in which nearly all of its real text can be written. On a tie the first page wins.
PAGES = {
    "cp1252": "cp1252",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp932": "shift_jis",
    "cp949": "euc_kr",
    "gb18030": "gb2312",
    "cp950": "big5",
}
MAX_BROKEN = 0.05  # of the letters beyond ASCII, in a table to which lines of another encoding were added
SAMPLE = 64 << 10  # bytes that are looked at
CELL = re.compile(r"[,;\t|\r\n\"]+")
WORD = re.compile(r"[^\x00-\x2f:-@\[-`{-\x7f]+")
SCRIPTS = (
    re.compile(r"[A-Za-zªºÀ-ɏ]"),
    re.compile(r"[Ѐ-ӿ]"),
    re.compile(r"[぀-ヿ㐀-鿿]"),
    re.compile(r"[가-힣]"),
)
ODD = re.compile(r"[À-ɏ]{3}|[a-zß-ÿ][A-ZÀ-ÞĀ-ɏ]*[A-ZÀ-Þ]|[a-zß-ÿ][¡¿«»§†‡„‚‹›][a-zß-ÿ]|[｡-ﾟ]")


def decoded(data: bytes, known: Callable[[str], bool]) -> str:
    """The text of a table. ``known``: whether a cell is a word that tables of recordings have."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        text = data.decode(encoding, errors="replace")
        broken = text.count("\ufffd")
        if not broken or MAX_BROKEN * sum(not c.isascii() for c in text) > broken:
            return text
    sample = _sample(data)
    best = max(PAGES, key=lambda page: _score(sample, page, known))
    return data.decode(best, errors="replace")


def _sample(data: bytes) -> bytes:
    """The first lines that are not plain ASCII."""
    lines, size = [], 0
    for line in data.split(b"\n"):
        if not line.isascii():
            lines.append(line)
            size += len(line)
        if size > SAMPLE:
            break
    return b"\n".join(lines)


def _score(sample: bytes, page: str, known: Callable[[str], bool]) -> tuple[int, float]:
    """(number of known words, minus the share of odd words); the larger the better."""
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return -1, 0.0
    cells = {cell.strip() for cell in CELL.split(text) if not cell.isascii()}
    words = {word for word in WORD.findall(text) if not word.isascii()}
    odd = sum(_odd(word, PAGES[page]) for word in words)
    return sum(map(known, cells)), -odd / max(1, len(words))


def _odd(word: str, charset: str) -> bool:
    try:
        word.encode(charset)
    except UnicodeEncodeError:
        return True
    if ODD.search(word) or sum(bool(script.search(word)) for script in SCRIPTS) > 1:
        return True
    return any(unicodedata.category(c)[0] in "SCN" for c in word if not c.isascii())
