"""The Listen tab in a real browser."""

import re
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from xser_demo.audio.io import load
from xser_demo.experiments import systems
from xser_demo.experiments.systems.baklouti2024 import BAKLOUTI
from xser_demo.experiments.systems.latif2019 import LATIF
from xser_demo.utils import settings

# What each kind of explanation looks like on the page. Grad-CAM may find that no place spoke for the answer by itself;
# the card then says so.
GROUPS, PICTURE, CURVE = (
    "#cards .x-group",
    "#cards .x-look img",
    "#attention .js-plotly-plot .scatterlayer path.js-line",
)
EXPLAINED = {
    "latif2019-gan": (GROUPS, 14),
    "cai2021-dann": (CURVE, 2),
    "li2021-nnpm": (CURVE, 2),
    "poster2023-dann": (GROUPS, 12),
    "baklouti2024-mmd": (PICTURE, 2),
}


def answers(page):
    """The answer cards that give an answer."""
    return page.locator("#cards .x-card:has(.x-bar span:last-child:has-text('%'))")


def answered(page) -> None:
    """Another clip is answered by two models: the sentence about the opening clip is gone."""
    expect(page.locator("#scene-line")).to_be_empty()
    expect(answers(page)).to_have_count(2)


def upload(page, file):
    with page.expect_file_chooser() as chooser:
        page.locator("#upload").click()
    chooser.value.set_files(file)


def test_the_page_opens_with_an_answered_clip_and_languages_change_all_together(open_page, shoot):
    page = open_page(motion=True)
    expect(page.locator("#scene-line")).to_contain_text("A clip in German, chosen because")
    expect(page.locator("#cards .x-wrong")).to_have_count(1)
    expect(page.locator("#cards .x-right")).to_have_count(1)
    expect(page.locator("#tally")).to_contain_text("clips of EmoDB")
    expect(page.locator("#small-map output")).to_have_text("now: after", timeout=15_000)  # it moved by itself
    box = page.locator("#small-map canvas").bounding_box()
    assert box["y"] + box["height"] < 720, "answers and map must be seen without scrolling"
    shoot(page, "listen-opening")
    page.locator("#language").get_by_text("Italian").click()
    expect(page.locator("#scene-line")).to_contain_text("A clip in Italian")
    expect(page.locator("#cards h3").last).to_have_text("Learned English, then listened to Italian")
    expect(page.locator("#tally")).to_contain_text("clips of EMOVO")
    expect(page.locator("#clip-line")).to_contain_text("EMOVO")
    line = page.locator("#clip-line").inner_text()
    page.locator("#another").click()
    expect(page.locator("#clip-line")).not_to_have_text(line, use_inner_text=True)
    expect(page.locator("#tally")).not_to_contain_text("random clips")  # these are chosen by their answers
    page.locator("#others input").check()
    expect(page.locator("#cards h3").last).to_contain_text(re.compile("Learned English, .* and .*, then listened"))
    expect(page.locator("#small-map figure")).to_be_hidden()  # its clips are not those of one pair
    shoot(page, "listen-others")


def test_after_the_live_microphone_the_answers_are_as_before(open_page):
    page = open_page()
    page.locator("#mode").get_by_text("Live").click()
    expect(page.locator("#live")).to_be_visible()
    expect(page.locator("#cards")).to_be_hidden()
    page.locator("#mode").get_by_text("Record").click()
    expect(answers(page)).to_have_count(2)
    expect(page.locator("#small-map canvas")).to_be_visible()
    expect(page.locator("#attention .js-plotly-plot")).to_be_visible()


@pytest.mark.more
def test_what_the_browser_did_to_a_recording_is_not_said_of_an_example(open_page, record):
    page = open_page()
    record(page, 1.5)
    expect(page.locator("#clip-microphone")).to_contain_text("Your browser:")
    page.locator("#voice").click()
    answered(page)
    expect(page.locator("#clip-microphone")).not_to_contain_text("Your browser:")


def test_the_opening_fits_a_phone(open_page, shoot):
    page = open_page(390, 844)
    for part in ("#cards .x-wrong", "#cards .x-right", "#language"):
        box = page.locator(part).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] < 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "listen-opening-phone")


def test_a_recording_is_answered_by_two_models_side_by_side(open_page, record, shoot):
    page = open_page()
    record(page)
    answered(page)
    expect(page.locator("#attention .js-plotly-plot")).to_be_visible()
    expect(page.locator("#sentence")).to_contain_text(re.compile("say|hear|listen"))
    expect(page.locator("#clip-line")).to_contain_text("of speech")
    box = answers(page).first.bounding_box()
    assert box["y"] + box["height"] < 720, "the answer must be seen without scrolling"
    shoot(page, "listen")


@pytest.mark.more  # without a microphone: tests/inference/test_silence_and_level.py
def test_two_seconds_of_room_noise_before_the_word_change_no_answer(open_page, launch, record, spoken, tmp_path):
    voice, rate = soundfile.read(spoken)
    noise = np.random.default_rng(0).standard_normal(2 * rate) * 10 ** (-60 / 20)
    soundfile.write(tmp_path / "room.wav", np.concatenate([noise, voice]), rate, subtype="PCM_16")
    page = open_page()
    upload(page, spoken)
    answered(page)
    verdicts = page.locator("#cards .x-card p strong").all_inner_texts()
    browser = launch(tmp_path / "room.wav")
    page = open_page(in_browser=browser)
    record(page, len(voice) / rate + 2.3)
    answered(page)
    expect(page.locator("#clip-line")).to_contain_text(re.compile(r"of which [2-3]\.\d s of silence are cut"))
    assert page.locator("#cards .x-card p strong").all_inner_texts() == verdicts != []
    browser.close()


def test_a_real_utterance_is_answered_from_stored_features(open_page, shoot):
    page = open_page()
    page.locator("#real").click()
    answered(page)
    expect(page.locator("#clip-line")).to_contain_text("labelled as")
    expect(page.locator("#clip-line")).to_contain_text("No audio of this corpus is stored here")
    shoot(page, "listen-real")


def encode(file: Path, samples: np.ndarray) -> Path:
    """16 kHz mono samples as a file of the kind that its name says, as browsers and phones write them."""
    if file.suffix in (".wav", ".flac"):
        soundfile.write(file, samples, settings.SAMPLE_RATE)
        return file
    codec = {".webm": "libopus", ".ogg": "libopus", ".mp3": "libmp3lame", ".m4a": "aac"}[file.suffix]
    with av.open(str(file), "w") as out:
        stream = out.add_stream(codec, rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples[None] * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate = settings.SAMPLE_RATE
        kind = stream.codec_context.format.name
        resampler = av.AudioResampler(kind, "mono", 48_000, frame_size=stream.codec_context.frame_size or 960)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return file


def test_uploads_of_every_kind_and_of_a_text_file(open_page, tmp_path, shoot):
    """They go through the upload button; a text file named .wav is refused in words and the answer stays."""
    samples = load(settings.EXAMPLES / "it-medium.flac").samples
    text = tmp_path / "text.wav"
    text.write_text("this is no sound")
    page = open_page()
    for suffix in (".webm", ".wav", ".flac", ".mp3", ".ogg", ".m4a"):
        upload(page, encode(tmp_path / f"clip{suffix}", samples))
        expect(page.locator("#clip-line")).to_contain_text(f"clip{suffix}")
        expect(answers(page)).to_have_count(2)
    upload(page, text)
    expect(page.locator("#clip-line [role=alert]")).to_be_visible()
    expect(answers(page)).to_have_count(2)
    shoot(page, "listen-refused")


def expect_reasons(page, system) -> None:
    look, count = EXPLAINED[system.id]
    reasons = page.locator(look)
    if look != GROUPS:
        reasons = reasons.or_(page.locator("#cards").get_by_text("No place in the clip"))
    expect(reasons).to_have_count(count)


def compare(page, system) -> None:
    """Choose a system's network before and after its adaptation under Fine-tune, as the paper has it."""
    page.locator("#pair input").click()
    name, first = re.escape(system.title), re.escape(system.variant().title)  # the second where several are shipped
    page.locator("#pair [role=option]", has_text=re.compile(f"^\\W*{name}(, {first})?: ")).click()


@pytest.mark.more
def test_every_system_answers_and_explains_itself(open_page, record, shoot):
    """Its adapted model beside the one trained on English only; the same clip for all, recorded by a microphone."""
    page = open_page()
    record(page, 2.5)
    answered(page)
    page.locator("#listen-fine-tune").get_by_text("Fine-tune").click()
    for system in systems.SYSTEMS.values():
        compare(page, system)
        cards = answers(page)
        expect(cards.filter(has_text=system.title)).to_have_count(
            2, timeout=60_000
        )  # the first time librosa is loaded and compiles
        expect(cards.first.locator("h3")).to_contain_text("English only")
        expect(cards.last.locator("h3")).to_contain_text("English adapted to")
        expect(cards.last.locator(".x-made summary")).to_contain_text("How it was made")
        expect_reasons(page, system)
        expect(page.locator("#sentence")).not_to_be_empty()
        shoot(page, f"listen-{system.id}", full=True)
    cards.last.locator(".x-made summary").click()
    expect(cards.last.locator(".x-made")).to_contain_text("instead of ImageNet")


def test_models_are_found_by_typing_and_of_any_kind_beside_each_other(open_page, shoot):
    """A GAN beside the default models: another question, no disagreement; and the line still follows the playback."""
    page = open_page()
    page.locator("#voice").click()
    answered(page)
    page.locator("#listen-fine-tune").get_by_text("Fine-tune").click()
    page.locator("#models input").click()
    page.locator("#models input").press_sequentially("GAN on acoustic")
    page.locator("#models [role=option]", has_text="English adapted to German").first.click()
    expect(answers(page)).to_have_count(3)
    expect(page.locator("#sentence")).to_contain_text(re.compile("The GAN adapted to German hears it as"))
    expect(page.locator(CURVE).first).to_be_visible()  # of the other two: one or two; the GAN weighs no moments
    page.locator("#models input").press("Escape")
    page.locator("#clip").get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#attention .x-now")).to_be_visible()
    shoot(page, "listen-three", full=True)


def test_explanations_fit_a_phone(open_page, shoot):
    page = open_page(390, 844)
    page.locator("#real").click()  # features only: pictures and shares come from the pack
    answered(page)
    page.locator("#listen-fine-tune").get_by_text("Fine-tune").click()
    for system in (BAKLOUTI, LATIF):
        compare(page, system)
        expect_reasons(page, system)
        for theme in ("dark", "light"):
            page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            shoot(page, f"listen-phone-{system.id}-{theme}", full=True, after_s=0.5)


@pytest.mark.more  # the other tests on a phone are light
def test_narrow_and_dark(open_page, shoot):
    page = open_page(390, 844, "?__theme=dark")
    page.locator("#voice").click()
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "listen-narrow-dark", full=True, after_s=0.5)


def test_about_names_the_corpora_their_licences_and_the_audits_of_models(open_page, shoot):
    page = open_page()
    page.get_by_role("tab", name="About").click()
    for name in ("RAVDESS", "EmoDB", "EMOVO", "URDU", "CC BY-NC-SA"):
        expect(page.get_by_role("tabpanel").get_by_text(name).first).to_be_visible()
    shoot(page, "about")
    with page.expect_popup() as opened:
        page.locator("#about-models a[href^='audits/']").first.click()
    expect(opened.value.get_by_role("heading", name="Is it right?")).to_be_visible()
    shoot(opened.value, "audit")
