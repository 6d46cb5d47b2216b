"""Trainings with target labels: the fifth system as published, and the upper reference of the poster.

They are never ranked with unsupervised adaptation. The labelled part of the target takes the place of the labelled
source, and the source corpus that of the unlabelled target, on which MMD is minimised.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from xser_demo import methods
from xser_demo.benchmark.systems.cells import digest
from xser_demo.corpora.labels import LABEL_SETS, LabelSet, plain
from xser_demo.corpora.splits import folds
from xser_demo.data import domains
from xser_demo.data.domains import Source, Target
from xser_demo.data.packs import Pack, load_cached
from xser_demo.data.sealed_labels import SealedLabels
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import start_weights
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.methods.base import Method
from xser_demo.methods.schedule import Schedule
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import SOURCE
from xser_demo.training import loop
from xser_demo.utils.device import device
from xser_demo.utils.files import atomic_write

STRENGTHS = (0.0, 0.1, 0.5, 1.0, 2.0)  # of MMD; 0 is transfer learning without it

# The seven emotions of each corpus in Baklouti et al. 2024, and all of the development corpora.
PAPER_LABELS = {
    "emodb": plain("own", "anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"),
    "iemocap": plain("own", "anger", "excited", "fear", "frustration", "happiness", "neutral", "sadness"),
    "aesdd": plain("own", "anger", "disgust", "fear", "happiness", "sadness"),  # a development corpus, as the next
    "turev": plain("own", "anger", "happiness", "neutral", "sadness"),
    "ravdess": plain("own", "anger", "calm", "disgust", "fear", "happiness", "neutral", "sadness"),
}


def run(plan: Plan, split: str, schedule: Schedule, out: Path, only_system: bool = False) -> dict:
    """Predictions on the test part for each strength, and those of the source model on its own corpus.

    Scored at the last epoch, since the papers state no selection rule. All strengths of a repeat have the same split,
    the same start and the same batches. ``only_system``: the plan's strength alone.
    """
    images = plan.system == BAKLOUTI.id
    labels = PAPER_LABELS[plan.target] if images else LABEL_SETS[systems.get(plan.system or "").task]
    target_pack = plan.pack(plan.target)
    rows, classes = domains.select(target_pack, labels)
    test = test_part(target_pack, rows, split, plan.seed)
    train = Source(target_pack, rows[~test], classes[~test], labels.classes)
    answers: dict[str, list[int]] = {}
    record = {"classes": list(labels.classes), "rows": rows[test].tolist()}
    if not images:  # the poster's upper reference: the same network, trained on target labels
        model = untrained(plan, labels)
        method = methods.get("source_only")(model, train, None, seed=plan.seed, schedule=plan.schedule)
        return record | {
            "predictions": {"supervised": train_to_end(method, train, None, plan.seed, target_pack, rows[test])}
        }

    source_pack = plan.pack(plan.source)
    source_labels = PAPER_LABELS[plan.source]
    initial, source_result = source_model(plan, source_pack, source_labels, split, out)
    unlabelled = Target(source_pack, domains.select(source_pack, source_labels)[0])
    own = plan.weight or 1.0
    for strength in [own] if only_system else sorted({*STRENGTHS, own}):
        model = transfer(initial, labels, plan.seed)
        model.inputs[SOURCE].fit(train)
        method = methods.get(plan.method)(model, train, unlabelled, strength, plan.seed, schedule)
        answers[f"lambda {strength:g}"] = train_to_end(method, train, unlabelled, plan.seed, target_pack, rows[test])
    return record | {"predictions": answers, "source_model": source_result}


def untrained(plan: Plan, labels: LabelSet) -> Model:
    """The system's network at its start, from ImageNet where the variant says so."""
    model = Model(labels.classes, plan.seed, plan.pack(plan.target).dim, plan.recipe)
    start_weights(plan, model)
    return model.to(device())


def test_part(pack: Pack, rows: Tensor, split: str, seed: int) -> Tensor:
    """Mask (n,) of the test clips: a random fifth, or all clips of the speakers of fold number ``seed``. With more
    repeats than folds the speakers are cut anew: a fifth of them at random, by the seed."""
    if split == "random":
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
        test = torch.zeros(len(rows), dtype=torch.bool)
        test[order[: len(rows) // 5]] = True
        return test
    parts = folds(pack.key, pack.utterances)
    speakers = sorted({speaker for part in parts for speaker in part})
    order = torch.randperm(len(speakers), generator=torch.Generator().manual_seed(seed)).tolist()
    anew = [speakers[place] for place in order[: max(1, len(speakers) // 5)]]
    held_out = parts[seed] if seed < len(parts) else anew
    return torch.tensor([pack.utterances[row].speaker in held_out for row in rows.tolist()])


def source_model(plan: Plan, pack: Pack, labels: LabelSet, split: str, out: Path) -> tuple[Model, dict]:
    """Step 1: train the network on the source corpus and predict a test part of that corpus; beside it a linear SVM on
    log-mel statistics. Read from ``out`` where it was trained before."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save

    model = untrained(plan, labels)
    key = digest(asdict(plan.recipe), asdict(replace(plan.schedule, epochs=0)))
    file = out / "sources" / f"{plan.variant}-{plan.source}-own-{split}-{key}-seed{plan.seed}.st"
    if file.exists():
        model.load_state_dict(load_file(file))
        with safe_open(file, "pt") as opened:
            return model, json.loads(opened.metadata()["result"])
    rows, classes = domains.select(pack, labels)
    test = test_part(pack, rows, split, plan.seed)
    train = Source(pack, rows[~test], classes[~test], labels.classes)
    method = methods.get("source_only")(model, train, None, seed=plan.seed, schedule=plan.schedule)
    answers = train_to_end(method, train, None, plan.seed, pack, rows[test], plan.schedule.source_epochs)
    result = {"classes": list(labels.classes), "rows": rows[test].tolist(), "predictions": answers}
    result["svm"] = support_vectors(load_cached(plan.source, "mel"), rows, classes, test)
    file.parent.mkdir(parents=True, exist_ok=True)
    state = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    atomic_write(file, save(state, {"result": json.dumps(result)}))
    return model, result


def support_vectors(pack: Pack, rows: Tensor, classes: Tensor, test: Tensor) -> list[int]:
    """A linear SVM (C = 0.01, balanced classes) on mean and deviation of each mel band: what a network must beat."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import LinearSVC

    frames = [pack.frames(row) for row in rows.tolist()]
    x = torch.stack([torch.cat([one.mean(0), one.std(0, correction=0)]) for one in frames]).numpy()
    scaler = StandardScaler().fit(x[~test])
    svm = LinearSVC(C=0.01, class_weight="balanced", random_state=0)
    svm.fit(scaler.transform(x[~test]), classes[~test].numpy())
    return svm.predict(scaler.transform(x[test])).tolist()


def transfer(initial: Model, labels: LabelSet, seed: int) -> Model:
    """Start of step 2: the source model's weights with a new last layer for the target's emotions."""
    model = Model(labels.classes, seed, initial.inputs[SOURCE].mean.shape[0], initial.recipe)
    *_, final = (name for name, module in initial.named_modules() if isinstance(module, nn.Linear))
    model.load_state_dict({k: v for k, v in initial.state_dict().items() if not k.startswith(final)}, strict=False)
    return model.to(initial.device)


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


def seal(pack: Pack, labels: LabelSet, rows: list[int]) -> SealedLabels:
    """Labels and speakers of given rows of a pack."""
    utterances = [pack.utterances[row] for row in rows]
    classes = tuple(labels.index(u.emotion) for u in utterances)
    return SealedLabels(labels.classes, classes, tuple(u.speaker for u in utterances))
