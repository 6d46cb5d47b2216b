"""The job that encodes a visitor's recordings ends with them, and tells what went wrong."""

import threading
import time

import gradio as gr
from uploads import brought

from xser_demo.corpora.custom.upload_limits import HOSTED
from xser_demo.ui import storage
from xser_demo.ui.jobs.background import is_running
from xser_demo.ui.jobs.queue import HEAVY
from xser_demo.ui.shared import encoding_job
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.recordings import tab
from xser_demo.utils.errors import CorpusError
from xser_demo.utils.progress import Step


def test_no_handler_of_the_tab_can_be_called_from_outside():
    from xser_demo.ui.state import Visitor
    from xser_demo.ui.tabs.recordings import tab as yours

    with gr.Blocks() as page:
        yours.build(gr.State(Visitor()), local=True)
    open_ones = [fn for fn in page.fns.values() if fn.api_visibility != "private" and fn.targets[0][1] != "unload"]
    assert page.fns and not open_ones


# --- the tab -------------------------------------------------------------------------------------------------------


def test_listening_to_recordings_that_were_replaced_ends(tmp_path, monkeypatch):
    def endless(*_args):
        while True:
            yield Step("Encoding clip 1 of 2.", 0.5)
            time.sleep(0.01)

    monkeypatch.setattr(encoding_job, "encode", endless)
    visitor = Visitor(recordings=brought(tmp_path / "first", "anger/a.wav"))
    encoding_job.start_encoding(visitor)
    first = visitor.encoding_job
    encoding_job.start_encoding(visitor)
    assert visitor.encoding_job is first and encoding_job.is_encoding(visitor)
    visitor.recordings = brought(tmp_path / "second", "anger/a.wav")
    assert not encoding_job.is_encoding(visitor)
    encoding_job.start_encoding(visitor)
    assert first.over(5) and not first.recordings.ready and visitor.encoding_job.recordings is visitor.recordings
    visitor.encoding_job.control.stop = True
    assert visitor.encoding_job.over(5)


def test_recordings_deleted_while_they_are_encoded_end_it_without_a_word(tmp_path, monkeypatch):
    """The encoding finds its files gone; the line says that they are deleted, and no error comes after it."""
    monkeypatch.setattr(storage.tempfile, "gettempdir", lambda: str(tmp_path))
    deleted = threading.Event()

    def goes_on(*_args):
        yield Step("Encoding clip 1 of 2.", 0.5)
        assert deleted.wait(5)
        raise CorpusError("At least 8 clips are needed")

    monkeypatch.setattr(encoding_job, "encode", goes_on)
    visitor = Visitor(recordings=brought(storage.fresh("a"), *(f"anger/{n}.wav" for n in range(8))))
    with gr.Blocks():
        page = tab.Recordings(gr.State(visitor), HOSTED)
    updates = page.quick_look(visitor)
    assert "Encoding" in next(update for update in updates if "Loading" not in str(update))[page.line]
    assert "are deleted" in page.delete(visitor)[page.line]
    deleted.set()
    assert [update for update in updates if update != {page.line: gr.skip()}] == []
    assert visitor.encoding_job.over(5) and visitor.encoding_job.error is None


def test_encoding_that_dies_is_told_and_gives_its_place_back(tmp_path, monkeypatch):
    def dies(*_args):
        yield Step("Encoding clip 1 of 2.", 0.5)
        raise OSError(28, "No space left on device", "/home/host/secret")

    with gr.Blocks() as page:
        tab.build(gr.State(Visitor()), local=True)
    ids = {block._id: block.elem_id for block in page.blocks.values()}
    encode = next(
        fn.fn for fn in page.fns.values() if ("yours-use", "click") in {(ids.get(t), e) for t, e in fn.targets}
    )
    monkeypatch.setattr(encoding_job, "encode", dies)
    visitor = Visitor(recordings=brought(tmp_path, "anger/a.wav", "joy/b.wav"))
    steps = [{one.elem_id: change for one, change in step.items()} for step in encode(visitor)]
    assert "broke off (OSError: No space left on device)" in steps[-1]["yours-line"]
    assert "secret" not in str(steps[-1]), "no file of the host is named"
    assert steps[-1]["yours-use"].visible is True, "it can be tried again"
    assert not is_running(visitor.encoding_job) and not visitor.recordings.ready
    with HEAVY.job(1) as job:
        assert HEAVY.ahead(job)[0] == 0
