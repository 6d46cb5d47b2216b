"""Menus that say where speakers and labels of a visitor's recordings are read from, as HTML."""

from html import escape

from xser_demo.corpora import CORPORA
from xser_demo.corpora.custom.recordings import NONE, Choices, FolderScan
from xser_demo.reporting.html import options

KINDS = {"folder": "Folder level", "name": "File names, part", "names": "File names", "folders": "Folders",
         "table": "Table"}  # fmt: skip


def menus(scan: FolderScan) -> str:
    """A menu for each thing that can be read in another way; "" when there is none."""
    speakers = _menu("speaker_from", "Who speaks?", scan.speaker_readings, scan.used.speaker_from, "It is not known")
    labels = _menu("labels_from", "Labels", scan.label_readings, scan.used.labels_from, "No labels")
    only_folders = set(scan.label_readings) <= {"folders"}
    return speakers + ("" if only_folders else labels)


def changed(scan: FolderScan, name: str, value: str) -> Choices:
    """The choices of a scan with what a menu says; names of menus are fields of ``Choices``. Labels that are read in
    another way may show other speakers, so these are looked for anew."""
    return Choices(labels_from=value) if name == "labels_from" else Choices(value, scan.used.labels_from)


def _menu(name: str, title: str, readings: dict[str, str], chosen: str, none: str) -> str:
    if not readings:
        return ""
    choices = [(escape(key), escape(f"{_where(key)}: {examples}")) for key, examples in readings.items()]
    menu = options([*choices, (NONE, none)], chosen)
    return f"<h4>{title}</h4><p><select data-choice='{name}' aria-label='{title}'>{menu}</select></p>"


def _where(key: str) -> str:
    """Where a reading looks, for people: "folder:1" is "Folder level 1"."""
    if key in CORPORA:
        return f"Names of {CORPORA[key].name}"
    kind, _, place = key.partition(":")
    return f"{KINDS[kind]} {place}".strip()
