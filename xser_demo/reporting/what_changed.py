"""What an adaptation has changed on the scored clips: the score before and now, and the confusions, as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from xser_demo.evaluation.scores import Score
from xser_demo.reporting.html import interval_words, percent

MOST = 3  # sentences
SMALLEST = 0.005  # change of a share that a sentence is about: less is 0 in whole percent


@dataclass(frozen=True)
class Change:
    """Share of the clips of a ``label`` that are predicted as another class, before and now."""

    label: str
    heard: str
    before: float
    now: float

    def html(self) -> str:
        shares = f"{percent(self.before)} \N{RIGHTWARDS ARROW} {percent(self.now)}"
        return f"<li><span>{escape(self.label)} heard as {escape(self.heard)}:</span> <b>{shares}</b></li>"


def confusions(classes: Sequence[str], before: Score, now: Score, most: int = MOST) -> list[Change]:
    """The largest changes among the wrong answers; of equal ones, in the order of the classes."""
    found = []
    for row, (first, last) in enumerate(zip(before.confusion, now.confusion, strict=True)):
        counts = sum(first), sum(last)
        if all(counts):
            found += [
                Change(classes[row], classes[column], first[column] / counts[0], last[column] / counts[1])
                for column in range(len(classes))
                if column != row
            ]
    found.sort(key=lambda change: -abs(change.now - change.before))
    return [change for change in found[:most] if abs(change.now - change.before) >= SMALLEST]


def panel(classes: Sequence[str], before: Score, now: Score, when: str, over: str) -> str:
    """``when``: "epoch 7" or "the chosen epoch"; ``over``: what the score is over."""
    lines = "".join(change.html() for change in confusions(classes, before, now))
    chance = percent(1 / len(now.recalls))
    return (
        "<h3>What changed</h3>"
        f"<p class='x-from-to'><span>{percent(before.uar)}</span> \N{RIGHTWARDS ARROW} "
        f"<strong>{percent(now.uar)}</strong> <small>{interval_words(now.ci95)}</small></p>"
        f"<p class='x-small'>UAR before and now ({escape(when)}) with its 95% interval, on {over}; chance is "
        f"{chance}.</p>"
        + (f"<ul class='x-heard'>{lines}</ul>" if lines else "<p class='x-small'>No confusion has changed so far.</p>")
    )


def unscored(changed: float, clips: int) -> str:
    """The same without labels."""
    return (
        f"<h3>What changed</h3><p class='x-from-to'><strong>{percent(changed)}</strong> "
        f"<small>of {clips:,} predictions</small></p><p class='x-small'>Too few clips are labelled for a score.</p>"
    )
