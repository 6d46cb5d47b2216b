"""Simulated visitors: clients that talk to a served page like a browser, at little cost, so that many run beside the
server. Their times do not include drawing in the browser; ``page.py`` measures that."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx

API = "gradio_api"
LONGEST_S = 300.0  # that anybody waits for an answer


class Refused(Exception):
    """The server refused, with the message that the page would show."""


class Visitor:
    """One page in one browser's tab. ``values`` are its components' by elem_id."""

    def __init__(self, address: str, client: httpx.AsyncClient):
        self.address, self.client = address.rstrip("/"), client
        self.session = secrets.token_urlsafe(8)
        self.config: dict = {}
        self.values: dict[int, object] = {}
        self.waits: dict[str, asyncio.Queue] = {}
        self._lines: list[asyncio.Task] = []
        self._listening: asyncio.Task | None = None

    async def open(self) -> None:
        """The page, all that it names, and what happens when it is loaded."""
        page = await self.client.get(f"{self.address}/")
        page.raise_for_status()
        named = set(re.findall(r'(?:src|href)="(\.?/?[^":]+\.(?:js|css)(?:\?[^"]*)?)"', page.text))
        await asyncio.gather(*(self.client.get(httpx.URL(f"{self.address}/").join(one)) for one in named))
        self.config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page.text, re.S)[1])
        for one in self.config["components"]:
            self.values[one["id"]] = one["props"].get("value")
        self._lines.append(asyncio.create_task(self._stay()))
        await asyncio.gather(*(self.run(one) for one in self._targets(None, "load")))

    async def leave(self) -> None:
        """Close the tab."""
        for line in (*self._lines, self._listening):
            if line is not None:
                line.cancel()
                with suppress(asyncio.CancelledError, httpx.HTTPError):
                    await line

    def id(self, elem_id: str) -> int:
        return next(one["id"] for one in self.config["components"] if one["props"].get("elem_id") == elem_id)

    def __getitem__(self, elem_id: str) -> object:
        """What a component shows."""
        return self.values[self.id(elem_id)]

    async def upload(self, file: Path) -> dict:
        """As the page sends a file; what comes back stands for it."""
        answer = await self.client.post(
            f"{self.address}/{API}/upload", files={"files": (file.name, file.read_bytes(), "audio/wav")}
        )
        if answer.status_code != httpx.codes.OK:
            raise Refused(f"{answer.status_code} {answer.text[:200]}")
        return {"path": answer.json()[0], "orig_name": file.name, "meta": {"_type": "gradio.FileData"}}

    async def do(self, elem_id: str, event: str, value: object = None, data: object = None) -> None:
        """A person does something to a component; ends when everything that follows from it has ended."""
        component = self.id(elem_id)
        if value is not None:
            self.values[component] = value
        await asyncio.gather(*(self.run(one, data) for one in self._targets(component, event)))

    async def run(self, function: dict, data: object = None) -> None:
        """One function of the page, and those that come after it."""
        changed: set[int] = set()
        if function["backend_fn"]:
            async for output in self.call(function, data):
                self._show(function, output)
                changed |= set(output.get("changed_state_ids") or ())
        after = [one for one in self.config["dependencies"] if one.get("trigger_after") == function["id"]]
        after += [one for state in changed for one in self._targets(state, "change")]
        for one in after:
            await self.run(one)

    async def call(self, function: dict, data: object = None) -> AsyncIterator[dict]:
        """Its answers. Refused when it fails or the server is full."""
        body = {
            "data": [self.values.get(one) for one in function["inputs"]],
            "fn_index": function["id"],
            "session_hash": self.session,
            "event_data": data,
            "trigger_id": None,
        }
        if function["queue"] is False:
            answer = await self.client.post(f"{self.address}/{API}/run/predict", json=body)
            if answer.status_code != httpx.codes.OK:
                raise Refused(f"{answer.status_code} {answer.text[:200]}")
            yield answer.json()
            return
        joined = await self.client.post(f"{self.address}/{API}/queue/join", json=body)
        if joined.status_code != httpx.codes.OK:
            raise Refused(f"{joined.status_code} {joined.text[:200]}")
        event = joined.json()["event_id"]
        news = self.waits.setdefault(event, asyncio.Queue())
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        try:
            while True:
                message = await asyncio.wait_for(news.get(), LONGEST_S)
                if message["msg"] in ("process_generating", "process_completed"):
                    if not message["success"]:
                        raise Refused(str(message["output"].get("error")))
                    yield message["output"]
                if message["msg"] == "process_completed":
                    return
        finally:
            self.waits.pop(event, None)

    async def _listen(self) -> None:
        """Read the one stream of messages for all running calls; waiting calls get an error when it breaks."""
        try:
            while self.waits:
                await self._messages()
        except httpx.HTTPError as error:
            self._fail(f"the line was cut: {type(error).__name__}")

    async def _messages(self) -> None:
        where = f"{self.address}/{API}/queue/data?session_hash={self.session}"
        async with self.client.stream("GET", where, timeout=LONGEST_S) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                message = json.loads(line[6:])
                if message["msg"] == "close_stream":
                    return
                event = message.get("event_id")
                if event is not None:
                    self.waits.setdefault(event, asyncio.Queue()).put_nowait(message)
                elif message["msg"] == "unexpected_error":
                    self._fail(str(message.get("message")))

    def _fail(self, why: str) -> None:
        for one in self.waits.values():
            one.put_nowait({"msg": "process_completed", "success": False, "output": {"error": why}})

    async def _stay(self) -> None:
        async with self.client.stream("GET", f"{self.address}/{API}/heartbeat/{self.session}", timeout=None) as stream:
            async for _ in stream.aiter_lines():
                pass

    def _targets(self, component: int | None, event: str) -> list[dict]:
        return [
            one
            for one in self.config["dependencies"]
            if any(name == event and (component is None or target == component) for target, name in one["targets"])
        ]

    def _show(self, function: dict, output: dict) -> None:
        for component, value in zip(function["outputs"], output.get("data") or (), strict=False):
            if isinstance(value, list) and value and isinstance(value[0], list) and value[0][:2] == ["replace", []]:
                value = value[0][2]  # the page's way to send what has changed
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" not in value:
                    continue
                value = value["value"]
            elif isinstance(value, list) and not value:
                continue
            self.values[component] = value


def run(doing: Coroutine) -> object:
    """``asyncio.run`` in a thread of its own: another library may have its loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, doing).result()
