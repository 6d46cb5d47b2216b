"""What programmes may ask of the page: named endpoints, typed and documented, that keep nothing. See docs/api.md.

A sound file goes through gr.File, which takes uploaded files only; no other input is a path or an address, and ids and
names are looked up in lists before anything is opened.
"""

import functools
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import gradio as gr

from xser_demo import api
from xser_demo.audio import io as sound
from xser_demo.audio import perturbations as shifts
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.data import packs
from xser_demo.experiments import run
from xser_demo.experiments.embeddings import MOST
from xser_demo.experiments.model_card import summary
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.source_models import budget, estimate, find, start
from xser_demo.experiments.systems import SYSTEMS
from xser_demo.experiments.task import memory_needed, prepare
from xser_demo.inference.predict import encode_file
from xser_demo.methods import METHODS
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting import benchmark_results
from xser_demo.ui.jobs.queue import HEAVY, died
from xser_demo.ui.shared import adapt_options, model_menu
from xser_demo.ui.shared.adapt_options import WHAT
from xser_demo.ui.shared.model_menu import MOST_MODELS, defaults
from xser_demo.ui.state import Visitor
from xser_demo.utils import resources, settings
from xser_demo.utils.errors import SettingsError, UserError

LONGEST = 200  # characters of a name
ON_A_MAP = 2  # models: one, or before and after
FEW = 300  # clips of each corpus on a map, when nobody asks for more
KEPT = 32  # maps that are remembered, 0.1 MB each

# A type of the interface, which clients show with their values.
Method = Literal[tuple(METHODS)]
System = Literal[tuple(SYSTEMS)]
Labels = Literal[tuple(LABEL_SETS)]
Mode = Literal["inductive", "transductive"]
Kind = Literal[tuple(shifts.PERTURBATIONS)]


def predict(audio: str | None, models: list[str] | None = None) -> dict:
    """One clip (0.25 to 60 s) and the answers of one to four models, as ``xser predict --json`` prints them. No model
    ids: English only, and the same adapted to German."""
    loaded = _models(models, MOST_MODELS)
    return {"clips": [api.predict(encode_file(_file(audio)), loaded).as_dict()]}


def shift(
    audio: str | None, shift: Kind | None = "noise", strength: float | None = 0.5, models: list[str] | None = None
) -> dict:
    """One clip as it is and with a synthetic shift (pitch, tempo, room, noise, gain, clipping, band or codec), and the
    answers of one to four models to both. Strengths run to 1, from -1 for pitch and tempo, else from 0."""
    loaded = _models(models, MOST_MODELS)
    change = shifts.get(_word(shift, "shift", "noise"))
    at = _number(strength, "strength", change.low, 1)
    at = 0.5 if at is None else at
    clip = sound.load(_file(audio))
    changed = replace(clip, samples=change.apply(clip.samples, at))
    plain, shifted = (api.predict(one, loaded).as_dict() for one in (clip, changed))
    return {"shift": change.name, "strength": at, "amount": change.value(at), "unchanged": plain, "shifted": shifted}


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
    its 95 percent interval, and the distance of the domains before and after. Corpora: see the menus of the Adapt tab;
    several are joined by "+". It waits for its turn, since one model is adapted at a time, then takes about 10 s. The
    model is not kept."""
    plan = _plan(source, target, method, system, variant, labels, mode, fold, seed, epochs, strength)
    prepare(plan)  # refused before it waits
    with HEAVY.job(estimate(plan, find(plan) is None)) as job:
        for _ in HEAVY.turn(job):
            pass
        resources.require_memory(memory_needed(plan), WHAT)
        with resources.single_thread_worker("api") as worker:
            result = worker.submit(deque, run.adapt(plan, start(plan)), 1).result().pop()  # the last event
    return _scores(result)


def map(
    models: list[str] | None = None,
    source: str | None = None,
    target: str | None = None,
    clips: int | None = FEW,
) -> dict:
    """The clips of two corpora as points on the PCA map of a model, what the model hears in each, and how far apart the
    corpora lie. One model, or two of one network, before and after: then the second map is turned onto the first. No
    corpora: those of the model that was adapted. ``clips`` of each corpus, 8 to 700."""
    ids = [one.id for one in _models(models, ON_A_MAP)]
    there = packs.available()
    pair = [_corpora(one, side, there) if one else None for side, one in (("source", source), ("target", target))]
    most = _number(clips, "clips", api.FEWEST, MOST, whole=True)
    return _map(tuple(ids), *pair, FEW if most is None else most)


@functools.lru_cache(maxsize=KEPT)
def _map(ids: tuple[str, ...], source: str | None, target: str | None, most: int) -> dict:
    """Of shipped models only, which never change."""
    return {"maps": [one.as_dict() for one in api.align(ids, source, target, most=most)]}


def benchmark(source: str | None = "ravdess", target: str | None = "emodb", mode: Mode | None = "inductive") -> dict:
    """The shipped scores of a pair, the best first: UAR of every method (mean of 5 seeds) with its 95 percent interval,
    and the points above source only and target z-score on the same clips. Several sources are joined by "+"."""
    known = benchmark_results.read(settings.ASSETS / "results" / "scores.json")
    there = benchmark_results.corpora(known)
    source, target = _corpora(source, "source", there), _corpora(target, "target", there)
    wanted = benchmark_results.Filters(_mode(mode), benchmark_results.SEVERAL if "+" in source else source, target)
    keys = set(source.split("+"))
    rows = [row for row in benchmark_results.rows(known, wanted) if set(row.score["source"].split("+")) == keys]
    if not rows:
        raise SettingsError(f"The table has no {wanted.mode} scores from {source} to {target}; choose another pair.")
    named = ("method", "uar", "ci95", "n", "speakers", "seeds")
    return {
        "source": source,
        "target": target,
        "mode": wanted.mode,
        "rows": [
            {name: row.score[name] for name in named}
            | {"title": row.method, "over_source_only": row.gain, "over_zscore": row.over_zscore}
            for row in rows
        ],
    }


def build() -> None:
    """The endpoints; nothing of them is shown."""
    with gr.Row(visible=False):
        changes = [gr.Textbox("noise", label="shift"), gr.Number(0.5, label="strength")]
        for function, more in ((predict, []), (shift, changes)):
            clip, ids = gr.File(label="audio", type="filepath"), gr.JSON(value=[], label="models")
            answer = gr.JSON(label="answer")
            gr.Button().click(_said(function), [clip, *more, ids], answer, api_name=function.__name__)
        # Calls of adapt also wait for each other, so that the page's visitors have one of them before them at most.
        for function, at_once in ((models, 4), (adapt, 1), (map, 1), (benchmark, 4)):
            gr.api(_said(function), api_name=function.__name__, concurrency_limit=at_once)


def _said(function: Callable) -> Callable:
    """What is wrong is said in one sentence, whatever it is."""

    @functools.wraps(function)
    def answered(*values):
        try:
            return function(*values)
        except UserError as error:
            problem = error
        except Exception as error:  # a fault of ours: the log has it
            problem = died(f"The answer of /{function.__name__}", error)
        raise gr.Error(str(problem), print_exception=False)

    return answered


def _plan(source, target, method, system, variant, labels, mode, fold, seed, epochs, strength) -> Plan:
    """What the menus of the Adapt tab can choose, and nothing else."""
    key = _one_of(system, "system", SYSTEMS) or adapt_options.COMMON
    known = adapt_options.system(key)
    name = _one_of(variant, "variant", [name for _, name in adapt_options.variants(key)] if known else ())
    first = adapt_options.form_defaults(key, name)
    sources, targets = adapt_options.corpora(key, first.variant)
    return Plan(
        _corpora(source, "source", sources),
        _corpora(target, "target", targets),
        _one_of(method, "method", [name for _, name in adapt_options.method_choices(key, first.variant)])
        or first.method,
        _one_of(labels, "labels", LABEL_SETS) or first.labels,
        _mode(mode),
        _number(fold, "fold", 0, 99, whole=True) or 0,
        _number(seed, "seed", 0, adapt_options.MOST_SEED, whole=True) or 0,
        _number(strength, "strength", 0, adapt_options.MOST_STRENGTH),
        epochs=_number(epochs, "epochs", 1, adapt_options.MOST_EPOCHS, whole=True),
        budget_s=budget(known and known.id, first.variant),
        system=known and known.id,
        variant=first.variant,
    )


def _scores(result: AdaptationResult) -> dict:
    """What may be told of an adaptation: no label of any clip."""
    told = {name: value for name, value in summary(result).items() if name not in ("record", "uar")}
    scores = {
        name: {"uar": round(score.uar, 4), "ci95": [round(end, 4) for end in score.ci95]}
        for name, score in result.scores.items()
    }
    return told | {"scores": scores, "clips": len(result.task.test), "speakers": result.speakers}


def _file(audio: str | None) -> str:
    if audio is None:
        raise SettingsError("Send a sound file.")
    return audio


def _models(ids: list[str] | None, most: int) -> list[Loaded]:
    """Shipped models; the first ones of the page when none is named."""
    if not isinstance(ids or [], list):
        raise SettingsError("'models' must be a list of model ids.")
    chosen = list(dict.fromkeys(_word(one, "models") for one in ids or [])) or defaults(Visitor())[:most]
    if not chosen:
        raise SettingsError("There is no model here; train some with: make models")
    if len(chosen) > most:
        raise SettingsError(f"At most {most} models are asked at once; name fewer.")
    return model_menu.loaded(Visitor(), chosen)


def _corpora(value: str | None, side: str, known: list[str]) -> str:
    """One corpus of those known, or several joined by "+"."""
    keys = _word(value, side).split("+")
    for key in keys:
        if key not in known:
            raise SettingsError(f"There is no corpus '{key}' for '{side}' here; choose one of: {', '.join(known)}.")
    return "+".join(keys)


def _mode(value: str | None) -> str:
    return _one_of(value, "mode", benchmark_results.MODES) or benchmark_results.MODES[0]


def _one_of(value: str | None, name: str, known) -> str | None:
    """None where nothing is named."""
    word = _word(value, name)
    if word and word not in known:
        others = f"choose one of: {', '.join(known)}" if known else "leave it out"
        raise SettingsError(f"There is no {name} '{word}' here; {others}.")
    return word or None


def _word(value: str | None, name: str, usual: str = "") -> str:
    if value is None or value == "":
        return usual
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
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
