"""What stays of a class: one HTML page and one CSV table. No sound, no features, no numbers of devices, and no row
about fewer than five people."""

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from html import escape

from xser_demo import corpora
from xser_demo.classroom import view
from xser_demo.classroom.room import Room
from xser_demo.classroom.shared_run import ROWS, VERDICTS
from xser_demo.classroom.shift import RoomShift
from xser_demo.classroom.votes import SMALLEST_GROUP, tally
from xser_demo.corpora.labels import FOUR
from xser_demo.reporting.html import interval_words, percent, points, table
from xser_demo.reporting.palette import EMOTION_COLOURS
from xser_demo.utils.assets import style
from xser_demo.utils.csv_files import write_rows

ABOUT = (
    "Everyone took part of their own accord. Clips were acted: an emotion here is what somebody was asked to play or "
    "what a listener chose, never what somebody felt. Nothing in this report is about fewer than five people."
)
PRIVATE = "Not in this report: sound, features, who said what, votes of single people."
Row = tuple[str, str, str, object, object, object, object]
HEAD = ("table", "row", "what", "value", "low", "high", "people")


def as_csv(room: Room) -> str:
    """One long table; ``low`` and ``high``: 95 percent interval; ``people`` where they are counted."""
    out = io.StringIO()
    write_rows(out, [HEAD, *_rows(room)])
    return out.getvalue()


def _rows(room: Room) -> Iterator[Row]:
    for number, clip in _voted(room):
        counts = tally(room.votes, number, FOUR)
        name = f"clip {number + 1}"
        for emotion, count in counts.items():
            yield "votes", name, emotion, count, "", "", sum(counts.values())
        facts = {"corpus": clip.corpus, "label": clip.label, "learned English": clip.english, "adapted": clip.adapted}
        for what, value in facts.items():
            yield "clips", name, what, value, "", "", ""
    found = view.summary(room)
    for one in found["people"]:
        yield "recall", one["name"], "UAR", *(round(v, 4) for v in (one["uar"], *one["ci95"])), one["people"]
    for one in found["models"]:
        yield "recall", one["name"], "right", one["right"], "", "", ""
    if found["kappa"] is not None:
        yield "agreement", "all clips", "Fleiss' kappa", round(found["kappa"], 4), "", "", ""
    if room.shift:
        for step in view.steps(room.shift):
            for what in ("distance", "reference", "mmd"):
                yield "map", step["name"], what, step[what], "", "", room.shift.students
    for answer, count in (view.forecasts(room)["bars"] or {}).items():
        yield "forecast", "will it help?", answer, count, "", "", ""
    if outcome := room.outcome:
        for key, title in ROWS.items():
            score = outcome.scores[key]
            yield "scores", title, "UAR", *(round(v, 4) for v in (score.uar, *score.ci95)), score.speakers
        for gain in outcome.gains:
            yield "gain", ROWS[gain.over], "UAR", *(round(v, 4) for v in (gain.mean, *gain.ci95)), outcome.students
    for what, value in settings(room):
        yield "settings", "", what, value, "", "", ""


def as_html(room: Room, today: dt.date) -> str:
    """The whole page, which needs no other file."""
    title = f"A class as the target domain, {today:%d %B %Y}"
    parts = [
        f"<h1>{title}</h1><p class='small'>Made with xser_demo.</p><p class='caution'>{ABOUT}</p>",
        _votes(room),
        _map(room.shift) if room.shift else "",
        _outcome(room),
        f"<h2>Settings</h2>{table((), [(escape(what), escape(value)) for what, value in settings(room)])}",
        f"<p class='small'>{PRIVATE}</p>",
    ]
    return (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{title}</title><style>{style('report')}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _voted(room: Room) -> list:
    """The clips whose answer was shown and on which five people voted at least, with their numbers."""
    enough = {n for n in room.revealed if sum(tally(room.votes, n, FOUR).values()) >= SMALLEST_GROUP}
    return [(number, clip) for number, clip in enumerate(room.clips) if number in enough]


def _votes(room: Room) -> str:
    clips = _voted(room)
    if not clips:
        return ""
    lines = [
        [str(number + 1), escape(corpora.corpus(clip.corpus).language_name), escape(clip.label),
         *(str(count) for count in tally(room.votes, number, FOUR).values()), escape(clip.english),
         escape(clip.adapted or "none here")]
        for number, clip in clips
    ]  # fmt: skip
    found = view.summary(room)
    people = [
        (escape(one["name"].capitalize()), percent(one["uar"]), interval_words(one["ci95"]), str(one["people"]))
        for one in found["people"]
    ]
    models = [(escape(one["name"]), f"{one['right']} of {one['of']} clips", "", "") for one in found["models"]]
    head = ("Clip", "Language", "Labelled", *FOUR, "Learned English", "Adapted")
    return (
        f"<h2>What the class heard</h2><div class='scroll'>{table(head, lines)}</div>"
        f"<h2>People beside models</h2>{table(('', 'Mean recall', '95% interval', 'People'), [*people, *models])}"
        f"<p>{escape(found['words'])}</p>"
    )


def _map(shift: RoomShift) -> str:
    lines = [
        (escape(step["name"].capitalize()), f"{step['distance']:.2f}", f"{step['reference']:.2f}", _share(step))
        for step in view.steps(shift)
    ]
    head = ("The class is standardised", "Proxy A-distance", "Reference: actors from actors", "Explained")
    return (
        f"<h2>The room on the map</h2>{picture(shift)}<p class='small'>Circles: actors. Diamonds: {shift.clips} clips "
        f"of {shift.students} students, by the emotion that was asked for.</p>{table(head, lines)}"
        f"<p>{escape(shift.microphones)}</p>"
    )


def _share(step: dict) -> str:
    return "" if step["explained"] is None else percent(step["explained"])


def picture(shift: RoomShift) -> str:
    """The map as SVG."""
    placed = [*shift.actors, *shift.points.values()]
    left, top, width, height = view.spread(placed)
    size = max(width, height) / 90
    marks = [_mark(point, size, False) for point in shift.actors]
    marks += [_mark(point, size * 1.4, True) for point in sorted(shift.points.values())]
    box = f"{left:.3f} {top:.3f} {width:.3f} {height:.3f}"
    return f"<svg class='figure' viewBox='{box}' role='img' aria-label='Map of actors and class'>{''.join(marks)}</svg>"


def _mark(point: tuple[float, float, str], size: float, student: bool) -> str:
    x, y, emotion = point
    colour = EMOTION_COLOURS[emotion]
    if not student:
        return f"<circle cx='{x}' cy='{y}' r='{size:.3f}' fill='{colour}' fill-opacity='.35'/>"
    corners = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    path = " ".join(f"{a:.3f},{b:.3f}" for a, b in corners)
    return f"<polygon points='{path}' fill='{colour}' stroke='#18181b' stroke-width='{size / 5:.3f}'/>"


def _outcome(room: Room) -> str:
    outcome = room.outcome
    if outcome is None:
        return ""
    said = view.class_said(room)
    lines = [(escape(one["name"]), percent(one["uar"]), interval_words(one["ci95"])) for one in view.rows(outcome)]
    gained = [
        (escape(ROWS[g.over]), points(g.mean), f"{points(g.ci95[0])} to {points(g.ci95[1])}") for g in outcome.gains
    ]
    forecast = f"The class expected: {escape(said)}. " if said else ""
    return (
        f"<h2>Adapted to the room</h2><p class='verdict'>{forecast}Measured: {VERDICTS[outcome.verdict]}.</p>"
        f"{table(('', 'UAR', '95% interval over students'), lines)}"
        f"<h2>Gain of adapting</h2>{table(('over', 'points', '95% interval, paired'), gained)}"
        f"<p>{outcome.clips} clips of {outcome.students} students; each is scored by a model that was adapted to the "
        f"other half of the class. {escape(outcome.normalisation)}</p>"
    )


def settings(room: Room) -> Sequence[tuple[str, str]]:
    found = [("emotions acted", ", ".join(room.emotions)), ("devices", str(len(room.devices)))]
    if outcome := room.outcome:
        found += [
            ("source", "RAVDESS"),
            ("method", outcome.method),
            ("epochs", str(outcome.epochs)),
            ("seed", str(outcome.seed)),
            ("halves of the class", "students drawn at random, without labels"),
            ("seconds", f"{outcome.seconds:.0f}"),
        ]
    return found
