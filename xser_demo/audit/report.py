"""The result of an audit, to and from JSON."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xser_demo.audit.properties import Property
from xser_demo.utils.errors import UserError

VERSION = 1  # of the JSON


@dataclass(frozen=True)
class Audit:
    """``properties``, and what else a reader needs. ``answered_by``: sentences on who answered. ``confusion``: rows are
    labels. ``groups``: clips and UAR of each compared group."""

    model: str
    title: str
    weights_sha256: str
    on: tuple[str, ...]  # names of the corpora
    answered_by: str
    classes: tuple[str, ...]
    clips: int
    speakers: int
    sampled: int  # clips whose recordings were changed
    confusion: list[list[int]]
    groups: list[dict]
    properties: list[Property]
    versions: dict[str, str | None]
    date: str
    seconds: float = 0.0
    random_models: int = 0
    corpora: tuple[str, ...] = field(default=())  # their keys

    @property
    def verdicts(self) -> Counter[str]:
        return Counter(one.verdict for one in self.properties)

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "properties"}
        return {"audit": VERSION} | values | {
            "verdicts": dict(self.verdicts), "properties": [one.as_dict() for one in self.properties],
        }  # fmt: skip

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Audit":
        """The audit of JSON values. UserError when they are none of this version."""
        try:
            if stored["audit"] != VERSION:
                raise UserError(f"This audit is of another version ({stored['audit']}); make it again.")
            values = {name: stored[name] for name in cls.__dataclass_fields__}
            tuples = {name: tuple(values[name]) for name in ("on", "classes", "corpora")}
            found = [Property.from_dict(one) for one in values["properties"]]
        except (KeyError, TypeError) as error:
            raise UserError("This is no audit, or a damaged one; make it again with: xser audit MODEL") from error
        return cls(**values | tuples | {"properties": found})


def read(file: Path) -> Audit:
    """An audit that was written as JSON. UserError when it cannot be read."""
    try:
        return Audit.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{file} cannot be read ({error}); make it again with: xser audit MODEL") from error
