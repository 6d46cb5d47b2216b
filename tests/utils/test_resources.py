"""Jobs that would not fit into memory are refused before they start."""

import subprocess
import sys
import threading

import pytest

from xser_demo.data import normalise
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import memory_needed, prepare
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import frames
from xser_demo.ui.tabs.adapt.frames import LiveUpdate
from xser_demo.ui.tabs.adapt.job import AdaptationJob
from xser_demo.utils import resources, settings
from xser_demo.utils.errors import UserError

GB = 1 << 30


@pytest.fixture
def container(tmp_path, monkeypatch):
    """Says how much memory is left in a container, and in its computer."""

    def has(limit: str, used: int, cached: int, system_kb: int) -> None:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text(f"{used}\n")
        (tmp_path / "memory.stat").write_text(f"anon 5\ninactive_file {cached}\nactive_file 7\n")
        (tmp_path / "meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable:   {system_kb} kB\n")
        monkeypatch.setattr(resources, "CONTAINER", tmp_path)
        monkeypatch.setattr(resources, "SYSTEM", tmp_path / "meminfo")

    return has


def test_the_smaller_of_computer_and_container_counts(container):
    container(str(2 * GB), GB, 100, 3 << 20)
    assert resources.free_memory() == GB + 100
    container(str(2 * GB), GB, 0, 1 << 19)
    assert resources.free_memory() == GB // 2
    container("max", GB, 0, 1 << 20)
    assert resources.free_memory() == GB, "a container without a limit"


def test_unknown_memory_refuses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "CONTAINER", tmp_path)
    monkeypatch.setattr(resources, "SYSTEM", tmp_path / "meminfo")
    assert resources.free_memory() is None
    resources.require_memory(1 << 50, "Everything")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much is left")
def test_free_memory_of_this_computer():
    assert 10 << 20 < resources.free_memory() < 1 << 50


def test_an_adaptation_that_does_not_fit_is_refused_and_the_next_may_start(container, monkeypatch):
    monkeypatch.setattr(frames, "frames", lambda *_: iter([LiveUpdate("Done", state=frames.ENDED)]))
    plan = Plan("ravdess", "emodb", "zscore", mode="transductive", epochs=1)
    needed = memory_needed(plan)
    assert 50 << 20 < needed < GB
    container(str(GB), GB - needed, 0, 8 << 20)
    run = AdaptationJob(plan, prepare(plan), Visitor())
    with pytest.raises(UserError, match=r"The adaptation needs about \d+ MB of memory and only \d+ MB"):
        list(run.follow())
    container(str(GB), 0, 0, 8 << 20)
    again = AdaptationJob(plan, prepare(plan), Visitor())
    assert [frame.text for frame in again.follow()][-1] == "Done"


def test_more_corpora_need_more_memory():
    one = Plan("ravdess", "emodb", "zscore", mode="transductive")
    more = Plan("ravdess+urdu", "emodb+emovo", "zscore", mode="transductive")
    assert memory_needed(more) > 1.2 * memory_needed(one)


def test_frames_of_one_corpus_beyond_those_that_are_copied_count_once(monkeypatch):
    """100,000 clips take 2.6 GB (benchmarks/growth.py) and were refused where less than 23 GB were free."""
    one = Plan("ravdess", "emodb", "zscore", mode="transductive")
    several = Plan("ravdess+urdu", "emodb+emovo", "zscore", mode="transductive")
    before = memory_needed(one), memory_needed(several)
    monkeypatch.setattr(normalise, "MAX_COPIED", 1)
    assert sum(one.pack(key).values.nbytes for key in ("ravdess", "emodb")) < memory_needed(one) < before[0] / 2
    assert memory_needed(several) == before[1], "several are joined in a copy"


ARENAS = """
import ctypes, sys, threading
from xser_demo.utils import resources
if sys.argv[1] == "few":
    resources.limit_arenas()
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = ctypes.c_void_p
libc.fopen.restype = ctypes.c_void_p
barrier = threading.Barrier(12)
def work():
    barrier.wait()
    assert libc.malloc(1000)
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of the C library of Linux")
def test_all_threads_allocate_from_two_pools(tmp_path):
    pools = {}
    for setting in ("few", "usual"):
        file = tmp_path / setting
        subprocess.run([sys.executable, "-c", ARENAS, setting, str(file)], check=True, cwd=settings.ROOT)
        pools[setting] = file.read_text().count("<heap nr=")
    assert pools["few"] <= 2 < pools["usual"]


def test_workers_of_which_one_cannot_begin_leave_no_thread(monkeypatch):
    start, begun = threading.Thread.start, []

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith("few"):
            begun.append(thread)
            if len(begun) == 2:
                raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="new thread"):
        resources.one_core_workers("few", 3)
    begun[0].join(10)
    assert len(begun) == 2 and not begun[0].is_alive()
