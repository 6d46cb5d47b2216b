"""The Listen tab in a real browser."""

import re

import soundfile
from playwright.sync_api import expect

from xser_demo import settings
from xser_demo.audio import load


def answers(page):
    """The answer cards that give an answer."""
    return page.locator("#cards .x-card:has(.x-bar span:last-child:has-text('%'))")


def upload(page, file):
    with page.expect_file_chooser() as chooser:
        page.locator("#upload").click()
    chooser.value.set_files(file)


def test_a_recording_is_answered_by_two_models_side_by_side(open_page, shoot):
    page = open_page()
    expect(page.locator("#cards .x-card")).to_have_count(2)  # empty, but there: the page says what comes
    shoot(page, "listen-empty")
    page.locator("#clip .record-button").click()
    page.wait_for_timeout(3000)
    page.locator("#clip .stop-button").first.click()
    expect(answers(page)).to_have_count(2)
    expect(page.locator("#attention .js-plotly-plot")).to_be_visible()
    expect(page.locator("#sentence")).to_contain_text(re.compile("say|hear|listen"))
    expect(page.locator("#clip-line")).to_contain_text("of speech")
    box = answers(page).first.bounding_box()
    assert box["y"] + box["height"] < 720, "the answer must be seen without scrolling"
    shoot(page, "listen")


def test_a_real_utterance_is_answered_from_stored_features(open_page, shoot):
    page = open_page()
    page.locator("#real").click()
    expect(answers(page)).to_have_count(2)
    expect(page.locator("#clip-line")).to_contain_text("labelled as")
    expect(page.locator("#clip-line")).to_contain_text("No audio of this corpus is stored here")
    shoot(page, "listen-real")


def test_uploads_of_webm_and_wav_and_a_text_file(open_page, tmp_path, shoot):
    """webm goes through the upload button; a text file named .wav is refused in words and the answer stays."""
    import av
    import numpy as np

    clip = load(settings.EXAMPLES / "it-medium.flac")
    webm, wav, text = tmp_path / "clip.webm", tmp_path / "clip.wav", tmp_path / "text.wav"
    with av.open(str(webm), "w") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((clip.samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = settings.SAMPLE_RATE
        resampler = av.AudioResampler("s16", "mono", 48_000, frame_size=960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    soundfile.write(wav, clip.samples, settings.SAMPLE_RATE)
    text.write_text("this is no sound")

    page = open_page()
    for file in (webm, wav):
        upload(page, file)
        expect(page.locator("#clip-line")).to_contain_text(f"clip{file.suffix}")
        expect(answers(page)).to_have_count(2)
    upload(page, text)
    expect(page.locator("#clip-line [role=alert]")).to_be_visible()
    expect(answers(page)).to_have_count(2)
    shoot(page, "listen-refused")


def test_narrow_and_dark(open_page, shoot):
    page = open_page(390, 844, "?__theme=dark")
    page.locator("#voice").click()
    expect(answers(page)).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.wait_for_timeout(500)
    shoot(page, "listen-narrow-dark", full=True)


def test_about_names_the_corpora_and_their_licences(open_page, shoot):
    page = open_page()
    page.get_by_role("tab", name="About").click()
    for name in ("RAVDESS", "EmoDB", "EMOVO", "URDU", "CC BY-NC-SA"):
        expect(page.get_by_text(name).first).to_be_visible()
    shoot(page, "about")
