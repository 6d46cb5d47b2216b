"""The classes of a served page, and the messages of lecturers and phones to them."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import segno

from xser_demo import corpora
from xser_demo.classroom import clips, view
from xser_demo.classroom.device import Device
from xser_demo.classroom.refused import Refused
from xser_demo.classroom.register import Register
from xser_demo.classroom.room import Room
from xser_demo.classroom.rules import MAX_CLIPS, STAGES
from xser_demo.ui.classroom import media
from xser_demo.ui.classroom.jobs import Fetching, Jobs
from xser_demo.ui.server import https
from xser_demo.ui.server.middleware import BUSY, RateLimit
from xser_demo.ui.shared.corpus_download_policy import can_be_fetched

GUESSES = (0.2, 30.0)  # wrong codes from one address: per second in the long run, and at once
MESSAGES = (2.0, 40.0)  # of one device
MAX_WAITING = 60  # recordings that wait to be encoded
MAX_STREAMS = 4  # of one device
SWEEP_S = 60.0  # between two looks for idle classes
CROWDED = "Many clips arrive at once; yours is sent again in a moment."


class Service:
    """``plain``: address of phones' pages over http, ``secure``: over https, where phones can record; "" where there is
    none. ``register`` and ``clock`` are given by tests."""

    def __init__(
        self,
        plain: str = "",
        secure: str = "",
        register: Register | None = None,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.plain, self.secure = plain, secure
        self.register = register or Register()
        self.jobs, self.fetching = Jobs(), Fetching()
        self.guesses, self.messages = RateLimit(*GUESSES, clock), RateLimit(*MESSAGES, clock)
        self.streams: dict[str, list[object]] = {}  # open streams by token or secret
        self.media: dict[str, tuple[bool, str]] = {}  # by corpus, see ``_media``
        self.waiting = 0

    def watch(self) -> None:
        """End idle classes for as long as the process lives."""

        def sweep() -> None:
            while True:
                time.sleep(SWEEP_S)
                self.register.sweep()

        threading.Thread(target=sweep, name="classes", daemon=True).start()

    # Phones

    def join(self, body: Mapping[str, Any], sender: str) -> dict:
        try:
            room = self.register.find(str(body.get("code", "")))
        except Refused:
            if not self.guesses.allows(sender):
                raise Refused(BUSY, 429) from None
            raise
        language = str(body.get("language", ""))
        device = room.join(language if language in LANGUAGES else "")
        return {"code": room.code, "token": device.token}

    def phone(self, code: str, token: str, body: Mapping[str, Any], what: str) -> dict:
        """A message of a device: vote, forecast, consent, delete or leave."""
        room, device = self._member(code, token)
        if what == "vote":
            clip = body.get("clip")
            if not isinstance(clip, int) or isinstance(clip, bool):
                raise Refused("A vote names its clip.")
            room.vote(token, clip, str(body.get("emotion", "")))
        elif what == "forecast":
            room.forecast(token, str(body.get("answer", "")))
        elif what == "consent":
            room.consent(token)
        elif what == "delete":
            room.delete(token, None if body.get("take") is None else str(body["take"]))
        elif what == "leave":
            room.leave(token)
            return {}
        return view.phone(room, device)

    def may_record(self, code: str, token: str, emotion: str, take: str) -> Room:
        room, _ = self._member(code, token)
        if not (0 < len(take) <= 40 and take.isalnum()):
            raise Refused("A clip needs a name of letters and digits.")
        room.may_record(token, emotion, take)
        if self.waiting >= MAX_WAITING:
            raise Refused(CROWDED, 503)
        return room

    async def record(self, room: Room, token: str, emotion: str, take: str, sound: bytes) -> dict:
        """The clip is encoded in its turn; its sound goes with this call. No thread of the server waits for it."""
        self.waiting += 1
        try:
            features = await self.jobs.listen(sound)
        finally:
            self.waiting -= 1
        room.record(token, take, emotion, features)
        self.jobs.draw(room)
        return view.phone(room, room.device(token))

    def _member(self, code: str, token: str) -> tuple[Room, Device]:
        room, device = self.register.member(code, token)
        if not self.messages.allows(token):
            raise Refused(BUSY, 429)
        return room, device

    # The lecturer

    def begin(self) -> dict:
        room = self.register.begin()
        return {"code": room.code, "secret": room.secret}

    def invitation(self, room: Room, own: str) -> dict:
        """Address for phones and its QR code. ``own``: as the lecturer's browser reached the page."""
        address = f"{self.plain or self.secure or own}/join?c={room.code.replace(' ', '-')}"
        host = urlsplit(address).hostname or ""
        code = segno.make(address, error="m").svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
        return {"address": address, "svg": code, "alone": https.is_this_computer(host)}

    def screen(self, room: Room) -> dict:
        found = view.screen(room)
        sound, offer = self._media(room.clips[0].corpus) if room.clips else (False, "")
        found |= {"sound": sound, "fetch": {"text": self.fetching.text, "offer": offer}}
        return found

    def _media(self, corpus: str) -> tuple[bool, str]:
        """Whether the corpus's recordings are here, and its key where they can be fetched; looked up once, and again
        after a download."""
        if corpus not in self.media:
            sound = media.has_sound(corpus)
            self.media[corpus] = (sound, corpus if not sound and can_be_fetched(corpus) else "")
        return self.media[corpus]

    def _fetched(self, room: Room) -> None:
        self.media.clear()
        room.touch()

    def command(self, room: Room, body: Mapping[str, Any], at_this_computer: bool) -> None:
        """What the lecturer's page asks for."""
        what, value = body.get("do"), body.get("value")
        if what == "go" and value in STAGES:
            room.go(str(value))
            self.jobs.draw(room)
        elif what == "clips" and isinstance(value, dict):
            count = value.get("count")
            if not isinstance(count, int) or not 1 <= count <= MAX_CLIPS:
                raise Refused(f"Choose 1 to {MAX_CLIPS} clips.")
            room.bring(clips.choose(str(value.get("corpus")), count, room.chance))
        elif what == "clip" and isinstance(value, int):
            room.turn_to(value)
        elif what == "reveal":
            room.reveal()
        elif what == "act" and isinstance(value, list):
            room.act([str(one) for one in value[:8]])
        elif what == "run":
            self.jobs.run(room)
        elif what == "fetch":
            self._fetch(room, at_this_computer)
        elif what == "end":
            self.register.end(room)
        else:
            raise Refused("There is no such command.")

    def _fetch(self, room: Room, at_this_computer: bool) -> None:
        if not at_this_computer:
            raise Refused("Recordings are fetched at the computer that serves this page.", 403)
        if not room.clips or not can_be_fetched(room.clips[0].corpus):
            raise Refused("There is nothing to fetch for these clips.")
        self.fetching.begin(room.clips[0].corpus, lambda: self._fetched(room))

    def choices(self) -> list[dict]:
        """Corpora whose clips can be voted on."""
        return [{"key": key, "name": corpora.corpus(key).language_name} for key in clips.offered()]

    @contextlib.contextmanager
    def stream(self, key: str) -> Iterator[Callable[[], bool]]:
        """A place for one stream of a device or a lecturer; says whether it still holds. A fifth stream ends the first:
        a phone that lost its line often does not say so."""
        mine, places = object(), self.streams.setdefault(key, [])
        places.append(mine)
        del places[:-MAX_STREAMS]
        try:
            yield lambda: mine in places
        finally:
            if mine in places:
                places.remove(mine)
            if not places and self.streams.get(key) is places:
                del self.streams[key]


LANGUAGES = {
    "en": "English", "de": "Deutsch", "ar": "العربية", "bn": "বাংলা", "bg": "Български", "cs": "Čeština", "da": "Dansk",
    "el": "Ελληνικά", "es": "Español", "fa": "فارسی", "fi": "Suomi", "fr": "Français", "he": "עברית", "hi": "हिन्दी",
    "hu": "Magyar", "id": "Bahasa Indonesia", "it": "Italiano", "ja": "日本語", "ko": "한국어", "nl": "Nederlands",
    "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский", "sr": "Српски", "sv": "Svenska",
    "ta": "தமிழ்", "th": "ไทย", "tr": "Türkçe", "uk": "Українська", "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}  # fmt: skip
