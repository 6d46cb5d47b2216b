"""Runs that use labels of the target: the fifth system as its authors ran it, and the poster's upper row.

They answer another question than unsupervised adaptation and are never ranked with it. The labelled part of the target
takes the place of the labelled source; the source corpus is the unlabelled side that MMD pulls towards it.
"""

import torch
from torch import Tensor, nn

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, plain
from xser_demo.corpora.splits import folds
from xser_demo.data import domains
from xser_demo.data.domains import Source, Target
from xser_demo.data.packs import load_cached
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.training import loop

SPLITS = ("random", "speakers")  # 80/20 by clip as published, and by speaker: fold number ``seed`` is the test
STRENGTHS = {"lambda 0": 0.0, "lambda 1": 1.0}  # the first is plain transfer learning

# The seven emotions of each corpus in Baklouti et al. 2024.
OWN = {
    "emodb": plain("own", "anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
    "iemocap": plain("own", "anger", "excited", "fear", "frustration", "happiness", "neutral", "sadness"),
    "ravdess": plain("own", "anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness"),
}


def run(plan: Plan, split: str) -> dict:
    """Predictions on the test part for each strength, and how well the source model does within its own corpus.

    Scored at the last epoch: the papers name no way of choosing one.
    """
    feature, recipe, schedule = plan.recipe.feature, plan.recipe, plan.schedule
    images = plan.system == BAKLOUTI.id
    labels = OWN[plan.target] if images else LABEL_SETS[systems.get(plan.system).task]
    goal = load_cached(plan.target, feature)
    rows, classes = domains.select(goal, labels)
    test = test_part(goal, rows, split, plan.seed)
    train = Source(goal, rows[~test], classes[~test], labels.classes)
    answers: dict[str, list[int]] = {}
    record = {"classes": list(labels.classes), "rows": rows[test].tolist()}
    if not images:  # the poster's upper row: the same network, learning from the target's labels
        fresh = Model(labels.classes, plan.seed, train.pack.dim, recipe)
        method = methods.get("source_only")(fresh, train, None, seed=plan.seed, schedule=schedule)
        return record | {"predictions": {"supervised": last(method, train, None, plan.seed, goal, rows[test])}}

    there = load_cached(plan.source, feature)
    own = OWN[plan.source]
    begin, within = source_model(plan, there, own, split)
    other = Target(there, domains.select(there, own)[0])
    for name, strength in STRENGTHS.items():
        model = transfer(begin, labels, plan.seed)
        model.inputs[SOURCE].fit(train)
        method = methods.get(plan.method)(model, train, other, strength, plan.seed, schedule)
        answers[name] = last(method, train, other, plan.seed, goal, rows[test])
    return record | {"predictions": answers, "source_model": within}


def test_part(goal, rows: Tensor, split: str, seed: int) -> Tensor:
    """(n,) bool: a fifth of the clips at random, or all clips of the speakers of fold number ``seed``."""
    if split == "random":
        mixed = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        test = torch.zeros(len(rows), dtype=torch.bool)
        test[mixed[: len(rows) // 5]] = True
        return test
    parts = folds(goal.key, goal.utterances)
    held_out = parts[seed % len(parts)]
    return torch.tensor([goal.utterances[row].speaker in held_out for row in rows.tolist()])


def source_model(plan: Plan, there, own: LabelSet, split: str) -> tuple[Model, dict]:
    """Step 1: the network trained on the source corpus, and its answers on a test part of that corpus."""
    rows, classes = domains.select(there, own)
    test = test_part(there, rows, split, plan.seed)
    train = Source(there, rows[~test], classes[~test], own.classes)
    model = Model(own.classes, plan.seed, there.dim, plan.recipe)
    method = methods.get("source_only")(model, train, None, seed=plan.seed, schedule=plan.schedule)
    answers = last(method, train, None, plan.seed, there, rows[test], plan.schedule.source_epochs)
    return model, {"classes": list(own.classes), "rows": rows[test].tolist(), "predictions": answers}


def transfer(begin: Model, labels: LabelSet, seed: int) -> Model:
    """Step 2 begins: the source model's weights with a fresh last layer for the target's emotions."""
    model = Model(labels.classes, seed, begin.inputs[SOURCE].mean.shape[0], begin.recipe)
    *_, final = (name for name, module in begin.named_modules() if isinstance(module, nn.Linear))
    model.load_state_dict({k: v for k, v in begin.state_dict().items() if not k.startswith(final)}, strict=False)
    return model


def last(method, train: Source, other: Target | None, seed: int, goal, rows: Tensor, epochs: int | None = None):
    """Train to the last epoch and answer: class indices of ``rows``. Nothing is chosen, so nothing need be validated;
    a few training clips stand in for the validation that the loop asks for."""
    some = Source(train.pack, train.rows[:8], train.labels[:8], train.classes)
    answers: list[int] = []
    for event in loop.run(method, train, some, other, seed, epochs):
        if isinstance(event, loop.Epoch):
            final = event.epoch == (epochs or method.schedule.epochs)
            if final:
                answers = event.model.predict_all(Target(goal, rows), SOURCE)[0].argmax(1).tolist()
                state = {name: value.clone() for name, value in event.model.state_dict().items()}
    method.model.load_state_dict(state)
    return answers
