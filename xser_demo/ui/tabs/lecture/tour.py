"""The steps of the lecture (``assets/texts/lecture.json``), from speaking to where adaptation fails.

A step sets the page up as a link does (navigation/links.py). Its words contain no result: the page shows it.
``docs/lecture.md`` has the same steps at length; a test compares titles and questions.
"""

from dataclasses import dataclass
from html import escape

from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.links import Link
from xser_demo.utils.assets import text


@dataclass(frozen=True)
class Step:
    """``say``: one or two sentences on the projector; ``question`` for the class; ``notes`` for the presenter.
    ``settings``: values of a link, as text; ``minutes`` it takes."""

    title: str
    minutes: int
    say: str
    question: str
    notes: list[str]
    tab: str
    settings: dict[str, str]

    @property
    def link(self) -> Link:
        return links.read({"tab": self.tab, **self.settings})


STEPS = [Step(**step) for step in text("lecture")]
MINUTES = sum(step.minutes for step in STEPS)


def requested(query: dict[str, str]) -> int | None:
    """Number (from 0) of the step that a link requests by ``tour=1`` and so on; else None."""
    number = query.get("tour", "")
    return int(number) - 1 if number.isdecimal() and len(number) < 3 and 1 <= int(number) <= len(STEPS) else None


def strip(number: int) -> str:
    """The strip above the tabs while the tour runs, as HTML."""
    step = STEPS[number]
    return (
        f"<div role='status'><p class='x-tour-title'><span>{number + 1} of {len(STEPS)}</span> {escape(step.title)}</p>"
        f"<p>{escape(step.say)}</p></div>"
    )


def notes(number: int) -> str:
    """The question and the presenter's notes, collapsed at first, as HTML."""
    step = STEPS[number]
    items = "".join(f"<li>{escape(note)}</li>" for note in step.notes)
    return (
        "<details><summary>Presenter notes</summary>"
        f"<p><strong>Ask:</strong> {escape(step.question)}</p><ul>{items}</ul></details>"
    )
