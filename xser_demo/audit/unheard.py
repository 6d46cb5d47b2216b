"""Who answers in an audit: no clip is answered by a model that had heard its speaker.

A model's card says which corpora it was trained on and adapted to. Where it was adapted to all clips of the audited
corpus (transductive), each fold of speakers is answered by a model of the same recipe that was adapted to the others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from xser_demo.audit.answers import Models, Part
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LabelSet
from xser_demo.corpora.splits import folds as splits
from xser_demo.corpora.user import KEY
from xser_demo.data import domains
from xser_demo.data.packs import Pack
from xser_demo.experiments import folds, provenance
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult, adapt
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.temperature import temperature
from xser_demo.utils.errors import ModelError

TAUGHT = "few_shot"  # on the card of a model whose classifier learnt clips of a voice and of the source's validation


@dataclass(frozen=True)
class Answerers:
    """``models``: who answers which speakers; speakers of no part are left out. ``words``: sentences about it.
    ``shipped``: the model itself, where others answer in its place."""

    models: Models
    words: str
    shipped: Models | None = None


def answerers(loaded: Loaded, packs: dict[str, Pack], labels: LabelSet, tell: Callable[[str], None]) -> Answerers:
    """For the corpora with these ``packs``, by key. With several, speakers are named "corpus/speaker"."""
    parts, words, replaced = [], [], False
    for key, pack in packs.items():
        prefix = f"{key}/" if len(packs) > 1 else ""
        found, said = _of_corpus(loaded, key, pack, labels, tell)
        parts += [_named(part, pack, prefix) for part in found]
        words.append(said)
        replaced |= any(part.model is not loaded.model for part in found)
    itself = Models((Part(loaded.model, temperature(loaded.card)),))
    return Answerers(Models(tuple(parts)), " ".join(dict.fromkeys(words)), itself if replaced else None)


def _named(part: Part, pack: Pack, prefix: str) -> Part:
    """The part with its speakers' names in a mixture; None for all speakers stays None if there is no mixture."""
    if part.speakers is None and not prefix:
        return part
    speakers = part.speakers if part.speakers is not None else {u.speaker for u in pack.utterances}
    return Part(part.model, part.temperature, frozenset(f"{prefix}{who}" for who in speakers), part.domain)


def _of_corpus(
    loaded: Loaded, key: str, pack: Pack, labels: LabelSet, tell: Callable[[str], None]
) -> tuple[list[Part], str]:
    """Who answers the clips of a corpus, and a sentence about it."""
    card, name = loaded.card, corpus(key).name
    sources, targets = card["source"].split("+"), (card["target"] or "").split("+")
    degree = temperature(card)
    if key in targets and key == KEY:
        return [Part(loaded.model, degree)], (
            f"The model was adapted to a user's recordings, {'with' if TAUGHT in card else 'without'} labels. Whether "
            "these clips are among them is not known."
        )
    if key in _before_a_voice(card) or (key in sources and TAUGHT in card):
        return [Part(loaded.model, degree)], (
            f"The model was fitted to a voice, and had learnt from these clips of {name}: the answers may be better "
            "than those to new speakers."
        )
    if key in targets and card["mode"] == "transductive":
        return _folds(card, degree, loaded, key, tell)
    if key in targets:
        speakers = frozenset(_fold(card, splits(key, pack.utterances)))
        return [Part(loaded.model, degree, speakers)], (
            f"The model answered the {len(speakers)} speakers of {name} that it was not adapted to."
        )
    if key in sources:
        _, validation = domains.source(pack, labels, card.get("seed") or 0)
        speakers = frozenset(validation.speakers)
        return [Part(loaded.model, degree, speakers, SOURCE)], (
            f"The model answered the {len(speakers)} speakers of {name} that it was not trained on; they chose its "
            "epoch and its temperature."
        )
    return [Part(loaded.model, degree)], f"The model answered all speakers of {name}; it had heard none of them."


def _fold(card: dict, each: list[list[str]]) -> list[str]:
    """The speakers that a model was not adapted to. ModelError where its card does not say."""
    number = card.get("fold")
    if number is None or number >= len(each):
        raise ModelError("The card of this model does not say which speakers it was not adapted to; get it again.")
    return each[number]


def _before_a_voice(card: dict) -> list[str]:
    """The corpora that a model was adapted to before it was fitted to a voice; the card then names the voice only."""
    if card["target"] != KEY or card["method"] == "source_only":
        return []
    return ((card.get("record") or {}).get("plan") or {}).get("target", "").split("+")


def _folds(card: dict, degree: float, loaded: Loaded, key: str, tell: Callable[[str], None]) -> tuple[list[Part], str]:
    name = corpus(key).name
    if not card.get("record") or not folds.possible(plan := provenance.plan(card["record"])):
        return [Part(loaded.model, degree)], (
            f"The model was adapted to these clips of {name}, without labels, and its card does not allow to adapt it "
            "again without some of the speakers: the answers may be better than those to new speakers."
        )
    parts = list(_adapted(plan, card, key, tell))
    return parts, (
        f"The model itself was adapted to all clips of {name}, without labels. So each speaker was answered by a model "
        f"of the same recipe that was adapted to the other speakers ({len(parts)} folds)."
    )


def _adapted(plan: Plan, card: dict, key: str, tell: Callable[[str], None]) -> Iterator[Part]:
    """A model for each fold, adapted to the speakers of the others, without labels."""
    source, by_speaker = provenance.start(card["record"])
    each = folds.tasks(plan)
    for number, (one, task) in enumerate(each, start=1):
        tell(f"Adapting without the speakers of fold {number} of {len(each)}.")
        for event in adapt(one, source, task=task, speaker_model=by_speaker):
            if isinstance(event, AdaptationResult):
                result = event
        source, by_speaker = result.source_model, result.speaker_model or by_speaker
        speakers = speakers_of(key, task.test.speakers, len(plan.targets) > 1)
        yield Part(result.model, result.temperature, speakers, TARGET)


def speakers_of(key: str, speakers: Iterable[str], several: bool) -> frozenset[str]:
    """Those of one corpus, by its own names. ``several``: whether they are named "corpus/speaker"."""
    prefix = f"{key}/" if several else ""
    return frozenset(who.removeprefix(prefix) for who in speakers if who.startswith(prefix))
