"""The live microphone and the timeline of a longer clip in a real browser."""

import re

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from xser_demo.audio.io import load
from xser_demo.utils import settings


def test_two_models_answer_while_someone_speaks_and_it_ends_by_itself(open_page, class_room, shoot):
    page = open_page(address=class_room)
    page.locator("#mode").get_by_text("Live").click()
    expect(page.locator("#live .x-card")).to_have_count(2)
    expect(page.locator("#cards")).to_be_hidden()
    shoot(page, "live-empty")
    page.locator("#live-mic .record-button").click()
    page.locator("#consent-accept").click()
    expect(page.locator("#live .x-card:has(.x-bar span:last-child:has-text('%'))")).to_have_count(2, timeout=30_000)
    expect(page.locator("#live .x-strip rect").first).to_be_attached()
    expect(page.locator("#live-delay")).to_contain_text(re.compile(r"\d\.\d s from voice to screen, \d"))
    expect(page.locator("#live-mic .stop-button:visible")).to_have_count(0, timeout=30_000)  # the page presses it
    heard = float(page.locator("#live [data-heard]").get_attribute("data-heard"))
    assert 4 <= heard < 5.5
    box = page.locator("#live .x-strip").last.bounding_box()
    assert box["y"] + box["height"] < 720, "all must be seen without scrolling"
    shoot(page, "live")
    page.locator("#mode").get_by_text("Record").click()
    expect(page.locator("#cards")).to_be_visible()
    expect(page.locator("#live")).to_be_hidden()


@pytest.mark.more
def test_a_recorder_that_is_pressed_before_its_encoder_came_waits_for_it(open_page, class_room):
    page = open_page(address=class_room, late="**/assets/module-*.js")
    page.locator("#mode").get_by_text("Live").click()
    page.locator("#live-mic .record-button").click()
    page.locator("#consent-accept").click()
    expect(page.locator("#live .x-card:has(.x-bar span:last-child:has-text('%'))")).to_have_count(2, timeout=30_000)


def test_live_fits_a_phone(open_page, class_room, shoot):
    page = open_page(390, 844, address=class_room)
    page.locator("#mode").get_by_text("Live").click()
    expect(page.locator("#live .x-card")).to_have_count(2)
    for theme in ("dark", "light"):
        page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shoot(page, f"live-phone-{theme}", full=True)


def test_a_longer_clip_has_a_timeline_heads_and_a_place_between_the_emotions(open_page, shoot, tmp_path):
    voices = [load(settings.EXAMPLES / name).samples for name in ("de-slow-low.flac", "it-medium.flac")]
    file = tmp_path / "long.wav"
    soundfile.write(file, np.concatenate(voices)[: 7 * settings.SAMPLE_RATE], settings.SAMPLE_RATE)
    page = open_page()
    with page.expect_file_chooser() as chooser:
        page.locator("#upload").click()
    chooser.value.set_files(file)
    expect(page.locator("#attention .barlayer .point").nth(5)).to_be_attached(timeout=30_000)  # window by window
    expect(page.locator("#quadrant .x-dot")).to_have_count(2)
    line = page.locator("#attention .scatterlayer path.js-line").first
    before = line.get_attribute("d")
    page.locator("#heads").get_by_text("2", exact=True).click()
    expect(line).not_to_have_attribute("d", before)
    page.locator("#clip").get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#attention .x-now")).to_be_visible()
    shoot(page, "listen-long", full=True)
