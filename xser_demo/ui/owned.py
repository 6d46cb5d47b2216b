"""The recordings that a visitor brought, in a private folder."""

from dataclasses import dataclass, field
from pathlib import Path

from xser_demo.corpora.layouts import Survey
from xser_demo.features.packs import Pack


@dataclass
class Own:
    folder: Path
    survey: Survey
    packs: dict[str, Pack] = field(default_factory=dict)  # by feature
