"""Words before and beside the microphone, and what two takes of a sentence say, without a browser."""

import json
import re

import gradio as gr
import numpy as np
import pytest

from xser_demo.audio.io import from_array, load
from xser_demo.inference.predict import EncodedClip, encode_clip
from xser_demo.ui import app
from xser_demo.ui.shared import consent, recorder, texts
from xser_demo.ui.shared.model_menu import defaults, loaded
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.perturbations import microphone, microphone_measures
from xser_demo.ui.tabs.perturbations.microphone_measures import Takes
from xser_demo.utils import settings
from xser_demo.utils.errors import AudioError

EXAMPLE = settings.EXAMPLES / "de-fast-high.flac"


@pytest.fixture(scope="module")
def models():
    return loaded(Visitor(), defaults(Visitor()))


def test_every_language_says_all_of_it():
    assert list(consent.LANGUAGES) == ["en", "de", "it", "ur", "fr", "es", "zh"]
    for code, one in consent.LANGUAGES.items():
        assert len(one.points) == 5, code
        said = [one.title, one.note, one.accept, one.refuse, one.language, *(part for p in one.points for part in p)]
        assert all(said) and len(set(said)) == len(said)
        assert (one.direction == "rtl") == (code == "ur")
    written = {code: re.sub(r"[\W\d_a-zA-Z]", "", json.dumps(one, ensure_ascii=False))
               for code, one in consent.as_json().items()}  # fmt: skip
    assert len(written["ur"]) > 300 and len(written["zh"]) > 150, "not left in English"
    assert "deleted two minutes after you close the page" in texts.CAUTION and "about an hour" in str(
        consent.LANGUAGES["en"].points
    )


def test_the_head_carries_the_words_safely():
    words = re.search(r"id='microphone-words'>(.*?)</script>", recorder.HEAD, re.DOTALL)[1]
    assert json.loads(words)["helps"] == recorder.HELPS and "<" not in words
    assert recorder.HEAD.count("</script>") == 2 and "cookie" not in recorder.HEAD
    script = recorder.HEAD.split("<script>")[1]
    named = set(re.findall(r"'(refused|denied|missing|busy|insecure|framed|unsupported|other)'", script))
    assert named == set(recorder.HELPS) == set(re.findall(r"'(\w+)'", str(sorted(recorder.HELPS))))
    for text in recorder.HELPS.values():
        assert text.endswith("Uploads and examples work without it.")


def encoded(samples: np.ndarray) -> EncodedClip:
    return encode_clip(from_array(samples, settings.SAMPLE_RATE))


def test_a_louder_evener_narrower_take_is_described_so(models):
    plain = load(EXAMPLE).samples
    spectrum = np.fft.rfft(plain)
    spectrum[np.fft.rfftfreq(len(plain), 1 / settings.SAMPLE_RATE) > 3800] = 0
    narrow = np.fft.irfft(spectrum, len(plain))
    processed = 0.5 * np.sign(narrow) * np.sqrt(np.abs(narrow))  # an instant gain control
    takes = Takes().with_take("a", encoded(plain * 0.2))
    assert "once more for B" in microphone_measures.sentence(takes, models)
    takes = takes.with_take("b", encoded(processed))
    said = microphone_measures.sentence(takes, models)
    assert re.search(r"In B the voice is \d+ dB louder", said) and "moments" in said and "closer" in said
    assert "You spoke twice" in said
    a, b = (microphone_measures.values(one) for one in takes.both)
    assert b["level"] > a["level"] and b["spread"] < a["spread"] - 2
    table = microphone_measures.table(takes, models)
    assert table.count("<tr>") == 1 + len(microphone_measures.MEASURES) + len(models)


def test_the_same_take_twice_differs_in_nothing(models):
    one = encoded(load(EXAMPLE).samples)
    takes = Takes().with_take("a", one).with_take("b", one)
    said = microphone_measures.sentence(takes, models)
    assert said.startswith("Level, background and band hardly differ. The models answer the same.")
    figures, _ = microphone._maps(takes.both)
    for figure in figures:
        places = figure.data[-1]
        assert list(places.text) == ["<b>A</b>", "<b>B</b>"]
        assert places.x[0] == pytest.approx(places.x[1]) and places.y[0] == pytest.approx(places.y[1])


def test_takes_of_one_visitor_leave_others_alone():
    start = Takes()
    one = start.with_take("a", encoded(load(EXAMPLE).samples))
    assert not start.clips and not one.both and not one.with_take("a", None).clips


def test_a_take_without_speech_is_refused_in_words(tmp_path):
    import soundfile

    file = tmp_path / "hum.wav"
    soundfile.write(file, 0.1 * np.sin(np.arange(32_000) / 20), settings.SAMPLE_RATE)
    with pytest.raises(AudioError, match="No speech"):
        microphone_measures.encode(file)


def test_a_file_is_taken_while_what_its_opening_fired_still_runs():
    """Gradio drops an event while the same one runs, unless it is told otherwise."""
    page = app.build()
    recorders = {block._id for block in page.blocks.values() if isinstance(block, gr.Audio)}
    events = [fn for fn in page.fns.values() for target, name in fn.targets if target in recorders and name == "input"]
    assert len(events) >= 3 and {fn.trigger_mode for fn in events} == {"always_last"}
