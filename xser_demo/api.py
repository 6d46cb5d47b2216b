"""The library: models, their answers, adaptation and maps in five functions. The command line calls the same ones.

Whatever a caller can get wrong raises ``errors.UserError``, a ``ValueError`` whose text is one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from xser_demo.audio.io import Clip
from xser_demo.corpora import user
from xser_demo.data import user_corpus
from xser_demo.data.user_corpus import UserCorpus
from xser_demo.evaluation import projection
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.projection import Kind
from xser_demo.evaluation.scores import Score
from xser_demo.experiments import embeddings, model_card
from xser_demo.experiments import run as experiments_run
from xser_demo.experiments.plan import Plan, check
from xser_demo.experiments.run import AdaptationResult, Stage
from xser_demo.experiments.task import speakers_known
from xser_demo.features.egemaps import licence_note
from xser_demo.features.encoders import registry
from xser_demo.inference.predict import EncodedClip, Prediction, describe, encode_clip, encode_file
from xser_demo.inference.predict import predict as answer
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.temperature import fit
from xser_demo.reporting import model_zip
from xser_demo.training import selection
from xser_demo.training.loop import Epoch, Finished
from xser_demo.utils import resources
from xser_demo.utils.errors import AudioError, ModelError, SettingsError

SHORT = ("id", "title", "system", "method", "source", "target", "labels", "uar", "mode", "encoder")  # of a card
KINDS = ("pca", "tsne", "umap")
FEWEST = 8  # clips a side: fewer make neither a map nor a distance

One = str | Path | Loaded
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Predicted:
    """What models made of one clip. ``answers`` are in the order of ``models``; each has ``emotion``, calibrated
    ``probabilities`` by class, ``attention`` (heads, T) at 10 Hz and ``embedding`` (E,)."""

    heard: EncodedClip
    models: tuple[Loaded, ...]
    answers: tuple[Prediction, ...]

    def as_dict(self) -> dict:
        """As ``xser predict --json`` prints a clip: plain JSON values, rounded."""
        cards = (model.card for model in self.models)
        return describe(self.heard, list(zip(self.answers, cards, strict=True)))


@dataclass(frozen=True)
class Result:
    """An adaptation. Of the target's labels it holds nothing but what ``evaluation.score`` made of them."""

    model: Loaded  # adapted; ``predict`` and ``align`` take it as it is
    start: Loaded  # the model before, which has heard the source only
    scores: dict[str, Score]  # "source_only", "zscore" and "adapted"; empty when too few target clips are labelled
    before: Distances  # distance between the domains for ``start``
    after: Distances  # and for ``model``
    epochs: list[dict[str, float]]  # of each: mean losses by name, and "source_uar" (0 to 1) on validation speakers
    summary: dict  # as ``xser adapt --json`` prints it

    def save(self, folder: str | Path) -> Path:
        """Write the adapted model to a new folder, weights and card; ``load_model`` reads it. SettingsError when it
        exists."""
        folder = Path(folder)
        require_new(folder)
        checkpoints.save(self.model.model, self.model.card, folder)
        return folder


@dataclass(frozen=True)
class Aligned:
    """Two corpora as one model embeds and hears them, on a map whose points have mean 0 and deviation 1, no unit."""

    model_id: str
    corpora: tuple[str, str]
    source: np.ndarray  # (n, 2) float32
    target: np.ndarray  # (m, 2) float32
    heard: tuple[list[str], list[str]]  # the model's answer to each clip of source and target; no labels
    shift: Distances

    def as_dict(self) -> dict:
        sides = zip(("source", "target"), self.corpora, (self.source, self.target), self.heard, strict=True)
        told = {
            side: {"corpus": corpus, "points": points.astype(float).round(3).tolist(), "heard": heard}
            for side, corpus, points, heard in sides
        }
        distances = {name: round(value, 4) for name, value in asdict(self.shift).items()}
        return {"model": self.model_id} | told | {"distances": distances}


def models() -> list[dict]:
    """The shipped models, each by the short form of its card: ``SHORT``. UAR from 0 to 1, None where it was not scored.
    ``load_model(id).card`` has all of it, licences of the corpora included."""
    return [{key: card.get(key) for key in SHORT} for card in checkpoints.cards()]


def load_model(reference: One) -> Loaded:
    """A model by the id of a shipped one, by its folder, or by the zip in which the page gave it to take home.
    ModelError when there is none, or when it is damaged."""
    if isinstance(reference, Loaded):
        return reference
    if str(reference).endswith(".zip") and Path(reference).is_file():
        return model_zip.import_model(Path(reference))
    return checkpoints.load(reference)


def predict(clip: str | Path | Clip | EncodedClip, models: One | Iterable[One]) -> Predicted:
    """Let models hear one clip: a sound file (wav, flac, mp3, ogg, webm, m4a; 0.25 to 60 s), a ``Clip`` of
    ``audio.load``, or a ``Heard`` of ``inference`` that was encoded before. AudioError, ModelError."""
    loaded = _loaded(models)
    heard = clip if isinstance(clip, EncodedClip) else _hear(clip)
    return Predicted(heard, loaded, tuple(answer(model, heard) for model in loaded))


def adapt(
    source: str,
    target: str,
    method: str | None = None,
    *,
    system: str | None = None,
    variant: str | None = None,
    labels: str | None = None,
    mode: str | None = None,
    fold: int = 0,
    seed: int = 0,
    epochs: int | None = None,
    strength: float | None = None,
    budget_s: float | None = None,
    shift: str = "",
    weights: tuple[float, ...] | None = None,
    tell: Tell = lambda text: None,
) -> Result:
    """Train on a labelled source, adapt to an unlabelled target, score: 5 to 10 s on two cores for the shipped corpora.

    ``source`` and ``target`` are corpora with a pack here ("ravdess"), or several joined by "+", each source heard as
    often as ``weights`` say; the target may be ``zip:FILE`` or ``folder:DIR``. ``method``: one of
    ``methods.METHODS``; None: the published ``system``'s, or the recommended one. ``mode``: "inductive" (adapt on the
    speakers of the other folds, score on those of ``fold``; the default where it is known who speaks) or "transductive"
    (both on all clips). ``strength``: weight of the adaptation loss, 0 to 100. ``budget_s``: seconds for adapting.
    ``shift`` simulates other class frequencies ("70 neutral"). ``tell`` hears of every step. SettingsError and
    CorpusError say what cannot run.
    """
    plan, _ = make_plan(
        source, target, method, tell, system=system, variant=variant, labels=labels, mode=mode, fold=fold, seed=seed,
        epochs=epochs, strength=strength, budget_s=budget_s, shift=shift, weights=weights,
    )  # fmt: skip
    return without_data(run(plan, tell))


def align(
    models: One | Iterable[One],
    source: str | None = None,
    target: str | None = None,
    kind: Kind = "pca",
    *,
    most: int = embeddings.MOST,
    seed: int = 0,
) -> list[Aligned]:
    """Maps of two corpora as models of one network embed them, and how far apart they lie; in the order of ``models``.

    The first model is the reference: the kernel of the distances is fixed on it, and the other maps are turned onto
    its map. Give the one before adaptation first. Without ``source`` and ``target`` they are those of the first model
    that was adapted. ``kind``: "pca", "tsne" or "umap"; ``most`` clips of each corpus. ModelError, SettingsError,
    CorpusError.
    """
    loaded = _loaded(models)
    if kind not in KINDS:
        raise SettingsError(f"There is no map '{kind}'; choose one of: {', '.join(KINDS)}.")
    if most < FEWEST:
        raise SettingsError(f"A map needs at least {FEWEST} clips of each corpus; {most} were asked for.")
    first, *others = loaded
    if any(one.model.recipe != first.model.recipe for one in others):
        raise ModelError("These models are not of one network, so that their distances cannot be compared.")
    pair = next((one.card for one in loaded if one.card["target"]), first.card)
    source, target = source or pair["source"], target or pair["target"]
    if target is None:
        raise SettingsError("These models were adapted to no corpus; name the target to look at.")
    card = first.card
    plan = Plan(
        source, target, "source_only", card.get("label_set") or "four",
        seed=card.get("seed") or 0, system=card.get("system"), variant=card.get("variant"),
        encoder=registry.bigger(first.model.recipe.feature),
    )  # fmt: skip
    check(plan)
    clips = embeddings.clips(plan, most)
    seen = [embeddings.embed(one.model, clips) for one in loaded]
    layouts = [projection.layout(embeddings.clip_outliers(view.points), kind, seed) for view in seen]
    layouts = [layouts[0], *(projection.match(layout, layouts[0]) for layout in layouts[1:])]
    n = len(clips.source)
    return [
        Aligned(one.id, (source, target), layout[:n], layout[n:], (view.predictions[:n], view.predictions[n:]), shift)
        for one, view, layout, shift in zip(loaded, seen, layouts, embeddings.measure(clips, *seen), strict=True)
    ]


def make_plan(
    source: str, target: str, method: str | None = None, tell: Tell = lambda text: None, **settings
) -> tuple[Plan, UserCorpus | None]:
    """``Plan.from_settings``, and the corpus that the target brings (``zip:FILE``, ``folder:DIR``), encoded, if any.
    Without a mode it is transductive where speakers are unknown."""
    brings = user_corpus.is_own(target)
    plan = Plan.from_settings(source, user.KEY if brings else target, method, **settings)
    feature = plan.recipe.feature
    licence_note(feature, tell)
    if not brings:
        return plan, None
    brought = user_corpus.encode_user_corpus(target, feature, tell)
    plan = replace(plan, own={(user.KEY, feature): brought.pack})
    if not settings.get("mode") and not speakers_known(plan):
        tell("It is not known who speaks, or only one does: adapting and scoring on the same clips (transductive).")
        plan = replace(plan, mode="transductive")
    return plan, brought


def run(plan: Plan, tell: Tell = lambda text: None) -> AdaptationResult:
    """The whole adaptation, with the data that it was made of."""
    event = None
    with resources.single_threaded():
        for event in experiments_run.adapt(plan):
            if isinstance(event, Stage):
                tell(f"training on {plan.source}" if event.name == "source" else f"adapting to {plan.target}")
            elif isinstance(event, Epoch):
                tell(f"  epoch {event.epoch}: source validation UAR {event.candidate.source_uar:.3f}")
    return event


def without_data(result: AdaptationResult) -> Result:
    """An adaptation without its data: what may be given away."""
    model_id, title = result.plan.slug(), result.plan.title()
    plain = replace(
        result,
        plan=replace(result.plan, method="source_only", strength=None),
        model=result.source_model,
        scores={},
        finished=Finished(result.source_model, None, 0, 0.0, False, selection.SOURCE_RULE),
        temperature=fit(result.source_model, result.task.validation),
    )
    start = model_card.model_card(plain, f"{model_id}-start", f"{result.plan.source} only")
    return Result(
        Loaded(model_id, result.model, model_card.model_card(result, model_id, title)),
        Loaded(start["id"], result.source_model, start),
        result.scores,
        result.distances_before,
        result.distances_after,
        [one.losses | {"source_uar": one.candidate.source_uar} for one in result.history],
        model_card.summary(result),
    )


def require_new(folder: Path) -> None:
    """SettingsError when there is something where a model is to be written."""
    if folder.exists():
        raise SettingsError(f"{folder} exists already; choose another folder.")


def _loaded(models: One | Iterable[One]) -> tuple[Loaded, ...]:
    some = (models,) if isinstance(models, One) else tuple(models)
    if not some:
        raise SettingsError("Name at least one model.")
    return tuple(load_model(one) for one in some)


def _hear(clip: str | Path | Clip) -> EncodedClip:
    if isinstance(clip, Clip):
        return encode_clip(clip)
    try:
        return encode_file(clip)
    except AudioError as error:
        raise AudioError(f"{clip}: {error}") from error
