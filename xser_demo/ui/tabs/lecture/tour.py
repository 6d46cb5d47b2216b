"""The lecture: eight steps from speaking to where adaptation fails. Knows nothing of Gradio.

A step sets the page up as a link does (links.py). No result stands in its words: the page shows what comes out.
``docs/lecture.md`` tells the same at length; a test keeps titles and questions alike.
"""

from dataclasses import dataclass
from html import escape

from xser_demo.ui.navigation import links
from xser_demo.ui.navigation.links import Link
from xser_demo.utils.assets import text


@dataclass(frozen=True)
class Step:
    """``say``: one or two sentences on the projector; ``question`` for the class; ``notes`` for who presents it.
    ``settings``: values of a link, as text."""

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


def asked(query: dict[str, str]) -> int | None:
    """Number (from 0) of the step that a link asks for by ``tour=1`` and so on."""
    number = query.get("tour", "")
    return int(number) - 1 if number.isdecimal() and len(number) < 3 and 1 <= int(number) <= len(STEPS) else None


def strip(number: int) -> str:
    """What stands above the tabs while the tour runs, as HTML."""
    step = STEPS[number]
    return (
        f"<div role='status'><p class='x-tour-title'><span>{number + 1} of {len(STEPS)}</span> {escape(step.title)}</p>"
        f"<p>{escape(step.say)}</p></div>"
    )


def notes(number: int) -> str:
    """The question and the notes, closed at first: a class need not read them."""
    step = STEPS[number]
    listed = "".join(f"<li>{escape(note)}</li>" for note in step.notes)
    return (
        "<details><summary>Presenter notes</summary>"
        f"<p><strong>Ask:</strong> {escape(step.question)}</p><ul>{listed}</ul></details>"
    )
