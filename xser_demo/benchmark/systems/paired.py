"""Answers of finished cells side by side, and their differences on the same resamples of seeds, speakers and clips."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from xser_demo.benchmark import statistics
from xser_demo.benchmark.statistics import Sample
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, shared
from xser_demo.data import domains
from xser_demo.data.packs import load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.evaluation import scores
from xser_demo.experiments import systems

DRAWS = 20_000


@dataclass(frozen=True)
class Key:
    """What the cells of a group have in common."""

    system: str
    variant: str
    pair: tuple[str, str]
    labels: str
    mode: str  # transductive or inductive; of supervised runs the split
    normalise: str | None


@dataclass(eq=False)
class Group:
    """All seeds of one system on one pair. ``answers``: (seeds, n) by name; -1 where a fold is missing."""

    key: Key
    sealed: SealedLabels
    answers: dict[str, np.ndarray]
    draws: int = DRAWS
    _samples: dict[str, Sample] = field(default_factory=dict)

    @property
    def seeds(self) -> int:
        return len(next(iter(self.answers.values())))

    def sample(self, name: str) -> Sample:
        """UAR of a row with its draws."""
        if name not in self._samples:
            resamples = scores.Resamples(self.sealed, self.key.pair[1], None, self.draws)
            run = self.answers[name]
            self._samples[name] = Sample(scores.run_uar(self.sealed, run), resamples.uar(run))
        return self._samples[name]

    def part(self, clips: np.ndarray, name: str) -> "Group":
        """The clips (m,) alone; ``name``: of the part, for its own resamples."""
        key = Key(**vars(self.key) | {"pair": (self.key.pair[0], f"{self.key.pair[1]}, {name}")})
        answers = {one: run[:, clips] for one, run in self.answers.items()}
        return Group(key, scores.subset(self.sealed, clips), answers, self.draws)

    @property
    def speakers(self) -> np.ndarray:
        return scores.speakers(self.sealed)


def records(out: Path, system: str) -> dict[Key, list[dict]]:
    """Finished cells of a system, sorted by file name."""
    groups = defaultdict(list)
    for file in sorted((out / system).glob("*.json")):
        record = json.loads(file.read_text())
        plan = record["plan"]
        pair = (plan["source"], plan["target"])
        mode = record["split"] or plan["mode"]
        groups[Key(system, plan["variant"], pair, plan["labels"], mode, plan.get("normalise"))].append(record)
    return groups


def groups(out: Path, system: str, draws: int = DRAWS) -> Iterator[Group]:
    """The adaptations of a system; seeds with missing folds are left out."""
    for key, cells in records(out, system).items():
        if not cells[0]["split"]:
            _, sealed, runs = assemble(key, cells, lambda cell, _: cell["predictions"])
            if len(next(iter(runs.values()))):
                yield Group(key, sealed, runs, draws)


def assemble(
    key: Key, cells: list[dict], answers: Callable[[dict, SealedLabels], dict]
) -> tuple[LabelSet, SealedLabels, dict[str, np.ndarray]]:
    """The folds and seeds of a group put together: its classes, the sealed labels of the target's n clips, and by name
    of each of ``answers`` of a cell, class indices (seeds, n). Seeds with missing folds are left out."""
    feature = systems.get(key.system).variant(key.variant).recipe.feature
    source, target = (load_cached(corpus, feature) for corpus in key.pair)
    labels, _ = shared(LABEL_SETS[key.labels], *([u.emotion for u in pack.utterances] for pack in (source, target)))
    clips, sealed = domains.target(target, labels)
    place = {row: i for i, row in enumerate(clips.rows.tolist())}
    seeds = sorted({cell["plan"]["seed"] for cell in cells})
    runs: dict[str, np.ndarray] = {}
    for cell in cells:
        indices = [place[row] for row in cell["rows"]]
        for name, given in answers(cell, sealed).items():
            run = runs.setdefault(name, np.full((len(seeds), len(place)), -1))
            run[seeds.index(cell["plan"]["seed"]), indices] = given
    done = [i for i in range(len(seeds)) if all((run[i] >= 0).all() for run in runs.values())]
    return labels, sealed, {name: run[done] for name, run in runs.items()}


def difference(found: list[Group], better: str, base: str) -> Sample:
    """Mean over groups of a row's UAR minus another's; speakers of one target are drawn alike in all groups."""
    return statistics.mean([group.sample(better) - group.sample(base) for group in found])


def halves(group: Group) -> list[np.ndarray]:
    """Clips (m,) of every other speaker, and of the rest."""
    order = {speaker: place for place, speaker in enumerate(sorted(set(group.speakers)))}
    side = np.array([order[speaker] % 2 for speaker in group.speakers])
    return [np.flatnonzero(side == one) for one in (0, 1)]


def best_minus_worst(variants: dict[str, Group], names: tuple[str, ...]) -> Sample:
    """The best variant minus the worst, chosen on one half of the speakers and measured on the other, both ways; each
    variant by the mean of its rows ``names``."""
    parts = []
    clips = halves(next(iter(variants.values())))
    for chosen_on, measured_on in ((0, 1), (1, 0)):

        def uar(variant: str, on: np.ndarray) -> float:
            group = variants[variant]
            sealed = scores.subset(group.sealed, on)
            return float(np.mean([scores.run_uar(sealed, group.answers[name][:, on]) for name in names]))

        order = sorted(variants, key=lambda variant: uar(variant, clips[chosen_on]))
        ends = [variants[one].part(clips[measured_on], f"half {measured_on}") for one in (order[-1], order[0])]
        best, worst = (statistics.mean([group.sample(name) for name in names]) for group in ends)
        parts.append(best - worst)
    return statistics.mean(parts)


def repeats_difference(repeats: list[dict], target: str, better: str, base: str, draws: int = DRAWS) -> Sample:
    """Of supervised runs, each with a test part of its own: mean over repeats of the difference of two rows. Repeats
    are drawn, and speakers alike in all of them. ``repeats``: ``sealed``, ``everyone`` and ``answers`` by name."""
    points, drawn = [], []
    for repeat in repeats:
        resamples = scores.Resamples(repeat["sealed"], target, repeat["everyone"], draws)
        runs = [np.array(repeat["answers"][name])[None] for name in (better, base)]
        first, second = (scores.run_uar(repeat["sealed"], run) for run in runs)
        points.append(first - second)
        with np.errstate(invalid="ignore"):
            drawn.append(resamples.uar(runs[0]) - resamples.uar(runs[1]))
    values = np.array(drawn)  # (repeats, draws); nan where no speaker of a test part was drawn
    count = len(repeats)
    share = np.random.default_rng(count).multinomial(count, np.full(count, 1 / count), size=draws).T
    weight = share * ~np.isnan(values)
    total = weight.sum(0)
    mean = (np.nan_to_num(values) * weight).sum(0) / np.where(total > 0, total, np.nan)
    return Sample(float(np.mean(points)), mean[~np.isnan(mean)])
