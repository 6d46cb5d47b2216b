"""Model cards, and the summary of a result that the command line and the library print."""

from collections import Counter
from dataclasses import asdict

from xser_demo import methods
from xser_demo.corpora import corpus
from xser_demo.corpora.custom import ingest
from xser_demo.data.user_corpus import UserCorpus
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.provenance import provenance
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.systems.base import CONTROL
from xser_demo.experiments.task import Task
from xser_demo.features import FEATURES
from xser_demo.networks import frozen


def model_card(result: AdaptationResult, model_id: str, title: str, unheard: dict | None = None) -> dict:
    """The card that is stored beside the weights, as JSON values. ``unheard``: the score over all folds,
    ``Pooled.facts``."""
    plan, finished = result.plan, result.finished
    adapted_to = None if plan.method == "source_only" else plan.target
    corpora = plan.sources if adapted_to is None else [*plan.sources, *plan.targets]
    if frozen.is_frozen(plan.recipe):
        corpora = dict.fromkeys([*corpora, *frozen.CORPORA])
    by_speaker = result.normalisation.name == "speaker"
    source_weights = {"source_weights": list(plan.weights)} if plan.weights else {}
    return (
        {
            "id": model_id,
            "title": title,
            "system": plan.system,
            "recipe": asdict(plan.recipe),
            "method": plan.method,
            "paper": methods.get(plan.method).paper,
            "source": plan.source,
            "target": adapted_to,
            "labels": list(result.task.labels.classes),
            "label_set": plan.labels,
            "dropped_labels": result.task.dropped,
            "mode": plan.mode,
            "fold": plan.fold if plan.mode == "inductive" else None,
            "seed": plan.seed,
            "epochs": finished.epochs,
            "schedule": asdict(plan.schedule),
            "strength": plan.weight if plan.weight is not None else methods.get(plan.method).strength,
            "selection": finished.rule,
            "chosen_epoch": finished.chosen.epoch if finished.chosen else None,
            "temperature": round(result.temperature, 4),
            "encoder": FEATURES[plan.recipe.feature].encoder,
            "normalise": result.normalisation.name,
            "statistics": ("each speaker standardised by their own clips, then " if by_speaker else "")
            + "frames standardised by the source's training speakers; target side by "
            + (
                "the same"
                if adapted_to is None
                else f"the unlabelled {corpus(adapted_to).name} clips used for adaptation"
            ),
            "uar": _uar(result) | {"scored_on": plan.target} if result.scores else None,
            "corpora": [
                {
                    "name": corpus(key).name,
                    "language": corpus(key).language_name,
                    "licence": corpus(key).licence,
                    "citation": corpus(key).citation,
                    "url": corpus(key).url,
                }
                for key in corpora
            ],
            "record": provenance(result),
        }
        | source_weights
        | _ended_early(result)
        | ({"unheard": unheard} if unheard else {})
        | encoder(result.task)
        | _origin(plan)
    )


def _ended_early(result: AdaptationResult) -> dict:
    """Why a run has fewer epochs than its plan; empty if it has all."""
    finished = result.finished
    if finished.on_demand:
        return {"ended_early": "on demand, while scores of the target were shown for teaching"}
    return {"ended_early": "time budget"} if finished.stopped_early else {}


def encoder(task: Task) -> dict:
    """Checksum and licence of a bigger encoder's weights; empty for the shipped encoder."""
    card = task.train.pack.card
    return {f"encoder_{name}": card[name] for name in ("weights_sha256", "licence") if name in card}


def _origin(plan: Plan) -> dict:
    """Variant of a published system, its fidelity to the paper and its start; empty for the common ground."""
    if plan.system is None:
        return {}
    system = systems.get(plan.system)
    variant = system.variant(plan.variant)
    is_system = plan.method in (variant.method, "source_only")  # another method is a control on the system's network
    return {
        "variant": variant.name,
        "paper": system.paper if is_system else methods.get(plan.method).paper,
        "fidelity": variant.fidelity if is_system else CONTROL,
        "deviations": list(variant.deviations),
        "unknown_in_paper": list(system.unknown_in_paper) if is_system else [],
        "start": f"{variant.start} weights",
    }


def summary(result: AdaptationResult) -> dict:
    """The result as JSON values: what ``xser adapt --json`` prints and ``Result.summary`` holds."""
    plan = result.plan
    adapted = result.scores.get("adapted")
    return {
        "source": plan.source,
        "target": plan.target,
        "method": plan.method,
        "system": plan.system,
        "variant": systems.get(plan.system).variant(plan.variant).name if plan.system else None,
        "encoder": FEATURES[plan.recipe.feature].encoder,
        "mode": plan.mode,
        "labels": list(result.task.labels.classes),
        "dropped_labels": result.task.dropped,
        "seed": plan.seed,
        "fold": plan.fold if plan.mode == "inductive" else None,
        "epochs": result.finished.epochs,
        "seconds": round(result.seconds, 2),
        "normalise": asdict(result.normalisation),
        "selection": result.finished.rule,
        "uar": _uar(result) | {"n": adapted.n, "speakers": result.speakers} if adapted else None,
        "shift": {
            "mmd_before": round(result.distances_before.mmd, 4),
            "mmd_after": round(result.distances_after.mmd, 4),
            "a_distance_before": round(result.distances_before.a_distance, 4),
            "a_distance_after": round(result.distances_after.a_distance, 4),
        },
        "record": provenance(result),
    }


def recordings_summary(recordings: UserCorpus) -> dict:
    """What the scan of the user's recordings understood, and which clips were skipped and why."""
    scan, pack = recordings.scan, recordings.pack
    facts = ingest.summary(scan)
    not_encoded = Counter(reason for _, reason in pack.card["skipped"])
    return {
        "own": {
            "understood": scan.how,
            "speaker_from": scan.used.speaker_from,
            "speaker_readings": scan.speaker_readings,
            "labels_from": scan.used.labels_from,
            "label_readings": scan.label_readings,
            "clips": len(pack),
            "speakers": facts.speakers or None,
            "seconds": facts.seconds,
            "labelled": facts.labels,
            "unlabelled": facts.unlabelled,
            "unknown_words": scan.unknown,
            "skipped": facts.skipped | dict(not_encoded),
        }
    }


def _uar(result: AdaptationResult) -> dict:
    return {name: round(score.uar, 4) for name, score in result.scores.items()} | {
        "ci95": [round(x, 4) for x in result.scores["adapted"].ci95]
    }
