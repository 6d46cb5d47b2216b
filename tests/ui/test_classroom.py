"""The addresses of a class, sent what no page sends: forged codes, another's token, a lecturer's commands from phones,
floods, oversized messages, other sites. Without Gradio, which has nothing to do with them."""

import io
import json
import re
import socket
import tempfile
from contextlib import ExitStack

import numpy as np
import pytest
import soundfile
from rooms import Clock, clips, spoken
from starlette.applications import Starlette
from starlette.testclient import TestClient

from xser_demo.classroom.takes import MAX_BYTES, SHORT
from xser_demo.ui.classroom import access
from xser_demo.ui.classroom.listener import is_free
from xser_demo.ui.classroom.routes import MAX_MESSAGE, lecturer_routes, phone_routes
from xser_demo.ui.classroom.service import GUESSES, MAX_STREAMS, MESSAGES, Service
from xser_demo.utils import settings

HERE = "http://localhost:7860"


@pytest.fixture
def service() -> Service:
    clock = Clock()
    return Service(clock=clock)


@pytest.fixture
def client(service, monkeypatch) -> TestClient:
    """A browser on the serving computer."""
    for name in ("XSER_CLASS", "XSER_CLASS_SECRET", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    return browser(service, HERE, "127.0.0.1")


def browser(service: Service, address: str, client: str) -> TestClient:
    app = Starlette(routes=[*phone_routes(service), *lecturer_routes(service)])
    return TestClient(app, address, client=(client, 50_000), raise_server_exceptions=True)


@pytest.fixture
def lecturer(client) -> dict[str, str]:
    opened = client.post("/class/api/open", json={}).json()
    return {"x-class": opened["code"], "x-lecturer": opened["secret"]}


@pytest.fixture
def room(service, lecturer):
    return service.register.find(lecturer["x-class"])


def joined(client, room) -> dict[str, str]:
    member = client.post("/join/api/join", json={"code": room.code.upper(), "language": "de"}).json()
    return {"x-class": member["code"], "x-device": member["token"]}


def told(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["detail"]


def do(client, headers, what, value=None):
    return client.post("/class/api/do", headers=headers, json={"do": what, "value": value})


def wav(seconds: float = 2.0, loud: float = 0.0) -> bytes:
    """A synthetic voice, or silence."""
    out = io.BytesIO()
    samples, rate = soundfile.read(settings.EXAMPLES / "de-fast-high.flac", dtype="float32")
    soundfile.write(out, samples[: int(seconds * rate)] * (loud or 1.0), rate, "PCM_16", format="WAV")
    return out.getvalue()


def test_the_hour_by_messages(client, lecturer, room, service, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    phone = joined(client, room)
    assert do(client, lecturer, "clips", {"corpus": "emodb", "count": 2}).json()["vote"]["of"] == 2
    do(client, lecturer, "go", "vote")
    picture = client.get("/class/api/picture/0", headers=lecturer)
    assert picture.status_code == 200 and picture.content.startswith(b"\x89PNG") and len(picture.content) < 300_000
    voted = client.post("/join/api/vote", headers=phone, json={"clip": 0, "emotion": "anger"}).json()
    assert voted["vote"]["voted"] == "anger"
    assert do(client, lecturer, "reveal").json()["vote"]["revealed"]["label"] == room.clips[0].label
    do(client, lecturer, "go", "speak")
    client.post("/join/api/consent", headers=phone, json={})
    taken = client.post("/join/api/take", headers=phone | {"x-emotion": "anger", "x-take": "a1"}, content=wav())
    assert [take["emotion"] for take in taken.json()["takes"]] == ["anger"]
    report = client.get("/class/api/report.html", headers=lecturer)
    table = client.get("/class/api/report.csv", headers=lecturer)
    assert report.status_code == 200 and "clip 1" not in table.text  # one vote is nobody's row
    assert do(client, lecturer, "end").json() == {}
    assert told(client.post("/join/api/vote", headers=phone, json={"clip": 0, "emotion": "anger"}), 410)
    assert told(client.get("/class/api/report.csv", headers=lecturer), 403)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]  # nothing was ever on disk


@pytest.mark.parametrize("seconds, loud", [(2.0, 1e-5), (0.3, 1.0)])
def test_silent_and_short_takes_are_refused_in_a_sentence(client, lecturer, room, seconds, loud):
    phone = joined(client, room)
    do(client, lecturer, "go", "speak")
    client.post("/join/api/consent", headers=phone, json={})
    answer = client.post(
        "/join/api/take", headers=phone | {"x-emotion": "anger", "x-take": "a"}, content=wav(seconds, loud)
    )
    assert told(answer, 422) and not room.takes
    assert SHORT.endswith(".")


def test_forged_codes_and_tokens(client, lecturer, room):
    assert told(client.post("/join/api/join", json={"code": "no class"}), 404)
    phone = joined(client, room)
    for wrong in ({}, {"x-device": "forged"}, {"x-class": "no class"}, {"x-device": ""}, {"x-device": "é" * 10}):
        headers = {name: value.encode("utf-8") for name, value in (phone | wrong).items()} if wrong else {}
        answer = client.post("/join/api/vote", headers=headers, json={"clip": 0, "emotion": "anger"})
        assert told(answer, 410 if not wrong or "x-class" in wrong else 403)
    assert told(client.get("/join/api/stream", headers=phone | {"x-device": "forged"}), 403)


def test_anothers_number_is_no_key(client, lecturer, room):
    one, other = spoken(room, 2)
    number = str(room.device(one).number)
    headers = {"x-class": room.code, "x-device": number}
    assert told(client.post("/join/api/delete", headers=headers, json={}), 403)
    mine = room.own(room.device(one))[0].id
    answer = client.post("/join/api/delete", headers=headers | {"x-device": other}, json={"take": mine})
    assert told(answer, 404) and len(room.takes) == 4
    assert client.post("/join/api/delete", headers=headers | {"x-device": one}, json={"take": mine}).status_code == 200


@pytest.mark.parametrize("what", ["go", "clips", "clip", "reveal", "act", "run", "fetch", "end"])
def test_a_phone_cannot_lead(client, lecturer, room, what):
    phone = joined(client, room)
    for key in (phone["x-device"], "", room.code, "x" * 5000):
        assert told(do(client, {"x-class": room.code, "x-lecturer": key}, what, "vote"), 403)
    for path in ("stream", "invitation", "picture/0", "sound/0", "report.html", "report.csv"):
        assert told(client.get(f"/class/api/{path}", headers=phone), 403)
    assert room.stage == "join" and not room.ended


def test_no_address_and_no_page_has_a_secret(client, lecturer, room, service):
    pages = [client.get(path).text for path in ("/join", "/class", "/class/notes")]
    invitation = client.get("/class/api/invitation", headers=lecturer).json()
    screen = json.dumps(service.screen(room))
    for text in (*pages, json.dumps(invitation), screen):
        assert room.secret not in text
    assert invitation["address"] == f"{HERE}/join?c={room.code.replace(' ', '-')}" and invitation["alone"]
    notes = re.search(r'"notes": \[', pages[1])
    assert notes is None and '"notes": [' in pages[2]  # the presenter's words are not on the projector's page


def test_phones_get_everything_in_one_small_answer(client):
    page = client.get("/join")
    assert len(page.content) < 48_000 and not re.search(r"(?:src|href)='(?!data:)", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe-inline' 'n" not in policy
    assert client.get("/join").headers["content-security-policy"] != policy  # a nonce is used once


def test_floods(client, lecturer, room, service):
    for _ in range(int(GUESSES[1])):
        assert client.post("/join/api/join", json={"code": "no class"}).status_code == 404
    assert told(client.post("/join/api/join", json={"code": "no class"}), 429)
    phone = joined(client, room)  # who knows the code still joins
    answers = [
        client.post("/join/api/consent", headers=phone, json={}).status_code for _ in range(int(MESSAGES[1]) + 5)
    ]
    assert answers.count(200) == int(MESSAGES[1]) and set(answers[int(MESSAGES[1]) :]) == {429}
    assert client.post("/join/api/consent", headers=joined(client, room), json={}).status_code == 200


def test_a_device_has_few_streams_and_a_new_one_ends_the_oldest(service):
    with ExitStack() as stack:
        holds = [stack.enter_context(service.stream("a token")) for _ in range(MAX_STREAMS + 1)]
        assert [one() for one in holds] == [False] + [True] * MAX_STREAMS
    assert not service.streams


@pytest.mark.parametrize(
    "sent",
    [b"x" * (MAX_MESSAGE + 1), b"[]", b"{", b"\xff", b"[" * 4000, b'{"clip": true}', b'{"clip": 1e999}', b"null"],
)
def test_messages_that_no_page_sends(client, lecturer, room, sent):
    for path, headers in (("/join/api/vote", joined(client, room)), ("/class/api/do", lecturer)):
        assert 400 <= client.post(path, headers=headers, content=sent).status_code < 500
    assert client.post("/join/api/join", content=sent).status_code in (400, 404, 413)


def test_a_take_that_is_too_large_or_no_sound(client, lecturer, room):
    phone = joined(client, room) | {"x-emotion": "anger", "x-take": "a"}
    do(client, lecturer, "go", "speak")
    client.post("/join/api/consent", headers=phone, json={})
    assert told(client.post("/join/api/take", headers=phone, content=b"R" * (MAX_BYTES + 1)), 413)
    for sent in (b"", b"RIFF", b"{}", np.zeros(10_000, np.uint8).tobytes(), b"#EXTM3U\nhttp://127.0.0.1/"):
        assert told(client.post("/join/api/take", headers=phone, content=sent), 422)
    for name in ("", "../x", "a" * 41, "a b"):
        assert told(client.post("/join/api/take", headers=phone | {"x-take": name}, content=wav()), 400)
    assert not room.takes


def test_other_sites_cannot_send(client, lecturer, room):
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        assert told(client.post("/class/api/open", headers={"origin": origin}, json={}), 403)
        assert told(do(client, lecturer | {"origin": origin}, "end"), 403)
    assert do(client, lecturer | {"origin": HERE}, "go", "vote").status_code == 200


def opens(service, address=HERE, client="127.0.0.1", **headers) -> int:
    return browser(service, address, client).post("/class/api/open", headers=headers, json={}).status_code


def test_who_may_open_a_class(service, monkeypatch):
    monkeypatch.delenv("XSER_CLASS", raising=False)
    monkeypatch.delenv("XSER_CLASS_SECRET", raising=False)
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert opens(service) == 200
    assert opens(service, "http://192.168.1.5:7860", "192.168.1.9") == 403  # a phone
    assert opens(service, HERE, "192.168.1.9") == 403  # who only says that it is here
    assert opens(service, "http://evil.example", "127.0.0.1") == 403  # a name that leads here
    assert opens(service, **{"x-forwarded-for": "10.0.0.1"}) == 403  # behind a proxy
    monkeypatch.setenv("XSER_CLASS", "1")
    assert opens(service, "https://192.168.1.5:7860", "192.168.1.9") == 200
    assert opens(service, "http://192.168.1.5:7860", "192.168.1.9") == 403  # its secret would be read on the way
    assert opens(service, "http://demo.example", "10.0.0.1", **{"x-forwarded-proto": "https"}) == 200
    monkeypatch.setenv("XSER_CLASS_SECRET", "of the owner")
    assert opens(service) == 403 and opens(service, **{"x-owner": "of the owner"}) == 200
    monkeypatch.setenv("XSER_CLASS", "0")
    assert opens(service, **{"x-owner": "of the owner"}) == 403 and not access.possible()


def test_a_space_holds_classes_only_with_its_owners_secret(service, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "lab/shift")
    monkeypatch.setenv("XSER_CLASS", "1")
    monkeypatch.delenv("XSER_CLASS_SECRET", raising=False)
    assert not access.possible() and opens(service) == 403
    monkeypatch.setenv("XSER_CLASS_SECRET", "of the owner")
    assert access.possible() and opens(service, **{"x-owner": "guess"}) == 403
    assert opens(service, **{"x-owner": "of the owner"}) == 200


def test_over_plain_http_there_is_nothing_of_the_lecturer(service, room):
    phones = TestClient(Starlette(routes=phone_routes(service)), "http://192.168.1.5:7861")
    assert phones.get("/join").status_code == 200
    assert all(phones.get(path).status_code == 404 for path in ("/class", "/class/notes", "/class/api/stream"))
    assert phones.post("/class/api/do", json={"do": "end"}).status_code == 404


def test_a_stream_ends_with_the_class_and_gives_its_place_back(client, lecturer, room, service):
    phone = joined(client, room)
    room.bring(clips())
    service.register.end(room)
    assert told(client.get("/join/api/stream", headers=phone), 410)
    assert not service.streams


def test_a_port_that_is_taken_is_seen(unused_port):
    assert is_free("127.0.0.1", unused_port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", unused_port))
        taken.listen()
        assert not is_free("127.0.0.1", unused_port)
