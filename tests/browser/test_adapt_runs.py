"""Runs in the Adapt tab: paused, stopped, left, replayed, and two visitors at once."""

import re

import pytest
from adapting import ENDED, LONG, SLOW, TRACES, adapt, details, epochs, open_tab, pick, scored
from playwright.sync_api import expect


@pytest.mark.more
def test_a_mel_system_stops_at_once_and_the_next_run_is_scored(open_page, shoot):
    page = open_page()
    adapt(page, 60, system="Cai 2021")
    expect(page.locator("#adapt-line")).to_contain_text(re.compile("epoch", re.I), timeout=SLOW)  # or done
    expect(page.locator("#adapt-now .js-plotly-plot")).to_be_visible(timeout=SLOW)
    page.locator("#adapt-stop").click()
    expect(page.locator("#adapt-line")).to_contain_text(ENDED, timeout=SLOW)
    epochs(page, 1)
    page.locator("#adapt-go").click()
    scored(page)
    expect(page.locator("#adapt-score")).to_contain_text("high and low arousal")
    shoot(page, "adapt-cai", full=True)
    pick(page, "adapt-variant", "no batch norm")
    expect(page.locator("#adapt-line")).to_contain_text("alone first", timeout=SLOW)


def test_pause_one_epoch_continue_and_stop_in_a_pause(open_page, shoot):
    page = open_page()
    adapt(page, LONG)
    details(page)
    line, buttons = (
        page.locator("#adapt-line"),
        {n: page.locator(f"#adapt-{n}") for n in ("go", "pause", "step", "stop")},
    )
    expect(buttons["pause"]).to_be_enabled(timeout=SLOW)
    expect(buttons["step"]).to_be_disabled()
    buttons["pause"].click()
    expect(line).to_contain_text(re.compile("Paused (in|after) epoch"), timeout=SLOW)
    expect(buttons["pause"]).to_have_text("Continue")
    expect(buttons["go"]).to_be_disabled()
    stood = line.inner_text()
    page.wait_for_timeout(1500)
    assert line.inner_text() == stood, "nothing goes on in a pause"
    buttons["step"].click()
    expect(line).to_contain_text("Paused after epoch", timeout=SLOW)
    expect(page.locator("#adapt-target-uar .js-plotly-plot")).to_contain_text("never used for choosing", timeout=SLOW)
    expect(page.locator("#adapt-telling")).to_contain_text("Can a classifier still tell the languages apart?")
    shoot(page, "adapt-paused", full=True)
    buttons["pause"].click()
    expect(buttons["pause"]).to_have_text("Pause", timeout=SLOW)
    buttons["pause"].click()
    expect(line).to_contain_text("Paused", timeout=SLOW)
    buttons["stop"].click()
    expect(line).to_contain_text("Ended after", timeout=SLOW)
    scored(page)
    expect(page.locator("#adapt-hear")).to_be_visible()
    expect(buttons["go"]).to_be_enabled()
    for name in ("pause", "step", "stop"):
        expect(buttons[name]).to_be_disabled()


@pytest.mark.more
def test_the_map_of_every_run_is_shown_and_their_epochs_can_be_played(open_page, shoot):
    """The first map of a run once stayed away: an update of the page lost one before it."""
    page = open_page()
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    adapt(page, 2, method="InfoMax$")
    details(page)
    for run in range(2):
        if run:
            page.locator("#adapt-go").click()
            expect(page.locator("#adapt-go")).to_be_disabled(timeout=SLOW)
        expect(page.locator("#adapt-runs tbody tr")).to_have_count(run + 1, timeout=SLOW)
        for name in ("now", "matrix", "losses"):
            expect(page.locator(f"#adapt-{name} .js-plotly-plot")).to_be_visible()
    open_tab(page, "Map")
    expect(page.locator("#map-model input")).to_have_value(re.compile("Your model"), timeout=SLOW)
    expect(page.locator("#map-trust")).to_contain_text("How far to trust", timeout=SLOW)
    page.locator("#map-go").click()
    expect(page.locator("#map-film-line")).to_contain_text("frames of your adaptation", timeout=SLOW)
    expect(page.locator("#map-player output")).to_have_text("after", timeout=SLOW)
    page.locator("#map-player input").press("Home")
    expect(page.locator("#map-player output")).to_have_text("before")
    shoot(page, "map-epochs-before")
    way = f"new Set(({TRACES})('after').find(t => t.meta === 'way').x).size"
    star = f"({TRACES})('after').filter(t => t.meta === 'star').length"
    assert page.evaluate(star) == 1, "the clip that was there moves along"
    assert page.evaluate(way) == 1, "its way belongs to the after map"
    page.locator("#map-player input").press("End")
    expect(page.locator("#map-player output")).to_have_text("after")
    page.wait_for_function(f"{way} > 1")
    shoot(page, "map-epochs", after_s=1)


@pytest.mark.more
def test_two_visitors_adapt_at_once_and_each_gets_their_own_model(open_page, shoot):
    """The second waits, sees that, and may give up; the models are those that each asked for."""
    page, other, third = open_page(), open_page(), open_page()
    adapt(page, LONG)
    expect(page.locator("#adapt-pause")).to_be_enabled(timeout=SLOW)
    page.locator("#adapt-pause").click()  # it keeps its place, however fast this computer is
    expect(page.locator("#adapt-line")).to_contain_text("Paused", timeout=SLOW)
    for one in (other, third):
        open_tab(one, "Adapt")
        pick(one, "adapt-target", "Italian")
        pick(one, "adapt-method", "z-score")
        one.locator("#adapt-go").click()
    expect(other.locator("#adapt-line")).to_contain_text("One job of another visitor is ahead", timeout=SLOW)
    expect(third.locator("#adapt-line")).to_contain_text("2 jobs of other visitors are ahead", timeout=SLOW)
    shoot(third, "adapt-waiting")
    third.locator("#adapt-stop").click()
    expect(third.locator("#adapt-line")).to_contain_text("Stopped", timeout=SLOW)
    expect(third.locator("#adapt-go")).to_be_enabled()
    page.locator("#adapt-pause").click()
    for one, language, strange in ((page, "German", "Italian"), (other, "Italian", "German")):
        scored(one)
        one.locator("#adapt-hear").click()
        open_tab(one, "Listen")
        expect(one.locator("#cards")).to_contain_text(f"Your model: English to {language}", timeout=SLOW)
        expect(one.locator("#cards")).not_to_contain_text(f"Your model: English to {strange}")


@pytest.mark.more
def test_a_page_closed_in_a_pause_frees_the_place(open_page):
    page, other = open_page(), open_page()
    adapt(page, LONG)
    expect(page.locator("#adapt-pause")).to_be_enabled(timeout=SLOW)
    page.locator("#adapt-pause").click()
    expect(page.locator("#adapt-line")).to_contain_text("Paused", timeout=SLOW)
    page.close()
    open_tab(other, "Adapt")
    pick(other, "adapt-method", "z-score")
    other.locator("#adapt-go").click()
    scored(other)
