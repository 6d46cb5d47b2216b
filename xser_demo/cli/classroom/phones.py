"""Simulated phones and a simulated lecturer, who send what the real pages send, over loopback."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from xser_demo.utils.errors import UserError

LONGEST_S = 600.0  # that anybody waits
ATTEMPTS = 3


class Gone(Exception):
    """The class has ended."""


@dataclass
class Seen:
    """What happened, for the figures; seconds by this computer's clock."""

    joined: list[float] = field(default_factory=list)
    votes: list[tuple[float, float]] = field(default_factory=list)  # (sent, answered)
    bars: list[tuple[float, int]] = field(default_factory=list)  # (when, votes on the projector)
    recorded: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Person:
    """``state``: what the page of this person shows now."""

    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str], stream: str):
        self.client, self.headers, self.stream = client, headers, stream
        self.state: dict = {}
        self.over = False
        self.changed = asyncio.Event()

    async def follow(self, look: Callable[[dict], None] = lambda state: None) -> None:
        """Read the stream until the class ends."""
        async with self.client.stream("GET", self.stream, headers=self.headers, timeout=60) as answer:
            event = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    if event == "gone":
                        break
                    self.state = json.loads(line[6:])
                    look(self.state)
                    self.changed.set()
        self.over = True
        self.changed.set()

    async def until(self, holds: Callable[[dict], object]) -> dict:
        """Wait until the page shows something. Gone when the class ends before."""
        end = time.monotonic() + LONGEST_S
        while not (self.state and holds(self.state)):
            if self.over:
                raise Gone
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), max(0.1, end - time.monotonic()))
        return self.state


async def send(client: httpx.AsyncClient, path: str, headers: dict, **body: object) -> dict:
    """A message, sent again when the line breaks. UserError with the server's sentence when it is refused."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = await client.post(path, headers=headers, **body)
            break
        except httpx.TransportError:
            if attempt == ATTEMPTS:
                raise
    if answer.status_code != 200:
        try:
            why = str(answer.json()["detail"])
        except (ValueError, KeyError, TypeError):
            why = f"The page answered {answer.status_code}; is it the page of this project?"
        raise UserError(why)
    return answer.json()


class Phone(Person):
    """``clips``: (emotion, WAV) that it acts."""

    def __init__(self, client: httpx.AsyncClient, clips: list[tuple[str, bytes]], chance: random.Random, seen: Seen):
        super().__init__(client, {}, "/join/api/stream")
        self.clips, self.chance, self.seen = clips, chance, seen

    async def join(self, code: str, language: str = "") -> None:
        began = time.monotonic()
        member = await send(self.client, "/join/api/join", {}, json={"code": code, "language": language})
        self.headers = {"x-class": member["code"], "x-device": member["token"]}
        self.seen.joined.append(time.monotonic() - began)

    async def act(self, what: str, **body: object) -> None:
        try:
            self.state = await send(self.client, f"/join/api/{what}", self.headers, json=body)
        except UserError as error:
            self.seen.refused.append(str(error))

    async def live(self, code: str, within_s: float, acting_s: float | None = None) -> None:
        """Take part until the class ends: join, vote and answer within ``within_s`` of being asked, act a clip within
        ``acting_s``."""
        await asyncio.sleep(self.chance.uniform(0, within_s))
        await self.join(code, self.chance.choice(("de", "en", "it", "")))
        following = asyncio.create_task(self.follow())
        with suppress(Gone):
            while True:
                state = await self.until(self._asked)
                wait_s = acting_s if acting_s is not None and state["stage"] == "speak" else within_s
                await asyncio.sleep(self.chance.uniform(0, wait_s))
                await self._answer(state)
        await following

    def _asked(self, state: dict) -> bool:
        vote = state["vote"]
        voting = state["stage"] == "vote" and vote and vote["open"] and not vote["voted"]
        return bool(voting) or (state["stage"] == "predict" and not state["forecast"]) or self._acts(state)

    def _acts(self, state: dict) -> bool:
        return state["stage"] == "speak" and any(emotion in state["emotions"] for emotion, _ in self.clips)

    async def _answer(self, state: dict) -> None:
        if state["stage"] == "vote":
            began = time.monotonic()
            emotion = self.chance.choice(("anger", "happiness", "neutral", "sadness"))
            await self.act("vote", clip=state["vote"]["clip"], emotion=emotion)
            self.seen.votes.append((began, time.monotonic()))
        elif state["stage"] == "predict":
            await self.act("forecast", answer=self.chance.choice(("better", "better", "the same", "worse")))
        else:
            if not state["consented"]:
                await self.act("consent")
            await self._record(state["emotions"])

    async def _record(self, emotions: list[str]) -> None:
        """Send the next clip with one of the emotions, whatever becomes of it."""
        place = next(number for number, (emotion, _) in enumerate(self.clips) if emotion in emotions)
        emotion, sound = self.clips.pop(place)
        name, began = f"{self.chance.getrandbits(96):024x}", time.monotonic()
        headers = self.headers | {"x-emotion": emotion, "x-take": name, "content-type": "audio/wav"}
        try:
            self.state = await send(self.client, "/join/api/take", headers, content=sound)
            self.seen.recorded.append(time.monotonic() - began)
        except UserError as error:
            self.seen.refused.append(str(error))


class Lecturer(Person):
    def __init__(self, client: httpx.AsyncClient, seen: Seen):
        super().__init__(client, {}, "/class/api/stream")
        self.seen = seen

    async def begin(self) -> str:
        opened = await send(self.client, "/class/api/open", {}, json={})
        self.headers = {"x-class": opened["code"], "x-lecturer": opened["secret"]}
        return opened["code"]

    def look(self, state: dict) -> None:
        if state["vote"]:
            self.seen.bars.append((time.monotonic(), state["vote"]["votes"]))

    async def do(self, what: str, value: object = None) -> None:
        state = await send(self.client, "/class/api/do", self.headers, json={"do": what, "value": value})
        self.state = state or self.state
