"""Export of an adapted model as one zip (weights, card, scores, labels, report, a short script), and its import.

An imported zip is untrusted: nothing in it is run, only safetensors of a known network are read, and every value of the
card that is used is checked.
"""

import json
import math
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.corpora.labels import LABEL_SETS, LabelSet
from xser_demo.experiments import model_card, systems
from xser_demo.experiments.folds import Pooled
from xser_demo.experiments.run import AdaptationResult
from xser_demo.features import FEATURES
from xser_demo.features.encoders import registry
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON, Model, Recipe
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.reporting.onnx import folder as onnx_folder
from xser_demo.utils.archives import Limits, unpack
from xser_demo.utils.errors import ModelError, UserError

FOLDER = "xser-model"
LIMITS = Limits(files=20, packed=64 << 20, total=128 << 20)
MAX_LENGTH = 200  # characters of a text of the card
SNIPPET = '''"""Predict the emotion of a sound file: python use_it.py voice.wav (needs xser_demo, see README.txt)."""
import sys
from pathlib import Path

import xser_demo

prediction = xser_demo.predict(sys.argv[1], Path(__file__).parent / "model")
for emotion, share in sorted(prediction.answers[0].probabilities.items(), key=lambda item: -item[1]):
    print(f"{emotion:10} {share:.0%}")
'''
CONTENTS = {
    "model/": "weights (safetensors) and card: training data, adaptation, selection, input statistics",
    "labels.json": "its classes, and the class of each emotion of a corpus",
    "metrics.json": "scores and distances before and after, and the settings",
    "report.html": "the same as a page with figures; needs no network",
    "use_it.py": "a script that uses it:  python use_it.py voice.wav",
    "onnx/": "the same model for programs without torch, see its README.txt",
}
README = """A model for speech emotion, adapted with xser_demo.

{contents}

On the command line:  xser predict voice.wav --model model
The terms of its training corpora apply, see the card. It was trained on acted speech and says how a voice sounds, not
what a person feels; never judge people by it.
"""


def export_model(
    result: AdaptationResult, title: str, file: Path, pooled: Pooled | None = None, with_onnx: bool = False
) -> None:
    """The zip of an adaptation. ``pooled``: its score over all folds. ``with_onnx``: also the folder of ``xser
    export``, 58 MB. UserError when it cannot be written."""
    from xser_demo.reporting import run_report

    model_id = f"own-{result.plan.slug()}"
    unheard = pooled.facts() if pooled else None
    mine = Loaded(model_id, result.model, model_card.model_card(result, model_id, title, unheard))
    metrics = model_card.summary(result) | ({"unheard": unheard} if unheard else {})
    texts = {"metrics.json": _json(metrics), "report.html": run_report.html(result, pooled)}
    _zip(mine, result.task.labels, texts, file, with_onnx)


def export_visitor_model(mine: Loaded, file: Path, with_onnx: bool = False) -> None:
    """The zip of a model adapted to a voice; all that is known of it is on its card."""
    _zip(mine, LABEL_SETS[mine.card["label_set"]], {}, file, with_onnx)


def _zip(mine: Loaded, labels: LabelSet, texts: dict[str, str], file: Path, with_onnx: bool) -> None:
    texts = texts | {
        "labels.json": _json({"label_set": labels.name, "classes": mine.card["labels"], "of": labels.of}),
        "use_it.py": SNIPPET,
    }
    there = {*texts, "model/", *(["onnx/"] if with_onnx else [])}
    contents = [f"{name:13} {text}" for name, text in CONTENTS.items() if name in there]
    texts["README.txt"] = README.format(contents="\n".join(contents))
    try:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            checkpoints.save(mine.model, mine.card, Path(folder) / "model")
            if with_onnx:
                onnx_folder.write(mine, Path(folder) / "onnx")
            for one in sorted(Path(folder).glob("*/*")):
                packed = zipfile.ZIP_STORED if one.suffix == ".onnx" else None  # weights hardly shrink
                archive.write(one, f"{FOLDER}/{one.relative_to(folder).as_posix()}", packed)
            for name, text in texts.items():
                archive.writestr(f"{FOLDER}/{name}", text)
    except OSError as error:
        raise UserError(f"The model cannot be written to {file} ({error.strerror}); choose another place.") from error


LARGEST = 1e12  # of a weight: squares and sums of larger ones leave single precision, for some clips only


def import_model(file: Path) -> Loaded:
    """A model from such a zip. ModelError in one sentence for anything else; nothing of it stays on the disk."""
    with tempfile.TemporaryDirectory(prefix="xser-") as folder:
        try:
            for _ in unpack(file, Path(folder), LIMITS):
                pass
        except UserError as error:
            raise ModelError(f"This is not a model exported from this page. {error}") from error
        cards = sorted(Path(folder).rglob("card.json"))
        if len(cards) != 1 or not (cards[0].parent / "weights.safetensors").is_file():
            raise ModelError(
                "There is no model in this file: it must hold one card.json beside one weights.safetensors."
            )
        checked(_card(cards[0]))
        loaded = checkpoints.read(cards[0].parent)
        values = loaded.model.state_dict().values()
        if not all(torch.isfinite(one).all() for one in values):
            raise ModelError("The weights of this model are not all numbers; get it again.")
        if not all((one.abs() < LARGEST).all() for one in values):
            raise ModelError("The weights of this model give no answers; get it again.")
        _try_out(loaded.model)
        return loaded


def _try_out(model: Model) -> None:
    """Predict one second of noise in both domains: shapes of matrices and memory bank may not match, and weights may be
    so large that no answer results."""
    feature = FEATURES[model.recipe.feature]
    steps = round(feature.rate_hz) if feature.rate_hz else 1
    noise = torch.randn(steps, feature.dim, generator=torch.Generator().manual_seed(0))
    mask, answers = torch.ones(1, steps, dtype=torch.bool), []
    try:
        for domain in (SOURCE, TARGET):
            entrance = model.inputs[domain]
            for frames in (0 * noise, noise, 3 * noise * entrance.std.cpu() + entrance.mean.cpu()):
                answers.append(model.predict(frames, mask, domain))
    except (RuntimeError, IndexError, ValueError) as error:
        raise ModelError("The weights of this model do not fit together; get it again.") from error
    if any(one.logits.shape != (1, len(model.classes)) or one.logits.isnan().any() for one in answers):
        raise ModelError("The weights of this model give no answers; get it again.")


def checked(card: object) -> dict[str, Any]:
    """The card, when everything in it that is used here is what it should be."""
    if not isinstance(card, Mapping):
        raise ModelError("The card of this model is not a table of names and values; get it again.")
    label_set, labels = LABEL_SETS.get(_text(card, "label_set")), card.get("labels")
    if label_set is None or not isinstance(labels, list) or not set(map(str, labels)) <= set(label_set.classes):
        raise ModelError("This model tells other emotions apart than those known here.")
    if len(set(map(str, labels))) != len(labels) or len(labels) < 2:
        raise ModelError("The card of this model names fewer than two emotions, or one twice.")
    methods.get(_text(card, "method"))
    for side in ("source", "target"):
        if card.get(side) is not None:
            corpus(_text(card, side))
    if card.get("system") is not None:
        systems.get(_text(card, "system"))
    if _recipe(card) not in _recipes():
        raise ModelError("This model has a network that is not known here.")
    temperature = card.get("temperature", 1.0)
    if isinstance(temperature, bool) or not isinstance(temperature, int | float) or not 0.01 <= temperature <= 100:
        raise ModelError("The temperature in the card of this model is no number from 0.01 to 100.")
    for name in ("fold", "seed"):
        number = card.get(name)
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 10**6):
            raise ModelError(f"The {name} in the card of this model is no whole number; get it again.")
    _scores(card.get("uar"))
    _unheard(card.get("unheard"))
    texts = ["id", "title", "mode", "weights_sha256"]
    if registry.bigger(_recipe(card).feature):
        texts.append("encoder_weights_sha256")
    for name in texts:
        _text(card, name)
    return dict(card)


def _scores(uar: object) -> None:
    """None, or the figures that the page shows."""
    if uar is not None:
        corpus(_text(_shares(uar), "scored_on"))


def _unheard(unheard: object) -> None:
    """None, or the pooled score of ``folds.Pooled.facts``."""
    if unheard is None:
        return
    counts = [unheard.get("folds")] if isinstance(unheard, Mapping) else [None]
    if isinstance(unheard, Mapping) and unheard.get("uar") is not None:
        uar = _shares(unheard["uar"])
        counts += [uar.get("n"), uar.get("speakers")]
    if not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 10**9 for one in counts):
        raise ModelError("The score on unheard speakers in the card of this model cannot be read; get it again.")


def _shares(uar: object) -> Mapping[str, Any]:
    """Scores whose figures are shares. ModelError for others."""
    wanted = ("source_only", "zscore", "adapted")
    if not isinstance(uar, Mapping):
        raise ModelError("The scores in the card of this model are no shares from 0 to 1.")
    numbers = [uar.get(name) for name in wanted] + list(uar.get("ci95") or [None])
    if not all(isinstance(one, float | int) and math.isfinite(one) and 0 <= one <= 1 for one in numbers):
        raise ModelError("The scores in the card of this model are no shares from 0 to 1.")
    if len(numbers) != len(wanted) + 2:
        raise ModelError("The interval in the card of this model must have two ends.")
    return uar


def _recipe(card: Mapping[str, Any]) -> Recipe:
    try:
        return checkpoints.recipe(card)
    except TypeError as error:
        raise ModelError("The network in the card of this model is described in another way than here.") from error


def _recipes() -> list[Recipe]:
    bigger = (replace(COMMON, feature=name) for name in ENCODERS)
    return [COMMON, *bigger, *(one.recipe for system in systems.SYSTEMS.values() for one in system.variants.values())]


def _text(card: Mapping[str, Any], name: str) -> str:
    value = card.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_LENGTH:
        raise ModelError(f"The card of this model has no proper '{name}'; get it again.")
    return value


def _card(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError("The card of this model cannot be read; get it again.") from error


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
