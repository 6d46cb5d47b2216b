"""Emotion names and the label sets that several corpora can share."""

from collections import Counter
from dataclasses import dataclass, field

from xser_demo.utils.errors import SettingsError

MIN_CLASS_CLIPS = 5  # of a class in a source
EMOTIONS = (
    "anger", "boredom", "calm", "disgust", "excited", "fear", "frustration", "happiness", "neutral", "sadness",
    "surprise",
)  # fmt: skip


@dataclass(frozen=True)
class LabelSet:
    """Classes of a task and the class of each emotion; emotions without a class are left out of the task."""

    name: str
    classes: tuple[str, ...]
    of: dict[str, str] = field(hash=False)  # emotion -> class
    note: str = ""  # difference from another set with the same classes

    def index(self, emotion: str) -> int | None:
        """Position of the emotion's class in ``classes``; None when the emotion is left out."""
        return self.classes.index(self.of[emotion]) if emotion in self.of else None


def plain(name: str, *emotions: str) -> LabelSet:
    """Each emotion is its own class."""
    return LabelSet(name, emotions, {emotion: emotion for emotion in emotions})


def _grouped(name: str, groups: dict[str, tuple[str, ...]], note: str = "") -> LabelSet:
    """Each class has several emotions."""
    return LabelSet(name, tuple(groups), {emotion: group for group in groups for emotion in groups[group]}, note)


FOUR = ("anger", "happiness", "neutral", "sadness")
SIX = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")

# Excited and frustration (IEMOCAP) are in no set; in particular, excited does not count as happiness.
LABEL_SETS = {
    "four": plain("four", *FOUR),
    "five": plain("five", *FOUR, "surprise"),
    "six": plain("six", *SIX),
    "seven": plain("seven", *SIX, "surprise"),
    # Neutral, calm and surprise count as positive, as in cross-corpus studies, where "positive" means "not negative".
    "valence": _grouped(
        "valence",
        {
            "negative": ("anger", "boredom", "disgust", "fear", "sadness"),
            "positive": ("calm", "happiness", "neutral", "surprise"),
        },
    ),
    "arousal": _grouped(
        "arousal",
        {
            "high": ("anger", "fear", "happiness", "surprise"),
            "low": ("boredom", "calm", "disgust", "neutral", "sadness"),
        },
    ),
    # Without the emotions that studies assign differently.
    "valence_strict": _grouped(
        "valence_strict",
        {"negative": ("anger", "boredom", "disgust", "fear", "sadness"), "positive": ("calm", "happiness")},
        "without neutral and surprise",
    ),
    "arousal_strict": _grouped(
        "arousal_strict",
        {"high": ("anger", "fear", "happiness", "surprise"), "low": ("boredom", "calm", "neutral", "sadness")},
        "without disgust",
    ),
}


def frequent(label_set: LabelSet, emotions: list[str]) -> list[str]:
    """Without the emotions whose class has fewer than ``MIN_CLASS_CLIPS`` clips. ``emotions``: of each clip."""
    counts = Counter(label_set.of.get(emotion) for emotion in emotions)
    return [emotion for emotion in emotions if counts[label_set.of.get(emotion)] >= MIN_CLASS_CLIPS]


def only(label_set: LabelSet, classes: tuple[str, ...]) -> LabelSet:
    """A label set restricted to these of its classes, in this order."""
    of = {emotion: name for emotion, name in label_set.of.items() if name in classes}
    return LabelSet(label_set.name, classes, of, label_set.note)


def shared(label_set: LabelSet, *present: list[str]) -> tuple[LabelSet, list[str]]:
    """Restrict a label set to the classes that every corpus has.

    ``present`` holds one list of emotions per corpus. Returns the restricted set, and the sorted emotions that occur in
    some corpus but are not used. SettingsError when fewer than two classes are left.
    """
    of_corpora = [{label_set.of[emotion] for emotion in emotions if emotion in label_set.of} for emotions in present]
    classes = tuple(name for name in label_set.classes if all(name in of_corpus for of_corpus in of_corpora))
    if len(classes) < 2:
        left = f"only {classes[0]} is" if classes else "no class is"
        raise SettingsError(
            f"The label set '{label_set.name}' cannot be used: {left} present in all the chosen corpora, "
            "and at least two classes are needed; choose other corpora or another label set."
        )
    restricted = only(label_set, classes)
    return restricted, sorted({emotion for emotions in present for emotion in emotions} - set(restricted.of))
