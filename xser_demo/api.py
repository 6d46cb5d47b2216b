"""The library: ``models``, ``load_model``, ``predict``, ``adapt`` and ``align``; the command line calls the same ones.

Every mistake of a caller raises ``errors.UserError``, a ``ValueError`` whose text is one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from xser_demo.audio.io import Clip
from xser_demo.corpora import user
from xser_demo.corpora.custom.recordings import Choices
from xser_demo.data import user_corpus
from xser_demo.data.user_corpus import UserCorpus
from xser_demo.evaluation import projection
from xser_demo.evaluation.domain_distance import Distances
from xser_demo.evaluation.projection import Kind
from xser_demo.evaluation.scores import Score
from xser_demo.experiments import embeddings, model_card, source_models, told
from xser_demo.experiments import run as experiments_run
from xser_demo.experiments.normalisation import WHOLE
from xser_demo.experiments.plan import Plan, check
from xser_demo.experiments.run import AdaptationResult
from xser_demo.experiments.task import prepare, speakers_known
from xser_demo.features.egemaps import licence_note
from xser_demo.features.encoders import registry
from xser_demo.inference.predict import EncodedClip, Prediction, describe, encode_clip, encode_file
from xser_demo.inference.predict import predict as predict_clip
from xser_demo.networks import checkpoints, frozen
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.temperature import fit
from xser_demo.reporting import model_zip, notebook
from xser_demo.training import selection
from xser_demo.training.loop import Finished
from xser_demo.utils.errors import AudioError, ModelError, SettingsError

CARD_FIELDS = ("id", "title", "system", "method", "source", "target", "labels", "uar", "mode", "encoder")  # of models()
KINDS = ("pca", "tsne", "umap")
MIN_CLIPS = 8  # of each corpus: fewer make neither a map nor a distance

ModelReference = str | Path | Loaded
Log = Callable[[str], None]


@dataclass(frozen=True)
class Predicted:
    """Predictions of models for one clip. ``answers`` are in the order of ``models``; each has ``emotion``, calibrated
    ``probabilities`` by class, ``attention`` (heads, T) at 10 Hz and ``embedding`` (E,)."""

    heard: EncodedClip
    models: tuple[Loaded, ...]
    answers: tuple[Prediction, ...]

    def as_dict(self) -> dict:
        """JSON values, rounded, as ``xser predict --json`` prints them."""
        cards = (model.card for model in self.models)
        return describe(self.heard, list(zip(self.answers, cards, strict=True)))

    def _repr_html_(self) -> str:
        return notebook.prediction(self.as_dict(), [model.card["title"] for model in self.models])


@dataclass(frozen=True)
class Result:
    """An adaptation without its data: the scores are all that it holds of the target's labels."""

    model: Loaded  # adapted; ``predict`` and ``align`` accept it
    start: Loaded  # the model before, trained on the source only
    scores: dict[str, Score]  # "source_only", "zscore" and "adapted"; empty when too few target clips are labelled
    before: Distances  # domain distance of ``start``
    after: Distances  # domain distance of ``model``
    epochs: list[dict[str, float]]  # of each: mean losses by name, and "source_uar" (0 to 1) on validation speakers
    summary: dict  # what ``xser adapt --json`` prints

    def save(self, folder: str | Path) -> Path:
        """Write weights and card of the adapted model to a new folder, which ``load_model`` reads. SettingsError when
        the folder exists."""
        folder = Path(folder)
        require_new(folder)
        checkpoints.save(self.model.model, self.model.card, folder)
        return folder

    def _repr_html_(self) -> str:
        return notebook.adaptation(self.model.card["title"], self.scores, self.before, self.after)


@dataclass(frozen=True)
class Aligned:
    """Map of two corpora in a model's embedding. Coordinates have mean 0 and standard deviation 1."""

    model_id: str
    corpora: tuple[str, str]
    source: np.ndarray  # (n, 2) float32
    target: np.ndarray  # (m, 2) float32
    heard: tuple[list[str], list[str]]  # predicted class of each clip of source and target; no labels
    shift: Distances  # between source and target

    def as_dict(self) -> dict:
        """JSON values, rounded, as the endpoint /map returns them."""
        sides = {
            side: {"corpus": corpus, "points": points.astype(float).round(3).tolist(), "heard": heard}
            for side, corpus, points, heard in zip(
                ("source", "target"), self.corpora, (self.source, self.target), self.heard, strict=True
            )
        }
        distances = {name: round(value, 4) for name, value in asdict(self.shift).items()}
        return {"model": self.model_id} | sides | {"distances": distances}


def models() -> list[dict]:
    """The shipped models, each with the ``CARD_FIELDS`` of its card. UAR from 0 to 1, None where it was not scored.
    ``load_model(id).card`` is the whole card, with the licences of the corpora."""
    return [{key: card.get(key) for key in CARD_FIELDS} for card in checkpoints.cards()]


def load_model(reference: ModelReference) -> Loaded:
    """A model by its shipped id, else by its folder or a zip from the page. ModelError when missing or damaged."""
    if isinstance(reference, Loaded):
        return reference
    if Path(reference).is_file() and not checkpoints.is_shipped(reference):
        return model_zip.import_model(Path(reference))
    return checkpoints.load(reference)


def predict(clip: str | Path | Clip | EncodedClip, models: ModelReference | Iterable[ModelReference]) -> Predicted:
    """Predict the emotion of one clip with one model or several. ``clip``: a sound file (0.25 to 60 s), a ``Clip`` of
    ``audio.io.load``, or an ``EncodedClip`` of ``inference.predict``. AudioError, ModelError."""
    loaded = _load_all(models)
    encoded = clip if isinstance(clip, EncodedClip) else _encode(clip)
    return Predicted(encoded, loaded, tuple(predict_clip(model, encoded) for model in loaded))


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
    normalise: str | None = None,
    speaker_from: str = "",
    labels_from: str = "",
    tell: Log = lambda text: None,
) -> Result:
    """Train on a labelled source, adapt to an unlabelled target, score: 5 to 10 s on two cores for the shipped corpora.

    ``source`` and ``target``: corpora with a pack ("ravdess"), or several joined by "+"; sources are drawn by
    ``weights``, None: by size. The target may be ``zip:FILE`` or ``folder:DIR``. ``method``: one of
    ``methods.METHODS``; None: that of the published ``system``, or the recommended one. ``mode``: "inductive" (adapt on
    the speakers of the other folds, score on those of ``fold``; the default where speakers are known) or "transductive"
    (both on all clips). ``strength``: weight of the adaptation loss, 0 to 100. ``budget_s``: seconds for adapting.
    ``shift`` simulates other class frequencies ("70 neutral"). ``normalise``: by whose statistics the frames are
    standardised, "speaker" (None: where that is safe), "corpus" or "source". ``speaker_from`` and ``labels_from``:
    where your recordings say who speaks and how, see ``corpora.custom.recordings.Choices``. ``tell`` is called with a
    line about each step. SettingsError and CorpusError say what cannot run.
    """
    plan, _ = make_plan(
        source, target, method, tell, system=system, variant=variant, labels=labels, mode=mode, fold=fold, seed=seed,
        epochs=epochs, strength=strength, budget_s=budget_s, shift=shift, weights=weights,
        normalise=normalise, speaker_from=speaker_from, labels_from=labels_from,
    )  # fmt: skip
    return without_data(run(plan, tell))


def align(
    models: ModelReference | Iterable[ModelReference],
    source: str | None = None,
    target: str | None = None,
    kind: Kind = "pca",
    *,
    most: int = embeddings.MAX_CLIPS,
    seed: int = 0,
) -> list[Aligned]:
    """Maps of two corpora in the embeddings of models with the same network, with domain distances; one per model.

    The first model is the reference, so pass the one before adaptation first: it fixes the kernel of the distances, and
    the other maps are aligned to its map. ``source`` and ``target`` default to those of the first adapted model.
    ``kind``: "pca", "tsne" or "umap"; at most ``most`` clips of each corpus. ModelError, SettingsError, CorpusError.
    """
    loaded = _load_all(models)
    if kind not in KINDS:
        raise SettingsError(f"There is no map '{kind}'; choose one of: {', '.join(KINDS)}.")
    if most < MIN_CLIPS:
        raise SettingsError(f"A map needs at least {MIN_CLIPS} clips of each corpus; {most} were asked for.")
    first, *others = loaded
    if any(model.model.recipe != first.model.recipe for model in others):
        raise ModelError("These models are not of one network, so that their distances cannot be compared.")
    adapted = next((model.card for model in loaded if model.card["target"]), first.card)
    source, target = source or adapted["source"], target or adapted["target"]
    if target is None:
        raise SettingsError("These models were not adapted to a corpus; name the target to look at.")
    card = first.card
    plan = Plan(
        source, target, "source_only", card.get("label_set") or "four",
        seed=card.get("seed") or 0, system=card.get("system"), variant=card.get("variant"),
        encoder=registry.bigger(first.model.recipe.feature),
    )  # fmt: skip
    check(plan)
    clips = embeddings.clips(plan, most)
    views = [embeddings.embed(model.model, clips) for model in loaded]
    layouts = [projection.layout(embeddings.clip_outliers(view.points), kind, seed) for view in views]
    layouts = [layouts[0], *(projection.match(layout, layouts[0]) for layout in layouts[1:])]
    n = len(clips.source)
    return [
        Aligned(model.id, (source, target), layout[:n], layout[n:], (view.predictions[:n], view.predictions[n:]), shift)
        for model, view, layout, shift in zip(loaded, views, layouts, embeddings.measure(clips, *views), strict=True)
    ]


def make_plan(
    source: str, target: str, method: str | None = None, tell: Log = lambda text: None, **settings
) -> tuple[Plan, UserCorpus | None]:
    """The plan, and the user's recordings if the target is ``zip:FILE`` or ``folder:DIR``, encoded. ``settings``: see
    ``Plan.from_settings`` and ``Choices``; without a mode it is transductive where the speakers of recordings are
    unknown."""
    choices = Choices(settings.pop("speaker_from", ""), settings.pop("labels_from", ""))
    is_user_corpus = user_corpus.is_own(target)
    plan = Plan.from_settings(source, user.KEY if is_user_corpus else target, method, **settings)
    feature = plan.recipe.feature
    licence_note(feature, tell)
    if not is_user_corpus:
        if choices != Choices():
            raise SettingsError("--speaker-from and --labels-from are for your own recordings only; leave them out.")
        return plan, None
    recordings = user_corpus.encode_user_corpus(target, feature, tell, choices)
    plan = replace(plan, own={(user.KEY, feature): recordings.pack})
    if not settings.get("mode") and not speakers_known(plan):
        tell("It is not known who speaks, or only one does: adapting and scoring on the same clips (transductive).")
        plan = replace(plan, mode="transductive")
    return plan, recordings


def run(plan: Plan, tell: Log = lambda text: None, keep: Path | None = None) -> AdaptationResult:
    """The whole adaptation, with its data. ``keep``: a folder in which the source-only model is kept, and from which a
    later run of the same plan takes it."""
    if keep and (plan.system is None or frozen.is_frozen(plan.recipe)):
        raise SettingsError("--keep is for the long trainings of the published systems; leave it out here.")
    start = source_models.kept(plan, prepare(plan), keep) if keep else None
    return told.last(experiments_run.adapt(plan, start), plan, tell, keep)


def without_data(result: AdaptationResult) -> Result:
    """The result without its data, so that no label of the target leaves the library."""
    model_id, title = result.plan.slug(), result.plan.title()
    source_only = replace(
        result,
        plan=replace(result.plan, method="source_only", strength=None),
        model=result.source_model,
        scores={},
        finished=Finished(result.source_model, None, 0, 0.0, False, selection.SOURCE_RULE),
        normalisation=WHOLE,
        speaker_model=None,
        temperature=fit(result.source_model, result.task.validation),
    )
    start = model_card.model_card(source_only, f"{model_id}-start", f"{result.plan.source} only")
    return Result(
        Loaded(model_id, result.model, model_card.model_card(result, model_id, title)),
        Loaded(start["id"], result.source_model, start),
        result.scores,
        result.distances_before,
        result.distances_after,
        [epoch.losses | {"source_uar": epoch.candidate.source_uar} for epoch in result.history],
        model_card.summary(result),
    )


def require_new(folder: Path) -> None:
    """SettingsError when the folder for a model exists already."""
    if folder.exists():
        raise SettingsError(f"{folder} exists already; choose another folder.")


def _load_all(models: ModelReference | Iterable[ModelReference]) -> tuple[Loaded, ...]:
    references = (models,) if isinstance(models, ModelReference) else tuple(models)
    if not references:
        raise SettingsError("Name at least one model.")
    return tuple(load_model(reference) for reference in references)


def _encode(clip: str | Path | Clip) -> EncodedClip:
    if isinstance(clip, Clip):
        return encode_clip(clip)
    try:
        return encode_file(clip)
    except AudioError as error:
        raise AudioError(f"{clip}: {error}") from error
