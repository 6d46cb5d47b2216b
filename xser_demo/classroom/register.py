"""All classes of this computer: at most four at a time; idle ones end after two hours."""

import hmac
import random
import threading
import time
from collections.abc import Callable

from xser_demo.classroom import codes
from xser_demo.classroom.refused import Refused
from xser_demo.classroom.room import Room
from xser_demo.classroom.rules import ENDED

MAX_CLASSES = 4
IDLE_S = 2 * 3600.0
NO_CLASS = "There is no class with this code here; look at the projector again."
NOT_THE_LECTURER = "Only the lecturer's own page can do this."


class Register:
    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], random.Random] = random.SystemRandom
    ):
        self.clock, self.chance = clock, chance
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def begin(self) -> Room:
        """A new class. Refused when four are open."""
        self.sweep()
        with self._lock:
            if len(self._rooms) >= MAX_CLASSES:
                raise Refused(f"{MAX_CLASSES} classes are open here, which is the most; end one first.", 409)
            chance = self.chance()
            code = codes.code(chance)
            while code in self._rooms:
                code = codes.code(chance)
            self._rooms[code] = Room(code, codes.secret(), self.clock, chance)
            return self._rooms[code]

    def find(self, code: str) -> Room:
        """The open class with this code, as somebody typed it."""
        self.sweep()
        room = self._rooms.get(codes.typed(code))
        if room is None:
            raise Refused(NO_CLASS, 404)
        return room

    def led_by(self, code: str, secret: str) -> Room:
        """The same for its lecturer; a wrong code and a wrong secret are answered alike."""
        try:
            room = self.find(code)
        except Refused:
            raise Refused(NOT_THE_LECTURER, 403) from None
        if not hmac.compare_digest(room.secret.encode(), secret.encode()):
            raise Refused(NOT_THE_LECTURER, 403)
        return room

    def member(self, code: str, token: str):
        """(room, device) of a phone. A class that is not here any more has ended: the server may have restarted."""
        try:
            room = self.find(code)
        except Refused:
            raise Refused(ENDED, 410) from None
        return room, room.device(token)

    def end(self, room: Room) -> None:
        with self._lock:
            self._rooms.pop(room.code, None)
        room.end()

    def sweep(self) -> None:
        """End the classes that nobody has used for two hours."""
        now = self.clock()
        for room in list(self._rooms.values()):
            if now - room.used_at > IDLE_S:
                self.end(room)

    def __len__(self) -> int:
        return len(self._rooms)
