"""One class: votes count once, clips are their owner's, points are nobody's, and the end leaves nothing."""

import gc
import random
import weakref
from dataclasses import replace

import pytest
from rooms import Clock, a_room, clips, features, spoken

from xser_demo.classroom import codes, view
from xser_demo.classroom.refused import Refused
from xser_demo.classroom.register import IDLE_S, MAX_CLASSES, Register
from xser_demo.classroom.room import Room
from xser_demo.classroom.rules import MAX_DEVICES, MAX_TAKES
from xser_demo.classroom.shift import RoomShift
from xser_demo.classroom.takes import CLIPPED, QUIET, SHORT, check


def refused(what, *arguments) -> int:
    """The status of a refusal."""
    with pytest.raises(Refused) as error:
        what(*arguments)
    assert str(error.value).endswith((".", "?"))
    return error.value.status


@pytest.fixture
def voting() -> Room:
    room = a_room()
    room.bring(clips())
    room.go("vote")
    return room


def test_a_code_is_two_words_and_is_read_as_people_type_it():
    code = codes.code(random.Random(1))
    assert len(set(code.split())) == 2 and len(codes.WORDS) == len(set(codes.WORDS)) > 120
    assert codes.typed(f" {code.upper().replace(' ', '-')}  ") == code
    assert codes.typed("x" * 10_000) == "x" * 80 and codes.typed("\0<b>") == "b"


def test_one_vote_of_a_device_on_a_clip(voting):
    token = voting.join("de").token
    voting.vote(token, 0, "anger")
    voting.vote(token, 0, "anger")  # sent twice, as a bad line does
    assert len(voting.votes) == 1 and voting.votes[0].knows
    assert refused(voting.vote, token, 0, "sadness") == 409
    assert refused(voting.vote, token, 1, "sadness") == 409  # not open
    assert refused(voting.vote, "a forged token", 0, "anger") == 403
    assert refused(voting.vote, token, 0, "joy") == 400
    voting.reveal()
    assert refused(voting.vote, voting.join().token, 0, "anger") == 409
    voting.turn_to(0)
    assert refused(voting.vote, voting.join().token, 0, "anger") == 409  # stays closed


def test_bars_show_no_answer_before_it_is_revealed_and_nobody_alone(voting):
    tokens = [voting.join().token for _ in range(5)]
    for token in tokens[:4]:
        voting.vote(token, 0, "anger")
    shown = view.screen(voting)["vote"]
    assert shown["bars"] is None and shown["votes"] == 4 and shown["revealed"] is None
    voting.vote(tokens[4], 0, "sadness")
    assert view.screen(voting)["vote"]["bars"] == {"anger": 4, "happiness": 0, "neutral": 0, "sadness": 1}
    for text in (str(view.screen(voting)), str(view.phone(voting, voting.device(tokens[0])))):
        assert "english" not in text and "label" not in text
    voting.reveal()
    assert view.screen(voting)["vote"]["revealed"] == {
        "label": "anger", "class": "anger", "english": "anger", "adapted": "anger",
    }  # fmt: skip


def test_the_forecast_is_one_answer_until_the_run_begins():
    room = a_room()
    token = room.join().token
    assert refused(room.forecast, token, "better") == 409
    room.go("predict")
    room.forecast(token, "better")
    assert refused(room.forecast, token, "worse") == 409 and refused(room.forecast, token, "maybe") == 400
    assert room.forecasts() == {"better": 1, "the same": 0, "worse": 0}
    room.begin()
    room.go("predict")
    assert refused(room.forecast, room.join().token, "worse") == 409


def test_a_clip_needs_the_time_consent_and_an_asked_emotion():
    room = a_room()
    token = room.join().token
    assert refused(room.record, token, "a", "anger", features()) == 409
    room.go("speak")
    assert refused(room.record, token, "a", "anger", features()) == 403
    room.consent(token)
    room.act(["anger", "sadness"])
    assert refused(room.record, token, "a", "neutral", features()) == 400
    for number in range(MAX_TAKES):
        room.record(token, str(number), "anger", features())
    assert refused(room.record, token, "more", "anger", features()) == 409
    room.record(token, "0", "anger", features())  # sent twice is taken once
    assert len(room.takes) == MAX_TAKES


def test_only_the_owner_can_delete_a_clip():
    room = a_room()
    one, other = spoken(room, 2)
    mine = room.own(room.device(one))[0]
    assert refused(room.delete, other, mine.id) == 404
    room.delete(one, mine.id)
    assert len(room.own(room.device(one))) == 1 and len(room.own(room.device(other))) == 2
    room.leave(one)
    assert {number for number, _ in room.takes} == {room.device(other).number} and refused(room.device, one) == 403


def test_points_come_in_batches_of_five_people():
    room = a_room()
    spoken(room, 4, each=3)
    assert not room.in_view() and room.collection.missing == 1
    spoken(room, 1, each=1)
    assert len(room.in_view()) == 13 and room.collection.missing == 0
    spoken(room, 1, each=4)  # one person alone changes nothing that is shown
    assert len(room.in_view()) == 13 and room.collection.missing == 4
    assert [key for key, _ in room.in_view()] == sorted(key for key, _ in room.in_view())


def test_a_deleted_clip_leaves_the_map_and_a_map_of_four_is_none():
    room = a_room()
    tokens = spoken(room, 5, each=1)
    room.measured(RoomShift(5, 5, [], dict.fromkeys(room.takes, (0.0, 1.0, "anger")), [], ""))
    assert len(view.screen(room)["map"]["points"]) == 5
    room.delete(tokens[0])
    assert room.shift is None and not room.in_view() and view.screen(room)["map"] is None


def test_leaving_an_emotion_out_deletes_its_clips():
    room = a_room()
    spoken(room, 5, each=4)
    room.act(["sadness", "anger"])
    assert {take.emotion for take in room.takes.values()} == {"anger", "sadness"} and room.emotions == (
        "anger",
        "sadness",
    )
    for wrong in (["anger"], ["anger", "joy"], ["anger", "anger"], []):
        assert refused(room.act, wrong) == 400


def test_no_page_names_a_device_or_somebody_elses_clip():
    room = a_room()
    one, other = spoken(room, 2)
    text = str(view.screen(room)) + str(view.phone(room, room.device(one)))
    assert not any(secret in text for secret in (one, other, room.secret))
    assert not any(str(device.number) in text for device in room.devices.values())
    assert not any(take.id in text for take in room.own(room.device(other)))


def test_while_the_run_goes_on_no_clip_comes_in():
    room = a_room()
    tokens = spoken(room, 2)
    room.begin()
    assert refused(room.begin) == 409
    room.go("speak")
    assert refused(room.record, tokens[0], "late", "anger", features()) == 409
    room.failed("It broke off.")
    assert not room.running and view.screen(room)["run"]["fault"] == "It broke off."


def test_the_end_leaves_nothing_in_memory():
    register = Register()
    room = register.begin()
    room.bring(clips())
    tokens = spoken(room, 6)
    kept = [weakref.ref(take.features) for take in room.takes.values()] + [
        weakref.ref(device) for device in room.devices.values()
    ]
    register.end(room)
    gc.collect()
    assert kept and not any(one() for one in kept) and not room.votes and not len(register)
    assert refused(room.device, tokens[0]) == 410 and refused(room.join) == 410
    assert refused(register.find, room.code) == 404 and refused(register.member, room.code, tokens[0]) == 410
    room.adapted(None)  # a run that was still going on
    room.tell("still there?")
    assert room.outcome is None and not room.running


def test_a_class_and_the_register_have_limits():
    clock = Clock()
    register = Register(clock, lambda: random.Random(3))
    rooms = [register.begin() for _ in range(MAX_CLASSES)]
    assert len({room.code for room in rooms}) == MAX_CLASSES and refused(register.begin) == 409
    tokens = [rooms[0].join().token for _ in range(MAX_DEVICES)]
    assert refused(rooms[0].join) == 409 and len({rooms[0].device(token).number for token in tokens}) == MAX_DEVICES
    clock.now = IDLE_S - 1
    rooms[1].go("vote")
    clock.now = IDLE_S + 1
    register.sweep()
    assert len(register) == 1 and rooms[0].ended and not rooms[1].ended


def test_a_lecturer_needs_the_secret_and_a_wrong_one_says_nothing_about_the_code():
    register = Register()
    room = register.begin()
    assert register.led_by(room.code, room.secret) is room
    assert refused(register.led_by, room.code, "wrong") == refused(register.led_by, "no class", room.secret) == 403
    assert refused(register.led_by, room.code, room.join().token) == 403
    assert len(room.secret) >= 32


@pytest.mark.parametrize(
    ("change", "why"),
    [({"level_dbfs": -60.0}, QUIET), ({"speech_s": 0.2}, SHORT), ({"clipped": 0.05}, CLIPPED)],
)
def test_takes_that_tell_about_the_recording_are_refused(change, why):
    from xser_demo.audio.quality import Quality

    good = Quality(-25.0, -3.0, 0.0, 2.0, 7800, -70.0, 45.0, ())
    check(good)
    with pytest.raises(Refused, match=why[:30]):
        check(replace(good, **change))
