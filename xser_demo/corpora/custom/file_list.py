"""Lists the recordings and tables of a folder, by content rather than by name. Follows no links."""

import os
from pathlib import Path

from xser_demo.corpora.custom import tables
from xser_demo.corpora.custom.recordings import Skipped

AUDIO_SUFFIXES = (
    ".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".webm", ".aac", ".aif", ".aiff", ".amr",
)  # fmt: skip
SIGNATURES = {  # kind -> first bytes of a file
    "sound": (b"RIFF", b"RF64", b"RIFX", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b".snd", b"#!AMR",
              b"NIST_1A", b"\x1aE\xdf\xa3", b"\x30\x26\xb2\x75",
              *(b"\xff" + bytes([n]) for n in b"\xfb\xfa\xf3\xf2\xf1\xf9")),
    "archive": (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ"),
}  # fmt: skip
SYSTEM_FILES = {"__MACOSX", "Thumbs.db", "desktop.ini", "Desktop.ini", "$RECYCLE.BIN", "System Volume Information"}


def list_files(root: Path) -> tuple[list[str], list[str], list[Skipped]]:
    """Paths of recordings, paths of tables, and the other files; sorted. Hidden files and those of operating systems
    are ignored."""
    sounds, sheets, skipped = [], [], []
    for folder, subfolders, names in os.walk(root):
        directory = Path(folder)
        for name in subfolders + names:
            if (directory / name).is_symlink() and not name.startswith("."):
                path = (directory / name).relative_to(root).as_posix()
                skipped.append(Skipped(path, "A link; links are not followed."))
        subfolders[:] = sorted(name for name in subfolders if not name.startswith(".") and name not in SYSTEM_FILES)
        for name in names:
            file = directory / name
            if name.startswith(".") or name in SYSTEM_FILES or file.is_symlink():
                continue
            path, suffix, content = file.relative_to(root).as_posix(), file.suffix.lower(), kind(file)
            if not content and tables.is_table(file):
                sheets.append(path)
            elif content == "sound" or (suffix in AUDIO_SUFFIXES and content != "archive"):
                sounds.append(path)
            elif suffix in tables.SPREADSHEETS:
                skipped.append(Skipped(path, "A table that is not read here; save it as CSV."))
            elif content == "archive":
                skipped.append(Skipped(path, "An archive inside; archives in archives are not opened."))
            else:
                skipped.append(Skipped(path, "Not a recording."))
    return sorted(sounds), sorted(sheets), sorted(skipped, key=lambda one: one.path)


def kind(file: Path) -> str:
    """ "sound", "archive" or "" by the first bytes, not by the name."""
    try:
        with file.open("rb") as stream:
            start = stream.read(12)
    except OSError:
        return ""
    if start[4:8] == b"ftyp":
        return "sound"
    if start.isascii() and start.decode().isprintable():
        return ""  # a text that begins with such letters
    return next((kind for kind, signatures in SIGNATURES.items() if start.startswith(signatures)), "")
