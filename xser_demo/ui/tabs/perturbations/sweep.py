"""One clip at all strengths of a perturbation, and the predictions of two models along the way."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

import numpy as np

from xser_demo.audio import perturbations
from xser_demo.audio.perturbations import Perturbation
from xser_demo.audio.windows import windows
from xser_demo.corpora.locate import find
from xser_demo.data.packs import load_cached
from xser_demo.inference.predict import EncodedClip, Prediction, encode_clips, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import maps, naming
from xser_demo.reporting.maps import Comparison, MapCache
from xser_demo.ui.shared import clips
from xser_demo.ui.shared.clips import PickedClip
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, UserError

STEPS = 9  # strengths of a perturbation, from its lowest to its highest
MAX_CLIP_S = 10.0  # all versions of a clip are encoded at once, which must not take long
CACHE_SIZE = 4  # sweeps of one visitor, at most 8 MB each
OWN, VOICE, REAL = "own", "voice", "real"  # kinds of clip
Pair = tuple[Loaded, Loaded]  # the source-only model and the adapted one


@dataclass(frozen=True, eq=False)
class Sweep:
    """``versions`` of one clip at the ``strengths`` of a perturbation, 0 among them."""

    perturbation: Perturbation
    strengths: tuple[float, ...]
    versions: tuple[EncodedClip, ...]

    @property
    def start(self) -> int:
        """The step of the unchanged clip."""
        return self.strengths.index(0.0)

    def nearest(self, strength: float) -> int:
        return int(np.argmin([abs(one - strength) for one in self.strengths]))

    def path(self, step: int) -> list[int]:
        """The steps from the unchanged clip to ``step``."""
        return list(range(self.start, step + 1)) if step >= self.start else list(range(self.start, step - 1, -1))


@dataclass(frozen=True, eq=False)
class Drift:
    """What two models, source-only and adapted, make of a sweep: ``predictions`` by step, and ``positions`` (steps, 2)
    on the ``layouts`` of the clips that both maps show."""

    sweep: Sweep
    comparison: Comparison
    layouts: tuple[np.ndarray, np.ndarray]
    predictions: tuple[tuple[Prediction, ...], tuple[Prediction, ...]]
    positions: tuple[np.ndarray, np.ndarray]
    label: str | None = None  # of the clip in its corpus

    @property
    def card(self) -> dict:
        """Of the adapted model; its classes and languages hold for both."""
        return self.comparison.models[1].card

    @property
    def names(self) -> tuple[str, str]:
        return model_names(self.card)

    @property
    def tracked(self) -> tuple[str, str]:
        """The class whose probability is drawn, by model: the label, else the prediction for the unchanged clip."""
        right = naming.own_class(self.card, self.label) if self.label else None
        return tuple(right or of_model[self.sweep.start].emotion for of_model in self.predictions)


def model_names(card: dict) -> tuple[str, str]:
    """What the two models of an adapted model's card are called."""
    return f"{naming.language(card['source'])} only", f"adapted to {naming.language(card['target'])}"


@dataclass
class LabState:
    """One visitor's clip in the lab and the latest results for it, in memory only."""

    kind: str = VOICE
    clip: EncodedClip | None = None  # with its samples, at most ``MAX_CLIP_S`` of them
    label: str | None = None
    line: str = ""  # description of the clip, HTML
    last_own: EncodedClip | None = None  # the visitor's clip when the tab was last opened
    measured: dict[tuple, object] = field(default_factory=dict)  # UAR measured here, by perturbation and models
    stop: bool = False  # a measurement is asked to stop
    drawings: int = 0  # begun so far: only the latest may be shown
    _sweeps: OrderedDict = field(default_factory=OrderedDict)
    _drifts: OrderedDict = field(default_factory=OrderedDict)

    def set_clip(self, kind: str, clip: EncodedClip, label: str | None = None, line: str = "") -> None:
        """Take another clip. AudioError where only its features are stored; the previous clip then stays."""
        if clip.clip is None:
            raise AudioError("Only features of this clip are stored, so there is no sound to change; take another one.")
        self.kind, self.clip, self.label, self.line = kind, shorten(clip), label, line
        if self.clip is not clip:
            self.line += f"<p>Only its first {MAX_CLIP_S:.0f} s are used here.</p>"
        self._sweeps.clear()
        self._drifts.clear()

    def has_sweep(self, name: str) -> bool:
        return name in self._sweeps

    def sweep(self, name: str) -> Sweep:
        """All strengths of a perturbation at once, so that moving the slider is fast."""
        if self.clip is None:
            raise AudioError("There is no clip yet; take one of those above.")
        return _cached(self._sweeps, name, lambda: make_sweep(self.clip, perturbations.get(name)))

    def drift(self, name: str, pair: Pair, cache: MapCache) -> Drift:
        key = (name, *(model.id for model in pair))
        return _cached(self._drifts, key, lambda: make_drift(self.sweep(name), pair, cache, self.label))


def _cached(cache: OrderedDict, key: Hashable, make: Callable):
    if key not in cache:
        cache[key] = make()
    cache.move_to_end(key)
    while len(cache) > CACHE_SIZE:
        cache.popitem(last=False)
    return cache[key]


def strengths(name: str) -> tuple[float, ...]:
    return tuple(np.linspace(perturbations.get(name).low, 1, STEPS).tolist())


def make_sweep(clip: EncodedClip, perturbation: Perturbation) -> Sweep:
    """Encode all versions in one batch; the unchanged one is encoded already."""
    steps = strengths(perturbation.name)
    changed = [replace(clip.clip, samples=perturbation.apply(clip.clip.samples, one)) for one in steps if one]
    encoded = iter(encode_clips(changed))
    return Sweep(perturbation, steps, tuple(next(encoded) if one else clip for one in steps))


def shorten(clip: EncodedClip) -> EncodedClip:
    """The same clip, or its first ``MAX_CLIP_S``, encoded again."""
    if len(clip.clip.samples) <= round(MAX_CLIP_S * settings.SAMPLE_RATE):
        return clip
    beginning = replace(clip.clip, samples=clip.clip.samples[: windows(clip.clip.samples, MAX_CLIP_S)[0][1]])
    return replace(encode_clips([beginning])[0], stored=clip.stored)


def make_drift(sweep: Sweep, pair: Pair, cache: MapCache, label: str | None = None) -> Drift:
    comparison = cache.comparison(*pair)
    layouts = cache.layouts(comparison, "pca")
    predictions = tuple(tuple(predict(model, clip) for clip in sweep.versions) for model in pair)
    positions = tuple(maps.stars(comparison, layouts, list(sweep.versions)))
    return Drift(sweep, comparison, layouts, predictions, positions, label)


def with_sound(clip: EncodedClip | None) -> EncodedClip | None:
    """The visitor's clip, if its sound is here."""
    return clip if clip is not None and clip.clip is not None else None


def stored_label(clip: EncodedClip) -> str | None:
    """The label of a stored utterance in its corpus."""
    if clip.stored is None:
        return None
    corpus, row = clip.stored
    return load_cached(corpus).utterances[row].emotion


def has_recordings(corpus: str) -> bool:
    """Whether the audio of a corpus is on this disk."""
    try:
        find(corpus, settings.corpora_dir())
    except UserError:
        return False
    return True


def real_recording(corpus: str, emotion: str) -> PickedClip:
    """A random recording with its sound. AudioError where the corpus is not on this disk."""
    picked = clips.real_recording(corpus, emotion)
    if picked.encoded.clip is None:
        raise AudioError("The recordings are not on this computer, only features of them; take a synthetic voice.")
    return picked


def sentence(drift: Drift, step: int) -> str:
    """The strength at which each model's prediction changes, in the direction of the slider; plain text."""
    sweep = drift.sweep
    path = sweep.path(0 if step < sweep.start else len(sweep.strengths) - 1)
    changes = [_change(drift, [of_model[k].emotion for k in path], path) for of_model in drift.predictions]
    names = [f"The {drift.names[0].replace(' only', '-only')} model", f"The one {drift.names[1]}"]
    if changes[0] == changes[1]:
        return f"Both models {changes[0].replace('says', 'say').replace('stays', 'stay')}."
    return " ".join(f"{name} {change}." for name, change in zip(names, changes, strict=True))


def _change(drift: Drift, emotions: list[str], path: list[int]) -> str:
    """How one model's predictions change along a path of steps."""
    first = naming.word(drift.card, emotions[0])
    change = next((k for k, one in enumerate(emotions) if one != emotions[0]), None)
    if change is None:
        return f"stays with {first} at every strength"
    strength = drift.sweep.perturbation.value(drift.sweep.strengths[path[change]])
    later, new = set(emotions[change:]), naming.word(drift.card, emotions[change])
    if change == len(emotions) - 1:
        return f"says {first}, but {new} at “{strength}”"
    if later == {emotions[change]}:
        return f"says {first}, but {new} from “{strength}” on"
    if emotions[0] not in later:
        return f"says {first}, but other answers from “{strength}” on, first {new}"
    return f"says {first}, wavers from “{strength}” on and says {new} there"
