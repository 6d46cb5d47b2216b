"""The Map and Adapt tabs in a real browser, and what one visitor's work means for another: nothing."""

import re
import zipfile

from playwright.sync_api import expect

SLOW = 120_000  # milliseconds; a busy machine adapts slowly
ENDED = re.compile("Ended after|Stopped before the first epoch")
LONG = 60  # epochs: on a busy machine a click may come seconds after the button can be pressed


def open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def test_map_before_and_after_with_the_visitors_clip(open_page, shoot):
    page = open_page()
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    open_tab(page, "Map")
    for side in ("before", "after"):
        expect(page.locator(f"#map-{side} .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#map-gauges")).to_contain_text(re.compile("A-distance"))
    stars = page.evaluate(
        """() => ['before', 'after'].map(side => document.querySelector(`#map-${side} .js-plotly-plot`).data
            .filter(t => t.marker.symbol === 'star').map(t => t.x.length ?? 1).length)"""
    )
    assert stars == [1, 1], "the visitor's clip is a star on both maps"
    expect(page.locator("#map-kind input:checked")).to_have_value("tsne")
    expect(page.locator("#map-legend")).to_contain_text("labelled anger")
    expect(page.locator("#map-line")).to_contain_text("Each point is one clip")  # nothing is laid out
    expect(page.locator("#map-nearest p")).to_have_count(2)
    shoot(page, "map")
    named = page.locator("#map-nearest p", has_text="after adaptation").get_by_role("button").last
    name = named.inner_text()
    named.click()
    expect(page.locator("#map-point h3")).to_contain_text("EmoDB", timeout=SLOW)
    assert on_both(page, RINGED) == [1, 1], f"{name} is ringed on both maps"
    page.locator("#map-fine-tune").get_by_text("Fine-tune").click()
    pick(page, "map-perplexity", "^50$")
    expect(page.locator("#map-line")).to_contain_text("laying out", timeout=SLOW)
    expect(page.locator("#map-line")).to_contain_text("Each point is one clip", timeout=SLOW)
    shoot(page, "map-perplexity")


TRACES = """side => document.querySelector(`#map-${side} .js-plotly-plot`).data"""
CHOSEN = (
    f"side => ({TRACES})(side).filter(t => t.customdata).reduce((sum, t) => sum + (t.selectedpoints?.length ?? 0), 0)"
)
RINGED = f"side => ({TRACES})(side).find(t => t.meta === 'ring').x.length"
POINTS = """side => {
  const g = document.querySelector(`#map-${side} .js-plotly-plot`);
  return g.calcdata.filter((_, number) => g.data[number].customdata).flatMap(points => points.map(p => p.x));
}"""
AT = f"places => ({POINTS})('after').every((x, at) => Math.abs(x - places[at]) < 0.02)"
PLACE = """([side, row]) => {
  const g = document.querySelector(`#map-${side} .js-plotly-plot`), box = g.getBoundingClientRect();
  for (const [number, trace] of g.data.entries()) {
    const at = trace.customdata ? Array.from(trace.customdata).indexOf(row) : -1;
    const point = at >= 0 && g.calcdata[number].find(p => p.i === at), {xaxis, yaxis} = g._fullLayout;
    if (point) return [box.left + xaxis._offset + xaxis.l2p(point.x), box.top + yaxis._offset + yaxis.l2p(point.y)];
  }
}"""


def on_both(page, question: str) -> list:
    return [page.evaluate(question, side) for side in ("before", "after")]


def lasso(page, side: str) -> None:
    box = page.locator(f"#map-{side} .js-plotly-plot").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 70, y - 70)
    page.mouse.down()
    for right, down in ((70, -70), (70, 70), (-70, 70), (-70, -60)):
        page.mouse.move(x + right, y + down, steps=3)
    page.mouse.up()


def test_a_point_a_region_and_the_film_on_linked_maps(open_page, shoot):
    page = open_page(query="?__theme=dark", motion=True)
    open_tab(page, "Map")
    for side in ("before", "after"):
        expect(page.locator(f"#map-{side} .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#map-trust")).to_contain_text("How far to trust", timeout=SLOW)
    page.mouse.click(*page.evaluate(PLACE, ["before", 850]))
    expect(page.locator("#map-point")).to_contain_text(re.compile("EmoDB.*Predicted after", re.S), timeout=SLOW)
    expect(page.locator("#map-picture .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#map-origin")).to_contain_text("no recording here")
    assert on_both(page, RINGED) == [1, 1], "the clip is ringed on both maps"
    seen = page.locator("#map-point").inner_text()
    page.locator("#map-bar [data-step=changed]").press("Enter")
    expect(page.locator("#map-point")).not_to_have_text(seen, timeout=SLOW, use_inner_text=True)
    page.locator("#map-bar [data-near]").press("Enter")  # a region without a pointer
    expect(page.locator("#map-region")).to_contain_text("40 clips in this region", timeout=SLOW)
    assert on_both(page, CHOSEN) == [40, 40]
    page.locator("#map-bar [value=lasso]").check()
    lasso(page, "after")
    expect(page.locator("#map-region")).not_to_contain_text("40 clips in this region", timeout=SLOW)
    count = on_both(page, CHOSEN)
    assert count[0] == count[1] > 20
    assert page.locator("#map-region").inner_text().startswith(f"{count[0]} clips")
    shoot(page, "map-dark", full=True)
    page.locator("#map-colour").get_by_text("corpus", exact=True).click()
    expect(page.locator("#map-legend")).not_to_contain_text("labelled anger", timeout=SLOW)
    page.wait_for_function(f"n => ({CHOSEN})('before') === n && ({CHOSEN})('after') === n", arg=count[0])
    page.locator("#map-bar [data-clear]").click()
    expect(page.locator("#map-region")).to_be_empty(timeout=SLOW)
    expect(page.locator("#map-player button")).to_be_hidden()
    for side in ("before", "after"):  # a trace for each corpus
        page.wait_for_function(f"side => ({TRACES})(side).filter(t => t.customdata).length === 2", arg=side)
    places = [page.evaluate(POINTS, side) for side in ("before", "after")]
    page.locator("#map-go").click()
    expect(page.locator("#map-film-line")).to_contain_text("shipped models store no epochs", timeout=SLOW)
    page.wait_for_function(AT, arg=places[0])
    shoot(page, "map-film-begins")
    expect(page.locator("#map-player output")).to_have_text("after", timeout=SLOW)
    page.wait_for_function(AT, arg=places[1])
    page.locator("#map-bar [value=click]").check()
    page.wait_for_timeout(2000)  # the points move for 1.5 s
    page.mouse.click(*page.evaluate(PLACE, ["after", 700]))
    expect(page.locator("#map-point")).to_contain_text("EmoDB", timeout=SLOW)
    assert on_both(page, RINGED) == [1, 1], "the map is what it was"
    page.locator("#map-player input").press("Home")
    expect(page.locator("#map-player output")).to_have_text("before")
    shoot(page, "map-film")


def pick(page, menu: str, option: str) -> None:
    page.locator(f"#{menu} input").click()
    page.get_by_role("option", name=re.compile(option)).first.click()


def epochs(page, number: int) -> None:
    field = page.locator("#adapt-epochs input[type=number]")
    field.fill(str(number))
    field.press("Enter")


def adapt(page, number: int, system: str = "", method: str = "") -> None:
    """Choose a system or a method and a few epochs, and press Adapt."""
    open_tab(page, "Adapt")
    if system:
        pick(page, "adapt-system", system)
        expect(page.locator("#adapt-about")).to_contain_text("What the paper does not say", timeout=SLOW)
    if method:
        pick(page, "adapt-method", method)
    page.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
    epochs(page, number)
    page.locator("#adapt-go").click()


def details(page) -> None:
    """Open the curves and the domain classifier."""
    page.locator("#adapt-details").get_by_text("Training curves").click()


def scored(page) -> None:
    expect(page.locator("#adapt-score")).to_contain_text(re.compile("z-score", re.I), timeout=SLOW)


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
    page.wait_for_timeout(1000)
    shoot(page, "map-epochs")


IN_SIGHT = """ids => ids.filter(id => {
  const box = document.querySelector(id).getBoundingClientRect();
  return !(box.width > 0 && box.top >= -1 && box.bottom <= innerHeight + 1);
})"""


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
    page.locator("#adapt-folds").click()
    expect(page.locator("#adapt-unheard")).to_contain_text("speakers that it had not heard: 5 runs", timeout=2 * SLOW)

    faint = "getComputedStyle(document.querySelector('.x-changes .x-dims')).opacity < 1"
    assert not page.evaluate(faint)
    pick(page, "adapt-method", "^DANN$")
    expect(page.locator("#adapt-stale")).to_contain_text("other settings; press Adapt again", timeout=SLOW)
    assert page.evaluate(faint)
    shoot(page, "adapt-other-settings", full=True)
    page.locator("#adapt-go").click()
    expect(page.locator("#adapt-stale")).to_be_empty(timeout=SLOW)


def test_on_a_phone_the_map_and_the_score_stay_in_sight(open_page, shoot):
    page = open_page(390, 844, query="?tab=adapt&method=zscore&__theme=dark", ready="#adapt-go")
    page.locator("#adapt-go").click()
    scored(page)
    page.wait_for_timeout(1000)
    assert page.evaluate(IN_SIGHT, ["#adapt-now .js-plotly-plot", "#adapt-changes .x-from-to"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "adapt-phone")


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
        page.wait_for_timeout(3000)
        if name == "Map":
            before, after = (page.locator(f"#map-{side} .js-plotly-plot") for side in ("before", "after"))
            expect(before).to_be_visible(timeout=SLOW)
            expect(after).not_to_be_visible()
            page.locator("#map-bar [value=after]").check()
            expect(after).to_be_visible()
            expect(before).not_to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        shoot(page, f"{name.lower()}-narrow", full=True)
