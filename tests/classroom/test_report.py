"""What a lecturer takes home: all that the class showed, nothing about fewer than five people."""

import csv
import datetime as dt
import io

from rooms import a_room, clips, spoken

from xser_demo.classroom import report
from xser_demo.classroom.room import Room
from xser_demo.classroom.shift import RoomShift

DAY = dt.date(2026, 11, 30)


def voted(people: int) -> Room:
    """All voted on the first clip, four of them on the second; both were revealed."""
    room = a_room()
    tokens = spoken(room, people, each=1)
    room.bring(clips(2))
    room.go("vote")
    for number, clip_voters in enumerate((tokens, tokens[:4])):
        room.turn_to(number)
        for token in clip_voters:
            room.vote(token, number, "anger" if token == tokens[0] else "sadness")
        room.reveal()
    return room


def rows(room: Room) -> list[dict]:
    return list(csv.DictReader(io.StringIO(report.as_csv(room))))


def test_a_clip_with_four_votes_is_no_row():
    room = voted(6)
    found = rows(room)
    assert {row["row"] for row in found if row["table"] == "votes"} == {"clip 1"}
    assert [row["value"] for row in found if row["table"] == "votes"] == ["1", "0", "0", "5"]
    assert any(row["what"] == "Fleiss' kappa" for row in found)
    page = report.as_html(room, DAY)
    assert "30 November 2026" in page and page.count("<td>German</td>") == 1


def test_a_class_of_four_has_no_votes_at_all():
    room = voted(4)
    assert {row["table"] for row in rows(room)} <= {"settings", "recall"}
    assert not [row for row in rows(room) if row["table"] == "recall" and row["people"]]
    assert "What the class heard" not in report.as_html(room, DAY)


def test_nothing_names_a_device_and_no_script_is_in_the_page():
    room = voted(6)
    room.measured(RoomShift(6, 6, [(0, 0, "anger")], dict.fromkeys(room.takes, (1.0, 1.0, "sadness")), [], "Quiet."))
    text = report.as_csv(room) + report.as_html(room, DAY)
    assert "<script" not in text and "http" not in report.as_html(room, DAY) and "<svg" in text
    for token, device in room.devices.items():
        assert token not in text and f"s{device.number}" not in text
    assert room.secret not in text and room.code not in text
