"""Stability: does the same clip get the same answer whatever happens around it?"""

from dataclasses import replace

import numpy as np
import torch

from xser_demo.audit.answers import Answered, Answering
from xser_demo.audit.conditions import CONDITIONS
from xser_demo.audit.properties import NO_SOUND, NUMBER, OURS, STABILITY, Limit, Property, not_measured
from xser_demo.audit.robustness import again, same_answers
from xser_demo.audit.sound import Sound, part
from xser_demo.data.packs import Pack
from xser_demo.utils import resources

ASKS = {
    "together": "Do the probabilities depend on which clips are answered together? (largest difference)",
    "company": "Are its answers the same when other clips of the speaker are known?",
    "alone": "Are its answers the same when a clip is all that is known of a speaker, as on the page?",
    "shipped": "Does the shipped model answer as those that had not heard the speakers?",
    "repeated": "Does it give the same recordings the same probabilities again? (largest difference)",
    "threads": "Do the probabilities depend on the number of processor cores? (largest difference)",
    "pack": "Are its answers to the stored features its answers to the recordings?",
    "seeds": "Are its answers the same with other noise of the same level?",
}
EXACT, CLOSE = Limit(0.0, False, OURS), Limit(1e-4, False, OURS)  # of probabilities
NEARLY_ALL, MOST = Limit(0.95, True, OURS), Limit(0.8, True, OURS)  # of answers
NOISE, OTHER_SEED = "white-noise", 1
FEW = 16  # clips that are encoded again


def of_features(
    model: Answering, everything: Answered, pack: Pack, rows: torch.Tensor, shipped: Answering | None
) -> list[Property]:
    """Properties that need no recordings. ``everything``: the answers to the clips at ``rows`` (n,) of the ``pack``;
    ``shipped``: the model itself, where others answered in its place."""
    alone = replace(everything, probabilities=model.probabilities(pack, rows, alone=True))
    one_by_one = np.concatenate([model.probabilities(pack, row[None], alone=True) for row in rows[:FEW]])
    # In another order the two halves of each speaker, which standardise each other, are others.
    backwards = model.probabilities(part(pack, rows.flip(0).tolist()), torch.arange(len(rows)))[::-1]
    found = [
        _difference("together", one_by_one, alone.probabilities[:FEW], CLOSE),
        _same("company", everything, replace(everything, probabilities=backwards), MOST),
        _same("alone", everything, alone, MOST),
    ]
    if shipped is not None:
        found.append(
            _same("shipped", everything, replace(everything, probabilities=shipped.probabilities(pack, rows)), MOST)
        )
    return found


def of_recordings(
    model: Answering, answered: Answered | None, sound: Sound | None, stored: Pack | None
) -> list[Property]:
    """Properties that need recordings. ``answered``: the answers to ``sound.clean``; ``stored``: the features of the
    same clips in their pack."""
    if sound is None or answered is None or stored is None:
        return [not_measured(key, STABILITY, ASKS[key], NO_SOUND) for key in ("repeated", "threads", "pack", "seeds")]
    count = min(FEW, len(answered))
    few = replace(sound, utterances=sound.utterances[:count], samples=sound.samples[:count])
    rows, numbers = torch.arange(len(answered)), torch.arange(count)
    once, twice = (model.probabilities(few.pack(few.samples), numbers, alone=True) for _ in range(2))
    with resources.threads(2):
        on_two = model.probabilities(few.pack(few.samples), numbers, alone=True)
    noise = next(one for one in CONDITIONS if one.id == NOISE)
    noisy = (again(model, answered, sound, noise, seed) for seed in (0, OTHER_SEED))
    return [
        _difference("repeated", once, twice, EXACT),
        _difference("threads", once, on_two, CLOSE),
        _same("pack", answered, replace(answered, probabilities=model.probabilities(stored, rows)), NEARLY_ALL),
        _same("seeds", *noisy, MOST),
    ]


def _difference(key: str, first: np.ndarray, second: np.ndarray, limit: Limit) -> Property:
    largest = float(np.abs(first.astype(float) - second).max())
    return Property(key, STABILITY, ASKS[key], largest, limit, len(first), NUMBER)


def _same(key: str, before: Answered, after: Answered, limit: Limit) -> Property:
    return same_answers(key, STABILITY, ASKS[key], before, after, limit)
