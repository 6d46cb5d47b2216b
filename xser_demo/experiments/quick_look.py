"""A first look at a user's recordings, before any adapting: answers of shipped models, clip by clip while they are
encoded, then what can be said of the whole: the guard, the nearest sources, the recommended recipe."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.corpora.user import KEY
from xser_demo.data.packs import Pack, available, load_cached
from xser_demo.evaluation.domain_distance import mmd
from xser_demo.experiments.normalisation import Normalisation
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import normalised
from xser_demo.experiments.source_models import start
from xser_demo.experiments.task import prepare
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON
from xser_demo.networks.domain_norm import TARGET
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

NO_SOURCE = ("urdu",)  # nearly every speaker has one emotion: a model would learn the speakers


@dataclass(frozen=True)
class Verdict:
    """What is known once all clips are encoded. ``nearest``: (corpus, MMD of mean frames, 0 to 1.41), nearest first.
    ``normalisation``: what an adaptation would do, and why; None where no source is here."""

    nearest: list[tuple[str, float]]
    normalisation: Normalisation | None


@dataclass
class QuickLook:
    """``answers``: of each clip so far, by its path: the class that each of ``models`` gives."""

    models: list[Loaded]
    answers: dict[str, list[str]] = field(default_factory=dict)
    verdict: Verdict | None = None

    def add(self, path: str, frames: np.ndarray) -> None:
        """Answer to a clip, (T, 512) frames of its speech."""
        batch = torch.from_numpy(frames).float()
        mask = torch.ones(1, len(batch), dtype=torch.bool)
        outputs = [one.model.predict(batch, mask, TARGET).logits for one in self.models]
        self.answers[path] = [
            one.model.classes[int(logits.argmax())] for one, logits in zip(self.models, outputs, strict=True)
        ]

    def finish(self, pack: Pack) -> None:
        """Measure the whole."""
        self.verdict = Verdict(nearest(pack), normalisation(pack))

    @property
    def shares(self) -> list[dict[str, float]]:
        """For each model the share of clips with each answer."""
        columns = zip(*self.answers.values(), strict=True) if self.answers else [()] * len(self.models)
        counts = [Counter(column) for column in columns]
        return [
            {name: count[name] / max(1, len(self.answers)) for name in one.model.classes}
            for one, count in zip(self.models, counts, strict=True)
        ]

    @property
    def agreement(self) -> float:
        """Share of clips on which all models answer alike."""
        alike = [len(set(row)) == 1 for row in list(self.answers.values())]
        return float(np.mean(alike)) if alike else 0.0


def begin() -> QuickLook:
    """With the shipped models that are trained on one corpus alone and adapted to none."""
    cards = [card for card in checkpoints.cards() if card["target"] is None and checkpoints.recipe(card) == COMMON]
    return QuickLook([checkpoints.load(card["id"]) for card in cards])


def sources(besides: str = "") -> list[str]:
    """Corpora that a model can be trained on, but the one whose recordings these are."""
    return [key for key in available() if key not in (*NO_SOURCE, besides)]


def why_several() -> str:
    """What several sources brought on the corpora that are reserved for choosing, in a sentence; "" without the file.
    ``benchmark/source_choice.py`` measured it."""
    file = settings.ASSETS / "results" / "source_choice.json"
    if not file.is_file():
        return ""
    rows = json.loads(file.read_text(encoding="utf-8"))
    languages, together, alone = [], [], []
    for target in dict.fromkeys(row["target"] for row in rows):
        found = {row["source"]: row["adapted"] for row in rows if row["target"] == target}
        languages.append(corpus(target).language_name)
        together.append(f"{100 * found[max(found, key=lambda name: name.count('+'))]:.0f}")
        alone.append(f"{100 * max(uar for name, uar in found.items() if '+' not in name):.0f}")
    return (
        f"On the corpora that are reserved for choosing ({' and '.join(languages)}), all sources together reached a "
        f"UAR of {' and '.join(together)}; the best single one, which nobody knows beforehand, {' and '.join(alone)}."
    )


def nearest(pack: Pack) -> list[tuple[str, float]]:
    """Source corpora by the distance of their clips' mean frames from those of ``pack``."""
    target = means(pack)
    return sorted(((key, mmd(means(load_cached(key)), target)) for key in sources()), key=lambda pair: pair[1])


def means(pack: Pack) -> torch.Tensor:
    """Mean frame of each clip, (n, D)."""
    return torch.stack([pack.frames(row).mean(0) for row in range(len(pack))])


def normalisation(pack: Pack, source: str = "ravdess") -> Normalisation | None:
    """What an adaptation from ``source`` by the recommended method would standardise by; None without its pack."""
    plan = Plan(source, KEY, methods.RECOMMENDED, mode="transductive", own={(KEY, "whisper"): _unlabelled(pack)})
    try:
        task = prepare(plan)
        model = start(plan, task)
        return normalised(plan, task, model)[1] if model is not None else None
    except UserError:
        return None


def _unlabelled(pack: Pack) -> Pack:
    """A look uses no labels, and an unlabelled clip may be of any class."""
    return replace(pack, utterances=[replace(one, emotion="") for one in pack.utterances])
