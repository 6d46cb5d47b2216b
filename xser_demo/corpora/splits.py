"""Speaker-disjoint folds of each corpus, frozen in ``splits/<key>.json``, and the split of a source corpus.

Every published number depends on the files, so they carry a hash and are never made on the fly. ``write_all`` made
them and makes the same bytes again, from the official names alone. The folds of a user's own corpus are made from its
clips. Folds separate speakers, not sentences, which the speakers of an acted corpus share.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

from xser_demo.corpora import corpus
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.verify import official_files
from xser_demo.utils.errors import CorpusError, SettingsError

FOLDER = Path(__file__).parent / "splits"
ATTEMPTS = 30  # speaker orders tried by source_split; more did not give better validation sets

RULES = {
    "ravdess": "6 folds of 4 consecutive actors, two male and two female",
    "emodb": "5 folds of one male and one female speaker, each in ascending order",
    "emovo": "leave one speaker out",
    "aesdd": "leave one speaker out",
    "urdu": "5 folds grouped by speaker, emotions and sizes as even as speakers with one emotion allow",
    "crema_d": "5 folds grouped by speaker, emotions and sizes as even as possible",
    "iemocap": "leave one session out: one male and one female speaker",
    "savee": "leave one speaker out",
    "tess": "leave one speaker out",
    "esd_en": "5 folds of one male and one female speaker, each in ascending order",
    "esd_zh": "5 folds of one male and one female speaker, each in ascending order",
    "casia": "leave one speaker out",
    "nemo": "leave one speaker out",
    "shemo": "5 folds: women, then men, dealt out in ascending order",
}
PAIRS = ("emodb", "iemocap", "esd_en", "esd_zh")
GROUPED = ("urdu", "crema_d", "own")
# One official name of each speaker, for corpora whose official names are not all known.
SPEAKERS = {
    "iemocap": [f"Ses0{session}F_impro01_{sex}000" for session in range(1, 6) for sex in "FM"],
    "esd_en": [f"Neutral/00{number}_000001" for number in range(11, 21)],
    "esd_zh": [f"Neutral/00{number:02}_000001" for number in range(1, 11)],
    "nemo": [f"{speaker}_neutral_1" for speaker in ("EB0", "IC0", "KD0", "KS0", "MK0", "MP0", "SM0", "TP0", "WR0")],
    "shemo": [f"{sex}{n:02}N01" for sex, last in (("F", 31), ("M", 56)) for n in range(1, last + 1)],
}


def folds(key: str, clips: list[Utterance] | None = None) -> list[list[str]]:
    """Speakers of each fold. CorpusError when the frozen file was altered.

    ``clips`` are those of the whole corpus; they are used only when no folds are frozen. SettingsError when speakers
    are unknown or there is only one.
    """
    info = corpus(key)
    if key not in RULES:
        if not clips:
            raise CorpusError(f"The folds of {info.name} are made from its clips, and none are here.")
        _require_speakers(clips)
        return _make(key, clips)
    file = FOLDER / f"{key}.json"
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        if stored["sha256"] != _digest(stored["folds"]):
            raise CorpusError(f"The folds in {file.name} were altered, so results would not compare; restore the file.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"The folds in {file.name} cannot be read ({error}); restore the file.") from error
    return stored["folds"]


def _require_speakers(clips: list[Utterance]) -> None:
    unknown = sum(not clip.speaker for clip in clips)
    if unknown:
        affected = "" if unknown == len(clips) else f" in {unknown:,} of {len(clips):,} clips"
        reason = f"it is not known who speaks{affected}"
    elif len({clip.speaker for clip in clips}) < 2:
        reason = "there is only one speaker"
    else:
        return
    raise SettingsError(
        f"Inductive means to adapt on some speakers and score on others, but {reason}; choose transductive."
    )


def write_all(folder: Path = FOLDER) -> None:
    """Write the fold files; they depend on speakers, sexes and emotions only, so no recording is needed."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, rule in RULES.items():
        names = SPEAKERS.get(key) or official_files(key)[1]
        new = _make(key, [corpus(key).parse(Path(f"{name}.wav")) for name in names])
        content = {"corpus": key, "rule": rule, "folds": new, "sha256": _digest(new)}
        (folder / f"{key}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8", newline="\n")


def source_split(utterances: list[Utterance], seed: int, share: float = 0.2) -> tuple[list[str], list[str]]:
    """Training and validation speakers of one corpus: disjoint, sorted, neither empty.

    About ``share`` of the speakers of each sex validate, at least one of each sex that has three or more.
    Every emotion occurs in training. Of the speaker orders that the seed gives, the one whose validation set has
    the most emotions is taken, then one whose share of clips is off by no more than a tenth. SettingsError when there
    is no such split.
    """
    emotions: dict[str, set[str]] = {}
    for utterance in utterances:
        emotions.setdefault(utterance.speaker, set()).add(utterance.emotion)
    sex = {utterance.speaker: utterance.sex for utterance in utterances}
    clips = Counter(utterance.speaker for utterance in utterances)

    best: tuple[tuple[int, float], list[str]] | None = None
    for attempt in range(ATTEMPTS):
        chosen = _validation(_order(sorted(sex), f"{seed}/{attempt}"), sex, emotions, share)
        if not chosen:
            continue
        covered = set().union(*(emotions[speaker] for speaker in chosen))
        deviation = abs(sum(clips[speaker] for speaker in chosen) / len(utterances) - share)
        cost = (-len(covered), max(0.0, round(deviation - 0.1, 3)))
        if best is None or cost < best[0]:
            best = (cost, chosen)
    if best is None:
        raise SettingsError(
            "The source corpus cannot be split: at least two speakers are needed, and each emotion must be "
            "spoken by someone who stays in training; use more speakers or fewer emotions."
        )
    return sorted(set(sex) - set(best[1])), sorted(best[1])


def _validation(order: list[str], sex: dict[str, str], emotions: dict[str, set[str]], share: float) -> list[str]:
    """Speakers in the given order, up to a quota of each sex; no emotion may leave training."""
    size = Counter(sex.values())
    quota = {name: max(1, round(share * size[name])) if size[name] > 2 else 0 for name in size}
    if not any(quota.values()):
        quota = {"any": 1}  # too few speakers for balance: the first one validates
    chosen: list[str] = []
    training = Counter(emotion for speaker in order for emotion in emotions[speaker])  # emotion -> training speakers
    for speaker in order:
        group = "any" if "any" in quota else sex[speaker]
        others = len(order) - len(chosen) - 1
        if quota[group] and others and all(training[emotion] > 1 for emotion in emotions[speaker]):
            quota[group] -= 1
            chosen.append(speaker)
            training.subtract(emotions[speaker])
    return chosen


def _order(speakers: list[str], salt: str) -> list[str]:
    """A shuffle that is the same on every machine and version, which random generators do not guarantee."""
    return sorted(speakers, key=lambda speaker: hashlib.sha256(f"{salt}/{speaker}".encode()).hexdigest())


def _make(key: str, utterances: list[Utterance]) -> list[list[str]]:
    """Folds of one corpus by its rule."""
    sex = {utterance.speaker: utterance.sex for utterance in utterances}
    speakers = sorted(sex)
    if key == "ravdess":
        return [speakers[start : start + 4] for start in range(0, len(speakers), 4)]
    if key in PAIRS:
        men, women = ([speaker for speaker in speakers if sex[speaker] == wanted] for wanted in "mf")
        return [list(pair) for pair in zip(men, women, strict=True)]
    if key == "shemo":
        return [speakers[first::5] for first in range(5)]
    if key in GROUPED:
        return _grouped(utterances, min(5, len(speakers)))
    return [[speaker] for speaker in speakers]


def _grouped(utterances: list[Utterance], n: int) -> list[list[str]]:
    """n folds: the speaker with most clips first, each into the fold where it adds least to the unevenness.

    Unevenness is the sum of squared clip counts per emotion and fold plus that of the fold sizes. For URDU
    no single move or swap of speakers lowers it further.
    """
    clips_of: dict[str, Counter[str]] = {}  # speaker -> clips of each emotion
    for utterance in utterances:
        clips_of.setdefault(utterance.speaker, Counter())[utterance.emotion] += 1
    folds_: list[list[str]] = [[] for _ in range(n)]
    counts: list[Counter[str]] = [Counter() for _ in range(n)]  # fold -> clips of each emotion
    for speaker in sorted(clips_of, key=lambda speaker: (-clips_of[speaker].total(), speaker)):
        added = [_unevenness(count + clips_of[speaker]) - _unevenness(count) for count in counts]
        best = added.index(min(added))
        folds_[best].append(speaker)
        counts[best] += clips_of[speaker]
    return [sorted(fold) for fold in folds_]


def _unevenness(counts: Counter[str]) -> int:
    return counts.total() ** 2 + sum(count**2 for count in counts.values())


def _digest(speakers: list[list[str]]) -> str:
    """SHA-256 of the folds as compact JSON, which can be written in one way only."""
    return hashlib.sha256(json.dumps(speakers, separators=(",", ":")).encode()).hexdigest()
