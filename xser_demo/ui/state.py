"""What belongs to one visitor. It lives in ``gr.State``, never in a global, and goes as visits.py says."""

from __future__ import annotations

from dataclasses import dataclass, field

from xser_demo.experiments.run import Adapted
from xser_demo.inference.predict import Heard
from xser_demo.inference.speaker.calibrate import Said
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting.map_animation import Story
from xser_demo.ui.jobs.background import Background
from xser_demo.ui.storage import Own


@dataclass
class Visitor:
    heard: Heard | None = None  # the last clip, sound and features; its file stays with Gradio and is deleted by it
    results: dict[str, Adapted] = field(default_factory=dict)  # adaptations made in this visit, by model id
    own: dict[str, Loaded] = field(default_factory=dict)  # the models they gave
    stories: dict[str, Story] = field(default_factory=dict)  # how their clips moved, for the map
    corpus: Own | None = None  # the recordings that they brought
    running: Background | None = None  # the last adaptation, which may go on
    encoding: Background | None = None  # their recordings being listened to, which may go on
    said: list[Said] = field(default_factory=list)  # for a model to get used to their voice

    def model(self, model_id: str) -> Loaded:
        """One of this visitor's models, else a shipped one."""
        return self.own[model_id] if model_id in self.own else checkpoints.load(model_id)

    def choices(self) -> list[tuple[str, str]]:
        """(title, id) of all models this visitor can choose, own ones first."""
        own = [(loaded.card["title"], loaded.id) for loaded in self.own.values()]
        return own + [(card["title"], card["id"]) for card in checkpoints.cards()]
