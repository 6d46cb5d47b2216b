"""Many visitors at once do what they like in any order: nobody ever meets another's clip, recordings, model or run, and
when all have left nothing of them is there."""

import asyncio
import gc
import os
import re
import shutil
import socket
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from simulated import Refused, Visitor, run

from xser_demo.ui import app, storage
from xser_demo.ui.server import visits
from xser_demo.ui.server.middleware import BUSY
from xser_demo.ui.state import Visitor as Kept
from xser_demo.utils import settings as places

PEOPLE = 5
VOICES = sorted(places.EXAMPLES.glob("*.flac"))
TARGETS = ("emodb", "emovo", "urdu")
ACTIONS = ("record", "record", "upload", "adapt", "other models", "map", "delete", "come back", "leave")


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, object, Path]]:
    """Address, page and the folder of everything that is stored, in this process, where leaving is noticed at once."""
    place = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(place))
        patch.setenv("GRADIO_TEMP_DIR", str(place / "gradio"))
        patch.setattr(visits, "LEFT_S", 0.5)
        patch.setattr(visits, "SLACK_S", 0.2)
        patch.setattr(visits, "SWEEP_S", 0.2)
        page = None

        def build(where):
            nonlocal page
            page = real(where)
            return page

        real = app.build
        patch.setattr(app, "build", build)
        patch.setattr(app, "_warm_up", lambda: None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        _, address, _ = app.launch(port=port, prevent_thread_lock=True, quiet=True)
        yield address, page, place
        page.close()


class Person:
    """Knows what is theirs, and that all that they see is."""

    def __init__(self, number: int, address: str, client: httpx.AsyncClient, place: Path):
        self.number, self.address, self.client, self.place = number, address, client, place
        self.page: Visitor | None = None
        self.clips = self.runs = 0
        self.words: set[str] = set()

    async def do(self, action: str) -> None:
        if self.page is None:
            self.page, self.clips, self.runs, self.words = Visitor(self.address, self.client), 0, 0, set()
            await self.page.open()
        await getattr(self, action.replace(" ", "_"))()
        self.look()

    def look(self) -> None:
        """Names of others nowhere."""
        shown = " ".join(str(self.page[one]) for one in SEEN)
        assert set(re.findall(r"person(\d)", shown)) <= {str(self.number)}, shown[:2000]

    async def record(self) -> None:
        self.clips += 1
        name = f"person{self.number} clip{self.clips}.flac"
        file = self.place / name
        shutil.copy(VOICES[(self.number + self.clips) % len(VOICES)], file)
        await self.page.do("clip", "input", await self.page.upload(file))
        assert name in str(self.page["clip-line"]) and "%" in str(self.page["cards"])

    async def upload(self) -> None:
        word = f"person{self.number}word{len(self.words)}"
        self.words.add(word)
        file = self.place / f"{word}.zip"
        with zipfile.ZipFile(file, "w") as made:
            for number in range(6 + self.number):  # a word that nobody knows beside two that everybody does
                made.write(VOICES[number % len(VOICES)], f"{('anger', 'sadness', word)[number % 3]}/{number}.flac")
        await self.page.do("yours-drop", "upload", [await self.page.upload(file)])
        assert word in str(self.page["yours-words"]) + str(self.page["yours-preview"])

    async def adapt(self) -> None:
        values, find = self.page.values, self.page.id
        values[find("adapt-target")] = TARGETS[self.number % len(TARGETS)]
        values[find("adapt-epochs")] = 1 + self.number
        await self.page.do("adapt-go", "click")
        assert "UAR" in str(self.page["adapt-score"]), self.page["adapt-line"]
        self.runs += 1

    async def other_models(self) -> None:
        await self.page.do("models", "input", ["ravdess-source", "emodb-source"])

    async def map(self) -> None:
        """The tab is opened: the visitor's clip is on it, or nobody's."""
        await self.page.do("map-kind", "input", "pca")
        stars = str(self.page["map-before"]).count("your clip")
        assert bool(stars) == bool(self.clips)

    async def delete(self) -> None:
        await self.page.do("yours-clear", "click")
        self.words.clear()

    async def come_back(self) -> None:
        """The page is loaded anew, in another session: empty, and still nobody else's."""
        await self.leave()

    async def leave(self) -> None:
        await self.page.leave()
        self.page = None
        self.look = lambda: None if self.page is None else Person.look(self)


SEEN = (
    "clip-line", "cards", "yours-words", "yours-preview", "yours-players", "yours-line", "adapt-line", "adapt-score",
)  # fmt: skip


@pytest.mark.more
@settings(  # the same stories each time, and none is made shorter: each takes seconds
    max_examples=3, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from(ACTIONS)), min_size=15, max_size=25))
def test_nobody_meets_anybody_and_nothing_stays(served, story):
    address, page, place = served
    (place / "sent").mkdir(exist_ok=True)

    async def everybody() -> None:
        async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as client:

            async def live(number: int) -> None:
                person = Person(number, address, client, place / "sent")
                try:
                    for who, action in story:
                        if who == number:
                            await person.do(action)
                except Refused as error:
                    assert BUSY in str(error), error
                finally:
                    if person.page is not None:
                        await person.page.leave()

            await asyncio.gather(*(live(number) for number in range(PEOPLE)))

    run(everybody())
    shutil.rmtree(place / "sent")
    end = time.monotonic() + 60
    while (left := [*stored(place), *remembered(page)]) and time.monotonic() < end:
        time.sleep(0.3)
        gc.collect()
    assert not left


def stored(place: Path) -> list[Path]:
    """Files of visitors."""
    private = storage.place().iterdir() if storage.place().exists() else ()
    return [*private, *(Path(at, name) for at, _, names in os.walk(place / "gradio") for name in names)]


def remembered(page) -> list[Kept]:
    """What the server's memory has of visits."""
    state = page.visits.visitor._id
    return [one.state_data[state] for one in page.state_holder.session_data.values() if state in one.state_data]
