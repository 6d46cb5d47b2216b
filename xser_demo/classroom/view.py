"""What the pages of a class show, as JSON values: ``screen`` for the projector and the lecturer, ``phone`` for one
device. Nothing here names a device or a take of somebody else."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from xser_demo import corpora
from xser_demo.classroom.clips import VoteClip
from xser_demo.classroom.device import Device
from xser_demo.classroom.room import Room
from xser_demo.classroom.rules import FORECASTS
from xser_demo.classroom.shared_run import ROWS, VERDICTS, Outcome
from xser_demo.classroom.shift import RoomShift
from xser_demo.classroom.votes import SMALLEST_GROUP, fleiss_kappa, kappa_words, recalls, tally
from xser_demo.corpora.labels import FOUR

FEW = f"Bars appear from {SMALLEST_GROUP} votes on."


def screen(room: Room) -> dict[str, Any]:
    """For the projector. Bars and points are of five people at least."""
    with room.lock:
        return {
            "code": room.code,
            "stage": room.stage,
            "ended": room.ended,
            "members": len(room.devices),
            "vote": _vote(room),
            "summary": summary(room) if room.summary else None,
            "speak": {
                "emotions": list(room.emotions),
                "clips": len(room.takes),
                "students": room.collection.people(room.takes),
                "missing": room.collection.missing,
            },
            "map": _map(room.shift) if room.shift else None,
            "forecasts": forecasts(room),
            "run": {"text": room.running, "share": room.share, "points": room.moving, "fault": room.fault},
            "outcome": _outcome(room.outcome) if room.outcome else None,
        }


def phone(room: Room, device: Device) -> dict[str, Any]:
    """For one device."""
    with room.lock:
        answers = room.outcome.answers if room.outcome else {}
        clip = room.clips[room.clip] if room.clips else None
        shown = room.clip in room.revealed
        return {
            "code": room.code,
            "stage": room.stage,
            "vote": clip
            and {
                "clip": room.clip,
                "of": len(room.clips),
                "open": room.voting,
                "voted": room.voted(device, room.clip),
                "summary": room.summary,
                "revealed": _answers(room, clip) if shown else None,
            },
            "emotions": list(room.emotions),
            "consented": device.consented,
            "takes": [
                {"id": take.id, "emotion": take.emotion, "answers": answers.get((take.number, take.id))}
                for take in room.own(device)
            ],
            "forecast": device.forecast,
            "running": room.running,
            "share": room.share,
            "done": room.outcome is not None,
        }


def _vote(room: Room) -> dict[str, Any] | None:
    if not room.clips:
        return None
    clip, shown = room.clips[room.clip], room.clip in room.revealed
    counts = tally(room.votes, room.clip, FOUR)
    total = sum(counts.values())
    info = corpora.corpus(clip.corpus)
    return {
        "choice": room.choice,
        "clip": room.clip,
        "of": len(room.clips),
        "corpus": info.name,
        "language": info.language_name,
        "votes": total,
        "bars": counts if total >= SMALLEST_GROUP else None,
        "few": FEW,
        "revealed": _answers(room, clip) if shown else None,
    }


def _answers(room: Room, clip: VoteClip) -> dict[str, Any]:
    return {
        "label": clip.label,
        "class": most_voted(room, room.clips.index(clip)),
        "english": clip.english,
        "adapted": clip.adapted,
    }


def most_voted(room: Room, clip: int) -> str:
    """The emotion with most votes, several joined by "or"; "" with fewer than five votes."""
    counts = tally(room.votes, clip, FOUR)
    if sum(counts.values()) < SMALLEST_GROUP:
        return ""
    return " or ".join(emotion for emotion, count in counts.items() if count == max(counts.values()))


def summary(room: Room) -> dict[str, Any]:
    """All clips whose answer was shown: people beside models, and agreement."""
    clips = [(number, clip) for number, clip in enumerate(room.clips) if number in room.revealed]
    table = np.array([list(tally(room.votes, number, FOUR).values()) for number, _ in clips]).reshape(-1, len(FOUR))
    enough = len({vote.device for vote in room.votes}) >= SMALLEST_GROUP
    kappa = fleiss_kappa(table) if enough else None
    labels = {number: clip.label for number, clip in clips}
    models = {"english": "Learned English", "adapted": "The same, adapted"}
    rows = [
        {"name": title, "right": sum(getattr(clip, key) == clip.label for _, clip in clips), "of": len(clips)}
        for key, title in models.items()
        if all(getattr(clip, key) for _, clip in clips)
    ]
    people = [
        {"name": one.group, "uar": one.uar, "ci95": one.ci95, "people": one.people}
        for one in recalls(room.votes, labels, FOUR)
    ]
    return {"clips": len(clips), "people": people, "models": rows, "kappa": kappa, "words": kappa_words(kappa)}


def forecasts(room: Room) -> dict[str, Any]:
    counts = room.forecasts()
    total = sum(counts.values())
    return {"votes": total, "bars": counts if total >= SMALLEST_GROUP else None, "few": FEW}


def class_said(room: Room) -> str:
    """The forecast with most votes; "" with fewer than five."""
    counts = room.forecasts()
    if sum(counts.values()) < SMALLEST_GROUP:
        return ""
    return " or ".join(answer for answer in FORECASTS if counts[answer] == max(counts.values()))


def _map(shift: RoomShift) -> dict[str, Any]:
    return {
        "students": shift.students,
        "clips": shift.clips,
        "actors": shift.actors,
        "points": sorted(shift.points.values()),
        "steps": steps(shift),
        "microphones": shift.microphones,
    }


def steps(shift: RoomShift) -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "distance": round(one.distances.a_distance, 2),
            "reference": round(one.distances.within_a_distance, 2),
            "mmd": round(one.distances.mmd, 3),
            "explained": one.explained,
        }
        for one in shift.steps
    ]


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "students": outcome.students,
        "clips": outcome.clips,
        "rows": rows(outcome),
        "gains": [{"over": ROWS[g.over], "mean": g.mean, "ci95": g.ci95} for g in outcome.gains],
        "verdict": VERDICTS[outcome.verdict],
        "normalisation": outcome.normalisation,
        "chance": 1 / len(outcome.classes),
    }


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"name": title, "uar": outcome.scores[key].uar, "ci95": outcome.scores[key].ci95} for key, title in ROWS.items()
    ]


def spread(points: Sequence[tuple[float, float, str]]) -> tuple[float, float, float, float]:
    """Left, top, width and height that show all points (x, y, emotion), with a margin."""
    places = np.array([point[:2] for point in points] or [(0.0, 0.0)], dtype=float)
    low, high = places.min(0), places.max(0)
    margin = 0.04 * np.maximum(high - low, 1e-6)
    left, top = low - margin
    width, height = high - low + 2 * margin
    return float(left), float(top), float(width), float(height)
