"""Means over pairs, gains and other differences of scored runs, all on the same resamples."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from xser_demo import methods
from xser_demo.benchmark import statistics
from xser_demo.benchmark.gather import Run
from xser_demo.benchmark.statistics import Sample
from xser_demo.corpora import corpus
from xser_demo.evaluation import scores

BASES = ("source_only", "zscore")
ALL, ENGLISH = "all pairs", "from English"
FROM_ENGLISH = (("ravdess", "emodb"), ("ravdess", "emovo"), ("ravdess", "urdu"))
MODES = ("inductive", "transductive")


@dataclass(frozen=True, eq=False)
class Scored:
    run: Run
    score: scores.Score
    uar: Sample

    @property
    def pair(self) -> tuple[str, str]:
        return self.run.plan.source, self.run.plan.target


Where = tuple[str, str, str, str]  # source, target, mode, shift


@dataclass
class Table:
    """All scored runs of one setting, by where and by method."""

    of: dict[Where, dict[str, Scored]] = field(default_factory=dict)
    _resamples: dict = field(default_factory=dict)

    def add(self, run: Run) -> None:
        plan = run.plan
        answers = run.answers()
        key = (plan.target, plan.shift, run.sealed)
        if key not in self._resamples:
            name = plan.target if run.whole else f"{plan.target}, a part"
            self._resamples[key] = scores.Resamples(run.sealed, name, run.everyone)
        score = scores.score(run.sealed, answers, 0)
        scored = Scored(run, score, Sample(score.uar, self._resamples[key].uar(answers)))
        self.of.setdefault((plan.source, plan.target, plan.mode, plan.shift), {})[plan.method] = scored

    def at(self, pair: tuple[str, str], mode: str, shift: str = "") -> dict[str, Scored]:
        return self.of[pair[0], pair[1], mode, shift]

    def pairs(self, mode: str, shift: str = "") -> list[tuple[str, str]]:
        """Pairs of one source and a target of another language in which all methods of the mode are finished."""
        names = {
            (source, target): methods.keys()
            for (source, target, which, how), methods in self.of.items()
            if (which, how) == (mode, shift) and "+" not in source and not control(source, target)
        }
        return sorted(pair for pair in names if names[pair] == set().union(*names.values()))

    def sets(self, mode: str) -> dict[str, list[tuple[str, str]]]:
        pairs = self.pairs(mode)
        chosen = {ALL: pairs} | ({ENGLISH: list(FROM_ENGLISH)} if set(FROM_ENGLISH) <= set(pairs) else {})
        return {name: some for name, some in chosen.items() if some}

    def names(self, pairs: list[tuple[str, str]], mode: str, shift: str = "") -> list[str]:
        return ordered(self.at(pairs[0], mode, shift)) if pairs else []

    def mean(self, pairs, mode: str, name: str, shift: str = "") -> Sample:
        return statistics.mean([self.at(pair, mode, shift)[name].uar for pair in pairs])


def ordered(names: Iterable[str]) -> list[str]:
    """In the order of the methods' table."""
    order = list(methods.METHODS)
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))


def control(source: str, target: str) -> bool:
    """Another corpus of the same language: a change of corpus without one of language."""
    return source != target and any(corpus(key).language == corpus(target).language for key in source.split("+"))


def figure(sample: Sample) -> dict:
    return {"mean": round4(sample.point), "ci95": [round4(x) for x in sample.ci95]}


def round4(value: float) -> float | None:
    """As it is published; None where there is no number."""
    return round(float(value), 4) + 0.0 if np.isfinite(value) else None


def means(table: Table) -> list[dict]:
    """Mean UAR over the pairs of each set."""
    return [
        {"set": name, "mode": mode, "method": method, "pairs": len(pairs)} | figure(table.mean(pairs, mode, method))
        for mode in MODES
        for name, pairs in table.sets(mode).items()
        for method in table.names(pairs, mode)
    ]


def difference(table: Table, pairs, mode: str, better: str, base: str, shift: str = "") -> dict:
    """Mean over pairs of better - base, with p, and how many pairs it won and lost by the point estimates."""
    each = [table.at(pair, mode, shift)[better].uar - table.at(pair, mode, shift)[base].uar for pair in pairs]
    sample = statistics.mean(each)
    won = Counter(int(np.sign(round(one.point, 12))) for one in each)
    return figure(sample) | {"p": round4(sample.p), "pairs": len(pairs), "won": won[1], "lost": won[-1]}


def corrected(rows: list[dict]) -> list[dict]:
    """With p values that are corrected for the rows of the table."""
    return [r | {"p_holm": round4(p)} for r, p in zip(rows, statistics.holm([r["p"] for r in rows]), strict=True)]


def gains(table: Table) -> list[dict]:
    """Every method over every base."""
    rows = []
    for mode in MODES:
        for name, pairs in table.sets(mode).items():
            known = table.names(pairs, mode)
            for base in (base for base in BASES if base in known):
                start = {"set": name, "mode": mode, "over": base}
                others = [method for method in known if method != base]
                rows += corrected([start | {"method": m} | difference(table, pairs, mode, m, base) for m in others])
    return rows


def recommended(table: Table) -> list[dict]:
    """The recommended method against every other one."""
    rows = []
    best = methods.RECOMMENDED
    for mode in MODES:
        for name, pairs in table.sets(mode).items():
            known = table.names(pairs, mode)
            if best in known:
                start = {"set": name, "mode": mode, "method": best}
                rows += corrected(
                    [start | {"against": m} | difference(table, pairs, mode, best, m) for m in known if m != best]
                )
    return rows


def label_shift(table: Table) -> list[dict]:
    """Mean over pairs under each label shift, the same pairs without one ("") and the mean over all shifts ("all").

    ``over_zscore`` is the difference to the target's z-score under the same shift."""
    shifts = sorted({shift for *_, shift in table.of if shift})
    if not shifts:
        return []
    known = [set(table.pairs("transductive", shift)) for shift in shifts]
    pairs = sorted(set.intersection(*known, set(table.pairs("transductive"))))
    rows = []
    for method in table.names(pairs, "transductive", shifts[0]) if pairs else []:
        under = {shift: table.mean(pairs, "transductive", method, shift) for shift in ("", *shifts)}
        under["all"] = statistics.mean([under[shift] for shift in shifts])
        for shift, sample in under.items():
            row = {"shift": shift, "method": method, "pairs": len(pairs)} | figure(sample)
            if method != "zscore" and "zscore" in table.at(pairs[0], "transductive", shifts[0]):
                row["over_zscore"] = _over_zscore(table, pairs, method, shifts if shift == "all" else [shift])
            rows.append(row)
    return rows


def _over_zscore(table: Table, pairs, method: str, shifts: list[str]) -> dict:
    each = []
    for pair in pairs:
        under = [table.at(pair, "transductive", shift) for shift in shifts]
        each.append(statistics.mean([known[method].uar - known["zscore"].uar for known in under]))
    sample = statistics.mean(each)
    return figure(sample) | {"p": round4(sample.p), "won": sum(one.point > 0 for one in each)}


def leave_one_out(table: Table) -> list[dict]:
    """One language left out, all others its sources: the mean over targets, and its difference to z-score."""
    rows = []
    for mode in MODES:
        found = {w: known for w, known in table.of.items() if "+" in w[0] and w[2] == mode and not w[3]}
        if not found:
            continue
        everything = set().union(*(known.keys() for known in found.values()))
        pairs = sorted((w[0], w[1]) for w, known in found.items() if known.keys() == everything)
        for method in table.names(pairs, mode):
            row = {"mode": mode, "method": method, "targets": [target for _, target in pairs]}
            row |= figure(table.mean(pairs, mode, method))
            if method != "zscore" and "zscore" in everything:
                row["over_zscore"] = difference(table, pairs, mode, method, "zscore")
            rows.append(row)
    return rows


def inductive_minus_transductive(table: Table) -> list[dict]:
    """What it costs to be scored on other speakers than those adapted to: mean over pairs of one source."""
    pairs = sorted(set(table.pairs("inductive")) & set(table.pairs("transductive")))
    both = [
        [table.at(pair, mode) for mode in MODES]
        for pair in pairs
        if all(scored.run.whole for scored in table.at(pair, "inductive").values())
    ]
    rows = []
    for method in table.names(pairs, "inductive") if both else []:
        if all(method in known for sides in both for known in sides):
            sample = statistics.mean([first[method].uar - second[method].uar for first, second in both])
            rows.append({"method": method, "pairs": len(both)} | figure(sample) | {"p": round4(sample.p)})
    return rows
