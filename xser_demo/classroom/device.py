"""A phone in a class."""

from dataclasses import dataclass, field


@dataclass
class Device:
    """A phone that joined. ``token`` is its secret; ``number`` stands for it inside, and nowhere else."""

    number: int
    token: str = field(repr=False)
    language: str  # mother tongue, ISO 639-1, "" if not said
    consented: bool = False
    forecast: str = ""
