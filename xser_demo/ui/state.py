"""``Visitor``: everything that belongs to one visit, kept in ``gr.State``, never in a global."""

from __future__ import annotations

from dataclasses import dataclass, field

from xser_demo.experiments import clip_answers
from xser_demo.experiments.clip_answers import ClipAnswers
from xser_demo.experiments.folds import Pooled
from xser_demo.experiments.run import AdaptationResult
from xser_demo.inference.predict import EncodedClip
from xser_demo.inference.speaker.calibrate import VoiceClip
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting.map_animation import MapHistory
from xser_demo.ui.jobs.background import BackgroundJob
from xser_demo.ui.storage import UserRecordings


@dataclass
class Visitor:
    clip: EncodedClip | None = None  # the last clip, sound and features; its file belongs to Gradio, which deletes it
    label: str | None = None  # of ``clip`` in its corpus
    line: str = ""  # what is said about ``clip``, HTML
    heard: dict[tuple[str, int], dict[str, bool]] = field(default_factory=dict)  # corpus clips: which models were right
    results: dict[str, AdaptationResult] = field(default_factory=dict)  # adaptations of this visit, by model id
    models: dict[str, Loaded] = field(default_factory=dict)  # the models of this visit, by id
    map_history: dict[str, MapHistory] = field(default_factory=dict)  # how their clips moved, by model id
    recordings: UserRecordings | None = None
    clip_answers: dict[str, ClipAnswers] = field(default_factory=dict)  # of the results, where they were asked for
    pooled: dict[str, Pooled] = field(default_factory=dict)  # their scores over all folds, where they were asked for
    adaptation_job: BackgroundJob | None = None  # the last one; it may still run
    folds_job: BackgroundJob | None = None  # that computes such a score; it may still run
    encoding_job: BackgroundJob | None = None  # of ``recordings``; it may still run
    voice_clips: list[VoiceClip] = field(default_factory=list)  # to adapt a model to the visitor's voice

    def bring(self, clip: EncodedClip, label: str | None = None, line: str = "") -> None:
        """Another clip, with what is known about it."""
        self.clip, self.label, self.line = clip, label, line

    def model(self, model_id: str) -> Loaded:
        """One of this visitor's models, else a shipped one."""
        return self.models[model_id] if model_id in self.models else checkpoints.load(model_id)

    def choices(self) -> list[tuple[str, str]]:
        """(title, id) of all models this visitor can choose, own ones first."""
        own = [(loaded.card["title"], loaded.id) for loaded in self.models.values()]
        return own + [(card["title"], card["id"]) for card in checkpoints.cards()]

    def latest(self) -> tuple[str, AdaptationResult] | tuple[None, None]:
        """The latest run and the id of its model; none after half an hour without use."""
        return next(reversed(self.results.items()), (None, None))

    def latest_answers(self) -> ClipAnswers | None:
        """The answers of the latest run to every clip, computed once."""
        model_id, result = self.latest()
        if model_id is None or result is None:
            return None
        if model_id not in self.clip_answers:
            self.clip_answers[model_id] = clip_answers.of(result)
        return self.clip_answers[model_id]
