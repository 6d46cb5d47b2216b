"""Two models on a whole corpus: how often each is right, and clips that the first gets wrong and the second right.

``scripts/make_models.py scenes`` measures it for the shipped pairs and stores it in ``assets/results/scenes.json``. The
clips are chosen by their labels: the page says so.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache

from xser_demo.data.packs import Pack, load_cached
from xser_demo.inference.predict import Prediction, from_pack, predict
from xser_demo.networks.checkpoints import Loaded
from xser_demo.utils import settings

FILE = settings.ASSETS / "results" / "scenes.json"
MOST = 6  # clips of a pair that can open the page


@dataclass(frozen=True)
class ChosenClip:
    """A clip that the first model gets wrong and the second right: its row in the corpus's pack."""

    row: int
    label: str


@dataclass(frozen=True)
class Scenes:
    """Two models on all labelled clips of the second one's target."""

    corpus: str
    before: str  # ids of the models
    after: str
    weights: tuple[str, str]  # SHA-256 of both
    clips: int
    right_before: int
    right_after: int
    differ: int  # clips with two different answers
    corrected: int  # wrong before, right after
    broken: int  # right before, wrong after
    chosen: list[ChosenClip]


def measure(before: Loaded, after: Loaded) -> Scenes:
    """Both models on every clip of the target that has one of their labels."""
    pack = load_cached(after.card["target"])
    rows = [row for row, utterance in enumerate(pack.utterances) if utterance.emotion in after.card["labels"]]
    pairs = {row: (predict(before, from_pack(pack, row)), predict(after, from_pack(pack, row))) for row in rows}
    labels = {row: pack.utterances[row].emotion for row in rows}
    right = {row: tuple(answer.emotion == labels[row] for answer in pair) for row, pair in pairs.items()}
    return Scenes(
        corpus=pack.key,
        before=before.id,
        after=after.id,
        weights=(before.card["weights_sha256"], after.card["weights_sha256"]),
        clips=len(rows),
        right_before=sum(first for first, _ in right.values()),
        right_after=sum(second for _, second in right.values()),
        differ=sum(first.emotion != second.emotion for first, second in pairs.values()),
        corrected=sum(second and not first for first, second in right.values()),
        broken=sum(first and not second for first, second in right.values()),
        chosen=_choose({row: pair for row, pair in pairs.items() if right[row] == (False, True)}, labels, pack),
    )


def _choose(pairs: dict[int, tuple[Prediction, Prediction]], labels: dict[int, str], pack: Pack) -> list[ChosenClip]:
    """Clips on which both models are sure: the clearest first, of each label and speaker in turn."""

    def clear(row: int) -> float:
        first, second = pairs[row]
        return max(first.probabilities.values()) * second.probabilities[labels[row]]

    left = sorted((row for row, pair in pairs.items() if all(one.sure for one in pair)), key=clear, reverse=True)
    chosen: list[int] = []
    while left and len(chosen) < MOST:
        seen = [(labels[row], pack.utterances[row].speaker) for row in chosen]

        def repeats(row: int, seen=seen) -> int:
            return sum((labels[row] == label) + (pack.utterances[row].speaker == who) for label, who in seen)

        best = min(left, key=repeats)  # the first, which is the clearest, of the least repeated
        chosen.append(best)
        left.remove(best)
    return [ChosenClip(row, labels[row]) for row in chosen]


def write(found: list[Scenes]) -> None:
    FILE.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


@cache
def load() -> dict[tuple[str, str], Scenes]:
    """All scenes by the ids of both models; empty where the file is missing or of another version."""
    try:
        stored = json.loads(FILE.read_text(encoding="utf-8"))
        return {(one["before"], one["after"]): _read(one) for one in stored}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _read(stored: dict) -> Scenes:
    chosen = [ChosenClip(**clip) for clip in stored["chosen"]]
    return Scenes(**stored | {"chosen": chosen, "weights": tuple(stored["weights"])})


def find(before: dict, after: dict) -> Scenes | None:
    """The scenes of two models by their cards; None where there are none, or the weights have changed since."""
    found = load().get((before["id"], after["id"]))
    now = (before.get("weights_sha256"), after.get("weights_sha256"))
    return found if found and found.weights == now else None
