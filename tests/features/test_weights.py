"""Weights of bigger encoders: downloaded completely or not at all, verified at every load, with plain errors."""

import hashlib
import http.server
import threading
from dataclasses import replace
from functools import partial

import pytest

from xser_demo.cli.main import main
from xser_demo.features.encoders import frozen, weights
from xser_demo.features.encoders.registry import ENCODERS, get
from xser_demo.utils.errors import ModelError

NAME = "wavlm-base"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A server on this machine that hands out one file in the place of torchaudio's."""
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(weights, "TORCHAUDIO", f"http://127.0.0.1:{server.server_port}/")
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def handed_out(small, site, monkeypatch):
    """The small file is on the server, not here."""
    file = weights.place(get(NAME))
    content = file.read_bytes()
    file.unlink()
    (site / get(NAME).file).write_bytes(content)
    monkeypatch.setitem(ENCODERS, NAME, replace(get(NAME), size=len(content)))
    return content


def refused(call, *words: str) -> str:
    with pytest.raises(ModelError) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words), message
    return message


def load() -> None:
    frozen._load.cache_clear()
    frozen.load(NAME, "cpu")


def fetch() -> list:
    return list(weights.fetch(get(NAME)))


def names(folder) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.name.startswith(NAME))


def test_download_with_progress_and_checksum(handed_out, small):
    steps = fetch()
    assert steps[0].text.startswith("Downloading WavLM Base") and steps[-1].text == "Computing the checksum."
    assert steps[-2].share == 1.0
    assert names(small) == ["wavlm-base.pth", "wavlm-base.pth.sha256"]
    assert (small / "wavlm-base.pth.sha256").read_text() == hashlib.sha256(handed_out).hexdigest()
    load()
    assert fetch() == []  # it is here


def test_an_interrupted_download_is_resumed(handed_out, small, monkeypatch):
    fetching = weights.fetch(get(NAME))
    next(fetching)
    fetching.close()
    assert names(small) == ["wavlm-base.pth.partial"]
    fetch()
    assert weights.place(get(NAME)).read_bytes() == handed_out


def test_a_file_with_another_checksum_is_deleted(handed_out, small, monkeypatch):
    monkeypatch.setitem(ENCODERS, NAME, replace(get(NAME), sha256="0" * 64))
    refused(fetch, "another file", "checksum", "deleted")
    assert names(small) == []


def test_a_file_that_is_far_too_large_is_refused(handed_out, small, monkeypatch):
    monkeypatch.setitem(ENCODERS, NAME, replace(get(NAME), size=len(handed_out) // 2))
    refused(fetch, "at most")
    assert not weights.here(get(NAME))


def test_error_of_a_missing_file(handed_out, small, site):
    (site / get(NAME).file).unlink()
    refused(fetch, "404")
    assert not weights.here(get(NAME))


def test_error_without_a_network(handed_out, small, monkeypatch, unused_port, capsys):
    monkeypatch.setattr(weights, "TORCHAUDIO", f"http://127.0.0.1:{unused_port}/")
    assert "cannot be reached" in refused(fetch)
    assert main(["encoders", "get", NAME, "--yes"]) == 2
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert last.startswith("error: ") and "cannot be reached" in last
    assert not weights.here(get(NAME))


def test_missing_weights_are_never_downloaded_automatically(handed_out, small, site):
    refused(load, "are not here", "xser encoders get wavlm-base")
    assert names(small) == []


def test_a_changed_byte_is_refused(small):
    load()  # the first file is trusted
    file = weights.place(get(NAME))
    assert (small / "wavlm-base.pth.sha256").is_file()
    load()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    refused(load, "checksum", "wavlm-base.pth", "get them again")
    refused(fetch, "checksum")


def test_a_known_checksum_takes_precedence_over_the_stored_one(small, monkeypatch):
    load()
    monkeypatch.setitem(ENCODERS, NAME, replace(get(NAME), sha256="0" * 64))
    refused(load, "checksum")


def test_without_a_terminal_nothing_is_downloaded(handed_out, small, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert main(["encoders", "get", NAME]) == 2
    message = capsys.readouterr().err
    assert "--yes" in message.splitlines()[-1] and "MIT" in message and not weights.here(get(NAME))
    assert main(["encoders", "get", NAME, "--yes"]) == 0
    assert weights.here(get(NAME)) and "  here" in capsys.readouterr().out
    assert main(["encoders", "get", "nobody"]) == 2 and main(["encoders", "get"]) == 2
