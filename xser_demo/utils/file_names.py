"""File names as text: in UTF-8, from the Unicode Path field, or in the code page of the computer that wrote them.

A zip says only whether a name is UTF-8. Windows and older programs write names in the code page of their country
instead, and no field names it. It is guessed from all names of the archive together: in the right code page they
consist of ordinary words of one script, in a wrong one of rare characters and signs.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

UTF8_FLAG = 0x800
UNICODE_PATH = 0x7075  # Info-ZIP's extra field: version, CRC-32 of the raw name, the name in UTF-8
FALLBACK = "cp437"  # of the zip format
MIN_SHARE = 0.5  # of the letters beyond ASCII that must be in ordinary words, else the code page is not known

ACCENTED = "àâäáãåæçèéêëìíîïñòóôöõøœùúûüß"
LATIN = rf"(?=.*[a-zA-Z])[a-zA-Z{ACCENTED.upper()}]?[a-z{ACCENTED}]*|(?=.*[A-Z])[A-Z{ACCENTED.upper()}]+"
CYRILLIC = "(?=.*[аеёиоуыэюяєії])[А-ЯЁЄІЇҐ]?[а-яёєіїґ]+|(?=.*[АЕЁИОУЫЭЮЯЄІЇ])[А-ЯЁЄІЇҐ]+"  # with a vowel
JAPANESE = "[ぁ-ゖァ-ヶー々一-龥]+"
KOREAN = "[가-힣]+"
CHINESE = "[一-龥]+"


@dataclass(frozen=True)
class CodePage:
    """``word``: a pattern of ordinary words. ``common``: a codec of the characters of daily use, with the lowest and
    highest first byte of them; it leaves out the rare ones, of which a wrongly decoded text mostly consists."""

    codec: str
    word: str
    common: tuple[str, int, int] | None = None


# Where two fit equally well, the first one is taken.
CODE_PAGES = (
    CodePage("cp437", LATIN),
    CodePage("cp1252", LATIN),
    CodePage("cp850", LATIN),
    CodePage("cp866", CYRILLIC),
    CodePage("cp1251", CYRILLIC),
    CodePage("cp932", JAPANESE, ("shift_jis", 0x81, 0x98)),
    CodePage("cp949", KOREAN, ("euc_kr", 0xB0, 0xC8)),
    CodePage("gbk", CHINESE, ("gb2312", 0xB0, 0xD7)),
    CodePage("cp950", CHINESE, ("big5", 0xA4, 0xC6)),
)


def zip_names(entries: Iterable[zipfile.ZipInfo]) -> list[str]:
    """The names of a zip's entries, in their order."""
    known = [(_raw(entry), _told(entry)) for entry in entries]
    decode = decoder([raw for raw, told in known if told is None])
    return [decode(raw) if told is None else told for raw, told in known]


def decoder(names: list[bytes]) -> Callable[[bytes], str]:
    """A function that decodes raw names: as UTF-8 if all ``names`` are that, else in their most plausible code page."""
    try:
        for name in names:
            name.decode("utf-8")
        codec = "utf-8"
    except UnicodeDecodeError:
        codec = _code_page(names)
    return lambda raw: raw.decode(codec, "replace")


def file_names(paths: list[str]) -> list[str]:
    """The names of files on a disk as texts that can be stored, each a different one. Most are returned as they are;
    those with bytes that are not UTF-8 are decoded as in ``decoder``."""
    raw = {path: path.encode("utf-8", "surrogateescape") for path in paths if path != readable(path)}
    decode, taken, texts = decoder(list(raw.values())), set(paths), []
    for path in paths:
        text = decode(raw[path]) if path in raw else path
        if path in raw and text in taken:
            text = raw[path].decode("utf-8", "backslashreplace")
        taken.add(text)
        texts.append(text)
    return texts


def readable(text: str) -> str:
    """A text that can be stored and sent: bytes of file names that are not UTF-8 become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _raw(entry: zipfile.ZipInfo) -> bytes:
    codec = "utf-8" if entry.flag_bits & UTF8_FLAG else "cp437"  # by which zipfile decoded the name
    return entry.orig_filename.encode(codec).split(b"\0")[0]


def _told(entry: zipfile.ZipInfo) -> str | None:
    """The name, if the zip says how it is written; else None."""
    if entry.flag_bits & UTF8_FLAG:
        return entry.filename
    at, extra = 0, entry.extra
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + size]
        if kind == UNICODE_PATH and len(field) == size > 5:
            version, checksum = struct.unpack_from("<BI", field)
            if version == 1 and checksum == zlib.crc32(_raw(entry)):
                return field[5:].decode("utf-8", "replace")
        at += 4 + size
    return None


def _code_page(names: list[bytes]) -> str:
    parts = {part for name in names for part in name.split(b"/") if not part.isascii()}
    shares = [(_share(parts, page), page.codec) for page in CODE_PAGES]
    best, codec = max(shares, key=lambda one: one[0])  # the first of the best
    return codec if best >= MIN_SHARE else FALLBACK


def _share(parts: set[bytes], page: CodePage) -> float:
    """Share of the characters beyond ASCII that are in ordinary words of this code page; 0 if it cannot be one."""
    ordinary = total = 0
    for part in parts:
        try:
            text = part.decode(page.codec)
        except UnicodeDecodeError:
            return 0.0
        total += sum(not char.isascii() for char in text)
        # Chinese and Japanese words stand beside letters and digits without a space; accented letters are within words.
        words = re.findall(r"[^\x00-\x7f]+" if page.common else r"[^\W\d_]+", text)
        ordinary += sum(not char.isascii() for word in words if _is_ordinary(word, page) for char in word)
    return ordinary / total


def _is_ordinary(word: str, page: CodePage) -> bool:
    if page.common is None:
        return re.fullmatch(page.word, word) is not None
    codec, low, high = page.common
    encoded = (char.encode(codec, "replace") for char in word)
    return re.fullmatch(page.word, word) is not None and all(len(c) > 1 and low <= c[0] <= high for c in encoded)
