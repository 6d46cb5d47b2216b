"""Work that goes on by itself: who looks on, when nobody does, and when it ends."""

import time
from contextvars import ContextVar
from dataclasses import dataclass

import pytest

from xser_demo.ui.jobs import background, queue
from xser_demo.ui.jobs.background import BackgroundJob, is_running, unseen
from xser_demo.ui.jobs.control import Control
from xser_demo.utils.errors import CorpusError, UserError


@dataclass(frozen=True)
class News:
    text: str
    share: float | None = None
    picture: str | None = None


def counting(to: int, every_s: float = 0.01, died: Exception | None = None) -> BackgroundJob:
    control = Control()

    def work():
        for number in range(to):
            yield News(str(number), number / to, "drawn" if number == to // 2 else None)
            for _ in control.hold(0.01):
                yield News("paused")
            if control.stop:
                yield News("stopped")
                return
            time.sleep(every_s)
        if died:
            raise died

    return BackgroundJob("Counting", 1, News, work, control)


def until(condition, limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def free() -> bool:
    with queue.HEAVY.job(1) as job:
        return queue.HEAVY.ahead(job) == (0, 0)


def test_whoever_looks_on_later_sees_all_that_was_shown_and_then_only_news():
    work = counting(20)
    for news in work.follow():
        if news.picture:
            break  # the connection is lost
    assert unseen(work)
    later = list(work.follow())
    assert later[0].picture == "drawn" and later[-1].text == "19" and later[-1].share == 19 / 20
    assert sum(news.picture is not None for news in later) == 1
    assert work.over(1) and not is_running(work) and not unseen(work) and work.shown.picture == "drawn"
    assert [news.picture for news in work.follow()] == ["drawn"], "its end is there for whoever comes"


def test_it_pauses_when_nobody_looks_on_and_goes_on_when_somebody_does(monkeypatch):
    monkeypatch.setattr(background, "UNWATCHED_S", 0.1)
    work = counting(200)
    until(lambda: work.shown and work.shown.text == "paused")
    assert is_running(work) and not free()
    assert [news.text for news in work.follow()][-1] == "199"
    assert free()


def test_a_pause_of_ones_own_outlasts_being_away(monkeypatch):
    monkeypatch.setattr(background, "UNWATCHED_S", 0.1)
    work = counting(200)
    work.control.pause()
    until(lambda: work.control.away)
    looking = work.follow()
    assert {next(looking).text for _ in range(5)} == {"paused"} and not work.control.away
    work.control.resume()
    assert list(looking)[-1].text == "199"


def test_it_ends_when_its_visitor_is_forgotten(monkeypatch):
    monkeypatch.setattr(background, "UNWATCHED_S", 0.05)
    monkeypatch.setattr(background, "LEFT_S", 0.2)
    work = counting(10_000)
    assert work.over(10) and work.shown.text == "stopped" and free()


def test_who_has_left_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(background, "UNWATCHED_S", 0.1)
    left = counting(10_000)
    until(lambda: left.control.away)
    assert is_running(left)
    assert list(counting(3).follow())[-1].text == "2"
    assert left.over(1) and left.shown.text == "stopped"


def test_who_waits_is_told_so_and_may_stop(monkeypatch):
    monkeypatch.setattr(queue, "POLL_S", 0.01)
    with queue.HEAVY.job(100):
        work = counting(3)
        looking = work.follow()
        assert "One job of another visitor is ahead" in next(looking).text
        work.control.stop = True
        assert list(looking)[-1].text == "stopped"
    assert free()


@pytest.mark.parametrize(
    ("died", "said"),
    [
        (OSError(28, "No space left on device", "/home/host/secret"), "Counting broke off (OSError: No space left on"),
        (CorpusError("The clips are too long."), "The clips are too long."),
    ],
)
def test_why_it_died_is_told_to_everyone_who_looks(died, said):
    work = counting(2, died=died)
    for _ in range(2):
        with pytest.raises(UserError) as error:
            list(work.follow())
        assert str(error.value).startswith(said) and "secret" not in str(error.value)
    assert work.over(1) and free()


def test_it_knows_whose_request_it_was_started_by():
    """ZeroGPU asks for it: without one a visitor's GPU is nobody's (features/encoders/zerogpu.py)."""
    whose = ContextVar("request", default=None)
    whose.set("this visitor's")

    def work():
        yield News(str(whose.get()))

    assert [one.text for one in BackgroundJob("Asking", 1, News, work, Control()).follow()] == ["this visitor's"]
