"""A class without a server: clips, features and a room whose time and chance a test decides."""

import random

import numpy as np

from xser_demo.classroom.clips import VoteClip
from xser_demo.classroom.room import Room
from xser_demo.classroom.takes import Features
from xser_demo.corpora.labels import FOUR
from xser_demo.data.packs import load_cached


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_room(clock: Clock | None = None) -> Room:
    return Room("amber otter", "the lecturer's", clock or Clock(), random.Random(0))


def clips(count: int = 3) -> list[VoteClip]:
    """Of German, labelled with the four emotions in turn; the English model always answers anger."""
    return [VoteClip("emodb", row, "de", FOUR[row % 4], "anger", FOUR[row % 4]) for row in range(count)]


def features(corpus: str = "emodb", row: int = 0) -> Features:
    """Of a stored clip."""
    pack = load_cached(corpus)
    return Features(pack.frames(row).numpy().astype(np.float16), pack.places_of(row), 2.0, -30.0, 7000, False)


def spoken(room: Room, people: int, each: int = 2) -> list[str]:
    """Tokens of people who joined and acted ``each`` emotions; their clips are of speakers of EmoDB."""
    pack = load_cached("emodb")
    speakers = sorted({one.speaker for one in pack.utterances})
    tokens = [room.join().token for _ in range(people)]
    room.go("speak")
    for number, token in enumerate(tokens):
        room.consent(token)
        for emotion in (room.emotions * 2)[number % len(room.emotions) :][:each]:
            rows = [
                row
                for row, one in enumerate(pack.utterances)
                if one.speaker == speakers[number % len(speakers)] and one.emotion == emotion
            ]
            row = rows[number // len(speakers) % len(rows)]
            room.record(token, f"{number}{emotion}", emotion, features(row=row))
    return tokens
