"""One class: who joined, what they voted and sent, and how far the lecturer has come. All in memory.

Every method is one step under one lock; ``version`` grows with every change, so that pages know when to look.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from xser_demo.classroom import codes, rules
from xser_demo.classroom.clips import VoteClip
from xser_demo.classroom.collection import Collection, Key, Take
from xser_demo.classroom.device import Device
from xser_demo.classroom.refused import Refused
from xser_demo.classroom.shared_run import Outcome
from xser_demo.classroom.shift import RoomShift
from xser_demo.classroom.takes import Features
from xser_demo.classroom.votes import SMALLEST_GROUP, Vote
from xser_demo.corpora.labels import FOUR


@dataclass
class Room:
    """``chance`` and ``clock`` (seconds) are given by tests. ``secret``: the lecturer's."""

    code: str
    secret: str = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.SystemRandom)
    version: int = 0
    stage: str = "join"
    ended: bool = False
    clips: list[VoteClip] = field(default_factory=list)
    clip: int = 0  # the one that is voted on
    choice: int = 0  # how many times clips were chosen
    revealed: set[int] = field(default_factory=set)
    summary: bool = False  # all votes instead of one clip
    votes: list[Vote] = field(default_factory=list)
    emotions: tuple[str, ...] = FOUR  # that are acted
    collection: Collection = field(default_factory=Collection)
    shift: RoomShift | None = None
    running: str = ""  # what the shared run does; "" while there is none
    share: float = 0.0  # of the run
    moving: list[tuple[float, float, str]] = field(default_factory=list)  # points of the half that is adapted to
    fault: str = ""  # why the last run failed
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.devices: dict[str, Device] = {}
        self.used_at = self.clock()

    # People

    def join(self, language: str = "") -> Device:
        with self.lock:
            self._open()
            if len(self.devices) >= rules.MAX_DEVICES:
                raise Refused(rules.FULL, 409)
            taken = {one.number for one in self.devices.values()}
            number = self.chance.choice([one for one in rules.NUMBERS if one not in taken])
            device = Device(number, codes.secret(), language)
            self.devices[device.token] = device
            self._changed()
            return device

    def device(self, token: str) -> Device:
        with self.lock:
            self._open()
            if token not in self.devices:
                raise Refused(rules.STRANGER, 403)
            return self.devices[token]

    def leave(self, token: str) -> None:
        """Takes of the device go with it; its votes stay, without a way back to it."""
        with self.lock:
            device = self.device(token)
            self.delete(token)
            del self.devices[device.token]
            self._changed()

    # Votes

    def vote(self, token: str, clip: int, emotion: str) -> None:
        """One vote of a device on a clip, while it is open; the same once more changes nothing."""
        with self.lock:
            device = self.device(token)
            if emotion not in FOUR:
                raise Refused("Choose one of the emotions on the page.")
            before = self.voted(device, clip)
            if before == emotion:
                return
            if before:
                raise Refused(rules.VOTED, 409)
            if not self.voting or clip != self.clip:
                raise Refused(rules.NOT_OPEN, 409)
            knows = device.language == self.clips[clip].language
            self.votes.append(Vote(device.number, clip, emotion, knows))
            self._changed()

    def voted(self, device: Device, clip: int) -> str:
        return next((v.emotion for v in self.votes if v.device == device.number and v.clip == clip), "")

    @property
    def voting(self) -> bool:
        return self.stage == "vote" and not self.summary and bool(self.clips) and self.clip not in self.revealed

    def forecast(self, token: str, answer: str) -> None:
        """The device's answer to "will it help?", until the run begins."""
        with self.lock:
            device = self.device(token)
            if answer not in rules.FORECASTS:
                raise Refused("Choose one of the answers on the page.")
            if self.stage != "predict" or self.running or self.outcome:
                raise Refused(rules.NOT_OPEN, 409)
            if device.forecast and device.forecast != answer:
                raise Refused(rules.VOTED, 409)
            device.forecast = answer
            self._changed()

    def forecasts(self) -> dict[str, int]:
        return {answer: sum(one.forecast == answer for one in self.devices.values()) for answer in rules.FORECASTS}

    # Recordings

    def consent(self, token: str) -> None:
        with self.lock:
            self.device(token).consented = True
            self._changed()

    def may_record(self, token: str, emotion: str, take: str) -> None:
        """Refused for a take that would not be accepted, before anything is decoded."""
        with self.lock:
            device = self.device(token)
            if self.stage not in ("speak", "map"):
                raise Refused(rules.NOT_SPEAKING, 409)
            if self.running:
                raise Refused(rules.RUNNING, 409)
            if not device.consented:
                raise Refused("Agree to the recording first.", 403)
            if emotion not in self.emotions:
                raise Refused("Choose one of the emotions that the class acts.")
            own = self.own(device)
            if len(own) >= rules.MAX_TAKES and take not in {one.id for one in own}:
                raise Refused(f"You have sent {rules.MAX_TAKES} clips, which is the most; delete one first.", 409)

    def record(self, token: str, take: str, emotion: str, features: Features) -> None:
        with self.lock:
            self.may_record(token, emotion, take)
            device = self.device(token)
            if self.collection.add(Take(take, device.number, emotion, features)):
                self.shift = None  # a new map is drawn
            self._changed()

    def own(self, device: Device) -> list[Take]:
        return self.collection.of(device.number)

    @property
    def takes(self) -> dict[Key, Take]:
        return self.collection.takes

    def delete(self, token: str, take: str | None = None) -> None:
        """Delete the device's own take, or all of its own; another's cannot be named."""
        with self.lock:
            number = self.device(token).number
            keys = [key for key in self.takes if key[0] == number and take in (None, key[1])]
            if take is not None and not keys:
                raise Refused("There is no such clip of yours.", 404)
            self.collection.drop(keys)
            before, self.shift = self.shift, None
            if before:
                self.measured(before)
            self.outcome = self.outcome and self.outcome.without(keys)
            self._changed()

    def in_view(self) -> list[tuple[Key, Take]]:
        """The takes that the projector may show."""
        with self.lock:
            return self.collection.in_view()

    # The lecturer

    def go(self, stage: str) -> None:
        with self.lock:
            self._open()
            if stage not in rules.STAGES:
                raise Refused("There is no such step.")
            self.stage, self.summary = stage, False
            self._changed()

    def bring(self, clips: Sequence[VoteClip]) -> None:
        """New clips to vote on; votes on the old ones are gone."""
        with self.lock:
            self._open()
            self.clips, self.clip, self.revealed, self.summary = list(clips)[: rules.MAX_CLIPS], 0, set(), False
            self.votes = []
            self.choice += 1
            self._changed()

    def turn_to(self, clip: int) -> None:
        """Another clip; the one after the last is the summary."""
        with self.lock:
            self._open()
            if not 0 <= clip <= len(self.clips) or not self.clips:
                raise Refused("There is no such clip.")
            self.summary = clip == len(self.clips)
            self.clip = min(clip, len(self.clips) - 1)
            self._changed()

    def reveal(self) -> None:
        with self.lock:
            self._open()
            if not self.clips:
                raise Refused("Choose clips first.")
            self.revealed.add(self.clip)
            self._changed()

    def act(self, emotions: Sequence[str]) -> None:
        """The two to four emotions that the class acts. Clips with another one are deleted."""
        with self.lock:
            self._open()
            chosen = tuple(one for one in FOUR if one in emotions)
            if not 2 <= len(chosen) == len(set(emotions)):
                raise Refused("Choose two to four of the emotions.")
            if self.running:
                raise Refused(rules.RUNNING, 409)
            self.emotions = chosen
            self.collection.drop([key for key, take in self.takes.items() if take.emotion not in chosen])
            self.shift = self.outcome = None
            self._changed()

    def end(self) -> None:
        """Forget everything."""
        with self.lock:
            self.ended, self.stage, self.running = True, "end", ""
            self.devices.clear()
            self.collection.clear()
            self.votes.clear()
            self.clips.clear()
            self.revealed.clear()
            self.moving.clear()
            self.shift = self.outcome = None
            self.secret = codes.secret()
            self._changed()

    # What jobs in the background tell

    def begin(self) -> list[tuple[Key, Take]]:
        """All takes, for a run that now begins; no clips are taken until it ends. Refused while one runs."""
        with self.lock:
            self._open()
            if self.running:
                raise Refused("The run is going on.", 409)
            self.running, self.share, self.fault, self.outcome = "The run begins.", 0.0, "", None
            self.stage = "adapt"
            self._changed()
            return sorted(self.takes.items())

    def tell(self, running: str, share: float = 0.0, moving: Sequence[tuple[float, float, str]] = ()) -> None:
        with self.lock:
            if not self.ended:
                self.running, self.share, self.moving = running, share, list(moving)
                self._changed()

    def failed(self, why: str) -> None:
        with self.lock:
            self.tell("")
            self.fault = why

    def measured(self, shift: RoomShift) -> None:
        """A new map. Points of clips that were deleted meanwhile are dropped; a map of too few people is none."""
        with self.lock:
            keys = {key for key in shift.points if key in self.takes}
            if not self.ended and self.collection.people(keys) >= SMALLEST_GROUP:
                self.shift = replace(shift, points={key: shift.points[key] for key in keys})
                self._changed()

    def adapted(self, outcome: Outcome) -> None:
        """Answers to clips that were deleted meanwhile are dropped with them."""
        with self.lock:
            if not self.ended:
                self.outcome = outcome.without(set(outcome.answers) - set(self.takes))
                self.tell("")

    def touch(self) -> None:
        """Pages look again."""
        with self.lock:
            self._changed()

    def _open(self) -> None:
        if self.ended:
            raise Refused(rules.ENDED, 410)

    def _changed(self) -> None:
        self.version += 1
        self.used_at = self.clock()
