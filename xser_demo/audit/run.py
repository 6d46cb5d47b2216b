"""An audit from a model and a corpus to its properties."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from xser_demo.audio import io
from xser_demo.audit import correctness, fairness, random_models, robustness, stability
from xser_demo.audit.answers import Answered, Answering
from xser_demo.audit.report import Audit
from xser_demo.audit.sound import Sound, features_of, part
from xser_demo.audit.unheard import answerers
from xser_demo.corpora import corpus, locate
from xser_demo.corpora.base import Utterance
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, only
from xser_demo.corpora.sample import balanced
from xser_demo.corpora.user import KEY
from xser_demo.data import domains, packs, user_corpus
from xser_demo.data.packs import Pack
from xser_demo.data.pooling import mix_targets
from xser_demo.experiments import provenance
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils import resources
from xser_demo.utils.errors import CorpusError, SettingsError
from xser_demo.utils.progress import Passing

SAMPLE = 60  # clips whose recordings are changed; an audit then takes two to three minutes on one core
MIN_CLIPS = 8  # labelled clips of the model's classes

Read = Callable[[Utterance], np.ndarray]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Material:
    """What a model is audited on: ``packs`` by key of the corpus, and ``read``, the samples of an utterance, if the
    recordings are here."""

    packs: dict[str, Pack]
    read: Read | None


@dataclass(frozen=True)
class Subject:
    """What is audited and on what: ``model`` answers the clips at ``rows`` (n,) of the ``pack``, whose class indices
    are ``labels`` (n,). ``sound``: the recordings of the clips at ``sampled``."""

    model: Answering
    classes: tuple[str, ...]
    pack: Pack
    rows: torch.Tensor
    labels: np.ndarray
    sound: Sound | None = None
    sampled: tuple[int, ...] = ()
    shipped: Answering | None = None

    def answered(self) -> Answered:
        utterances = [self.pack.utterances[row] for row in self.rows.tolist()]
        return Answered(self.classes, utterances, self.labels, self.model.probabilities(self.pack, self.rows))

    def answered_sample(self) -> Answered | None:
        """The answers to the recordings of the sample as they are."""
        if self.sound is None:
            return None
        label_of = dict(zip(self.rows.tolist(), self.labels.tolist(), strict=True))
        labels = np.array([label_of[row] for row in self.sampled])
        numbers = torch.arange(len(self.sampled))
        return Answered(
            self.classes, self.sound.utterances, labels, self.model.probabilities(self.sound.clean, numbers)
        )


def audit(
    loaded: Loaded, on: str, corpora_dir: Path | None, sample: int = SAMPLE, tell: Tell = lambda _: None
) -> Audit:
    """Audit a model. ``on``: corpora joined by "+", "zip:FILE" or "folder:DIR". ``sample``: recordings to change.
    SettingsError for too few clips, CorpusError when the corpus cannot be read."""
    started, card = time.monotonic(), loaded.card
    labels = only(LABEL_SETS[card.get("label_set") or "four"], tuple(card["labels"]))
    feature = loaded.model.recipe.feature
    with resources.single_threaded(), material(on, feature, corpora_dir, tell) as found:
        who = answerers(loaded, found.packs, labels, tell)
        subject = of_clips(joined(found.packs), labels, who.models, who.models.speakers)
        subject = replace(subject, shipped=who.shipped)
        if found.read is not None and sample > 0:
            subject = with_sound(subject, labels, found.read, sample, feature)
        properties, groups, answered = measure(subject, tell)
    return Audit(
        model=loaded.id,
        title=card["title"],
        weights_sha256=card["weights_sha256"],
        on=tuple(corpus(key).name for key in found.packs),
        answered_by=who.words,
        classes=subject.classes,
        clips=len(answered),
        speakers=len(set(answered.speakers)),
        sampled=len(subject.sampled),
        confusion=answered.confusion.tolist(),
        groups=groups,
        properties=properties,
        versions=provenance.versions(),
        date=time.strftime("%Y-%m-%d"),
        seconds=round(time.monotonic() - started, 1),
        random_models=random_models.COUNT,
        corpora=tuple(found.packs),
    )


def measure(subject: Subject, tell: Tell = lambda _: None) -> tuple[list, list[dict], Answered]:
    """All properties, the groups that were compared, and the answers to all clips."""
    tell(f"Answering {len(subject.rows)} clips.")
    answered, sample = subject.answered(), subject.answered_sample()
    ways = fairness.groupings(answered, subject.sound and subject.sound.pitch())
    stored = part(subject.pack, list(subject.sampled)) if subject.sampled else None
    model, sound = subject.model, subject.sound
    properties = [
        *correctness.properties(answered),
        *fairness.properties(answered, ways),
        *robustness.properties(model, sample, sound, lambda text: tell(Passing(text))),
        *stability.of_features(model, answered, subject.pack, subject.rows, subject.shipped),
        *stability.of_recordings(model, sample, sound, stored),
    ]
    return properties, fairness.table(answered, ways), answered


@contextmanager
def material(on: str, feature: str, corpora_dir: Path | None, tell: Tell) -> Iterator[Material]:
    """What ``on`` names."""
    if user_corpus.is_own(on):
        with user_corpus.opened(on, feature, tell) as (recordings, read):
            yield Material({KEY: recordings.pack}, read)
        return
    found = {key: packs.load_cached(key, feature) for key in on.split("+")}
    yield Material(found, _reader(list(found), corpora_dir))


def _reader(keys: list[str], corpora_dir: Path | None) -> Read | None:
    """Reads a clip of these corpora; None where one of them is not here."""
    try:
        for key in keys:
            locate.find(key, corpora_dir)
    except CorpusError:
        return None
    return lambda u: io.load(locate.audio_path(corpora_dir, u), channel=corpus(u.corpus).channel).samples


def joined(found: dict[str, Pack]) -> Pack:
    """One pack of several; then speakers are named "corpus/speaker"."""
    several = list(found.values())
    return several[0] if len(several) == 1 else mix_targets(several)


def of_clips(pack: Pack, labels: LabelSet, model: Answering, speakers: set[str] | None = None) -> Subject:
    """A model on the labelled clips of a pack, those of ``speakers`` if given. SettingsError for too few."""
    rows, classes = domains.select(pack, labels, speakers)
    if len(rows) < MIN_CLIPS:
        raise SettingsError(
            f"An audit needs at least {MIN_CLIPS} clips that are labelled {', '.join(labels.classes)}, of speakers "
            f"that the model has not heard; here are {len(rows)}."
        )
    return Subject(model, labels.classes, pack, rows, classes.numpy())


def with_sound(subject: Subject, labels: LabelSet, read: Read, sample: int, feature: str) -> Subject:
    """The same with the recordings of a balanced sample of its clips."""
    row_of = {subject.pack.utterances[row]: row for row in subject.rows.tolist()}
    chosen = balanced(list(row_of), labels, sample)
    sound = Sound(chosen, [read(utterance) for utterance in chosen], features_of(feature))
    return replace(subject, sound=sound, sampled=tuple(row_of[utterance] for utterance in chosen))
