"""Who speaks, from the names of folders and files: every reading that is possible, and the one that is used.

A reading is possible when it has several speakers with several clips, each with several emotions where there are
labels, and when its names are not those of takes, sentences and the like. It is used when it is the only one, or when
it is clearly better than the others; otherwise nobody knows, and the user chooses.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from xser_demo.corpora.custom import tables
from xser_demo.corpora.custom.folder_names import is_language
from xser_demo.corpora.custom.name_levels import Level
from xser_demo.corpora.custom.name_words import names_a_speaker, speaker_part
from xser_demo.corpora.custom.recordings import NONE
from xser_demo.utils.errors import SettingsError

EXAMPLES = 3
MAX_WORDS = 12  # with more different names, folders of unknown words are taken for speakers
MOST = 2 / 3  # of the speakers have several emotions
EVEN = 4  # in file names, the most frequent speaker has at most so many times the clips of the rarest


@dataclass(frozen=True)
class Reading:
    """One way to tell the speakers."""

    name: str  # "folder:1", "name:2", "table" or the key of a corpus
    speakers: dict[str, str]  # path -> speaker

    @property
    def examples(self) -> str:
        """Three of the speakers, and how many more there are: "01, 02, 03 and 9 more"."""
        names = sorted(set(self.speakers.values()) - {""})
        more = len(names) - EXAMPLES
        return ", ".join(names[:EXAMPLES]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Speakers:
    """``readings`` are all possible ones; ``used`` is the name of one of them, or "none"."""

    used: str
    readings: tuple[Reading, ...]
    sure: bool = True  # False: several are possible, and none is clearly better

    @property
    def of(self) -> dict[str, str]:
        return next((reading.speakers for reading in self.readings if reading.name == self.used), {})


@dataclass(frozen=True)
class _Candidate:
    reading: Reading
    level: Level
    explicit: bool  # the names say that they are speakers

    @property
    def names(self) -> set[str]:
        return set(self.reading.speakers.values())

    @property
    def counter(self) -> bool:
        """Whether the names may count anything: numbers below 100 or from 0 or 1 without a gap, or single letters."""
        if all(len(name) < 3 and (name.isdigit() or len(name) == 1) for name in self.names):
            return True
        if not all(name.isdecimal() for name in self.names):
            return False
        numbers = sorted(map(int, self.names))
        return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def find(levels: list[Level], labels: dict[str, str], emotions: Level | None) -> Speakers:
    """The speakers of the files, which are the keys of ``labels`` (path -> emotion or word, "" for none).

    ``levels``: folders, then fields of the names. ``emotions``: the level of them that has the emotions, if any.
    """
    candidates = [one for level in levels if (one := _candidate(level, labels, emotions))]
    if sum(not level.in_folders for level in levels) == 1:  # the whole name is a number or a text
        candidates = [one for one in candidates if one.level.in_folders or one.explicit]
    candidates = _distinct(candidates)
    in_folders = [one for one in candidates if one.level.in_folders]
    in_names = [one for one in candidates if not one.level.in_folders]
    are_labels = any(labels.values())
    used = (
        _only_explicit(in_folders)
        or _only_explicit(in_names)
        or (_of_folders(in_folders, emotions) if are_labels else _numbered(in_folders))
    )
    if used is None and are_labels and not any(_above(one.level, emotions) for one in in_folders):
        used = _first_field(in_names)
    readings = tuple(one.reading for one in candidates)
    return Speakers(used.reading.name if used else NONE, readings, sure=used is not None or not candidates)


def chosen(found: Speakers, name: str, levels: list[Level]) -> Speakers:
    """The reading that the user wants: a possible one, or any level. SettingsError when there is none of this name."""
    known = [*(reading.name for reading in found.readings), NONE]
    if not name or name in known:
        return Speakers(name, found.readings) if name else found
    level = next((level for level in levels if level.name == name), None)
    if level is None:
        raise SettingsError(f"The speakers cannot be read from '{name}' here; choose one of: {', '.join(known)}.")
    reading = Reading(name, {path: speaker_part(part) or part for path, part in level.of.items()})
    return Speakers(name, (*found.readings, reading))


def sentence(found: Speakers) -> str:
    """Who speaks, for users."""
    named = {reading.name: reading.examples for reading in found.readings}
    if found.used in named:
        return f"Speakers from {found.used}: {named[found.used]}."
    if found.sure or not named:
        return "It is not known who speaks."
    possible = "; ".join(f"{name}: {examples}" for name, examples in named.items())
    return f"It is not clear who speaks; choose under Who speaks? or with --speaker-from: {possible}."


def _candidate(level: Level, labels: dict[str, str], emotions: Level | None) -> _Candidate | None:
    """The level as a reading, if its names may be speakers."""
    before = f"{level.before}_" if level.before else ""
    part_of = {name: speaker_part(before + name) and speaker_part(name) for name in level.names}
    of = {path: part_of[name] for path, name in level.of.items() if path in labels and part_of[name]}
    names = Level(level.name, of, level.index).names
    unexplained = [name for name in names if not tables.sex(name) and not is_language(name)]
    if len(names) < 2 or 2 * len(unexplained) <= len(names) or len(of) < max(2 * len(names), len(labels) / 2):
        return None
    if not _several_emotions(of, labels) or (level == emotions and of == level.of):
        return None
    if not level.in_folders and not _even(list(names.values()), of, labels):
        return None
    explicit = 5 * sum(names_a_speaker(before + name) for name in names) >= 4 * len(names)
    return _Candidate(Reading(level.name, of), level, explicit)


def _several_emotions(of: dict[str, str], labels: dict[str, str]) -> bool:
    """Where there are labels: most speakers have several."""
    labels_of = defaultdict(set)
    for path, speaker in of.items():
        if labels[path]:
            labels_of[speaker].add(labels[path])
    return not labels_of or sum(len(found) > 1 for found in labels_of.values()) >= MOST * len(labels_of)


def _even(counts: list[int], of: dict[str, str], labels: dict[str, str]) -> bool:
    """Whether a field of the names splits the files evenly, and is no running number: two clips of each speaker and
    emotion."""
    cells = {(speaker, labels[path]) for path, speaker in of.items()}
    return min(counts) > 1 and max(counts) <= EVEN * min(counts) and len(of) >= 2 * len(cells)


def _distinct(candidates: list[_Candidate]) -> list[_Candidate]:
    """Of those that split the files in the same way, the one that names speakers, or the first."""
    best: dict[tuple, _Candidate] = {}
    for one in candidates:
        number: dict[str, int] = {}
        split = tuple((path, number.setdefault(name, len(number))) for path, name in one.reading.speakers.items())
        if split not in best or (one.explicit and not best[split].explicit):
            best[split] = one
    return [one for one in candidates if any(one is kept for kept in best.values())]


def _of_folders(candidates: list[_Candidate], emotions: Level | None) -> _Candidate | None:
    """The level of folders that is the speakers, if it is clear. Levels above the emotions come first; of several, the
    lowest when it divides the others, as people belong to a group."""
    above = [one for one in candidates if _above(one.level, emotions)]
    below = [one for one in candidates if not _above(one.level, emotions) and not one.counter]
    group = above or below
    if len(group) < 2:
        return group[0] if group else None
    lowest = group[-1]
    clear = not lowest.counter and all(_inside(lowest, one) for one in group[:-1])
    return lowest if clear else None


def _numbered(candidates: list[_Candidate]) -> _Candidate | None:
    """Without labels, folders are speakers if they are numbered or many; the highest of them."""
    return next((one for one in candidates if is_numbered(one.names)), None)


def _first_field(candidates: list[_Candidate]) -> _Candidate | None:
    """The first field of the file names, if it looks more like speakers than the others.

    Numbers must be the very first, with another field behind them; where they may be counters, with several that have
    fewer values. Lower-case words may be texts, unless only counters are beside them.
    """
    if not candidates:
        return None
    first, others = candidates[0], candidates[1:]
    words_beside = [one for one in others if not one.counter]
    if first.counter:
        rivals = words_beside or [one for one in others if len(one.names) >= len(first.names)]
        return first if len(others) > 1 and not rivals and first.level.index == 0 else None
    if all(map(str.isdecimal, first.names)):
        return first if others and first.level.index == 0 else None
    texts = all(name.isalpha() and name == name.lower() for name in first.names)
    return first if first.level.index in (0, 1) and not (texts and words_beside) else None


def _only_explicit(candidates: list[_Candidate]) -> _Candidate | None:
    explicit = [one for one in candidates if one.explicit]
    return explicit[0] if len(explicit) == 1 else None


def _above(level: Level, emotions: Level | None) -> bool:
    """Whether a level of folders is nearer to the top than that of the emotions, or is that level."""
    if emotions is None or not emotions.in_folders:
        return True
    path = next((path for path in level.of if path in emotions.of), "")
    depth = path.count("/")
    return bool(path) and level.index % max(depth, 1) <= emotions.index % max(depth, 1)


def _inside(fine: _Candidate, coarse: _Candidate) -> bool:
    """Whether each speaker of ``fine`` belongs to one of ``coarse``, as people belong to a group."""
    pairs = {(name, coarse.reading.speakers.get(path)) for path, name in fine.reading.speakers.items()}
    return len(pairs) == len(fine.names)


def is_numbered(names: Collection[str]) -> bool:
    """Speakers are numbered ("Actor_01") or many; emotions are neither."""
    return len(names) > MAX_WORDS or 2 * sum(any(c.isdigit() for c in name) for name in names) > len(names)
