"""The Adapt tab: one screen with controls, map and scores."""

import re
import zipfile

import pytest
from adapting import SLOW, adapt, details, epochs, open_tab, pick, scored
from playwright.sync_api import expect


def test_adapt_live_and_hear_the_new_model(open_page, shoot, tmp_path):
    page, other = open_page(), open_page()
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    adapt(page, 4, method="^DANN$")
    expect(page.locator("#adapt-line")).to_contain_text(re.compile("epoch", re.I), timeout=SLOW)  # or done
    expect(page.locator("#adapt-now .js-plotly-plot")).to_be_visible(timeout=SLOW)
    scored(page)
    expect(page.locator("#adapt-strength").locator("input, textarea")).to_have_value("")  # which is not 0
    expect(page.locator("#adapt-runs")).not_to_contain_text("strength")
    expect(page.locator("#adapt-score .x-normalised")).to_contain_text("speakers was standardised by their own clips")
    details(page)
    expect(page.locator("#adapt-shares .js-plotly-plot")).to_be_visible()
    shoot(page, "adapt", full=True)

    page.get_by_label("with ONNX").check()
    with page.expect_download(timeout=SLOW) as home:
        page.locator("#adapt-take").click()
    assert home.value.suggested_filename == "own-ravdess-emodb-dann-seed0.zip"
    home.value.save_as(tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert "xser-model/onnx/model.onnx" in archive.namelist()
    with page.expect_file_chooser() as choose:
        page.locator("#adapt-back").click()
    choose.value.set_files(tmp_path / "mine.zip")
    expect(page.locator("#adapt-back-line")).to_contain_text("is back; choose it in Listen", timeout=SLOW)

    page.locator("#adapt-hear").click()
    fresh = page.locator("#cards .x-card", has_text=re.compile("Your (uploaded )?model"))
    expect(fresh).to_be_visible(timeout=SLOW)
    page.wait_for_function("window.scrollY === 0")  # at the answers, not below them
    expect(fresh.locator(".x-bar span:last-child").first).to_contain_text("%", timeout=SLOW)
    shoot(page, "listen-own-model")

    open_tab(other, "Map")
    other.locator("#map-model input").click()
    expect(other.get_by_role("option").first).to_be_visible(timeout=SLOW)
    expect(other.get_by_role("option", name=re.compile("Your (uploaded )?model"))).to_have_count(0)


@pytest.mark.more  # without a browser: tests/ui/test_adapt_options.py
def test_a_vector_system_from_the_menu_to_map_and_listen(open_page, shoot):
    page = open_page()
    page.locator("#voice").click()
    adapt(page, 3, system="Latif 2019")
    expect(page.locator("#adapt-method input")).to_have_value("GAN on the embedding")
    scored(page)
    expect(page.locator("#adapt-score")).to_contain_text("negative and positive")
    details(page)
    expect(page.locator("#adapt-losses .legend")).to_contain_text("discriminator")
    shoot(page, "adapt-latif", full=True)
    open_tab(page, "Map")
    expect(page.locator("#map-model input")).to_have_value(re.compile("Your model.*Latif"), timeout=SLOW)
    for side in ("before", "after"):
        expect(page.locator(f"#map-{side} .js-plotly-plot")).to_be_visible(timeout=SLOW)
    open_tab(page, "Listen")
    fresh = page.locator("#cards .x-card", has_text=re.compile("Your (uploaded )?model"))
    expect(fresh).to_contain_text("positive", timeout=SLOW)


IN_SIGHT = """ids => ids.filter(id => {
  const box = document.querySelector(id).getBoundingClientRect();
  return !(box.width > 0 && box.top >= -1 && box.bottom <= innerHeight + 1);
})"""


def test_the_map_of_the_choice_is_there_before_the_first_run(open_page, shoot):
    page = open_page()
    open_tab(page, "Adapt")
    title, legend = page.locator("#adapt-now .gtitle"), page.locator("#adapt-legend")
    expect(title).to_have_text("Before adaptation")
    expect(legend).to_contain_text("German (EmoDB), target")
    shoot(page, "adapt-at-rest")
    pick(page, "adapt-target", "Italian")
    expect(legend).to_contain_text("Italian (EMOVO), target")
    pick(page, "adapt-system", "NNPM")  # slow to draw: when it trains
    expect(page.locator("#adapt-now .js-plotly-plot")).to_have_count(0)
    expect(page.get_by_text("the clips of both languages appear here")).to_be_visible()


def test_adapt_is_one_screen_to_play_on(open_page, shoot):
    """Controls, map, score and confusions beside each other; then the replay, the clips and all folds."""
    page = open_page(query="?tab=adapt&epochs=6", ready="#adapt-go")
    page.locator("#adapt-go").click()
    scored(page)
    seen = ["#adapt-go", "#adapt-now .js-plotly-plot", "#adapt-changes .x-from-to", "#adapt-matrix .js-plotly-plot"]
    expect(page.locator("#adapt-matrix .js-plotly-plot")).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(1000)
    assert page.evaluate(IN_SIGHT, seen) == []
    shoot(page, "adapt-screen")
    expect(page.locator("#adapt-changes")).to_contain_text("339 clips of 10 speakers, the clips it adapted to")
    expect(page.locator("#adapt-changes .x-heard li").first).to_contain_text(re.compile(r"heard as .*% → \d+%"))
    expect(page.locator("#adapt-legend")).to_contain_text("Labels only colour the points")

    slider, moment = page.locator("#adapt-scrubber input"), page.locator("#adapt-scrubber output")
    expect(moment).to_contain_text("after: UAR")
    slider.press("Home")
    expect(moment).to_contain_text("before: UAR 73%")
    expect(page.locator("#adapt-now .gtitle")).to_have_text("Before")
    slider.press("ArrowRight")
    expect(moment).to_contain_text("epoch ")

    clips = page.locator(".x-changed button:visible")
    expect(clips).to_have_count(4)
    expect(clips.first).to_contain_text("now right")
    expect(clips.last).to_contain_text("now wrong")
    clips.first.click()
    expect(page.locator("#adapt-clip-facts")).to_contain_text("Predicted before", timeout=SLOW)
    expect(page.locator("#adapt-clip-picture .js-plotly-plot")).to_be_visible(timeout=SLOW)

    page.locator("#adapt-folds").click()
    expect(page.locator("#adapt-folds-line")).to_contain_text("of 5", timeout=SLOW)
    page.locator("#adapt-folds-stop").click()
    expect(page.locator("#adapt-folds-line")).to_contain_text("Stopped", timeout=SLOW)

    faint = "getComputedStyle(document.querySelector('.x-changes .x-dims')).opacity < 1"
    assert not page.evaluate(faint)
    pick(page, "adapt-method", "^DANN$")
    expect(page.locator("#adapt-stale")).to_contain_text("other settings; press Adapt again", timeout=SLOW)
    assert page.evaluate(faint)
    shoot(page, "adapt-other-settings", full=True)
    page.locator("#adapt-go").click()
    expect(page.locator("#adapt-stale")).to_be_empty(timeout=SLOW)


@pytest.mark.more  # without a browser: tests/ui/test_adapt_changes.py
def test_all_folds_are_scored_to_the_end(open_page):
    page = open_page(query="?tab=adapt&epochs=6", ready="#adapt-go")
    page.locator("#adapt-go").click()
    scored(page)
    page.locator("#adapt-folds").click()
    expect(page.locator("#adapt-unheard")).to_contain_text("speakers that it had not heard: 5 runs", timeout=2 * SLOW)


def test_on_a_phone_the_map_and_the_score_stay_in_sight(open_page, shoot):
    page = open_page(390, 844, query="?tab=adapt&method=zscore&__theme=dark", ready="#adapt-go")
    page.locator("#adapt-go").click()
    scored(page)
    page.wait_for_timeout(1000)
    assert page.evaluate(IN_SIGHT, ["#adapt-now .js-plotly-plot", "#adapt-changes .x-from-to"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "adapt-phone")


def test_break_it_sets_the_page_up_and_says_what_happened(open_page, shoot):
    page = open_page()
    open_tab(page, "Adapt")
    page.locator("#adapt-break-missing").click()
    expect(page.locator("#adapt-why")).to_contain_text("labelled as sadness", timeout=SLOW)
    expect(page.locator("#adapt-method input")).to_have_value("Recommended")
    page.locator("#adapt-break-opponent").click()
    expect(page.locator("#adapt-why")).to_contain_text("40 times", timeout=SLOW)
    expect(page.locator("#adapt-method input")).to_have_value("DANN")
    page.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
    expect(page.locator("#adapt-strength").locator("input, textarea")).to_have_value("2")
    expect(page.locator("#adapt-shift input")).to_have_value("as recorded")
    epochs(page, 3)
    page.locator("#adapt-go").click()
    scored(page)
    expect(page.locator("#adapt-score")).to_contain_text(re.compile("(not break|broke).*z-score"))
    expect(page.locator("#adapt-runs")).to_contain_text("strength 2")
    shoot(page, "adapt-break", full=True)
    pick(page, "adapt-shift", "none labelled as anger")
    expect(page.locator("#adapt-why")).to_be_empty(timeout=SLOW)
    page.locator("#adapt-mode").get_by_text("on other speakers").click()
    expect(page.locator("#adapt-shift input")).to_have_value("as recorded", timeout=SLOW)


def test_impossible_choices_are_said_before_anything_starts(open_page, shoot):
    page = open_page()
    open_tab(page, "Adapt")
    page.locator("#adapt-target input").click()
    page.get_by_role("option", name=re.compile("RAVDESS")).click()
    expect(page.locator("#adapt-line")).to_contain_text("same corpus", timeout=SLOW)
    expect(page.locator("#adapt-go")).to_be_disabled()
    shoot(page, "adapt-refused")


def test_narrow_screens_do_not_scroll_sideways(open_page, shoot):
    page = open_page(390, 844)
    for name in ("Map", "Adapt"):
        open_tab(page, name)
        if name == "Map":
            before, after = (page.locator(f"#map-{side} .js-plotly-plot") for side in ("before", "after"))
            expect(before).to_be_visible(timeout=SLOW)
            expect(after).not_to_be_visible()
            page.locator("#map-bar [value=after]").check()
            expect(after).to_be_visible()
            expect(before).not_to_be_visible()
        else:
            expect(page.locator("#adapt-line")).to_contain_text("Press Adapt", timeout=SLOW)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shoot(page, f"{name.lower()}-narrow", full=True)
