"""HTTP endpoints for other programs: named, typed, documented in docs/api.md; they store nothing.

Where the page serves agents (ui/server/mcp.py), each is also a tool. Their docstrings are what an agent reads.
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
from xser_demo.reporting import benchmark_results
from xser_demo.ui.jobs.queue import HEAVY, died
from xser_demo.ui.server.blocks import client_left
from xser_demo.ui.shared import adapt_options, call_values
from xser_demo.ui.shared.adapt_options import JOB_NAME
from xser_demo.ui.shared.model_menu import MAX_MODELS
from xser_demo.utils import resources, settings
from xser_demo.utils.errors import SettingsError, UserError

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
    """Predict the emotion that a voice expresses in one clip of speech, with one to four models. The answer has
    probabilities, attention over time, and the quality of the recording. Predictions are about how acted speech sounds;
    never use them to judge a person.

    Args:
        audio: the sound file, 0.25 to 60 s of speech
        models: a list of ids of list_models; default: one trained on English only, and the same adapted to German
    """
    loaded = call_values.models(models, MAX_MODELS)
    return {"clips": [api.predict(encode_file(call_values.sound_file(audio)), loaded).as_dict()]}


def shift(
    audio: str | None, shift: Kind | None = "noise", strength: float | None = 0.5, models: list[str] | None = None
) -> dict:
    """Predict the emotion of one clip unchanged and with a synthetic shift, which shows whether models withstand it.

    Args:
        audio: the sound file, 0.25 to 60 s of speech
        shift: what to change: pitch, tempo, room, noise, gain, clipping, band (a telephone's) or codec
        strength: up to 1; from -1 for pitch and tempo, else from 0
        models: a list of one to four ids of list_models
    """
    loaded = call_values.models(models, MAX_MODELS)
    perturbation = perturbations.get(call_values.word(shift, "shift", "noise"))
    amount = call_values.number(strength, "strength", perturbation.low, 1)
    amount = 0.5 if amount is None else amount
    clip = sound.load(call_values.sound_file(audio))
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
    """List the models that can be asked: id, title, system, method, source and target corpus, labels, UAR (mean recall,
    0 to 1), mode and encoder of each."""
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
    its 95 percent interval, and the domain distance before and after. It waits for its turn, since one model is adapted
    at a time, then takes about 10 s. The model is not kept.

    Args:
        source: the labelled corpus to learn from, one of the Adapt tab; several are joined by "+"
        target: the corpus to adapt to; its labels are used for the score only
        method: how to adapt; default: the recommended one
        system: a published system with its own features and network; default: the shared encoder
        variant: of the system
        labels: the set of emotions
        mode: inductive scores speakers that the model did not adapt to, transductive the clips that it adapted to
        fold: which fifth of the target's speakers is scored, in inductive mode
        seed: of the training
        epochs: of the adaptation, up to 60
        strength: weight of the adaptation loss, 0 to 100
    """
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
    """Map the clips of two corpora in the embedding of a model (PCA), with its prediction for each clip, and measure
    the distance between the corpora.

    Args:
        models: a list of ids of list_models: one, or two of one network; the second map is aligned to the first
        source: a corpus; default: that of the adapted model
        target: another corpus; default: that of the adapted model
        clips: of each corpus, 8 to 700
    """
    ids = tuple(model.id for model in call_values.models(models, MAX_MAP_MODELS))
    available = packs.available()
    pair = [
        call_values.corpora(key, side, available) if key else None
        for side, key in (("source", source), ("target", target))
    ]
    count = call_values.number(clips, "clips", api.MIN_CLIPS, MAX_CLIPS, whole=True)
    return _map(ids, *pair, DEFAULT_CLIPS if count is None else count)


@functools.lru_cache(maxsize=CACHE_SIZE)
def _map(ids: tuple[str, ...], source: str | None, target: str | None, clips: int) -> dict:
    """Cached: shipped models never change."""
    return {"maps": [aligned.as_dict() for aligned in api.align(ids, source, target, most=clips)]}


def benchmark(source: str | None = "ravdess", target: str | None = "emodb", mode: Mode | None = "inductive") -> dict:
    """Look up the benchmark's scores for a pair of corpora, the best first: UAR of every method (mean of 5 seeds) with
    its 95 percent interval, and the points above source only and target z-score on the same clips.

    Args:
        source: the corpus that was learnt from; several are joined by "+"
        target: the corpus that was adapted to
        mode: inductive (speakers that no model adapted to), transductive, or another of the Benchmark tab
    """
    known = benchmark_results.read(settings.ASSETS / "results" / "scores.json")
    available = benchmark_results.corpora(known)
    source, target = (
        call_values.corpora(key, side, available) for side, key in (("source", source), ("target", target))
    )
    wanted = benchmark_results.Filters(
        call_values.mode(mode), benchmark_results.SEVERAL if "+" in source else source, target
    )
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


# Each endpoint, and its name as a tool of agents, who see tools of many servers in one list.
TOOLS = {
    "predict": "predict_emotion",
    "shift": "predict_under_shift",
    "models": "list_models",
    "adapt": "adapt_model",
    "map": "map_corpora",
    "benchmark": "benchmark_scores",
}
NAMES = tuple(TOOLS)


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

    endpoint.__name__ = TOOLS[function.__name__]
    return endpoint


def _plan(source, target, method, system, variant, labels, mode, fold, seed, epochs, strength) -> Plan:
    """The plan of these values; SettingsError for any that the menus of the Adapt tab do not offer."""
    key = call_values.one_of(system, "system", SYSTEMS) or adapt_options.COMMON
    system_id = None if key == adapt_options.COMMON else key
    variant = call_values.one_of(variant, "variant", [name for _, name in adapt_options.variants(key)])
    variant = adapt_options.form_defaults(key, variant).variant
    sources, targets = adapt_options.corpora(key, variant)
    return Plan.from_settings(
        call_values.corpora(source, "source", sources),
        call_values.corpora(target, "target", targets),
        call_values.one_of(method, "method", [name for _, name in adapt_options.method_choices(key, variant)]),
        labels=call_values.one_of(labels, "labels", LABEL_SETS),
        mode=call_values.mode(mode),
        fold=call_values.number(fold, "fold", 0, 99, whole=True),
        seed=call_values.number(seed, "seed", 0, adapt_options.MAX_SEED, whole=True),
        strength=call_values.number(strength, "strength", 0, adapt_options.MAX_STRENGTH),
        epochs=call_values.number(epochs, "epochs", 1, adapt_options.MAX_EPOCHS, whole=True),
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
