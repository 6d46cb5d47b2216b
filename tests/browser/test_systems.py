"""The Systems tab in a real browser."""

from playwright.sync_api import expect

from xser_demo.experiments import systems


def test_every_system_shows_its_drawing_and_its_scores(open_page, shoot):
    page = open_page()
    page.get_by_role("tab", name="Systems").click()
    drawing = page.locator("#systems-drawing .x-arch")
    expect(drawing).to_be_visible()
    expect(page.locator("#systems-own .js-plotly-plot")).to_be_visible()
    shoot(page, "systems", full=True)
    seen = set()
    for choice in page.locator("#systems-which label").all():
        choice.click()
        expect(choice.locator("input")).to_be_checked()
        page.wait_for_function(
            "said => !said.includes(document.querySelector('#systems-idea').innerText)", arg=list(seen)
        )
        seen.add(page.locator("#systems-idea").inner_text())
        expect(drawing.locator(".x-adapts").first).to_be_visible()
    assert len(seen) == len(systems.SYSTEMS) + 1
    expect(page.locator("#systems-own")).to_be_hidden()  # the common ground has the Benchmark tab


def test_from_a_system_to_listen_and_to_adapt(open_page):
    page = open_page()
    page.get_by_role("tab", name="Systems").click()
    page.locator("#systems-which label", has_text="VGG16").click()
    expect(page.locator("#systems-idea")).to_contain_text("as a picture")
    page.locator("#systems-hear").click()
    expect(page.locator("#cards h3").last).to_contain_text("VGG16")
    page.get_by_role("tab", name="Systems").click()
    page.locator("#systems-adapt").click()
    expect(page.locator("#adapt-line")).to_be_visible()
    expect(page.get_by_label("System", exact=True)).to_have_value("VGG16 on mel images with MMD (Baklouti 2024)")


def test_a_phone_reads_the_drawing_without_scrolling_sideways(open_page, shoot):
    page = open_page(390, 844, "?__theme=dark")
    page.locator(".overflow-menu button").first.click()
    page.get_by_role("button", name="Systems").click()
    expect(page.locator("#systems-drawing .x-arch")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "systems-narrow", full=True)
