"""The Map tab: two maps of the same clips, before and after adaptation."""

import re

from adapting import SLOW, TRACES, open_tab, pick
from playwright.sync_api import expect


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
