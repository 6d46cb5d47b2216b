"""Only a visitor at the serving computer may download a corpus, and reads first what it is. Without a browser."""

import gradio as gr
import pytest

from xser_demo.corpora import download
from xser_demo.corpora.download import Fetched, Offer
from xser_demo.ui.shared import corpus_download_policy
from xser_demo.ui.shared.corpus_download import Control, Fetching
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.progress import Step

HERE = {"host": "127.0.0.1:7860"}


@pytest.mark.parametrize(
    ("local", "headers", "may"),
    [
        (True, HERE, True),
        (True, {"host": "localhost:7860"}, True),
        (True, {"host": "[::1]:7860"}, True),
        (False, HERE, False),
        (True, {"host": "demo.example.org"}, False),  # a tunnel to this computer
        (True, HERE | {"x-forwarded-for": "192.0.2.7"}, False),  # a server in front of this one
        (True, {}, False),
    ],
)
def test_who_may_fetch(monkeypatch, local, headers, may):
    monkeypatch.delenv("XSER_FETCH", raising=False)
    assert corpus_download_policy.may(local, headers) is may
    for said, expected in (("1", True), ("0", False)):
        monkeypatch.setenv("XSER_FETCH", said)
        assert corpus_download_policy.may(local, headers) is expected


def test_only_what_is_missing_and_has_an_archive_can_be_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("XSER_CORPORA", str(tmp_path))
    assert corpus_download_policy.can_be_fetched("emodb") and not corpus_download_policy.can_be_fetched("iemocap")
    (tmp_path / "emodb").mkdir()
    (tmp_path / "emodb" / "03a01Fa.wav").write_bytes(b"RIFF")
    assert not corpus_download_policy.can_be_fetched("emodb")


def test_the_words_are_escaped():
    said = corpus_download_policy.words(Offer("x", "X", "http://h/<b>", None, 88_000_000, "<i>", "a & b"))
    assert "<b>" not in said and "<i>" not in said and "a &amp; b" in said and "88 MB unpacked" in said


class Request:
    def __init__(self, **headers: str):
        self.headers = headers


@pytest.fixture
def fetching(monkeypatch, tmp_path):
    monkeypatch.setenv("XSER_CORPORA", str(tmp_path))
    monkeypatch.delenv("XSER_FETCH", raising=False)
    with gr.Blocks():
        return Fetching(local=True)


def test_a_download_step_by_step(fetching, monkeypatch):
    closed = []

    def steps(key, folder):
        try:
            for share in (0.1, 0.5):
                yield Step(f"Downloading: {share}", share)
            yield Fetched(key, folder, "All is there.")
        finally:
            closed.append(key)

    monkeypatch.setattr(download, "fetch", steps)
    control = Control()
    changes = list(fetching._run(control, "emodb", Request(**HERE)))
    assert "All is there." in changes[-1][fetching.line] and not control.running
    assert not any(changes[-1][one].visible for one in (fetching.ask, fetching.go, fetching.no))

    run = fetching._run(control, "emodb", Request(**HERE))
    next(run), next(run)
    assert control.running and fetching.about("ravdess", control, Request(**HERE)) == {}  # it stays on the screen
    fetching._no(control, "emodb")
    (last,) = run
    assert "Stopped" in last[fetching.line] and last[fetching.ask].visible
    assert closed == ["emodb", "emodb"] and not control.running

    run = fetching._run(control, "emodb", Request(**HERE))
    next(run), next(run)
    run.close()  # as Gradio does when the page is closed
    assert len(closed) == 3 and not control.running


def test_a_request_made_by_hand_is_refused(fetching, monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda *arguments: pytest.fail("it was begun"))
    monkeypatch.setattr(download, "offer", lambda *arguments: pytest.fail("the network was asked"))
    stranger = Request(host="demo.example.org")
    assert fetching.about("emodb", Control(), stranger)[fetching.which] is None
    for last in (list(fetching._run(Control(), "emodb", stranger))[-1], list(fetching._offer("emodb", stranger))[-1]):
        assert "Only the operator of this page" in last[fetching.line]


def test_an_error_is_one_sentence_and_it_can_be_tried_again(fetching, monkeypatch):
    def fails(key, folder):
        yield Step("Downloading")
        raise CorpusError("The <server> is away.")

    monkeypatch.setattr(download, "fetch", fails)
    last = list(fetching._run(Control(), "emodb", Request(**HERE)))[-1]
    assert "The &lt;server&gt; is away." in last[fetching.line] and last[fetching.ask].visible
