"""The record of an experiment: settings, versions, data and result, from which ``xser rerun`` computes it again.

It is stored as "record" in the card of every adapted model and in the result of ``xser adapt --json``. On the same
processor type, with the same packages, the numbers are the same to the bit; elsewhere they differ by rounding. A run
that its time budget or a person ended early cannot be repeated: that depends on the speed of the computer, or on them.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from xser_demo.corpora import user
from xser_demo.corpora.custom.recordings import Choices
from xser_demo.data.packs import Pack
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.networks import checkpoints
from xser_demo.networks.classifier import Model
from xser_demo.utils.errors import ModelError, SettingsError, UserError

PACKAGES = ("xser-demo", "torch", "numpy", "safetensors")
PLAN = [field.name for field in fields(Plan) if field.name != "own"]


def provenance(result: AdaptationResult) -> dict[str, Any]:
    """The record of a result."""
    plan, score = result.plan, result.scores.get("adapted")
    return {
        "plan": {name: value for name, value in asdict(replace(plan, own={})).items() if name in PLAN},
        "started_from": weights(result.source_model),
        "speakers_started_from": weights(result.speaker_model) if result.speaker_model else None,
        "data": {key: data(plan, key) for key in [*plan.sources, *plan.targets]},
        "own": understood(plan),
        "threads": result.threads,
        "versions": versions(),
        "weights": weights(result.model),
        "uar": round(score.uar, 6) if score else None,
    }


def understood(plan: Plan) -> dict[str, str] | None:
    """Where speakers and labels of the user's recordings were read from, as fields of ``Choices``; None without any."""
    pack = plan.own.get((user.KEY, plan.recipe.feature))
    return pack.card.get("understood") if pack else None


def choices(record: Mapping[str, Any]) -> Choices:
    """How the recordings of a record were understood; records of older versions do not say it. SettingsError when it is
    no choice."""
    try:
        found = Choices(**(record.get("own") or {}))
    except TypeError as error:
        raise SettingsError(
            "The record does not say how the recordings were understood; get the card again."
        ) from error
    if not all(isinstance(value, str) for value in asdict(found).values()):
        raise SettingsError("The record does not say how the recordings were understood; get the card again.")
    return found


def versions() -> dict[str, str | None]:
    """Versions of Python and the packages that decide the numbers; None for one that is not installed."""
    return {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()}


def weights(model: Model) -> str:
    """SHA-256 of a model's state dict, independent of its file."""
    checksum = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        checksum.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        checksum.update(tensor.contiguous().cpu().numpy().tobytes())
    return checksum.hexdigest()


def data(plan: Plan, key: str) -> str:
    """``digest`` of a corpus with the features of this plan's network."""
    return digest(plan.pack(key))


def digest(pack: Pack) -> str:
    """SHA-256 of a pack's frames, the start of each clip, labels and speakers."""
    checksum = hashlib.sha256()
    for tensor in (pack.values, pack.scale, pack.offset, pack.starts):
        checksum.update(tensor.contiguous().cpu().numpy().tobytes())
    checksum.update(json.dumps([(utterance.speaker, utterance.emotion) for utterance in pack.utterances]).encode())
    return checksum.hexdigest()


def read(file: Path) -> dict[str, Any]:
    """The record in a model's folder or card, or in the output of ``xser adapt --json``."""
    card = file / "card.json" if file.is_dir() else file
    try:
        record = json.loads(card.read_text(encoding="utf-8")).get("record")
    except (OSError, ValueError, AttributeError) as error:
        raise UserError(f"{file} is no card that can be read; name a card.json or a model's folder.") from error
    if not isinstance(record, Mapping) or not isinstance(record.get("plan"), Mapping):
        raise UserError(f"{file} has no record of an experiment; older models have none.")
    return dict(record)


def plan(record: Mapping[str, Any], user_packs: Mapping[tuple[str, str], Pack] | None = None) -> Plan:
    """The plan of a record. ``user_packs``: the recordings that it was adapted to, as ``Plan.own``."""
    settings = record["plan"]
    if unknown := sorted(set(settings) - set(PLAN)):
        raise SettingsError(f"The record has settings that are not known here: {', '.join(unknown)}.")
    if not all(settings.get(name) for name in ("source", "target", "method")):
        raise SettingsError("The record lacks settings that are needed: source, target and method.")
    try:
        plan = Plan.from_settings(**settings, own=user_packs)
    except (TypeError, AttributeError) as error:  # 3 for a name, a list for a number
        raise SettingsError(
            "The record has settings of another kind than they should be; get the card again."
        ) from error
    if user.KEY in plan.targets and not user_packs:
        raise SettingsError("It was adapted to recordings that are not here; name them with --target zip:FILE.")
    return plan


def feature(record: Mapping[str, Any]) -> str:
    """The feature that the network of a record takes as input."""
    names = [record["plan"].get(name) for name in ("system", "variant", "encoder")]
    if not all(name is None or isinstance(name, str) for name in names):
        raise SettingsError("The record names its system or encoder in another way than here; get the card again.")
    return systems.build(*names)[0].feature


def start(record: Mapping[str, Any]) -> tuple[Model | None, Model | None]:
    """The shipped source model that the run started from, and the one with each speaker standardised. None: the run
    trained its own, or needed none."""
    source = _shipped(checkpoints.MODEL, record.get("started_from"))
    return source, _shipped(checkpoints.START, record.get("speakers_started_from"))


def _shipped(kind: str, checksum: str | None) -> Model | None:
    """The shipped source model of a kind with these weights."""
    for card in checkpoints.cards(kind):
        if card["target"] is None and checksum:
            try:
                model = checkpoints.load(card["id"]).model
            except ModelError:
                continue
            if weights(model) == checksum:
                return model
    return None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Names of what differs between two records; results last."""
    different = []
    for name in ("data", "versions"):
        first, second = before.get(name) or {}, after[name]
        different += [f"{name} of {key}" for key in sorted({*first, *second}) if first.get(key) != second.get(key)]
    names = {"threads": "number of threads", "started_from": "source model", "weights": "weights", "uar": "UAR"}
    return different + [text for name, text in names.items() if before.get(name) != after[name]]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
