"""What the page forgets, and when: in Gradio's own store of sessions, and on a real server."""

import datetime as dt
import gc
import os
import time
import weakref

import gradio as gr
import httpx
import pytest
from gradio.state_holder import StateHolder

from xser_demo.corpora.custom.recordings import FolderScan
from xser_demo.ui import storage
from xser_demo.ui.server import visits
from xser_demo.ui.server.visits import Visits
from xser_demo.ui.state import Visitor
from xser_demo.ui.storage import UserRecordings


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with gr.Blocks() as page:
        page.visitor = gr.State(Visitor())
        page.visits = Visits(page, page.visitor)
    page.state_session_capacity = 64
    StateHolder().set_blocks(page)
    return page


def comes(page, session: str) -> weakref.ref:
    """A visitor who leaves something behind in the memory of the server, and the way to see whether it is there."""
    return weakref.ref(page.state_holder[session][page.visitor._id])


def earlier(page, session: str, seconds: float) -> None:
    page.state_holder.time_last_used[session] -= dt.timedelta(seconds=seconds)
    if session in page.visits.left:
        page.visits.left[session] -= dt.timedelta(seconds=seconds)


def test_who_left_is_forgotten_a_little_later_and_nobody_else(page):
    gone, stays = comes(page, "gone"), comes(page, "stays")
    page.visits.leave("gone")
    page.visits.sweep()
    assert gone() is not None, "a phone that sleeps for a moment"
    earlier(page, "gone", visits.LEFT_S + 1)
    page.visits.sweep()
    gc.collect()
    assert gone() is None and stays() is not None
    assert "gone" not in page.state_holder and not page.visits.left


def test_who_comes_back_finds_everything(page):
    back = comes(page, "back")
    page.visits.leave("back")
    earlier(page, "back", visits.LEFT_S + 1)
    assert page.state_holder["back"][page.visitor._id] is back()
    page.visits.sweep()
    assert page.state_holder["back"][page.visitor._id] is back() and not page.visits.left


def brought(session: str) -> UserRecordings:
    folder = storage.fresh(session)
    (folder / "a.wav").write_bytes(b"sound")
    return storage.keep(session, folder, FolderScan("a pile", (), ()))


def test_a_tab_that_is_loaded_anew_finds_its_own_and_nobody_elses(page):
    before = comes(page, "before")
    before().recordings, other = brought("before"), brought("other")
    assert page.visits.come_back("before", "guest") is None, "they have not left"
    page.visits.leave("before")
    assert page.visits.come_back("", "guest") is page.visits.come_back("befor", "guest") is None
    assert page.visits.come_back("before", "now") is before()
    assert page.state_holder["now"][page.visitor._id] is before()
    assert page.visits.come_back("before", "thief") is None, "only once"
    earlier(page, "now", 60)
    page.visits.sweep()
    assert before().recordings.there and other.there
    page.visits.leave("now")
    earlier(page, "now", visits.LEFT_S + 1)
    page.visits.sweep()
    gc.collect()
    assert before() is None and other.there and [one.name for one in storage.root().iterdir()] == [other.folder.name]


def test_what_is_found_again_is_said():
    visitor = Visitor()
    assert visits.welcome(visitor) == ""
    visitor.clip = object()
    assert visits.welcome(visitor) == "The page was loaded anew; your clip is still here."
    visitor.models = {"a": object(), "b": object()}
    assert "your clip and 2 models of yours are still here" in visits.welcome(visitor)


def test_who_does_nothing_for_half_an_hour_is_forgotten_and_can_go_on(page):
    """Also what no event has ever given back to Gradio, which would stay until 64 others came."""
    idle = comes(page, "idle")
    earlier(page, "idle", visits.IDLE_S + 1)
    page.visits.sweep()
    gc.collect()
    assert idle() is None
    assert isinstance(page.state_holder["idle"][page.visitor._id], Visitor)


@pytest.mark.parametrize("jump_s", [7200.0, -7200.0])
def test_a_clock_that_is_set_forgets_nobody_and_keeps_nobody(page, monkeypatch, jump_s):
    gone, idle = comes(page, "gone"), comes(page, "idle")
    page.visits.leave("gone")
    page.visits.sweep()
    wall = time.time
    monkeypatch.setattr("xser_demo.ui.server.visits.time.time", lambda: wall() + jump_s)

    class Later(dt.datetime):
        @classmethod
        def now(cls, tz=None):
            return dt.datetime.fromtimestamp(time.time(), tz)

    monkeypatch.setattr("xser_demo.ui.server.visits.dt.datetime", Later)
    page.visits.sweep()
    gc.collect()
    assert gone() is not None and idle() is not None
    earlier(page, "gone", visits.LEFT_S + 1)
    page.visits.sweep()
    gc.collect()
    assert gone() is None and idle() is not None


def test_files_of_a_visit_go_with_it_unless_somebody_else_has_the_same(page, tmp_path):
    def cached(name: str):
        file = tmp_path / "gradio" / name / "clip.wav"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"RIFF")
        os.utime(file, (0, 0))
        return file

    mine, shared, theirs = cached("a"), cached("b"), cached("c")
    for session, files in (("gone", [mine, shared]), ("stays", [shared, theirs])):
        comes(page, session)
        page.visits.uses(session, files)
    page.visits.leave("gone")
    page.visits.sweep()
    assert mine.exists(), "a phone that sleeps for a moment"
    earlier(page, "gone", visits.LEFT_S + 1)
    os.utime(mine)
    page.visits.sweep()
    assert mine.exists(), "somebody has just sent the same, and is about to use it"
    os.utime(mine, (0, 0))
    page.visits.sweep()
    assert not mine.parent.exists() and shared.exists() and theirs.exists()
    page.visits.leave("stays")
    assert page.visits.come_back("stays", "stays anew") is not None
    page.visits.sweep()
    assert theirs.exists(), "they have moved with their visitor"
    page.visits.leave("stays anew")
    earlier(page, "stays anew", visits.LEFT_S + 1)
    page.visits.sweep()
    assert not list((tmp_path / "gradio").iterdir())


def test_closing_the_page_is_noticed_by_a_real_server(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with gr.Blocks() as page:
        noticed = Visits(page, gr.State(Visitor()))
    _, address, _ = page.launch(prevent_thread_lock=True, quiet=True)
    try:
        with httpx.stream("GET", f"{address}gradio_api/heartbeat/someone", timeout=20) as beats:
            lines = beats.iter_lines()  # held: the connection ends with the iterator
            next(lines)
            assert not noticed.left
        end = time.monotonic() + 60
        while not noticed.left and time.monotonic() < end:
            time.sleep(0.1)
        assert list(noticed.left) == ["someone"]
    finally:
        page.close()
