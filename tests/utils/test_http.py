"""Downloads over HTTP, from a server with all kinds of faults."""

import multiprocessing
import shutil
import socket
import time

import numpy as np
import pytest

from xser_demo.utils import http as module
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.http import download, length, on_disk

CONTENT = np.random.default_rng(0).bytes(600_000)
SIZE = len(CONTENT)


@pytest.fixture
def file(owner, tmp_path):
    owner.content = CONTENT
    return tmp_path / "archive.partial"


def refused(owner, file, size=None) -> str:
    with pytest.raises(CorpusError) as caught:
        list(download(owner.address, file, size))
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def ranges(owner) -> list[str | None]:
    return [requested for _, requested in owner.asked]


@pytest.mark.parametrize("size", [None, SIZE])
def test_download_with_progress(owner, file, size):
    steps = list(download(owner.address, file, size))
    assert file.read_bytes() == CONTENT and owner.asked == [("GET", None)]
    assert steps == sorted(steps) and steps[-1] == (SIZE, SIZE) and len(steps) > 2


def test_a_broken_connection_is_resumed(owner, file):
    owner.cuts = [200_000, 150_000]
    steps = list(download(owner.address, file))
    assert file.read_bytes() == CONTENT and owner.sent == SIZE  # nothing was fetched twice
    assert ranges(owner) == [None, "bytes=200000-", "bytes=350000-"]
    assert (200_000, SIZE) in steps  # progress is reported during a pause, too


def test_tries_start_again_whenever_bytes_arrive(owner, file):
    owner.cuts = [10_000] * (module.MAX_TRIES + 2)
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT


def test_an_earlier_partial_download_is_continued(owner, file):
    file.write_bytes(CONTENT[:123_456])
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT and owner.sent == SIZE - 123_456


def test_a_killed_download_keeps_all_its_bytes(owner, file):
    context = multiprocessing.get_context("fork")
    owner.pause_s = 0.005
    for _ in range(3):
        child = context.Process(target=lambda: list(download(owner.address, file)))
        child.start()
        begun, end = on_disk(file), time.monotonic() + 20
        while on_disk(file) < begun + 100_000 and time.monotonic() < end:
            time.sleep(0.005)
        child.kill()
        child.join()
        assert begun < on_disk(file) < SIZE and CONTENT.startswith(file.read_bytes())
    owner.pause_s = 0
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT


@pytest.mark.parametrize("size", [None, SIZE])
def test_a_file_that_is_complete_already_is_not_fetched_again(owner, file, size):
    file.write_bytes(CONTENT)
    assert list(download(owner.address, file, size))[-1] == (SIZE, SIZE)
    assert file.read_bytes() == CONTENT and owner.sent == 0


def test_a_server_without_ranges_starts_over(owner, file):
    owner.ranges, owner.cuts = False, [200_000]
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT and owner.sent == SIZE + 200_000


def test_a_partial_file_longer_than_the_file_is_discarded(owner, file):
    file.write_bytes(CONTENT + b"more")
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT


def test_a_connection_that_always_breaks(owner, file):
    owner.cuts = [100_000] + [0] * 20
    assert "breaks again and again" in refused(owner, file)
    assert file.read_bytes() == CONTENT[:100_000] and len(owner.asked) == module.MAX_TRIES
    owner.cuts = []
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT and owner.sent == SIZE


def test_closing_keeps_the_received_bytes(owner, file):
    steps = download(owner.address, file)
    while next(steps)[0] < 100_000:
        pass
    steps.close()
    assert 100_000 <= len(file.read_bytes()) < SIZE and CONTENT.startswith(file.read_bytes())


def test_wrong_content_length(owner, file):
    owner.length, owner.ranges = SIZE + 5, False  # and then the connection ends
    assert "breaks again and again" in refused(owner, file)
    file.unlink()
    assert "announces 600,005 bytes" in refused(owner, file, SIZE)
    owner.length = SIZE - 5
    assert "announces 599,995 bytes" in refused(owner, file, SIZE)
    owner.length = 1 << 40
    assert "1,099,512 MB" in refused(owner, file)
    assert not file.exists()


def test_more_bytes_than_the_known_size(owner, file):
    owner.length, owner.content = -1, CONTENT + bytes(10)
    assert "more than the file has" in refused(owner, file, SIZE)
    assert not file.exists()


@pytest.mark.parametrize("size", [None, SIZE])
def test_an_endless_file(owner, file, monkeypatch, size):
    monkeypatch.setattr(module, "MAX_BYTES", 2_000_000)
    owner.length, owner.endless = -1, True
    assert "more than the file has" in refused(owner, file, size)
    assert not file.exists()


def test_no_length_at_all(owner, file):
    owner.length = -1
    assert list(download(owner.address, file))[-1] == (SIZE, None)
    assert file.read_bytes() == CONTENT and length(owner.address) is None


def test_a_silent_server_times_out(owner, file, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        owner.address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert "breaks again and again" in refused(owner, file)


def test_a_web_page_instead_of_the_file(owner, file):
    file.write_bytes(CONTENT[:1000])
    owner.kind = "text/html; charset=utf-8"
    assert "sends a web page" in refused(owner, file)
    assert file.read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize(("status", "advice"), [(404, "may have moved"), (403, "may have moved"), (503, "later")])
def test_errors_of_the_server(owner, file, status, advice):
    file.write_bytes(CONTENT[:1000])
    owner.status = status
    sentence = refused(owner, file)
    assert str(status) in sentence and advice in sentence and "127.0.0.1" in sentence
    assert file.read_bytes() == CONTENT[:1000] and length(owner.address) is None


def test_redirects_are_followed_unless_circular(owner, file):
    owner.moved = {"/archive.zip": "/elsewhere.zip"}
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT and length(owner.address) == SIZE
    owner.moved = {"/archive.zip": "/a", "/a": "/archive.zip"}
    assert "in a circle" in refused(owner, file.with_name("other"))
    owner.moved = {"/archive.zip": "ftp://127.0.0.1/archive.zip"}
    assert "in a circle" in refused(owner, file.with_name("other"))
    assert length(owner.address) is None


def test_no_server(owner, file):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        owner.address = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    assert "cannot be reached" in refused(owner, file)
    assert length(owner.address) is None and not file.exists()


def test_too_little_disk_space_is_reported_beforehand(owner, file, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 500_000))
    assert "0.6 MB are needed" in refused(owner, file)
    assert not file.exists()
    file.write_bytes(CONTENT[:200_000])  # the rest fits
    list(download(owner.address, file))
    assert file.read_bytes() == CONTENT


def test_length_downloads_nothing(owner, file):
    assert length(owner.address) == SIZE and owner.asked == [("HEAD", None)] and owner.sent == 0
