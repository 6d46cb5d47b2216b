"""What a class computes in the background: clips, its map and the shared run. One thread each, torch on one core."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from contextlib import closing

from xser_demo.classroom import shared_run, shift, takes
from xser_demo.classroom.room import Room
from xser_demo.classroom.shared_run import Outcome
from xser_demo.corpora import corpus, download
from xser_demo.data.encode import BATCH_BYTES
from xser_demo.ui.jobs.queue import HEAVY, died
from xser_demo.utils import resources, settings
from xser_demo.utils.errors import UserError

WHAT = "The run of the class"
EXPECTED_S = 40.0
MEMORY = BATCH_BYTES  # of the run, at most


class Jobs:
    def __init__(self) -> None:
        self.ears = resources.single_thread_worker("class-clips")  # recordings, in the order in which they come
        self.maps = resources.single_thread_worker("class-map")
        self._measuring: set[str] = set()  # codes of classes whose map waits to be drawn

    async def listen(self, sound: bytes) -> takes.Features:
        return await asyncio.wrap_future(self.ears.submit(takes.listen, sound))

    def draw(self, room: Room) -> None:
        """Draw the map of the points that are shown, unless that waits already."""
        if room.shift is None and room.code not in self._measuring and len(room.in_view()) >= shift.FEWEST:
            self._measuring.add(room.code)
            self.maps.submit(self._draw, room)

    def _draw(self, room: Room) -> None:
        self._measuring.discard(room.code)  # what comes from now on is drawn again
        shown = room.in_view()
        with contextlib.suppress(UserError):  # too few clips, or a model that is not here: there is no map yet
            if len(shown) >= shift.FEWEST:
                keys, clips = zip(*shown, strict=True)
                room.measured(shift.measure(clips, keys))

    def run(self, room: Room, chance: random.Random | None = None) -> None:
        """Begin the shared run. Refused while one runs."""
        chosen = room.begin()
        _thread(WHAT, lambda: self._run(room, chosen, chance or random.SystemRandom()))

    def _run(self, room: Room, chosen: list, chance: random.Random) -> None:
        keys, clips = [key for key, _ in chosen], [take for _, take in chosen]
        try:
            with HEAVY.job(EXPECTED_S) as job:
                for text in HEAVY.turn(job, lambda: room.ended):
                    room.tell(text)
                resources.require_memory(MEMORY, WHAT)
                with (
                    resources.single_thread_worker("class-run") as worker,
                    closing(shared_run.run(clips, keys, chance)) as events,
                ):
                    while not room.ended and (event := worker.submit(next, events, None).result()) is not None:
                        if isinstance(event, Outcome):
                            room.adapted(event)
                        else:
                            room.tell(event.text, event.share, event.points)
        except UserError as error:
            room.failed(str(error))
        except Exception as error:  # a bug: the class gets a message and can go on
            room.failed(str(died(WHAT, error)))


class Fetching:
    """The download of the clips' corpus, by one button before the lecture."""

    def __init__(self) -> None:
        self.text, self.going = "", False

    def begin(self, key: str, changed: Callable[[], None]) -> None:
        if not self.going:
            self.going = True
            _thread("class-fetch", lambda: self._fetch(key, changed))

    def _fetch(self, key: str, changed: Callable[[], None]) -> None:
        try:
            with closing(download.fetch(key, settings.fetch_dir())) as events:
                for event in events:
                    self.text = getattr(event, "verdict", "") or event.text
                    changed()
        except UserError as error:
            self.text = str(error)
        except Exception as error:  # a bug: the button can be pressed again
            self.text = str(died(f"The download of {corpus(key).name}", error))
        finally:
            self.going = False
            changed()


def _thread(name: str, work: Callable[[], None]) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()
