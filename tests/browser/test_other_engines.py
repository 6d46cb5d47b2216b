"""The main path of a visit in Firefox and in WebKit, the engine of Safari."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from engines import Engine
from firefox import Firefox
from webkit import WebKit

from xser_demo.audio.io import load
from xser_demo.utils import settings

pytestmark = pytest.mark.engines
ANSWERS = "[...document.querySelectorAll('#cards .x-card:has(.x-bar)')].filter(one => one.innerText.includes('%'))"
# The visitor's own clip is answered by two models, and the sentence about the opening clip is gone.
ANSWERED = f"!document.querySelector('#scene-line').innerText.trim() && {ANSWERS}.length === 2"


@pytest.fixture(params=[Firefox, WebKit], ids=["firefox", "webkit"])
def engine(request) -> Iterator[Engine]:
    """A fresh one for each test, so that each is another visitor."""
    engine = request.param()
    yield engine
    engine.close()


@pytest.fixture
def visit(engine, server, request, shoot):
    """Open the page; errors in its own scripts fail the test, and a picture of its end is kept."""

    def visit(query: str = "") -> Engine:
        engine.open(f"{server}/{query}")
        engine.wait_for("document.querySelector('#cards .x-card') && document.querySelector('#upload')")
        return engine

    yield visit
    shoot(engine, request.node.name)
    assert not engine.thrown()


def tab(engine: Engine, name: str) -> None:
    engine.click("#tabs [role=tablist] [role=tab]", name)


def as_safari_records(file: Path) -> Path:
    """Fragmented MP4 with AAC, which is what its MediaRecorder writes."""
    samples = load(settings.EXAMPLES / "it-medium.flac").samples
    pieces = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}
    with av.open(str(file), "w", format="mp4", options=pieces) as out:
        stream = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = settings.SAMPLE_RATE
        resampler = av.AudioResampler("fltp", "mono", 48_000, frame_size=1024)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    assert file.read_bytes().count(b"moof") > 2
    return file


def test_the_page_opens_answered_and_changes_its_language(visit):
    engine = visit()
    engine.wait_for("document.querySelector('#cards .x-mark')")
    engine.wait_for_text("#scene-line", "A clip in German, chosen because")
    engine.click("#language label", "Italian")
    engine.wait_for_text("#scene-line", "A clip in Italian")
    engine.wait_for_text("#cards", "then listened to Italian")


def test_a_real_clip_is_answered_and_is_on_the_map(visit):
    engine = visit()
    engine.click("#real")
    engine.wait_for(ANSWERED)
    tab(engine, "Map")
    for side in ("before", "after"):
        engine.wait_for(f"document.querySelector('#map-{side} .js-plotly-plot')?.checkVisibility()")
    engine.wait_for_text("#map-trust", "How far to trust")


def test_a_model_adapts(visit):
    engine = visit("?tab=adapt&epochs=2")
    engine.click("#adapt-go:enabled")
    engine.wait_for_text("#adapt-score", "z-score")
    engine.wait_for("document.querySelector('#adapt-now .js-plotly-plot')?.checkVisibility()")


def test_a_recording_as_safari_makes_it_is_answered(visit, tmp_path):
    """By the upload button, and by the recorder's own place for files."""
    engine = visit()
    for name, place in (("recording.mp4", ".x-chips"), ("recording.m4a", "#clip")):
        if place == "#clip":
            engine.click("#voice")
            engine.wait_for_text("#clip-line", "Synthetic voice")
            engine.click("#clip button[aria-label='Clear']")
            engine.click("#clip button[aria-label='Upload file']")
        engine.set_files(f"{place} input[type=file]", as_safari_records(tmp_path / name))
        engine.wait_for_text("#clip-line", name)
        engine.wait_for(ANSWERED)


def test_a_recording_is_answered(visit):
    engine = visit()
    if not engine.microphone:
        pytest.skip(f"{engine.name} has no made-up microphone here")
    engine.click("#clip .record-button")
    engine.click("#consent-accept")
    engine.wait_for("[...document.querySelectorAll('#clip .stop-button')].some(one => one.checkVisibility())")
    engine.wait_for("(window.began ??= performance.now()) + 3000 < performance.now()")
    engine.click("#clip .stop-button")
    engine.wait_for(ANSWERED)
    engine.wait_for_text("[data-mic='clip'] .x-mic-said", "Your browser:")
