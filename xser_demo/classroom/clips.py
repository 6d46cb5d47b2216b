"""Labelled clips of a corpus for the class to vote on, and what two models answer."""

import random
from collections import defaultdict
from dataclasses import dataclass

from xser_demo import corpora, methods
from xser_demo.corpora.labels import FOUR
from xser_demo.data import packs
from xser_demo.inference.predict import from_pack, predict
from xser_demo.networks import checkpoints
from xser_demo.utils.errors import CorpusError, ModelError

SOURCE = "ravdess"  # what the English model learnt from


@dataclass(frozen=True)
class VoteClip:
    """A clip of a corpus. ``english`` and ``adapted``: what the models answer, "" where there is no adapted model."""

    corpus: str
    row: int
    language: str  # ISO 639-1
    label: str
    english: str
    adapted: str


def offered() -> list[str]:
    """Corpora whose clips can be voted on: in another language than the English model's."""
    return [key for key in packs.available() if key != SOURCE]


def choose(corpus: str, count: int, chance: random.Random) -> list[VoteClip]:
    """``count`` clips at random, as many of each emotion as possible, by as many speakers as possible. CorpusError
    where there are none."""
    if corpus not in offered():
        raise CorpusError("The features of this corpus are not here; choose another one.")
    pack, by_emotion = packs.load_cached(corpus), defaultdict(list)
    for row, utterance in enumerate(pack.utterances):
        if utterance.emotion in FOUR:
            by_emotion[utterance.emotion].append(row)
    for rows in by_emotion.values():
        chance.shuffle(rows)
    used: dict[str, int] = defaultdict(int)
    chosen: list[int] = []
    emotions = sorted(by_emotion)
    chance.shuffle(emotions)
    while len(chosen) < count and any(by_emotion.values()):
        for emotion in emotions:
            if by_emotion[emotion] and len(chosen) < count:
                row = min(by_emotion[emotion], key=lambda one: used[pack.utterances[one].speaker])
                by_emotion[emotion].remove(row)
                used[pack.utterances[row].speaker] += 1
                chosen.append(row)
    chance.shuffle(chosen)
    english, adapted = checkpoints.load(model_id(None)), _adapted(corpus)
    return [_clip(corpus, row, english, adapted) for row in chosen]


def model_id(target: str | None) -> str:
    """Id of the shipped model that learnt English alone, or that was then adapted to ``target``. ModelError without."""
    for card in checkpoints.cards():
        plain = card["source"] == SOURCE and card.get("label_set") == "four" and not card.get("system")
        if plain and card["target"] == target and card["method"] in ("source_only", methods.RECOMMENDED):
            return card["id"]
    raise ModelError("The shipped models are missing; get the folder checkpoints again.")


def _adapted(corpus: str) -> checkpoints.Loaded | None:
    try:
        return checkpoints.load(model_id(corpus))
    except ModelError:
        return None


def _clip(corpus: str, row: int, english: checkpoints.Loaded, adapted: checkpoints.Loaded | None) -> VoteClip:
    pack = packs.load_cached(corpus)
    encoded = from_pack(pack, row)
    return VoteClip(
        corpus,
        row,
        corpora.corpus(corpus).language,
        pack.utterances[row].emotion,
        predict(english, encoded).emotion,
        predict(adapted, encoded).emotion if adapted else "",
    )
