"""Means over pairs, gains and other differences of scored runs, all on the same bootstrap resamples."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from xser_demo import methods
from xser_demo.benchmark import grid, statistics
from xser_demo.benchmark.gather import Run
from xser_demo.benchmark.statistics import Sample
from xser_demo.corpora import corpus
from xser_demo.evaluation import scores

BASES = ("source_only", *grid.CONTROLS)
ALL, ENGLISH, WITHOUT_URDU = "all pairs", "from English", "without URDU"
MODES = ("inductive", "transductive")


@dataclass(frozen=True, eq=False)
class Scored:
    """A run with its scores; ``uar`` has the bootstrap draws."""

    run: Run
    score: scores.Score
    uar: Sample

    @property
    def pair(self) -> tuple[str, str]:
        return self.run.plan.source, self.run.plan.target


TaskKey = tuple[str, str, str, str]  # source, target, mode, shift


@dataclass
class Table:
    """All scored runs of one setting, by task and method."""

    runs: dict[TaskKey, dict[str, Scored]] = field(default_factory=dict)
    draws: int = scores.DRAWS
    _resamples: dict = field(default_factory=dict)

    def add(self, run: Run) -> None:
        """Score a run and add it."""
        plan = run.plan
        answers = run.answers()
        key = (plan.target, plan.shift, run.sealed)
        if key not in self._resamples:
            name = plan.target if run.whole else f"{plan.target}, a part"
            self._resamples[key] = scores.Resamples(run.sealed, name, run.full_target, self.draws)
        score = scores.score(run.sealed, answers, 0)
        scored = Scored(run, score, Sample(score.uar, self._resamples[key].uar(answers)))
        self.runs.setdefault((plan.source, plan.target, plan.mode, plan.shift), {})[plan.method] = scored

    def at(self, pair: tuple[str, str], mode: str, shift: str = "") -> dict[str, Scored]:
        """Scored runs of one task by method."""
        return self.runs[pair[0], pair[1], mode, shift]

    def pairs(self, mode: str, shift: str = "") -> list[tuple[str, str]]:
        """Pairs of one source and a target in another language for which all methods of the mode are finished."""
        names = {
            (source, target): by_method.keys()
            for (source, target, *key), by_method in self.runs.items()
            if key == [mode, shift] and "+" not in source and not control(source, target)
        }
        return sorted(pair for pair in names if names[pair] == set().union(*names.values()))

    def sets(self, mode: str) -> dict[str, list[tuple[str, str]]]:
        """Sets of pairs over which means are taken: all pairs, those from English if all of them are finished, and
        those without URDU on either side if there are others."""
        pairs = self.pairs(mode)
        english = {(s, t) for s, t, *key in self.runs if s == "ravdess" and key == [mode, ""]}
        without = [pair for pair in pairs if "urdu" not in pair]
        sets = {
            ALL: pairs,
            WITHOUT_URDU: without if without != pairs else [],
            ENGLISH: sorted(english) if english <= set(pairs) else [],
        }
        return {name: members for name, members in sets.items() if members}

    def names(self, pairs: list[tuple[str, str]], mode: str, shift: str = "") -> list[str]:
        """Methods of these pairs, in the order of the methods' table."""
        return ordered(self.at(pairs[0], mode, shift)) if pairs else []

    def mean(self, pairs, mode: str, name: str, shift: str = "") -> Sample:
        """Mean UAR of a method over pairs."""
        return statistics.mean([self.at(pair, mode, shift)[name].uar for pair in pairs])


def ordered(names: Iterable[str]) -> list[str]:
    """Method names in the order of the methods' table."""
    order = list(methods.METHODS)
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def control(source: str, target: str) -> bool:
    """Whether source and target are different corpora of the same language."""
    return source != target and any(corpus(key).language == corpus(target).language for key in source.split("+"))


def mean_and_interval(sample: Sample) -> dict:
    """A sample as a row of a table."""
    return {"mean": round4(sample.point), "ci95": [round4(x) for x in sample.ci95]}


def round4(value: float) -> float | None:
    """Rounded to four digits, as published; None for nan."""
    return round(float(value), 4) + 0.0 if np.isfinite(value) else None


def means(table: Table) -> list[dict]:
    """Mean UAR over the pairs of each set."""
    return [
        {"set": name, "mode": mode, "method": method, "pairs": len(pairs), "targets": count_targets(pairs)}
        | mean_and_interval(table.mean(pairs, mode, method))
        for mode in MODES
        for name, pairs in table.sets(mode).items()
        for method in table.names(pairs, mode)
    ]


def count_targets(pairs: list[tuple[str, str]]) -> int:
    """Independent targets behind a mean: pairs with the same target share its speakers."""
    return len({target for _, target in pairs})


def difference(table: Table, pairs, mode: str, better: str, base: str, shift: str = "") -> dict:
    """Mean over pairs of better - base with its p value, and the numbers of pairs won and lost by point estimates."""
    differences = [table.at(pair, mode, shift)[better].uar - table.at(pair, mode, shift)[base].uar for pair in pairs]
    sample = statistics.mean(differences)
    signs = Counter(int(np.sign(round(one.point, 12))) for one in differences)
    return mean_and_interval(sample) | {
        "p": round4(sample.p), "pairs": len(pairs), "targets": count_targets(pairs),
        "won": signs[1], "lost": signs[-1],
    }  # fmt: skip


def add_holm(rows: list[dict]) -> list[dict]:
    """Add p values corrected by Holm's method for the rows of the table."""
    return [r | {"p_holm": round4(p)} for r, p in zip(rows, statistics.holm([r["p"] for r in rows]), strict=True)]


def gains(table: Table) -> list[dict]:
    """Gains of every method over every base."""
    rows = []
    for mode in MODES:
        for name, pairs in table.sets(mode).items():
            known = table.names(pairs, mode)
            for base in (base for base in BASES if base in known):
                start = {"set": name, "mode": mode, "over": base}
                names = [method for method in known if method != base]
                rows += add_holm([start | {"method": m} | difference(table, pairs, mode, m, base) for m in names])
    return rows


def primary(by_normalisation: dict[str, Table]) -> list[dict]:
    """The recommended method against the strongest free control of the same normalisation: the control with the highest
    mean over the same pairs, so chosen with the scores in hand, against the method."""
    rows = []
    for normalise, table in by_normalisation.items():
        for mode in MODES:
            for name, pairs in table.sets(mode).items():
                known = table.names(pairs, mode)
                controls = [control for control in grid.CONTROLS if control in known]
                if methods.RECOMMENDED in known and len(controls) == len(grid.CONTROLS):
                    over = max(controls, key=lambda one: table.mean(pairs, mode, one).point)
                    start = {"normalise": normalise, "set": name, "mode": mode, "over": over}
                    rows.append(start | difference(table, pairs, mode, methods.RECOMMENDED, over))
    return add_holm(rows)


def by_speaker(speaker: Table, corpus: Table) -> list[dict]:
    """Normalisation by speaker minus that of the corpus as a whole, for each recipe that has both."""
    rows = []
    for mode in MODES:
        for name, members in corpus.sets(mode).items():
            pairs = [pair for pair in members if (*pair, mode, "") in speaker.runs]
            for method in corpus.names(pairs, mode):
                if method == "source_only" or any(method not in speaker.at(pair, mode) for pair in pairs):
                    continue
                parts = [speaker.at(pair, mode)[method].uar - corpus.at(pair, mode)[method].uar for pair in pairs]
                sample = statistics.mean(parts)
                rows.append(
                    {"set": name, "mode": mode, "method": method, "pairs": len(pairs), "targets": count_targets(pairs)}
                    | mean_and_interval(sample) | {"p": round4(sample.p)}
                )  # fmt: skip
    return add_holm(rows)


def recommended(table: Table) -> list[dict]:
    """Differences of the recommended method to every other one."""
    rows = []
    best = methods.RECOMMENDED
    for mode in MODES:
        for name, pairs in table.sets(mode).items():
            known = table.names(pairs, mode)
            if best in known:
                start = {"set": name, "mode": mode, "method": best}
                rows += add_holm(
                    [start | {"against": m} | difference(table, pairs, mode, best, m) for m in known if m != best]
                )
    return rows


def label_shift(table: Table) -> list[dict]:
    """Mean UAR over pairs under each label shift, without one ("") and over all shifts ("all").

    ``over_zscore`` is the difference to the target's z-score under the same shift."""
    shifts = sorted({shift for *_, shift in table.runs if shift})
    if not shifts:
        return []
    finished = [set(table.pairs("transductive", shift)) for shift in shifts]
    pairs = sorted(set.intersection(*finished, set(table.pairs("transductive"))))
    rows = []
    for method in table.names(pairs, "transductive", shifts[0]) if pairs else []:
        samples = {shift: table.mean(pairs, "transductive", method, shift) for shift in ("", *shifts)}
        samples["all"] = statistics.mean([samples[shift] for shift in shifts])
        for shift, sample in samples.items():
            row = {"shift": shift, "method": method, "pairs": len(pairs)} | mean_and_interval(sample)
            if method != "zscore" and "zscore" in table.at(pairs[0], "transductive", shifts[0]):
                row["over_zscore"] = _over_zscore(table, pairs, method, shifts if shift == "all" else [shift])
            rows.append(row)
    return rows


def _over_zscore(table: Table, pairs, method: str, shifts: list[str]) -> dict:
    differences = []
    for pair in pairs:
        tasks = [table.at(pair, "transductive", shift) for shift in shifts]
        differences.append(statistics.mean([runs[method].uar - runs["zscore"].uar for runs in tasks]))
    sample = statistics.mean(differences)
    return mean_and_interval(sample) | {"p": round4(sample.p), "won": sum(one.point > 0 for one in differences)}


def leave_one_out(table: Table) -> list[dict]:
    """One language left out, all others as sources: mean UAR over targets, and its difference to z-score."""
    rows = []
    for mode in MODES:
        tasks = {key: runs for key, runs in table.runs.items() if "+" in key[0] and key[2] == mode and not key[3]}
        if not tasks:
            continue
        names = set().union(*(runs.keys() for runs in tasks.values()))
        pairs = sorted((key[0], key[1]) for key, runs in tasks.items() if runs.keys() == names)
        for method in table.names(pairs, mode):
            row = {"mode": mode, "method": method, "targets": [target for _, target in pairs]}
            row |= mean_and_interval(table.mean(pairs, mode, method))
            if method != "zscore" and "zscore" in names:
                row["over_zscore"] = difference(table, pairs, mode, method, "zscore")
            rows.append(row)
    return rows


def inductive_minus_transductive(table: Table) -> list[dict]:
    """Cost of scoring on other speakers than those adapted to: mean difference over pairs of one source."""
    pairs = sorted(set(table.pairs("inductive")) & set(table.pairs("transductive")))
    both = [
        [table.at(pair, mode) for mode in MODES]
        for pair in pairs
        if all(scored.run.whole for scored in table.at(pair, "inductive").values())
    ]
    rows = []
    for method in table.names(pairs, "inductive") if both else []:
        if all(method in runs for modes in both for runs in modes):
            sample = statistics.mean([first[method].uar - second[method].uar for first, second in both])
            rows.append({"method": method, "pairs": len(both)} | mean_and_interval(sample) | {"p": round4(sample.p)})
    return rows
