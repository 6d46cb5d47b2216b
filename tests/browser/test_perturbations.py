"""The Shift lab in a real browser: a clip is changed, answers, maps and curves follow."""

import re

import pytest
from playwright.sync_api import expect

SLOW = 120_000  # milliseconds


def open_lab(page) -> None:
    page.get_by_role("tab", name="Shift lab", exact=True).click()
    expect(page.locator("#lab-uar .js-plotly-plot")).to_be_visible(timeout=SLOW)


def path(page) -> list[int]:
    """How many places the star has left behind on each map."""
    return page.evaluate(
        """() => ['before', 'after'].map(side => document.querySelector(`#lab-${side} .js-plotly-plot`).data
            .filter(t => t.name === 'path').map(t => t.x.length ?? 1)[0])"""
    )


def test_a_voice_is_changed_by_keys_and_everything_follows(open_page, shoot):
    page = open_page()
    open_lab(page)
    expect(page.locator("#lab-cards .x-card")).to_have_count(2)
    expect(page.locator("#lab-own")).to_be_disabled()
    expect(page.locator("#lab-real")).to_be_disabled()
    expect(page.locator("#lab-note")).to_contain_text("no recordings are stored here")
    expect(page.locator("#lab-measure")).to_be_hidden()
    assert path(page) == [5, 5]
    shoot(page, "lab")
    changed = page.locator("#lab-changed audio").get_attribute("src")
    page.locator("#lab-strength input[type=range]").press("End")
    expect(page.locator("#lab-dose")).to_contain_text("Noise as loud as the speech", timeout=SLOW)
    page.wait_for_function("() => document.querySelector('#lab-after .js-plotly-plot').data"
                           ".find(t => t.name === 'path').x.length === 9", timeout=SLOW)  # fmt: skip
    assert page.locator("#lab-changed audio").get_attribute("src") != changed
    assert page.locator("#lab-changed audio").evaluate("audio => audio.duration") > 2
    expect(page.locator("#lab-sentence")).to_contain_text(re.compile("English-only|Both models"))
    page.locator("#lab-shift input").click()
    page.get_by_role("option", name="Pitch", exact=True).click()
    expect(page.locator("#lab-dose")).to_contain_text("6.0 semitones higher", timeout=SLOW)
    page.locator("#lab-strength input[type=range]").press("Home")
    expect(page.locator("#lab-dose")).to_contain_text("6.0 semitones lower", timeout=SLOW)


@pytest.mark.more
def test_your_clip_comes_from_listen_and_fits_a_phone(open_page, shoot):
    page = open_page(width=390, height=844)
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty()
    page.locator(".overflow-menu > button").first.click()
    page.locator(".overflow-dropdown button", has_text="Shift lab").click()
    expect(page.locator("#lab-uar .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#lab-own")).to_be_enabled(timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "lab-narrow", full=True)


@pytest.mark.more
def test_with_recordings_they_are_played_and_measured(open_page, shoot, corpora_dir, class_room):
    page = open_page(address=class_room, query="?__theme=dark")
    open_lab(page)
    page.locator("#lab-real").click()
    expect(page.locator("#lab-clip")).to_contain_text("labelled as", timeout=SLOW)
    expect(page.locator("#lab-curve")).to_contain_text("probability of", timeout=SLOW)
    expect(page.locator("#lab-clip")).not_to_contain_text("Predicting all", timeout=SLOW)
    shoot(page, "lab-dark")
    page.locator("#lab-measure").click()
    expect(page.locator("#lab-note")).to_contain_text("strength 2 of 5", timeout=SLOW)
    page.locator("#lab-stop").click()
    expect(page.locator("#lab-note")).to_contain_text("measured here", timeout=SLOW)
    expect(page.locator("#lab-measure")).to_be_enabled()
    page.locator("#lab-measure").click()  # the place of what was stopped came back
    expect(page.locator("#lab-note")).to_contain_text("strength 2 of 5", timeout=SLOW)
    page.locator("#lab-stop").click()
