"""Load test: many visitors while a model is adapted, as one JSON document. Not a timed test.

    python benchmarks/crowd.py                                            a class of 30 opens the page within a minute
    python benchmarks/crowd.py --visitors 100 --every 30 --minutes 10     a lecture hall for ten minutes
    python benchmarks/crowd.py --repeat 500 2000 --visitors 100 --every 30 --minutes 10
                                        500 short visits, four at a time, 2,000 more, and then the hall, on one server

Visitors are simulated (simulated.py), without drawing, and share the cores with the server.
"""

import argparse
import asyncio
import itertools
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import soundfile
from serving import Server, served, write
from simulated import Refused, Visitor

from xser_demo.audio.io import load
from xser_demo.utils import settings

CLIP_S = 3
LET_GO_S = 160  # a page that was closed is forgotten after two minutes, and a look every half


@dataclass
class Seen:
    """What the visitors met, in seconds, and what went wrong, in words."""

    opened: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    adapted: list[float] = field(default_factory=list)
    wrong: Counter = field(default_factory=Counter)


async def visit(address: str, client: httpx.AsyncClient, clips: list[Path], every_s: float, end: float, seen: Seen):
    """Opens the page and sends the clips, one every ``every_s`` until ``end`` (seconds of this process)."""
    visitor = Visitor(address, client)
    try:
        started = time.monotonic()
        await visitor.open()
        seen.opened.append(time.monotonic() - started)
        for clip in itertools.cycle(clips):
            begun = time.monotonic()
            visitor.values[visitor.id("cards")] = None
            file = await visitor.upload(clip)
            await visitor.do("clip", "input", file)
            seen.answered.append(time.monotonic() - begun)
            if "%" not in str(visitor["cards"]):
                seen.wrong[f"no answer: {visitor['clip-line']}"] += 1
            if time.monotonic() + every_s > end:
                break
            await asyncio.sleep(begun + every_s - time.monotonic())
    except (Refused, httpx.HTTPError, TimeoutError) as error:
        seen.wrong[f"{type(error).__name__}: {error}"[:200]] += 1
    finally:
        await visitor.leave()


async def adapt(address: str, client: httpx.AsyncClient, seen: Seen, over: asyncio.Event):
    """One visitor adapts again and again while the others are there."""
    visitor = Visitor(address, client)
    try:
        await visitor.open()
        while not over.is_set():
            started = time.monotonic()
            await visitor.do("adapt-go", "click")
            seen.adapted.append(time.monotonic() - started)
            if "UAR" not in str(visitor["adapt-score"]):
                seen.wrong["an adaptation without a score"] += 1
    except (Refused, httpx.HTTPError, TimeoutError) as error:
        seen.wrong[f"adaptation, {type(error).__name__}: {error}"[:200]] += 1
    finally:
        await visitor.leave()


async def crowd(
    server: Server, clips: list[Path], visitors: int, over_s: float, every_s: float, minutes: float
) -> Seen:
    seen, over = Seen(), asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(60, read=300)) as client:
        busy = asyncio.create_task(adapt(server.address, client, seen, over))
        await asyncio.sleep(3)
        end = time.monotonic() + 60 * minutes
        people = []
        for number in range(visitors):
            own = clips[number % len(clips) :] + clips[: number % len(clips)]
            people.append(asyncio.create_task(visit(server.address, client, own, every_s, end, seen)))
            await asyncio.sleep(over_s / visitors)
        await asyncio.gather(*people)
        over.set()
        await busy
    return seen


async def repeat(server: Server, clips: list[Path], visits: int) -> tuple[Seen, list[int]]:
    """Visits with one clip each, four at a time, and the server's own memory in MB a dozen times on the way."""
    seen, on_the_way, waiting = Seen(), [], iter(range(visits))

    async def some(client: httpx.AsyncClient) -> None:
        for number in waiting:
            await visit(server.address, client, [clips[number % len(clips)]], 0, 0, seen)
            if number % max(1, visits // 12) == 0:
                on_the_way.append(server.own_mb())

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=60) as client:
        await asyncio.gather(*(some(client) for _ in range(4)))
    return seen, on_the_way


def clips(folder: Path) -> list[Path]:
    """3 s of each example voice, as a browser records them: 48 kHz, 16 bits."""
    import soxr

    made = []
    for file in sorted(settings.EXAMPLES.glob("*.flac")):
        samples = load(file).samples[: CLIP_S * settings.SAMPLE_RATE]
        made.append(folder / f"{file.stem}.wav")
        soundfile.write(made[-1], soxr.resample(samples, settings.SAMPLE_RATE, 48_000), 48_000, subtype="PCM_16")
    return made


def quantiles(seconds: list[float]) -> dict:
    if not seconds:
        return {"n": 0}
    ordered = sorted(seconds)
    found = {
        "p50": statistics.median(ordered),
        "p95": ordered[math.ceil(0.95 * len(ordered)) - 1],
        "worst": ordered[-1],
    }
    return {"n": len(ordered)} | {name: round(value, 2) for name, value in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--visitors", type=int, default=30)
    options.add_argument("--over", type=float, default=60, help="seconds in which they arrive")
    options.add_argument("--every", type=float, default=1e9, help="seconds between two clips of one; default: one clip")
    options.add_argument("--minutes", type=float, default=0, help="how long they stay; default: until the answer")
    options.add_argument("--repeat", type=int, nargs="*", default=(), help="this many short visits first, each in turn")
    options.add_argument("--out", default="bench-crowd.json")
    chosen = options.parse_args()
    asked = {name: value for name, value in vars(chosen).items() if name != "out"}
    result: dict = {"cores": os.cpu_count(), "asked": asked, "stages": []}
    with tempfile.TemporaryDirectory() as folder, served(GRADIO_TEMP_DIR=f"{folder}/gradio") as server:
        result |= {"first_page_s": round(server.first_page_s, 2), "before": memory(server)}
        sent = clips(Path(folder))
        for visits in (*chosen.repeat, 0):
            if visits:
                seen, on_the_way = asyncio.run(repeat(server, sent, visits))
            else:
                seen, on_the_way = (
                    asyncio.run(crowd(server, sent, chosen.visitors, chosen.over, chosen.every, chosen.minutes)),
                    [],
                )
            stage = {
                "visits": visits or chosen.visitors,
                "opened_s": quantiles(seen.opened),
                "clip_to_answers_s": quantiles(seen.answered),
                "adaptation_s": quantiles(seen.adapted),
                "wrong": dict(seen.wrong),
                "own_mb_on_the_way": on_the_way,
                "at the end": memory(server),
            }
            print(json.dumps(stage), file=sys.stderr, flush=True)
            with suppress(KeyboardInterrupt):
                time.sleep(LET_GO_S)
            stage["when all have left"] = memory(server)
            stage["files_left"] = sum(one.is_file() for one in Path(folder, "gradio").rglob("*"))
            result["stages"].append(stage)
    write(result, chosen.out)


def memory(server: Server) -> dict[str, int]:
    return {"resident_mb": server.resident_mb(), "own_mb": server.own_mb()}


if __name__ == "__main__":
    main()
