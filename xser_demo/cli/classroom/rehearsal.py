"""A class played with simulated phones, and how fast the page was."""

import asyncio
import io
import math
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np
import soundfile

from xser_demo import corpora
from xser_demo.audio.io import load
from xser_demo.classroom.clips import SOURCE
from xser_demo.cli.classroom.phones import Lecturer, Phone, Seen
from xser_demo.corpora import locate
from xser_demo.corpora.labels import FOUR
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, UserError
from xser_demo.utils.progress import log

TAKES = 2  # of each student


def voices(folder: Path, students: int, chance: random.Random) -> list[list[tuple[str, bytes]]]:
    """For each student two acted clips of one speaker, (emotion, WAV). Speakers of all corpora in the folder come in
    turn, but none of the corpus that the English model learnt from. CorpusError without any."""
    speakers = list(_speakers(folder))
    if not speakers:
        raise CorpusError(f"No corpus with acted clips is in {folder}; name a folder with EmoDB, EMOVO or nEMO.")
    chance.shuffle(speakers)
    found = []
    for number in range(students):
        by_emotion = speakers[number % len(speakers)]
        emotions = chance.sample(sorted(by_emotion), min(TAKES, len(by_emotion)))
        found.append([(emotion, _wav(chance.choice(by_emotion[emotion]))) for emotion in emotions])
    return found


def _speakers(folder: Path) -> Iterator[dict[str, list[tuple[Path, str]]]]:
    """Of each speaker with two of the four emotions at least: (file, channel) by emotion."""
    for key, info in corpora.CORPORA.items():
        if key == SOURCE or key in corpora.DEVELOPMENT:
            continue
        with suppress(CorpusError):
            root = locate.find(key, folder)
            of: dict[str, dict[str, list]] = {}
            for one in locate.read(key, folder):
                if one.emotion in FOUR:
                    of.setdefault(one.speaker, {}).setdefault(one.emotion, []).append((root / one.path, info.channel))
            yield from (by_emotion for by_emotion in of.values() if len(by_emotion) >= TAKES)


def _wav(clip: tuple[Path, str]) -> bytes:
    path, channel = clip
    samples, out = load(path, channel=channel).samples, io.BytesIO()
    soundfile.write(out, np.clip(samples, -1, 1), settings.SAMPLE_RATE, "PCM_16", format="WAV")
    return out.getvalue()


async def rehearse(
    address: str,
    clips: list[list[tuple[str, bytes]]],
    code: str = "",
    votes: int = 4,
    within_s: float = 10.0,
    acting_s: float | None = None,
    chance: random.Random | None = None,
) -> dict:
    """Play a class with as many phones as ``clips``. ``code``: of a class that somebody leads; "": open one, play the
    hour and end it. ``within_s``: in which people answer; ``acting_s``: in which they act a clip, None: the same.
    Returns figures. UserError when the page refuses."""
    chance, seen = chance or random.Random(), Seen()  # noqa: S311  votes of nobody
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)  # before the server closes them
    async with httpx.AsyncClient(base_url=address, verify=False, limits=limits, timeout=60) as client:  # noqa: S501  signed by itself
        lecturer = None if code else Lecturer(client, seen)
        try:
            code = await lecturer.begin() if lecturer else code
            phones = [Phone(client, own, random.Random(chance.random()), seen) for own in clips]  # noqa: S311
            people = [asyncio.create_task(one.live(code, within_s, acting_s)) for one in phones]
            leading = [asyncio.create_task(lead(lecturer, len(clips), sum(map(len, clips)), votes))] if lecturer else []
            ended, _ = await asyncio.wait([*people, *leading], return_when=asyncio.FIRST_EXCEPTION)
            results = {task: task.result() for task in ended}  # raises what went wrong
            result = results[leading[0]] if leading else {}
        except httpx.ConnectError as error:
            raise UserError(f"Nothing answers at {address}; start the page with: make app, or xser app") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise UserError(
                f"The page did not answer in time ({type(error).__name__}); is the computer busy?"
            ) from error
    return result | figures(seen, len(clips))


async def lead(lecturer: Lecturer, students: int, clips: int, votes: int) -> dict:
    """The hour, from joining to the end."""
    watching = asyncio.create_task(lecturer.follow(lecturer.look))
    await lecturer.until(lambda state: state["members"] == students)
    log(f"{students} phones joined class {lecturer.state['code']}.")
    await lecturer.do("go", "vote")
    await lecturer.do("clips", {"corpus": "emodb", "count": votes})
    for number in range(votes):
        await lecturer.do("clip", number)
        await lecturer.until(lambda state, n=number: state["vote"]["clip"] == n and state["vote"]["votes"] >= students)
        await lecturer.do("reveal")
    await lecturer.do("clip", votes)
    log("They voted.")
    await lecturer.do("go", "speak")
    spoken = time.monotonic()
    before = len(lecturer.seen.refused)

    def all_sent(state: dict) -> bool:
        return state["speak"]["clips"] + len(lecturer.seen.refused) - before >= clips

    while not all_sent(lecturer.state):  # refusals change no screen
        with suppress(asyncio.TimeoutError):
            lecturer.changed.clear()
            await asyncio.wait_for(lecturer.changed.wait(), 0.5)
    speaking_s = time.monotonic() - spoken
    log(f"{lecturer.state['speak']['clips']} clips are in.")
    await lecturer.do("go", "predict")
    await lecturer.until(lambda state: state["forecasts"]["votes"] >= students)
    began = time.monotonic()
    await lecturer.do("run")
    state = await lecturer.until(lambda state: not state["run"]["text"] and (state["outcome"] or state["run"]["fault"]))
    run_s = time.monotonic() - began
    if state["run"]["fault"]:
        raise UserError(state["run"]["fault"])
    log("The run is done.")
    outcome = state["outcome"]
    await lecturer.do("end")
    await watching
    return {
        "speaking_s": round(speaking_s, 1),
        "clips": outcome["clips"],
        "run_s": round(run_s, 1),
        "uar": {one["name"]: round(one["uar"], 3) for one in outcome["rows"]},
    }


def figures(seen: Seen, students: int) -> dict:
    return {
        "students": students,
        "join_s": quantiles(seen.joined),
        "vote_answer_s": quantiles([answered - sent for sent, answered in seen.votes]),
        "vote_on_projector_s": quantiles(on_projector(seen)),
        "recording_answer_s": quantiles(seen.recorded),
        "refused": len(seen.refused),
        "reasons": sorted(set(seen.refused)),
    }


def on_projector(seen: Seen) -> list[float]:
    """From sending a vote to the projector's bars: the k-th vote that is answered since a clip was opened is seen as
    soon as k votes are."""
    waits, votes = [], sorted(seen.votes, key=lambda one: one[1])
    rounds: list[list[tuple[float, int]]] = []
    for moment in seen.bars:
        if not rounds or moment[1] < rounds[-1][-1][1]:
            rounds.append([])
        rounds[-1].append(moment)
    for bars in rounds:
        most = bars[-1][1]
        for count, (sent, _) in enumerate(votes[:most], start=1):
            waits.append(next(when for when, shown in bars if shown >= count) - sent)
        votes = votes[most:]
    return waits


def quantiles(seconds: list[float]) -> dict:
    if not seconds:
        return {"n": 0}
    ordered = sorted(seconds)
    found = {
        "median": ordered[len(ordered) // 2], "p95": ordered[math.ceil(0.95 * len(ordered)) - 1], "worst": ordered[-1],
    }  # fmt: skip
    return {"n": len(ordered)} | {name: round(value, 3) for name, value in found.items()}
