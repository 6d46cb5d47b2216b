"""Equal budgets: every method gets the same number of settings, on the corpora that are for choosing settings.

    xser corpora pack aesdd turev --out DIR      (their packs are not shipped)
    python -m xser_demo.benchmark.tuning --packs DIR --out FILE [--part I/N]

Sources: RAVDESS, EmoDB, EMOVO and the three together. Targets: AESDD (three classes) and TurEV-DB (four; its *calm*
stands for neutral). Transductive. Each method's settings are tried with seed 0, speakers standardised. The best setting
by the mean over these eight cells, for the methods that come first and for the controls, is then run once more with one
source at a time: with three seeds, with the corpus as a whole, and from RAVDESS with shifted class frequencies. A line
of ``FILE`` is a finished run; a killed program goes on where it stopped.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import mean

import torch

from xser_demo import methods
from xser_demo.benchmark.candidates import SHOT, CoralSHOT
from xser_demo.benchmark.grid import COMMON
from xser_demo.corpora import DEVELOPMENT
from xser_demo.data import packs
from xser_demo.data.packs import Pack
from xser_demo.evaluation.scores import run_uar
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import expect_speakers, fresh
from xser_demo.experiments.task import Task, prepare
from xser_demo.methods import lda_refit
from xser_demo.methods.base import Method
from xser_demo.methods.coral import Coral
from xser_demo.networks import memory_bank
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.training import loop

SOURCES = ("ravdess", "emodb", "emovo", "ravdess+emodb+emovo")
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the weight that a method had before
BEFORE = {
    "dann": 0.05, "gan": 0.1, "gan_synthesis": 0.1, "mmd": 1.0, "nnpm": 0.3, "infomax": 0.5, "aad": 0.5, "shot": 0.5,
    "coral_infomax": 0.5, "coral_infomax_em": 0.5, "coral_shot": 0.5,
}  # fmt: skip
SEEDS = range(3)
SINGLE = SOURCES[:3]
SHIFTS = ("70 anger", "70 happiness", "70 sadness", "no sadness")
EMOTIONS = {"calm": "neutral"}  # of TurEV-DB


# What is set where a method has no weight: a constant of its module, and its values.
CONSTANTS = {
    "coral": (Coral, "shrinkage", (0.1, 0.2, 0.3, 0.5, 0.7)),
    "knn": (memory_bank, "NEAREST", (3, 5, 10, 20, 40)),
    "lda_refit": (lda_refit, "SHRINKAGE", (0.03, 0.1, 0.2, 0.4, 0.7)),
}
CANDIDATES: dict[str, type[Method]] = {"shot": SHOT, "coral_shot": CoralSHOT}
NAMES = tuple(name for name in COMMON if name != "source_only") + tuple(CANDIDATES)
CONTROLS = ("zscore", "continued", "lda_refit")
CHOSEN_FROM = (*CONTROLS, methods.RECOMMENDED, "coral_shot")  # the controls, the best of stage 1


@dataclass(frozen=True)
class Run:
    source: str
    target: str
    method: str
    setting: float | None  # weight or constant; None: there is nothing to set
    normalise: str = "speaker"
    seed: int = 0
    shift: str = ""


def settings_of(name: str) -> tuple[float | None, ...]:
    """The settings that a method may choose among."""
    if name in CONSTANTS:
        return CONSTANTS[name][2]
    return tuple(BEFORE[name] * factor for factor in FACTORS) if name in BEFORE else (None,)


def method_class(name: str) -> type[Method]:
    return CANDIDATES.get(name) or methods.get(name)


def first_stage() -> Iterator[Run]:
    for source, target in product(SOURCES, DEVELOPMENT):
        for name in NAMES:
            yield from (Run(source, target, name, setting) for setting in settings_of(name))


def second_stage(found: dict[Run, float]) -> Iterator[Run]:
    """The best settings of the controls and of the best methods with all seeds, normalisations and label shifts."""
    best = chosen(found)
    closer = [*((name, best[name]) for name in CHOSEN_FROM), (methods.RECOMMENDED, BEFORE[methods.RECOMMENDED])]
    for source, target, (name, setting) in product(SINGLE, DEVELOPMENT, closer):
        yield from (Run(source, target, name, setting, "speaker", seed) for seed in SEEDS)
        yield Run(source, target, name, setting, "corpus", 0)
    for target, (name, setting), shift in product(DEVELOPMENT, closer, SHIFTS):
        yield Run(SINGLE[0], target, name, setting, "speaker", 0, shift)


def chosen(found: dict[Run, float]) -> dict[str, float | None]:
    """The setting with the best mean over the cells of the first stage, for each method."""
    stage = list(first_stage())
    return {
        name: max(settings_of(name), key=lambda s: mean(found[r] for r in stage if (r.method, r.setting) == (name, s)))
        for name in NAMES
    }


class Bench:
    """Runs with packs and source models in memory."""

    def __init__(self, folder: Path):
        self.own = {(key, "whisper"): relabelled(packs.load(key, folder=folder / key)) for key in DEVELOPMENT}
        self.sources: dict[tuple, Model] = {}

    def uar(self, run: Run) -> float:
        plan = Plan(
            run.source, run.target, run.method if run.method not in CANDIDATES else methods.RECOMMENDED,
            mode="transductive", seed=run.seed, shift=run.shift, own=self.own,
        )  # fmt: skip
        task = prepare(plan)
        task = task.by_speaker() if run.normalise == "speaker" else task
        model = deepcopy(self.source_model(run, plan, task)).requires_grad_(True)
        expect_speakers(model, task)
        with constant(run):
            weight = None if run.method in CONSTANTS else run.setting
            method = method_class(run.method)(model, task.train, task.adapt, weight, run.seed, plan.schedule)
            loop.run_to_end(loop.run(method, task.train, task.validation, task.adapt, run.seed))
            answers = model.predict_all(task.test, TARGET)[0].argmax(1)
        assert task.sealed is not None
        return run_uar(task.sealed, answers.numpy()[None])

    def source_model(self, run: Run, plan: Plan, task: Task) -> Model:
        key = (run.source, task.labels.classes, run.normalise, run.seed)
        if key not in self.sources:
            train = loop.train_source(
                task.train, task.validation, run.seed, model=fresh(plan, task), schedule=plan.schedule
            )
            self.sources[key] = loop.run_to_end(train).model
        return self.sources[key]


def relabelled(pack: Pack) -> Pack:
    return replace(pack, utterances=[replace(u, emotion=EMOTIONS.get(u.emotion, u.emotion)) for u in pack.utterances])


@contextmanager
def constant(run: Run) -> Iterator[None]:
    """Set the constant that this run tries."""
    if run.method not in CONSTANTS:
        yield
        return
    owner, name, _ = CONSTANTS[run.method]
    before = getattr(owner, name)
    setattr(owner, name, run.setting)
    try:
        yield
    finally:
        setattr(owner, name, before)


def read(file: Path) -> dict[Run, float]:
    """Finished runs of all parts."""
    lines = [line for part in file.parent.glob(f"{file.stem}*.jsonl") for line in part.read_text().splitlines()]
    return {Run(**row["run"]): row["uar"] for row in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--packs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="FILE.jsonl")
    parser.add_argument("--stage", type=int, choices=(1, 2), default=1)
    parser.add_argument("--part", default="0/1", help="I/N: every N-th source and target, from the I-th on")
    options = parser.parse_args()
    torch.set_num_threads(1)
    number, count = map(int, options.part.split("/"))
    cells = list(product(SOURCES, DEVELOPMENT))[number::count]
    found = read(options.out)
    runs = first_stage() if options.stage == 1 else second_stage(found)
    todo = [run for run in dict.fromkeys(runs) if (run.source, run.target) in cells and run not in found]
    bench = Bench(options.packs)
    file = options.out.with_name(f"{options.out.stem}-{number}.jsonl")
    for place, run in enumerate(sorted(todo, key=lambda run: (run.source, run.target, run.seed)), start=1):
        uar = bench.uar(run)
        with open(file, "a") as out:
            out.write(json.dumps({"run": asdict(run), "uar": round(uar, 5)}) + "\n")
        print(f"{place}/{len(todo)} {run} {uar:.4f}", flush=True)


if __name__ == "__main__":
    main()
