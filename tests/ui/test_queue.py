"""Heavy work takes turns: the order, what those who wait are told, and a place that always comes back."""

import threading
import time

import pytest

from xser_demo.ui.jobs import queue as jobs_queue
from xser_demo.ui.jobs.queue import Queue


def test_who_comes_later_sees_how_many_are_ahead_and_how_long():
    now = [0.0]
    queue = Queue(lambda: now[0])
    with queue.job(20) as first, queue.job(30) as second, queue.job(5) as third:
        assert queue.ahead(first) == (0, 0)
        assert queue.ahead(second) == (1, 20) and queue.ahead(third) == (2, 50)
        now[0] = 15
        assert queue.ahead(third) == (2, 35)
        now[0] = 100  # it takes longer than was thought
        assert queue.ahead(second) == (1, 0)
    with queue.job(1) as alone:
        assert queue.ahead(alone) == (0, 0), "all places came back"


def test_a_place_comes_back_when_the_work_fails_or_is_left():
    queue = Queue()

    def work():
        with queue.job(1) as job:
            yield from queue.turn(job)
            yield "at work"

    left = work()
    assert next(left) == "at work"
    waiting = work()
    assert "One job of another visitor is ahead" in next(waiting)
    left.close()
    assert next(waiting) == "at work"
    with pytest.raises(ZeroDivisionError), queue.job(1):
        raise ZeroDivisionError
    waiting.close()
    with queue.job(1) as job:
        assert queue.ahead(job)[0] == 0


def test_who_stops_waits_no_longer():
    queue, stop = Queue(), []
    with queue.job(9), queue.job(1) as job:
        turns = queue.turn(job, lambda: bool(stop))
        next(turns)
        stop.append(True)
        assert list(turns) == []


def test_one_at_a_time_in_the_order_in_which_they_came(monkeypatch):
    monkeypatch.setattr(jobs_queue, "POLL_S", 0.001)
    queue, done, at_work = Queue(), [], []

    def work(number: int) -> None:
        with queue.job(0) as job:
            came.wait()
            for _ in queue.turn(job):
                pass
            at_work.append(number)
            assert len(at_work) == 1
            time.sleep(0.01)
            done.append(at_work.pop())

    came, threads = threading.Event(), []
    for number in range(6):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        while len(queue._jobs) <= number:
            time.sleep(0.001)
    came.set()
    for thread in threads:
        thread.join()
    assert done == list(range(6))


@pytest.mark.parametrize(
    ("count", "seconds", "said"),
    [(1, 2, "any moment"), (1, 22, "One job of another visitor is ahead of yours; about 20 s"), (3, 130, "2 minutes")],
)
def test_words(count, seconds, said):
    assert said in jobs_queue.words(count, seconds)
