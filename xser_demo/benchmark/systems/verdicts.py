"""The verdict on each paper's claim, by the rules of docs/preregistration.md: assets/results/verdicts.json.

Shown: the whole 95 % interval is on the side that the paper claims. Not shown: the interval includes 0. Refuted: the
whole interval is on the other side.
"""

import json
from pathlib import Path

import numpy as np

from xser_demo.benchmark import statistics
from xser_demo.benchmark.statistics import Sample
from xser_demo.benchmark.systems import cells, paired, supervised, tuning
from xser_demo.benchmark.systems.paired import Group
from xser_demo.benchmark.systems.runs import SYSTEM, WEIGHT_0
from xser_demo.benchmark.systems.summary import NOT_SHOWN, REFUTED, SHOWN
from xser_demo.data.packs import load_cached
from xser_demo.evaluation import scores
from xser_demo.experiments import systems

# A row: name, difference and ci95 in points, verdict; ``main``: whether the claim is judged by it.
COLLAPSED = 0.10  # above chance; a repeat below that has learnt nothing


def verdict(difference: Sample) -> str:
    """In words, from a difference that the paper claims to be above 0."""
    low, high = difference.ci95
    return SHOWN if low > 0 else REFUTED if high < 0 else NOT_SHOWN


def row(name: str, difference: Sample, **facts) -> dict:
    """A measured difference in points, as a row."""
    low, high = difference.ci95
    points = {"difference": round(100 * difference.point, 2), "ci95": [round(100 * low, 2), round(100 * high, 2)]}
    return {"name": name, **points, "verdict": verdict(difference), **facts}


def first_variant(out: Path, system: str, labels: str, *variants: str) -> list[Group]:
    """Transductive groups of the named variants, corpora standardised as the system does."""
    return [
        group
        for group in paired.groups(out, system)
        if group.key.variant in variants and group.key.labels == labels and group.key.mode == "transductive"
    ]


def latif(out: Path) -> list[dict]:
    rows = []
    for variant, words in (("latent", "adversary on the embedding"), ("synthesis", "generator of features")):
        found = first_variant(out, "latif2019-gan", "valence", variant)
        rows += against(found, words, WEIGHT_0, "zscore")
    return rows


def against(found: list[Group], words: str, *bases: str) -> list[dict]:
    """The system minus each of its controls, mean over pairs."""
    names = {
        "zscore": "z-score",
        "knn": "the frozen nearest-neighbour vote",
        "self_training": "self-training",
        "aad": "AaD",
    }
    return [
        row(
            f"{words}, minus {names.get(base, base)}",
            paired.difference(found, SYSTEM, base),
            main=base in (WEIGHT_0, "knn"),
            **pairs_of(found),
        )
        for base in bases
        if found
    ]


def pairs_of(found: list[Group]) -> dict:
    return {
        "pairs": len({group.key.pair for group in found}),
        "targets": len({group.key.pair[1] for group in found}),
        "seeds": min(group.seeds for group in found),
    }


def cai(out: Path) -> list[dict]:
    """Reversal, and the way of combining, where the features are standardised by the source; then by each language."""
    rows = []
    for normalise, words in (("source", "standardised by the source"), (None, "each language by its own")):
        found = [g for g in paired.groups(out, "cai2021-dann") if g.key.normalise == normalise]
        tasks: dict[tuple, dict[str, Group]] = {}
        for group in found:
            tasks.setdefault((group.key.pair, group.key.labels), {})[group.key.variant] = group
        whole = {key: grid for key, grid in tasks.items() if len(grid) == len(systems.get("cai2021-dann").variants)}
        if not whole:
            continue
        grids = list(whole.values())
        facts = pairs_of([group for grid in grids for group in grid.values()])
        reversal = statistics.mean([paired.difference(list(grid.values()), SYSTEM, WEIGHT_0) for grid in grids])
        combining = statistics.mean([paired.best_minus_worst(grid, (SYSTEM, WEIGHT_0)) for grid in grids])
        rows.append(row(f"reversal, {words}", reversal, main=normalise == "source", **facts))
        rows.append(row(f"best minus worst way of combining, {words}", combining, main=normalise == "source", **facts))
        zscore = [paired.difference(list(grid.values()), SYSTEM, "zscore") for grid in grids]
        rows.append(row(f"with reversal minus z-score, {words}", statistics.mean(zscore), **facts))
        rows += [row(f"{name}, {words}", one, **facts) for name, one in each_way(grids).items()]
    return rows


def each_way(grids: list[dict[str, Group]]) -> dict[str, Sample]:
    """Of each way of combining: reversal on minus off, and the way minus none, both with reversal; mean over grids."""
    rows = {}
    for variant in grids[0]:
        rows[f"reversal with {variant}"] = paired.difference([grid[variant] for grid in grids], SYSTEM, WEIGHT_0)
    for variant in grids[0]:
        if variant != "none":
            pairs = [(grid[variant].sample(SYSTEM), grid["none"].sample(SYSTEM)) for grid in grids]
            rows[f"{variant} minus none"] = statistics.mean([way - none for way, none in pairs])
    return rows


def li(out: Path) -> list[dict]:
    found = first_variant(out, "li2021-nnpm", "four", "mel")
    return against(found, "pseudo multilabels", "knn", WEIGHT_0, "zscore", "self_training", "aad")


def pseudo_labels(out: Path) -> list[dict]:
    """What the gate of NNPM accepted at the end, and how much of it was right, for each pair; means over seeds."""
    rows = []
    for key, found in paired.records(out, "li2021-nnpm").items():
        if key.mode != "transductive" or not all("pseudo" in cell for cell in found):
            continue
        _, sealed, runs = paired.assemble(
            key, found, lambda cell, _: {"pseudo": np.array(cell["pseudo"]) + 1, SYSTEM: cell["predictions"][SYSTEM]}
        )
        pseudo = runs["pseudo"] - 1  # (seeds, n); -1: not accepted
        accepted = pseudo >= 0
        right = [
            scores.score(scores.subset(sealed, np.flatnonzero(taken)), labels[taken], 0).wa
            for taken, labels in zip(accepted, pseudo, strict=True)
            if taken.any()
        ]
        rows.append(
            {
                "pair": " -> ".join(key.pair),
                "share": round(float(accepted.mean()), 4),
                "accuracy": round(float(np.mean(right)), 4) if right else None,
                "accuracy_of_answers": round(scores.score(sealed, runs[SYSTEM], 0).wa, 4),
                "seeds": len(pseudo),
            }
        )
    return rows


def poster(out: Path) -> list[dict]:
    variants = {"mlp": "149 averages", "conv1d": "1-D convolutions"}
    if all(cell.finished(out) for cell in tuning.with_settings(cells.cells("poster-images"), out)):
        variants["resnet50-middle"] = "ResNet-50"
    rows = []
    for variant, words in variants.items():
        rows += against(first_variant(out, "poster2023-dann", "five", variant), words, WEIGHT_0, "zscore")
    return rows


def baklouti(out: Path) -> list[dict]:
    """The chosen lambda minus 0 on paired repeats, both directions together, as published and with other speakers."""
    rows = []
    chosen = chosen_lambda(out)
    for split, words in (("random", "random split, as published"), ("speakers", "other speakers")):
        by_pair = {pair: repeats(out, pair, split) for pair in systems.get("baklouti2024-mmd").pairs}
        if chosen is None or not all(by_pair.values()):
            continue
        samples = {name: over_lambda_0(by_pair, name) for name in strengths(by_pair)}
        facts = {
            "every_lambda": {name: row(name, sample) for name, sample in samples.items()},
            "collapsed": [one for pair, found in by_pair.items() for one in fallen(pair, found, (chosen, "lambda 0"))],
            "main": split == "random",
            "repeats": min(map(len, by_pair.values())),
            "pairs": len(by_pair),
        }
        rows.append(row(f"{chosen} minus lambda 0, {words}", samples[chosen], **facts))
    return rows


def strengths(by_pair: dict) -> list[str]:
    """Names of all strengths but 0, the smallest first."""
    names = next(iter(by_pair.values()))[0]["answers"]
    return sorted((name for name in names if name != "lambda 0"), key=lambda name: float(name.split()[1]))


def over_lambda_0(by_pair: dict, name: str) -> Sample:
    return statistics_mean(
        [paired.repeats_difference(found, pair[1], name, "lambda 0") for pair, found in by_pair.items()]
    )


def statistics_mean(samples: list[Sample]) -> Sample:
    """Mean of samples that may have lost a few draws."""
    fewest = min(len(one.draws) for one in samples)
    return statistics.mean([Sample(one.point, one.draws[:fewest]) for one in samples])


def chosen_lambda(out: Path) -> str | None:
    settings_of = tuning.chosen(out).get(("baklouti2024-mmd", "middle-supervised"))
    return None if settings_of is None else f"lambda {dict(settings_of)['strength']:g}"


def repeats(out: Path, pair: tuple[str, str], split: str) -> list[dict]:
    """The paired repeats of the middle variant on one pair."""
    key = paired.Key("baklouti2024-mmd", "middle-supervised", pair, "own", split, None)
    labels, pack = supervised.PAPER_LABELS[pair[1]], load_cached(pair[1], "mel")
    everyone = supervised.seal(pack, labels, [i for i, u in enumerate(pack.utterances) if u.emotion in labels.of])
    return [
        {"seed": r["plan"]["seed"], "answers": r["predictions"], "everyone": everyone, "record": r,
         "sealed": supervised.seal(pack, labels, r["rows"])}
        for r in paired.records(out, "baklouti2024-mmd").get(key, [])
    ]  # fmt: skip


def fallen(pair: tuple[str, str], found: list[dict], names: tuple[str, ...]) -> list[str]:
    """Collapsed repeats, by name: pair, repeat and strength."""
    chance = 1 / len(supervised.PAPER_LABELS[pair[1]].classes)
    return [
        f"{pair[0]} to {pair[1]}, repeat {one['seed']}, {name}"
        for one in found
        for name in names
        if scores.run_uar(one["sealed"], np.array(one["answers"][name])[None]) < chance + COLLAPSED
    ]


def beats_svm(out: Path) -> list[dict]:
    """The middle VGG16 minus a linear SVM on log-mel statistics within each source, other speakers."""
    rows = []
    for source, target in systems.get("baklouti2024-mmd").pairs:
        labels, pack = supervised.PAPER_LABELS[source], load_cached(source, "mel")
        everyone = supervised.seal(pack, labels, [i for i, u in enumerate(pack.utterances) if u.emotion in labels.of])
        found = []
        for one in repeats(out, (source, target), "speakers"):
            own = one["record"]["source_model"]
            answers = {"network": own["predictions"], "svm": own["svm"]}
            sealed = supervised.seal(pack, labels, own["rows"])
            found.append({"sealed": sealed, "everyone": everyone, "answers": answers})
        if found:
            uar = {name: round(100 * mean_uar(found, name), 1) for name in ("network", "svm")}
            sample = paired.repeats_difference(found, source, "network", "svm")
            rows.append(row(f"within {source}: VGG16 minus linear SVM", sample, uar=uar, repeats=len(found)))
    return rows


def mean_uar(found: list[dict], name: str) -> float:
    return float(np.mean([scores.run_uar(one["sealed"], np.array(one["answers"][name])[None]) for one in found]))


TESTS = {"latif2019-gan": latif, "cai2021-dann": cai, "li2021-nnpm": li, "poster2023-dann": poster,
         "baklouti2024-mmd": baklouti}  # fmt: skip


# The cells that a verdict needs. ResNet-50 of the poster is a row of its own once its part is finished.
PARTS = {"latif2019-gan": ("latif",), "cai2021-dann": ("cai",), "li2021-nnpm": ("li",),
         "poster2023-dann": ("poster",), "baklouti2024-mmd": ("baklouti",)}  # fmt: skip


def compute(out: Path) -> dict:
    """All differences and verdicts from the finished cells in ``out``."""
    found = {key: test(out) for key, test in TESTS.items()}
    progress = {}
    for key, parts in PARTS.items():
        wanted = list(cells.cells(*parts))
        progress[key] = [sum(cell.finished(out) for cell in tuning.with_settings(wanted, out)), len(wanted)]
    within = out / "within.json"
    return {
        "systems": found,
        "progress": progress,  # finished cells of the test, and all of them
        "middle": beats_svm(out),
        "pseudo_labels": pseudo_labels(out),
        "within": json.loads(within.read_text()) if within.is_file() else [],
        "tries": [row for one in tuning.WHICH for row in tuning.search(one, out)[2]],
    }
