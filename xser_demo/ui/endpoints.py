"""HTTP endpoints for other programs: named, typed, documented in docs/api.md; they store nothing.

A sound file goes through gr.File, which accepts uploaded files only. No other input is a path or an address; ids and
names are looked up in lists before anything is opened.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import gradio as gr

from xser_demo import api
from xser_demo.audio import io as sound
from xser_demo.audio import perturbations
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import packs
from xser_demo.experiments import run
from xser_demo.experiments.embeddings import MAX_CLIPS
from xser_demo.experiments.model_card import summary
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.source_models import budget, estimate, start
from xser_demo.experiments.systems import SYSTEMS
from xser_demo.experiments.task import memory_needed, prepare
from xser_demo.inference.predict import encode_file
from xser_demo.methods import METHODS
from xser_demo.networks.checkpoints import Loaded, none_here
from xser_demo.reporting import benchmark_results
from xser_demo.ui.jobs.queue import HEAVY, died
from xser_demo.ui.server.blocks import client_left
from xser_demo.ui.shared import adapt_options, model_menu
from xser_demo.ui.shared.adapt_options import JOB_NAME
from xser_demo.ui.shared.model_menu import MAX_MODELS, defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils import resources, settings
from xser_demo.utils.errors import SettingsError, UserError

MAX_NAME = 200  # characters
MAX_MAP_MODELS = 2  # one, or before and after
DEFAULT_CLIPS = 300  # of each corpus on a map
CACHE_SIZE = 32  # maps, 0.1 MB each

# Types of the interface; clients show them with their values.
Method = Literal[tuple(METHODS)]
System = Literal[tuple(SYSTEMS)]
Labels = Literal[tuple(LABEL_SETS)]
Mode = Literal["inductive", "transductive"]
Kind = Literal[tuple(perturbations.PERTURBATIONS)]


def predict(audio: str | None, models: list[str] | None = None) -> dict:
    """One clip (0.25 to 60 s) and the predictions of one to four models, as ``xser predict --json`` prints them.
    Default models: English only, and the same adapted to German."""
    loaded = _models(models, MAX_MODELS)
    return {"clips": [api.predict(encode_file(_file(audio)), loaded).as_dict()]}


def shift(
    audio: str | None, shift: Kind | None = "noise", strength: float | None = 0.5, models: list[str] | None = None
) -> dict:
    """One clip unchanged and with a synthetic shift (pitch, tempo, room, noise, gain, clipping, band or codec), and the
    predictions of one to four models for both. Strengths run to 1, from -1 for pitch and tempo, else from 0."""
    loaded = _models(models, MAX_MODELS)
    perturbation = perturbations.get(_word(shift, "shift", "noise"))
    amount = _number(strength, "strength", perturbation.low, 1)
    amount = 0.5 if amount is None else amount
    clip = sound.load(_file(audio))
    perturbed = replace(clip, samples=perturbation.apply(clip.samples, amount))
    unchanged, shifted = (api.predict(version, loaded).as_dict() for version in (clip, perturbed))
    return {
        "shift": perturbation.name,
        "strength": amount,
        "amount": perturbation.value(amount),
        "unchanged": unchanged,
        "shifted": shifted,
    }


def models() -> list[dict]:
    """The shipped models: id, title, system, method, source, target, labels, UAR, mode and encoder of each."""
    return api.models()


def adapt(
    source: str | None = "ravdess",
    target: str | None = "emodb",
    method: Method | None = None,
    system: System | None = None,
    variant: str | None = None,
    labels: Labels | None = None,
    mode: Mode | None = "inductive",
    fold: int | None = 0,
    seed: int | None = 0,
    epochs: int | None = None,
    strength: float | None = None,
) -> dict:
    """Adapt a model to an unlabelled corpus and score it: the UAR of source-only, target z-score and adapted, each with
    its 95 percent interval, and the domain distance before and after. Corpora: see the menus of the Adapt tab; several
    are joined by "+". It waits for its turn, since one model is adapted at a time, then takes about 10 s. The model is
    not kept."""
    plan = _plan(source, target, method, system, variant, labels, mode, fold, seed, epochs, strength)
    task = prepare(plan)  # refuses what cannot run before waiting
    with HEAVY.job(estimate(plan, task)) as job:
        for _ in HEAVY.turn(job, client_left):
            pass
        _go_on()
        resources.require_memory(memory_needed(plan), JOB_NAME)
        with resources.single_thread_worker("api") as worker:
            events = run.adapt(plan, start(plan, task), task=task, speaker_model=start(plan, task, "speaker"))
            while (event := worker.submit(next, events, None).result()) is not None:
                _go_on()
                result = event
    return _scores(result)


def _go_on() -> None:
    """SettingsError when nobody waits for the answer any more."""
    if client_left():
        raise SettingsError("The adaptation was stopped, because the client that asked for it left.")


def map(
    models: list[str] | None = None,
    source: str | None = None,
    target: str | None = None,
    clips: int | None = DEFAULT_CLIPS,
) -> dict:
    """The clips of two corpora as points on the PCA map of a model, its prediction for each, and the domain distance.
    One model, or two of one network, before and after: then the second map is aligned to the first. Default corpora:
    those of the adapted model. ``clips`` of each corpus, 8 to 700."""
    ids = tuple(model.id for model in _models(models, MAX_MAP_MODELS))
    available = packs.available()
    pair = [_corpora(key, side, available) if key else None for side, key in (("source", source), ("target", target))]
    count = _number(clips, "clips", api.MIN_CLIPS, MAX_CLIPS, whole=True)
    return _map(ids, *pair, DEFAULT_CLIPS if count is None else count)


@functools.lru_cache(maxsize=CACHE_SIZE)
def _map(ids: tuple[str, ...], source: str | None, target: str | None, clips: int) -> dict:
    """Cached: shipped models never change."""
    return {"maps": [aligned.as_dict() for aligned in api.align(ids, source, target, most=clips)]}


def benchmark(source: str | None = "ravdess", target: str | None = "emodb", mode: Mode | None = "inductive") -> dict:
    """The shipped scores of a pair, the best first: UAR of every method (mean of 5 seeds) with its 95 percent interval,
    and the points above source only and target z-score on the same clips. Several sources are joined by "+"."""
    known = benchmark_results.read(settings.ASSETS / "results" / "scores.json")
    available = benchmark_results.corpora(known)
    source, target = _corpora(source, "source", available), _corpora(target, "target", available)
    wanted = benchmark_results.Filters(_mode(mode), benchmark_results.SEVERAL if "+" in source else source, target)
    keys = set(source.split("+"))
    rows = [row for row in benchmark_results.rows(known, wanted) if set(row.score["source"].split("+")) == keys]
    if not rows:
        raise SettingsError(f"The table has no {wanted.mode} scores from {source} to {target}; choose another pair.")
    fields = ("method", "uar", "ci95", "n", "speakers", "seeds")
    return {
        "source": source,
        "target": target,
        "mode": wanted.mode,
        "rows": [
            {name: row.score[name] for name in fields}
            | {"title": row.method, "over_source_only": row.gain, "over_zscore": row.over_zscore}
            for row in rows
        ],
    }


NAMES = ("predict", "shift", "models", "adapt", "map", "benchmark")


def build() -> None:
    """Register the endpoints; their components are hidden."""
    with gr.Row(visible=False):
        perturbation = [gr.Textbox("noise", label="shift"), gr.Number(0.5, label="strength")]
        for function, more in ((predict, []), (shift, perturbation)):
            clip, ids = gr.File(label="audio", type="filepath"), gr.JSON(value=[], label="models")
            answer = gr.JSON(label="answer")
            gr.Button().click(_with_errors(function), [clip, *more, ids], answer, api_name=function.__name__)
        # Calls of adapt also wait for each other, so that visitors of the page have at most one of them ahead.
        for function, concurrency in ((models, 4), (adapt, 1), (map, 1), (benchmark, 4)):
            gr.api(_with_errors(function), api_name=function.__name__, concurrency_limit=concurrency)


def _with_errors(function: Callable) -> Callable:
    """Turn every error into one sentence for the client."""

    @functools.wraps(function)
    def endpoint(*values):
        try:
            return function(*values)
        except UserError as error:
            problem = error
        except Exception as error:  # a bug: the log has the traceback
            problem = died(f"The answer of /{function.__name__}", error)
        raise gr.Error(str(problem), print_exception=False)

    return endpoint


def _plan(source, target, method, system, variant, labels, mode, fold, seed, epochs, strength) -> Plan:
    """The plan of these values; SettingsError for any that the menus of the Adapt tab do not offer."""
    key = _one_of(system, "system", SYSTEMS) or adapt_options.COMMON
    system_id = None if key == adapt_options.COMMON else key
    variant = _one_of(variant, "variant", [name for _, name in adapt_options.variants(key)])
    variant = adapt_options.form_defaults(key, variant).variant
    sources, targets = adapt_options.corpora(key, variant)
    return Plan.from_settings(
        _corpora(source, "source", sources),
        _corpora(target, "target", targets),
        _one_of(method, "method", [name for _, name in adapt_options.method_choices(key, variant)]),
        labels=_one_of(labels, "labels", LABEL_SETS),
        mode=_mode(mode),
        fold=_number(fold, "fold", 0, 99, whole=True),
        seed=_number(seed, "seed", 0, adapt_options.MAX_SEED, whole=True),
        strength=_number(strength, "strength", 0, adapt_options.MAX_STRENGTH),
        epochs=_number(epochs, "epochs", 1, adapt_options.MAX_EPOCHS, whole=True),
        budget_s=budget(system_id, variant),
        system=system_id,
        variant=variant,
    )


def _scores(result: AdaptationResult) -> dict:
    """The summary without the record, and all scores; no label of any clip."""
    facts = {name: value for name, value in summary(result).items() if name not in ("record", "uar")}
    scores = {
        name: {"uar": round(score.uar, 4), "ci95": [round(end, 4) for end in score.ci95]}
        for name, score in result.scores.items()
    }
    return facts | {"scores": scores, "clips": len(result.task.test), "speakers": result.speakers}


def _file(audio: str | None) -> str:
    if audio is None:
        raise SettingsError("Send a sound file.")
    return audio


def _models(ids: list[str] | None, most: int) -> list[Loaded]:
    """Shipped models by id; without ids those that the page selects first."""
    if not isinstance(ids or [], list):
        raise SettingsError("'models' must be a list of model ids.")
    chosen = list(dict.fromkeys(_word(model_id, "models") for model_id in ids or [])) or defaults(Visitor())[:most]
    if not chosen:
        raise SettingsError(none_here())
    if len(chosen) > most:
        raise SettingsError(f"At most {most} models are asked at once; name fewer.")
    return model_menu.loaded(Visitor(), chosen)


def _corpora(value: str | None, side: str, known: list[str]) -> str:
    """One of the ``known`` corpora, or several joined by "+"."""
    keys = _word(value, side).split("+")
    for key in keys:
        if key not in known:
            raise SettingsError(f"There is no corpus '{key}' for '{side}' here; choose one of: {', '.join(known)}.")
    return "+".join(keys)


def _mode(value: str | None) -> str:
    return _one_of(value, "mode", benchmark_results.MODES) or benchmark_results.MODES[0]


def _one_of(value: str | None, name: str, known) -> str | None:
    """One of the ``known`` values; None when it is missing or empty."""
    word = _word(value, name)
    if word and word not in known:
        advice = f"choose one of: {', '.join(known)}" if known else "leave it out"
        raise SettingsError(f"There is no {name} '{word}' here; {advice}.")
    return word or None


def _word(value: str | None, name: str, default: str = "") -> str:
    if value is None or value == "":
        return default
    if not isinstance(value, str) or len(value) > MAX_NAME or not value.isprintable():
        raise SettingsError(f"'{name}' must be a short text.")
    return value


def _number(value: float | None, name: str, low: float, high: float, whole: bool = False) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high  # nan fails
    if not number or (whole and value != int(value)):
        kind = "whole number" if whole else "number"
        raise SettingsError(f"'{name}' must be a {kind} from {low:g} to {high:g}.")
    return int(value) if whole else float(value)
