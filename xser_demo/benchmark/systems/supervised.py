"""Trainings with target labels: the fifth system as published, and the upper reference of the poster.

They are never ranked with unsupervised adaptation. The labelled part of the target takes the place of the labelled
source, and the source corpus that of the unlabelled target, on which MMD is minimised.
"""

import torch
from torch import Tensor, nn

from xser_demo import methods
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, plain
from xser_demo.corpora.splits import folds
from xser_demo.data import domains
from xser_demo.data.domains import Source, Target
from xser_demo.data.packs import Pack, load_cached
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.methods.base import Method
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.training import loop

SPLITS = ("random", "speakers")  # 80/20 by clip, as published; or by speaker: fold number ``seed`` is the test part
STRENGTHS = {"lambda 0": 0.0, "lambda 1": 1.0}  # without and with MMD

# The seven emotions of each corpus in Baklouti et al. 2024.
PAPER_LABELS = {
    "emodb": plain("own", "anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
    "iemocap": plain("own", "anger", "excited", "fear", "frustration", "happiness", "neutral", "sadness"),
    "ravdess": plain("own", "anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness"),
}


def run(plan: Plan, split: str) -> dict:
    """Predictions on the test part for each strength, and those of the source model on its own corpus.

    Scored at the last epoch, since the papers state no selection rule.
    """
    feature, recipe, schedule = plan.recipe.feature, plan.recipe, plan.schedule
    images = plan.system == BAKLOUTI.id
    labels = PAPER_LABELS[plan.target] if images else LABEL_SETS[systems.get(plan.system).task]
    target_pack = load_cached(plan.target, feature)
    rows, classes = domains.select(target_pack, labels)
    test = test_part(target_pack, rows, split, plan.seed)
    train = Source(target_pack, rows[~test], classes[~test], labels.classes)
    answers: dict[str, list[int]] = {}
    record = {"classes": list(labels.classes), "rows": rows[test].tolist()}
    if not images:  # the poster's upper reference: the same network, trained on target labels
        model = Model(labels.classes, plan.seed, train.pack.dim, recipe)
        method = methods.get("source_only")(model, train, None, seed=plan.seed, schedule=schedule)
        return record | {
            "predictions": {"supervised": train_to_end(method, train, None, plan.seed, target_pack, rows[test])}
        }

    source_pack = load_cached(plan.source, feature)
    source_labels = PAPER_LABELS[plan.source]
    initial, source_result = source_model(plan, source_pack, source_labels, split)
    unlabelled = Target(source_pack, domains.select(source_pack, source_labels)[0])
    for name, strength in STRENGTHS.items():
        model = transfer(initial, labels, plan.seed)
        model.inputs[SOURCE].fit(train)
        method = methods.get(plan.method)(model, train, unlabelled, strength, plan.seed, schedule)
        answers[name] = train_to_end(method, train, unlabelled, plan.seed, target_pack, rows[test])
    return record | {"predictions": answers, "source_model": source_result}


def test_part(pack: Pack, rows: Tensor, split: str, seed: int) -> Tensor:
    """Mask (n,) of the test clips: a random fifth, or all clips of the speakers of fold number ``seed``."""
    if split == "random":
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        test = torch.zeros(len(rows), dtype=torch.bool)
        test[order[: len(rows) // 5]] = True
        return test
    parts = folds(pack.key, pack.utterances)
    held_out = parts[seed % len(parts)]
    return torch.tensor([pack.utterances[row].speaker in held_out for row in rows.tolist()])


def source_model(plan: Plan, pack: Pack, labels: LabelSet, split: str) -> tuple[Model, dict]:
    """Step 1: train the network on the source corpus and predict a test part of that corpus."""
    rows, classes = domains.select(pack, labels)
    test = test_part(pack, rows, split, plan.seed)
    train = Source(pack, rows[~test], classes[~test], labels.classes)
    model = Model(labels.classes, plan.seed, pack.dim, plan.recipe)
    method = methods.get("source_only")(model, train, None, seed=plan.seed, schedule=plan.schedule)
    answers = train_to_end(method, train, None, plan.seed, pack, rows[test], plan.schedule.source_epochs)
    return model, {"classes": list(labels.classes), "rows": rows[test].tolist(), "predictions": answers}


def transfer(initial: Model, labels: LabelSet, seed: int) -> Model:
    """Start of step 2: the source model's weights with a new last layer for the target's emotions."""
    model = Model(labels.classes, seed, initial.inputs[SOURCE].mean.shape[0], initial.recipe)
    *_, final = (name for name, module in initial.named_modules() if isinstance(module, nn.Linear))
    model.load_state_dict({k: v for k, v in initial.state_dict().items() if not k.startswith(final)}, strict=False)
    return model


def train_to_end(
    method: Method,
    train: Source,
    unlabelled: Target | None,
    seed: int,
    pack: Pack,
    rows: Tensor,
    epochs: int | None = None,
) -> list[int]:
    """Train to the last epoch; predicted classes of ``rows`` (n,) of ``pack``. No selection, so no validation;
    a few training clips take its place in the loop."""
    validation = Source(train.pack, train.rows[:8], train.labels[:8], train.classes)
    answers: list[int] = []
    for event in loop.run(method, train, validation, unlabelled, seed, epochs):
        if isinstance(event, loop.Epoch) and event.epoch == (epochs or method.schedule.epochs):
            answers = event.model.predict_all(Target(pack, rows), SOURCE)[0].argmax(1).tolist()
            state = {name: value.clone() for name, value in event.model.state_dict().items()}
    method.model.load_state_dict(state)
    return answers
