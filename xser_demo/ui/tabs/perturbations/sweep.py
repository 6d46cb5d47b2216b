"""One clip, changed more and more, and what two models make of it. Knows nothing of Gradio."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace

import numpy as np

from xser_demo.audio import perturbations
from xser_demo.audio.io import windows
from xser_demo.audio.perturbations import Perturbation
from xser_demo.corpora.locate import find
from xser_demo.data.packs import load_cached
from xser_demo.inference.predict import EncodedClip, Prediction, encode_clips, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import maps, naming
from xser_demo.reporting.maps import Comparison, MapCache
from xser_demo.ui.shared import clips as clips_module
from xser_demo.ui.shared.clips import Found
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError, UserError

STEPS = 9  # strengths of a shift, from its lowest to its highest
LONGEST_S = 10.0  # of a clip: all its versions are heard at once, and one should not wait for them
KEPT = 4  # sweeps that a visitor's desk remembers, at most 8 MB each
OWN, VOICE, REAL = "own", "voice", "real"


@dataclass(frozen=True, eq=False)
class Sweep:
    """``versions`` of one clip at the ``strengths`` of a shift, 0 among them."""

    shift: Perturbation
    strengths: tuple[float, ...]
    versions: tuple[EncodedClip, ...]

    @property
    def start(self) -> int:
        """Where nothing is changed."""
        return self.strengths.index(0.0)

    def nearest(self, strength: float) -> int:
        return int(np.argmin([abs(one - strength) for one in self.strengths]))

    def path(self, step: int) -> list[int]:
        """The steps from the unchanged clip to this one."""
        return list(range(self.start, step + 1)) if step >= self.start else list(range(self.start, step - 1, -1))


@dataclass(frozen=True, eq=False)
class Drift:
    """A sweep as two models hear it, the one before adaptation first: ``answers`` by step, and ``places`` (steps, 2)
    on the ``layouts`` of the clips that both maps show."""

    sweep: Sweep
    comparison: Comparison
    layouts: tuple[np.ndarray, np.ndarray]
    answers: tuple[tuple[Prediction, ...], tuple[Prediction, ...]]
    places: tuple[np.ndarray, np.ndarray]
    label: str | None = None  # what the corpus calls the clip

    @property
    def card(self) -> dict:
        """Of the adapted model; what it says of classes and languages holds for both."""
        return self.comparison.models[1].card

    @property
    def names(self) -> tuple[str, str]:
        return names(self.card)

    @property
    def followed(self) -> tuple[str, str]:
        """Whose probability is followed over the strengths: the labelled class, else each model's first answer."""
        right = naming.own_class(self.card, self.label) if self.label else None
        return tuple(right or of_model[self.sweep.start].emotion for of_model in self.answers)


def names(card: dict) -> tuple[str, str]:
    """What the two models of an adapted model's card are called."""
    return f"{naming.language(card['source'])} only", f"adapted to {naming.language(card['target'])}"


@dataclass
class Desk:
    """One visitor's clip in the lab, and the latest that was made of it. Nothing of it is written to a disk."""

    kind: str = VOICE
    heard: EncodedClip | None = None  # with its samples, at most LONGEST_S of them
    label: str | None = None
    line: str = ""  # what the clip is, HTML
    seen: EncodedClip | None = None  # the visitor's clip when it was last looked at
    measured: dict[tuple, object] = field(default_factory=dict)  # UAR measured here, by models and shift
    stop: bool = False  # asked of a measurement
    asked: int = 0  # how many drawings were: only the latest may be shown
    _sweeps: OrderedDict = field(default_factory=OrderedDict)
    _drifts: OrderedDict = field(default_factory=OrderedDict)

    def put(self, kind: str, heard: EncodedClip, label: str | None = None, line: str = "") -> None:
        """Another clip. AudioError where only features of it are stored."""
        if heard.clip is None:
            raise AudioError("Of this clip only features are stored, and no sound to change; take another one.")
        self.kind, self.heard, self.label, self.line = kind, shortened(heard), label, line
        if self.heard is not heard:
            self.line += f"<p>Only its first {LONGEST_S:.0f} s are used here.</p>"
        self._sweeps.clear()
        self._drifts.clear()

    def has(self, name: str) -> bool:
        return name in self._sweeps

    def sweep(self, name: str) -> Sweep:
        """All strengths of a shift at once, so that a slider need not wait."""
        if self.heard is None:
            raise AudioError("There is no clip yet; take one of those above.")
        return _kept(self._sweeps, name, lambda: swept(self.heard, perturbations.get(name)))

    def drift(self, name: str, pair: tuple[Loaded, Loaded], atlas: MapCache) -> Drift:
        key = (name, *ids(pair))
        return _kept(self._drifts, key, lambda: drifted(self.sweep(name), pair, atlas, self.label))


def ids(pair: tuple[Loaded, Loaded]) -> tuple[str, str]:
    return pair[0].id, pair[1].id


def _kept(memory: OrderedDict, key: Hashable, make: Callable):
    if key not in memory:
        memory[key] = make()
    memory.move_to_end(key)
    while len(memory) > KEPT:
        memory.popitem(last=False)
    return memory[key]


def strengths(name: str) -> tuple[float, ...]:
    return tuple(np.linspace(perturbations.get(name).low, 1, STEPS).tolist())


def swept(heard: EncodedClip, changed_by: Perturbation) -> Sweep:
    """The encoder hears all versions in one go; the unchanged one has been heard already."""
    steps = strengths(changed_by.name)
    clips = [replace(heard.clip, samples=changed_by.apply(heard.clip.samples, one)) for one in steps if one]
    others = iter(encode_clips(clips))
    return Sweep(changed_by, steps, tuple(next(others) if one else heard for one in steps))


def shortened(heard: EncodedClip) -> EncodedClip:
    """The same clip, or the first LONGEST_S of it, heard anew."""
    most = round(LONGEST_S * settings.SAMPLE_RATE)
    if len(heard.clip.samples) <= most:
        return heard
    cut = replace(heard.clip, samples=heard.clip.samples[: windows(heard.clip.samples, LONGEST_S)[0][1]])
    return replace(encode_clips([cut])[0], stored=heard.stored)


def drifted(sweep: Sweep, pair: tuple[Loaded, Loaded], atlas: MapCache, label: str | None = None) -> Drift:
    comparison = atlas.comparison(*pair)
    layouts = atlas.layouts(comparison, "pca")
    answers = tuple(tuple(predict(model, heard) for heard in sweep.versions) for model in pair)
    places = tuple(maps.stars(comparison, layouts, list(sweep.versions)))
    return Drift(sweep, comparison, layouts, answers, places, label)


def own(heard: EncodedClip | None) -> EncodedClip | None:
    """The visitor's clip, if its sound is here."""
    return heard if heard is not None and heard.clip is not None else None


def label_of(heard: EncodedClip) -> str | None:
    """What the corpus calls a stored utterance."""
    if heard.stored is None:
        return None
    corpus, row = heard.stored
    return load_cached(corpus).utterances[row].emotion


def recordings(corpus: str) -> bool:
    """Whether the audio of a corpus is on this disk."""
    try:
        find(corpus, settings.corpora_dir())
    except UserError:
        return False
    return True


def real(corpus: str, emotion: str) -> Found:
    """A recording with its sound. CorpusError where there is none on this disk."""
    found = clips_module.real(corpus, emotion)
    if found.heard.clip is None:
        raise AudioError("The recordings are not on this computer, only features of them; take a synthetic voice.")
    return found


def sentence(drift: Drift, step: int) -> str:
    """Where each model's answer gives way, in the direction of the slider: plain text."""
    sweep = drift.sweep
    way = sweep.path(0 if step < sweep.start else len(sweep.strengths) - 1)
    told = [_told(drift, [of_model[k].emotion for k in way], way) for of_model in drift.answers]
    names = [f"The {drift.names[0].replace(' only', '-only')} model", f"The one {drift.names[1]}"]
    if told[0] == told[1]:
        return f"Both models {told[0].replace('says', 'say').replace('stays', 'stay')}."
    return " ".join(f"{name} {said}." for name, said in zip(names, told, strict=True))


def _told(drift: Drift, heard: list[str], way: list[int]) -> str:
    first = naming.word(drift.card, heard[0])
    change = next((k for k, one in enumerate(heard) if one != heard[0]), None)
    if change is None:
        return f"stays with {first} at every strength"
    where = drift.sweep.shift.value(drift.sweep.strengths[way[change]])
    last = change == len(heard) - 1
    later, other = set(heard[change:]), naming.word(drift.card, heard[change])
    if last:
        return f"says {first}, but {other} at “{where}”"
    if later == {heard[change]}:
        return f"says {first}, but {other} from “{where}” on"
    if heard[0] not in later:
        return f"says {first}, but other things from “{where}” on: first {other}"
    return f"says {first}, wavers from “{where}” on and says {other} there"
