"""What stands before the page: closed routes, sizes, pace, room; and what is kept of a session."""

from pathlib import Path

import gradio as gr
import pytest
from fastapi.testclient import TestClient
from gradio.routes import App
from gradio.state_holder import StateHolder
from simulated import run
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect

from xser_demo.ui.app import build
from xser_demo.ui.server import middleware
from xser_demo.ui.server.blocks import MAX_PENDING, Page
from xser_demo.ui.server.middleware import LimitsMiddleware, Quota, RateLimit, sender
from xser_demo.ui.server.sessions import Session, Sessions
from xser_demo.utils import settings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def app(scope, receive, send):
    """Reads all and says how much."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message["body"]), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


def ask(
    stands: LimitsMiddleware, path: str, *chunks: bytes, method: str = "POST", told: int | None = None, host="9.9.9.9"
) -> int:
    """The status that comes back."""
    chunks, answers = list(chunks) or [b""], []

    async def receive():
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message):
        answers.append(message)

    headers = [] if told is None else [(b"content-length", str(told).encode())]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (host, 1)}
    run(stands(scope, receive, send))
    return answers[0]["status"]


@pytest.fixture
def stands(tmp_path) -> LimitsMiddleware:
    return LimitsMiddleware(app, tmp_path / "uploads", largest=1000)


def test_a_page_that_is_closed_in_the_middle_of_a_message_is_no_fault(tmp_path):
    """Else the server's log gets a page of traceback for each."""

    async def reads(scope, receive, send):
        raise ClientDisconnect

    run(LimitsMiddleware(reads, tmp_path, largest=1000)(
        {"type": "http", "method": "POST", "path": "/gradio_api/upload", "headers": [], "client": ("9.9.9.9", 1)},
        None, None,
    ))  # fmt: skip


def test_the_stream_of_a_visit_that_has_ended_says_so_and_is_no_fault(tmp_path):
    """Gradio raises after its last message, which filled the log with a traceback each time."""
    with gr.Blocks() as page:
        gr.Markdown()
    guard = Middleware(LimitsMiddleware, uploads=tmp_path, largest=1000)
    page.is_running = True
    with TestClient(App.create_app(page, app_kwargs={"middleware": [guard]})) as client:  # an error is raised here
        answer = client.get("/gradio_api/queue/data?session_hash=ended")
    assert answer.status_code == 200 and '"session_not_found":true' in answer.text


def test_other_errors_of_an_answer_are_told(tmp_path):
    async def fails(scope, receive, send):
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        ask(LimitsMiddleware(fails, tmp_path, largest=1000), "/", method="GET")


def test_sizes_are_those_that_come_not_those_that_are_told(stands, monkeypatch):
    monkeypatch.setattr(middleware, "MAX_BODY", 100)
    assert ask(stands, "/gradio_api/queue/join", b"x" * 60, b"x" * 40) == 200
    assert ask(stands, "/gradio_api/queue/join", b"x" * 60, b"x" * 41) == 413
    assert ask(stands, "/gradio_api/queue/join", b"x", told=101) == 413
    assert ask(stands, "/gradio_api/queue/join", b"x" * 200, told=5) == 413
    assert ask(stands, "/gradio_api/upload", b"x" * 900) == 200
    assert ask(stands, "/gradio_api/upload", b"x", told=1000 + middleware.MB + 1) == 413


def test_agents_are_slowed_down_like_everybody(stands):
    stands.rate_limit = RateLimit(rate=0, burst=2)
    assert [ask(stands, "/gradio_api/mcp/") for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "path", ["/gradio_api/deep_link", "/gradio_api/proxy=http://a", "//GRADIO_API//vibe-code/", "/monitoring/x"]
)
def test_closed_routes(stands, path):
    assert ask(stands, path, method="GET") == 404


@pytest.mark.parametrize(
    "path", ["/", "/gradio_api/file=/tmp/gradio/ab/login.wav", "/gradio_api/stream/1", "/gradio_api/heartbeat/x"]
)
def test_what_the_page_needs_is_open(stands, path):
    assert ask(stands, path, method="GET") == 200


def test_one_sender_has_a_pace_and_others_do_not_wait_for_it():
    clock = Clock()
    pace = RateLimit(rate=2, burst=5, clock=clock)
    assert [pace.allows("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert pace.allows("b")
    clock.now = 1.0
    assert [pace.allows("a") for _ in range(3)] == [True, True, False]
    clock.now = -50.0  # a clock that is put back
    assert not pace.allows("a")


def test_senders_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(middleware, "MAX_SENDERS", 3)
    pace = RateLimit(1, 1, Clock())
    assert all(pace.allows(str(number)) for number in range(10))
    assert len(pace._left) == 3 and not pace.allows("9")


def test_a_flood_is_told_to_wait(stands):
    stands.rate_limit = RateLimit(1, 3, Clock())
    assert [ask(stands, "/gradio_api/queue/join") for _ in range(5)] == [200] * 3 + [429] * 2
    assert ask(stands, "/gradio_api/queue/join", host="8.8.8.8") == 200


def test_the_sender_behind_ones_own_proxy_is_who_the_proxy_saw():
    told = {b"x-forwarded-for": b"6.6.6.6, 7.7.7.7"}
    assert sender(("10.0.0.3", 1), told) == "7.7.7.7"
    assert sender(("9.9.9.9", 1), told) == "9.9.9.9"  # anybody may claim to be somebody else
    assert sender(("127.0.0.1", 1), {}) == "127.0.0.1" and sender(None, {}) == ""


def test_uploads_have_a_quota_and_leave_room_on_the_disk(tmp_path):
    clock = Clock()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "clip.wav").write_bytes(bytes(600))
    assert Quota(tmp_path, max_bytes=1000, min_free=0, clock=clock).allows(400)
    assert not Quota(tmp_path, max_bytes=1000, min_free=0, clock=clock).allows(401)
    assert not Quota(tmp_path, max_bytes=1 << 60, min_free=1 << 60, clock=clock).allows(1)
    assert Quota(tmp_path / "not" / "yet", max_bytes=10, min_free=0, clock=clock).allows(10)
    quota = Quota(tmp_path, max_bytes=1000, min_free=0, clock=clock)
    assert quota.allows(400)
    (tmp_path / "a" / "clip.wav").unlink()
    clock.now = middleware.COUNT_INTERVAL_S
    assert quota.allows(1000)


def test_an_upload_without_room_is_refused_in_words(stands):
    stands.quota = Quota(stands.quota.folder, max_bytes=0)
    assert ask(stands, "/gradio_api/upload", b"x" * 10, told=10) == 507
    assert ask(stands, "/gradio_api/queue/join", b"x" * 10, told=10) == 200


@pytest.fixture(scope="module")
def built() -> Page:
    made = build()
    made.queue(max_size=4)
    return made


def test_a_session_keeps_its_state_and_no_copy_of_the_page(built):
    built.state_holder = StateHolder()
    assert isinstance(built.state_holder, Sessions)
    built.state_holder.set_blocks(built)
    session = built.state_holder["somebody"]
    assert type(session) is Session and not list(session.components)
    state = built.visits.visitor._id
    session[state].voice_clips.append("a sentence")
    assert not built.state_holder["somebody else"][state].voice_clips, "copied for each"
    session[state] = "another value"
    assert session[state] == "another value" and state in session
    session._update_value_in_config(state, "shown")
    assert not list(session.components)


def test_one_session_cannot_fill_the_queue_of_all(built):
    queue = built._queue
    queue.pending_event_ids_session["greedy"] = {str(number) for number in range(MAX_PENDING)}

    class Body:
        session_hash, fn_index = "greedy", 0

    assert run(queue.push(Body(), None, None)) == (False, middleware.BUSY, "queue_full")


def test_only_what_was_uploaded_or_shown_goes_with_a_visit(built, monkeypatch, tmp_path):
    """A stranger who names a file of the page, or anybody's, does not have it deleted by leaving."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(built.visits, "files", {})
    sent, named, shown = (str(tmp_path / (8 * name) / "clip.wav") for name in "abc")
    monkeypatch.setattr(built, "upload_file_set", {sent})

    async def answers(*_, **__) -> dict:
        return {"data": [{"__type__": "update", "value": {"path": shown}}, "words", 3]}

    monkeypatch.setattr(gr.Blocks, "process_api", answers)
    inputs = [
        [{"path": sent}],
        {"path": named},
        {"path": "/etc/passwd"},
        {"path": "a\0b"},
        {"path": str(tmp_path / "x")},
    ]
    run(built.process_api(None, inputs, session_hash="somebody"))
    assert built.visits.files == {"somebody": {Path(sent), Path(shown)}}
    built.visits.files.clear()
    run(built.process_api(None, inputs))
    assert not built.visits.files, "a caller without a session"


@pytest.mark.parametrize(
    "address", ["https://example.org/a.wav", "HTTP://1.1.1.1/x", " http://example.org", "ftp://x/y"]
)
def test_a_file_that_is_an_address_is_not_fetched(address, monkeypatch):
    """Gradio keeps strangers out of the network inside, but fetches what is outside for them."""
    asked = []

    async def fetch(url, **_):
        asked.append(url)
        return str(settings.EXAMPLES / "it-medium.flac")

    monkeypatch.setattr("gradio.processing_utils.async_ssrf_protected_download", fetch)
    with Page() as blocks:
        clip = gr.Audio(type="filepath")
        clip.change(lambda given: None, clip, None)
    sent = {"path": address, "meta": {"_type": "gradio.FileData"}}
    for inputs in ([sent], [[{"deep": sent}]]):
        with pytest.raises(gr.Error, match="must be uploaded"):
            run(blocks.process_api(blocks.fns[0], inputs))
    assert not asked
    if address.startswith("https"):  # what would have happened
        run(gr.Blocks.process_api(blocks, blocks.fns[0], [sent]))
        assert asked == [address]
