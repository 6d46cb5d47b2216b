"""All values of RESULTS.md and its figures, from the finished cells of a folder."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from xser_demo import methods
from xser_demo.benchmark import goals, grid, study, tables
from xser_demo.benchmark.cells import CLASSIFIER
from xser_demo.benchmark.gather import ORACLE, RULES, Gathered, cells_of, gather
from xser_demo.benchmark.store import Store
from xser_demo.benchmark.systems import published, search
from xser_demo.benchmark.tables import Scored, Table, control, round4
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data.packs import load_cached
from xser_demo.evaluation.scores import BINS, DRAWS, calibration_error, reliability, run_uar, trivial_baselines
from xser_demo.experiments.plan import Plan
from xser_demo.networks.temperature import at_bound
from xser_demo.training.selection import RULE
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

RELIABILITY = ("source_only", "zscore", methods.RECOMMENDED)  # methods of the reliability diagram
COLLAPSED = 0.95  # share of clips with one answer
REGISTERED, REGISTERED_DRAWS = "preregistered", 20_000


def report(folder: Path) -> dict:
    """Everything that RESULTS.md and its figures show, as JSON values. UserError if no cell is finished."""
    gathered = gather(folder)
    check_preregistration(gathered)
    main = main_setting(gathered.plans)
    draws = REGISTERED_DRAWS if gathered.suite == REGISTERED else DRAWS
    tables_of: dict[tuple, Table] = defaultdict(lambda: Table(draws=draws))
    apart = Table(draws=draws)
    for run in gathered.runs:
        appended = gathered.suite == REGISTERED and grid.in_appendix(run.plan)
        (apart if appended else tables_of[setting(run.plan)]).add(run)
    table = tables_of.pop(main, Table())
    corpus_table = tables_of.pop(("corpus", *main[1:]), Table())
    share_references(table, corpus_table)
    both = {"speaker": table, "corpus": corpus_table}
    runs = [scored.run for by_method in table.runs.values() for scored in by_method.values()]
    return {
        "about": about(gathered, main, runs, draws) | {"changed": changed(folder)},
        "scores": rows(table),
        "means": tables.means(table),
        "gains": tables.gains(table),
        "recommended": tables.recommended(table),
        "leave_one_out": tables.leave_one_out(table),
        "label_shift": tables.label_shift(table),
        "inductive_minus_transductive": tables.inductive_minus_transductive(table),
        "criteria": study.criteria_study(runs),
        "distance": study.distances(table),
        "calibration": calibration(table),
        "primary": tables.primary(both),
        "by_speaker": tables.by_speaker(table, corpus_table),
        "corpus": {
            "means": tables.means(corpus_table),
            "gains": tables.gains(corpus_table),
            "leave_one_out": tables.leave_one_out(corpus_table),
        },
        "goals": goals.registered(table, corpus_table) if gathered.suite == REGISTERED else [],
        "appendix": {"scores": rows(apart), "means": tables.means(apart), "gains": tables.gains(apart)},
        "published": literature(table),
        "other_settings": [row for key in sorted(tables_of, key=str) for row in rows(tables_of[key], brief=True)],
        "configurations": configurations(gathered),
        "missing": missing(gathered),
    }


def changed(folder: Path) -> list[str]:
    """What has changed since the cells were computed, for a sentence."""
    names = Store(folder).changed_settings(grid.settings())
    others = [name for name in names if not name.startswith(grid.STRENGTH)]
    return others + (["the weights of some methods"] if len(others) < len(names) else [])


def check_preregistration(gathered: Gathered) -> None:
    """SettingsError where a cell of the preregistered suite was computed under another preregistration."""
    known = grid.preregistration()
    if gathered.suite == REGISTERED and known and gathered.preregistrations - {known}:
        raise SettingsError(
            "Some cells were computed under another docs/preregistration.md; put back the file that they name, or "
            "compute them again in another folder."
        )


def share_references(table: Table, corpus_table: Table) -> None:
    """Source only uses no statistics of the target: its runs belong to both tables."""
    for key, by_method in corpus_table.runs.items():
        if "source_only" in table.runs.get(key, {}):
            by_method["source_only"] = table.runs[key]["source_only"]


def setting(plan: Plan) -> tuple:
    """Fields that are equal for all runs of one table."""
    fields = (plan.normalise, plan.labels, plan.system, plan.variant, plan.strength)
    return (*fields, plan.source_epochs, plan.epochs, plan.budget_s)


def main_setting(plans: list[Plan]) -> tuple:
    """Setting of the main tables: four classes and the common network; of several, the one with most cells."""
    counts = Counter(setting(plan) for plan in plans)
    return max(counts, key=lambda key: (key[:5] == (None, "four", None, None, None), counts[key], str(key)))


def about(gathered: Gathered, main: tuple, runs: list, draws: int) -> dict:
    _, labels, *_, source_epochs, epochs, _ = main
    plans = [run.plan for run in runs]
    keys = sorted({key for plan in plans for key in (*plan.sources, plan.target)})
    return {
        "suite": gathered.suite,
        "cells": len(gathered.plans),
        "of": len(set(cells_of(gathered.suite))) if gathered.suite else None,
        "labels": labels,
        "classes": list(LABEL_SETS[labels].classes),
        "epochs": {"source": source_epochs, "adaptation": epochs},  # None: as the schedule says
        "draws": draws,
        "selection": RULE,
        "recommended": methods.RECOMMENDED,
        "recommended_title": title(methods.RECOMMENDED),
        "methods": {name: title(name) for name in tables.ordered({plan.method for plan in plans})},
        "corpora": {k: {"name": corpus(k).name, "language": corpus(k).language_name} for k in keys},
        "rules": list(RULES),
    }  # fmt: skip


def title(method: str) -> str:
    if method in methods.METHODS:
        return methods.METHODS[method].formula or methods.METHODS[method].title
    return "NNPM, answering by its classifier" if method == CLASSIFIER else method  # the method may have been removed


def rows(table: Table, brief: bool = False) -> list[dict]:
    """One row for each method and task. Transductive source-only rows appear also as "zero-shot", since they use
    nothing of the target, not even its mean."""
    rows = []
    for source, target, mode, shift in sorted(table.runs):
        scored = table.at((source, target), mode, shift)
        for name in table.names([(source, target)], mode, shift):
            row = {"source": source, "target": target, "mode": mode, "shift": shift} | score_row(scored[name], brief)
            if (mode, name) == ("transductive", "source_only") and not shift:
                rows.append(row | {"mode": "zero-shot"})
            rows.append(row)
    return rows


def score_row(scored: Scored, brief: bool) -> dict:
    """Scores of a run; unless ``brief``, also recalls, confusion, calibration errors and other selection rules."""
    run, score = scored.run, scored.score
    plan = run.plan
    low, high = scored.uar.ci95
    row = {
        "method": plan.method,
        "labels": plan.labels,
        "seeds": len(run.seeds),
        "uar": round4(score.uar),
        "ci95": [round4(low), round4(high)],
        "wa": round4(score.wa),
        "macro_f1": round4(score.macro_f1),
        "n": score.n,
        "speakers": score.speakers,
        "floors": {name: round4(one.uar) for name, one in trivial_baselines(run.sealed, majority(run)).items()},
        "control": control(plan.source, plan.target),
        "leave_one_out": "+" in plan.source,
        "whole": run.whole,
        "collapsed": collapsed(run.answers(), len(run.sealed.classes)),
    }
    if brief:
        return row | {"source_epochs": plan.source_epochs, "epochs": plan.epochs}
    row |= {"recalls": {name: round4(value) for name, value in score.recalls.items()}, "confusion": score.confusion}
    row |= {"ece": None, "ece_calibrated": None, "temperature": None, "rules": None, "oracle": None}
    if run.confidence() is not None:
        answers = run.answers()
        for key, name in (("ece", "confidence"), ("ece_calibrated", "calibrated")):
            bins = reliability(run.sealed, answers, run.confidence(name))
            row[key] = round4(calibration_error(bins))
        temperatures = [part.record["about"]["temperature"] for part in run.parts]
        row["temperature"] = round4(np.mean(temperatures))
        row["at_bound"] = sum(at_bound(t) for t in temperatures)
    if run.trained:
        row["rules"] = {rule: round4(run_uar(run.sealed, run.answers(rule))) for rule in RULES}
        row["oracle"] = round4(run_uar(run.sealed, run.answers(ORACLE)))
    return row


def collapsed(answers: np.ndarray, classes: int) -> int:
    """How many repeats, the rows of ``answers`` (seeds, n), give nearly all clips one answer."""
    shares = np.stack([(answers == c).mean(1) for c in range(classes)])
    return int((shares.max(0) >= COLLAPSED).sum())


def majority(run) -> int:
    """The most frequent class of the sources."""
    labels = LABEL_SETS[run.plan.labels]
    counts = Counter(labels.of.get(u.emotion) for key in run.plan.sources for u in load_cached(key).utterances)
    return max(range(len(run.sealed.classes)), key=lambda c: counts[run.sealed.classes[c]])


def calibration(table: Table) -> dict:
    """Reliability diagrams: mean confidence and accuracy of each bin, over all pairs and seeds."""
    diagrams = []
    for mode in tables.MODES:
        pairs = table.pairs(mode)
        for name in (n for n in RELIABILITY if n in table.names(pairs, mode)):
            for kind in ("confidence", "calibrated"):
                runs = [table.at(pair, mode)[name].run for pair in pairs]
                bins = sum(reliability(r.sealed, r.answers(), r.confidence(kind)).sum(0) for r in runs)
                share = np.divide(bins[:, 1:], bins[:, :1], out=np.full((len(bins), 2), np.nan), where=bins[:, :1] > 0)
                diagrams.append(
                    {"mode": mode, "method": name, "temperature": "source validation" if kind == "calibrated" else "1",
                     "clips": bins[:, 0].astype(int).tolist(),
                     "confidence": [round4(x) for x in share[:, 0]], "accuracy": [round4(x) for x in share[:, 1]]}
                )  # fmt: skip
    return {"bins": BINS, "diagrams": diagrams}


def literature(table: Table) -> list[dict]:
    """Published scores and, for the same corpora, ours."""
    rows = []
    for row in published.LITERATURE:
        ours = []
        for source, target in row["ours"]:
            for mode in tables.MODES:
                for name in ("source_only", methods.RECOMMENDED):
                    scored = table.runs.get((source, target, mode, ""), {}).get(name)
                    if scored and (mode, name) != ("inductive", "source_only"):
                        shown = "zero-shot" if name == "source_only" else mode
                        ours.append({"source": source, "target": target, "mode": shown, "method": name,
                                     "uar": round4(scored.uar.point)})  # fmt: skip
        rows.append(row | {"ours": ours})
    return rows


def configurations(gathered: Gathered) -> dict:
    """Numbers of distinct settings whose scores on a target of the tables were seen."""
    counts: dict[tuple, int] = Counter()
    for plan in gathered.plans:
        if plan.mode != "supervised":
            counts[(plan.method, len(plan.sources) > 1, plan.mode, plan.shift, *setting(plan))] += 1
    names = ("method", "several_sources", "mode", "shift", "normalise", "labels", "system", "variant", "strength",
             "source_epochs", "epochs", "budget_s")  # fmt: skip
    here = [
        {k: v for k, v in zip(names, key, strict=True) if v not in (None, "", False)} | {"cells": counts[key]}
        for key in sorted(counts, key=str)
    ]
    return {
        "here": here,
        "methods": len({row["method"] for row in here}),
        "before": [{"settings": count, "what": what} for count, what in published.SEEN_BEFORE],
        "search": len(search.OPTIMISERS) * len(search.RATES) * len(search.DECAYS),
        "systems": published.systems_seen(settings.ASSETS / "results" / "systems.json"),
    }


def missing(gathered: Gathered) -> list[dict]:
    """Unfinished runs by task; all tables leave them out."""
    tasks: dict[tuple, list[dict]] = defaultdict(list)
    for row in gathered.missing:
        tasks[row["source"], row["target"], row["mode"], row["shift"], row["labels"]].append(row)
    return [
        dict(zip(("source", "target", "mode", "shift", "labels"), task, strict=True))
        | {"cells": sum(r["cells"] for r in runs), "of": sum(r["of"] for r in runs)}
        | {"methods": [r["method"] for r in runs]}
        for task, runs in sorted(tasks.items())
    ]
