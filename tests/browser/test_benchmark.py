"""The Benchmark tab in a real browser, with invented figures and with the shipped ones."""

import json

import pytest
from playwright.sync_api import expect

from xser_demo.reporting import benchmark_results
from xser_demo.ui.tabs.benchmark import columns
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

SLOW = 60_000  # milliseconds; a busy machine draws slowly
SHIPPED = settings.ASSETS / "results" / "scores.json"


@pytest.fixture(scope="module")
def assets(tmp_path_factory):
    """The shipped assets with a place for other results."""
    folder = tmp_path_factory.mktemp("assets")
    for one in settings.ASSETS.iterdir():
        if one.name != "results":
            (folder / one.name).symlink_to(one.resolve())
    (folder / "results").mkdir()
    return folder


@pytest.fixture
def open_benchmark(open_page, served_with, assets):
    """Open the tab; ``figures``: what stands in the file, or none at all."""
    errors = []

    def open_it(figures: dict | None, **size):
        file = assets / "results" / "scores.json"
        file.unlink(missing_ok=True)
        if figures is not None:
            file.write_text(json.dumps(figures), encoding="utf-8")
        page = open_page(address=served_with(assets), **size)
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        tab = page.get_by_role("tab", name="Benchmark", exact=True)
        if size.get("width", 1280) < 500:
            page.locator(".overflow-menu button").first.click()
            tab = page.locator(".overflow-dropdown button", has_text="Benchmark")
        tab.click()
        return page

    yield open_it
    assert not errors, errors


def cells(page, column: str) -> list[str]:
    """What is visible of a column, from top to bottom."""
    return page.evaluate(
        """at => [...document.querySelectorAll('#bench-table .virtual-row')]
            .sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'))
            .map(row => row.querySelector(`[data-col="${at}"]`).innerText.trim())""",
        columns.HEADERS.index(column),
    )


def test_filter_sort_and_click(open_benchmark, invented, shoot):
    page = open_benchmark(invented)
    table = page.locator("#bench-table")
    expect(page.locator("#bench-line .x-lead")).to_contain_text("does not differ significantly", timeout=SLOW)
    expect(table.get_by_role("grid")).to_have_attribute("aria-rowcount", "53", timeout=SLOW)
    for name in ("confusion", "matrix"):
        expect(page.locator(f"#bench-{name} .js-plotly-plot")).to_be_visible(timeout=SLOW)

    page.locator("#bench-to input").click()
    page.get_by_role("option", name="Urdu", exact=True).click()
    expect(table.get_by_role("grid")).to_have_attribute("aria-rowcount", "14", timeout=SLOW)
    assert all("to Urdu" in pair or pair == "Urdu alone" for pair in cells(page, "Pair"))

    page.get_by_role("columnheader", name="vs source").click()
    page.get_by_role("menuitem", name="Sort ascending").click()
    expect(table.locator('.virtual-row[aria-rowindex="2"] [data-col="4"]')).to_contain_text("−", timeout=SLOW)
    gains = [float(text.replace("−", "-")) for text in cells(page, "vs source") if text]
    assert gains == sorted(gains) and gains[0] < 0, gains

    first = [cells(page, name)[0] for name in ("Method", "Pair")]  # of the table as it is sorted now
    table.locator('.virtual-row[aria-rowindex="2"] [data-col="1"]').click()
    expect(page.locator("#bench-confusion .gtitle-subtitle")).to_have_text(", ".join(first), timeout=SLOW)
    expect(page.locator("#bench-words")).to_contain_text(f"{first[0]}, {first[1]}. Best recall:", timeout=SLOW)
    expect(page.locator("#bench-matrix .gtitle-subtitle")).to_contain_text(first[0], timeout=SLOW)
    shoot(page, "benchmark-invented-figures", full=True)


def test_a_label_shift_is_transductive(open_benchmark, invented):
    page = open_benchmark(invented)
    page.locator("#bench-shift input").click()
    page.get_by_role("option", name="70% anger").click()
    expect(page.locator("#bench-line")).to_contain_text("choose transductive", timeout=SLOW)
    page.locator("#bench-mode").get_by_text("transductive").click()
    expect(page.locator("#bench-line .x-lead")).to_contain_text("5.0 points below target z-score", timeout=SLOW)
    expect(page.locator("#bench-confusion .js-plotly-plot")).to_be_visible(timeout=SLOW)


@pytest.mark.more  # without a browser: tests/reporting/test_benchmark_results.py
def test_without_figures_the_tab_says_what_to_do(open_benchmark, shoot):
    page = open_benchmark(None)
    expect(page.locator("#bench-line")).to_contain_text("There is no table yet: run", timeout=SLOW)
    expect(page.locator("#bench-table")).to_be_hidden(timeout=SLOW)
    page = open_benchmark({"pairs": [], "scores": [], "gains": []})
    expect(page.locator("#bench-line")).to_contain_text("another version", timeout=SLOW)


def test_on_a_phone_nothing_scrolls_sideways_but_the_table(open_benchmark, invented, shoot):
    page = open_benchmark(invented, width=390, height=844)
    expect(page.locator("#bench-matrix .js-plotly-plot")).to_be_visible(timeout=SLOW)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "benchmark-narrow", full=True)


def test_the_shipped_figures(open_benchmark, shoot):
    """The screenshot that the documentation shows."""
    try:
        figures = benchmark_results.read(SHIPPED)
    except UserError as error:
        pytest.skip(str(error))
    page = open_benchmark(figures)
    expect(page.locator("#bench-matrix .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#bench-line")).not_to_contain_text("another version", timeout=SLOW)
    page.evaluate("window.scrollTo(0, 0)")
    shoot(page, "benchmark", full=True, after_s=1)  # the map is painted
