"""No tab has an accessibility fault that axe-core calls serious or critical, in the light and in the dark page."""

from accessibility import faults
from playwright.sync_api import expect

THERE = {  # what each tab shows last
    "Listen": "#attention .js-plotly-plot",
    "Your data": "#yours-about",
    "Map": "#map-after .js-plotly-plot",
    "Adapt": "#adapt-go:enabled",
    "Shift lab": "#lab-uar .js-plotly-plot",
    "Systems": "#systems-own .js-plotly-plot",
    "Benchmark": "#bench-matrix .js-plotly-plot",
    "Lecture": "#lecture-steps li",
    "About": "#about-corpora",
}


def test_no_serious_fault_on_any_tab_light_or_dark(open_page):
    page = open_page(query="?__theme=light")
    said = {}
    tabs = [tab.inner_text() for tab in page.get_by_role("tab").all()]
    assert tabs[0] == "Listen" and set(tabs) == set(THERE)
    for name in tabs:
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        expect(page.locator(THERE[name]).first).to_be_visible()
        controls = page.get_by_role("tab", name=name, exact=True).get_attribute("aria-controls")
        expect(page.locator(f"#{controls}")).to_be_visible()
        for theme, rules in (("light", None), ("dark", ["color-contrast"])):  # the rest does not depend on colours
            page.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
            for attempt in range(10):  # what is being computed is pale until it is there
                page.wait_for_timeout(1500 if attempt else 200)
                if not (found := faults(page, rules)):
                    break
            if found:
                said[name, theme] = found
    assert not said, "\n".join(f"{where}: {one}" for where, found in said.items() for one in found)


def test_an_answer_has_no_serious_fault(open_page):
    page = open_page()
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty(timeout=60_000)
    page.wait_for_timeout(1500)
    assert not faults(page)


def test_the_address_follows_the_tabs_and_back_works(open_page):
    page = open_page()

    def tab() -> str:
        return page.evaluate("window.links.tab()")

    def at(query: str) -> None:
        page.wait_for_function("wanted => window.location.search.startsWith(wanted)", arg=query)

    page.get_by_role("tab", name="Map", exact=True).click()
    at("?tab=map")
    page.locator("#map-colour").get_by_text("speaker", exact=True).click()
    page.wait_for_function("window.location.search.includes('colour=speaker')")
    page.get_by_role("tab", name="Systems", exact=True).click()
    at("?tab=systems")
    page.go_back()
    page.wait_for_function("window.links.tab() === 'map' && window.location.search.includes('colour=speaker')")
    page.go_back()
    page.wait_for_function("window.links.tab() === 'listen' && window.location.search === ''")
    page.go_forward()
    page.wait_for_function("window.links.tab() === 'map'")
    page.get_by_role("tab", name="Map", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("window.links.tab() === 'adapt' && document.activeElement.dataset.tabId === 'adapt'")
    page.keyboard.press("Home")
    page.wait_for_function("window.links.tab() === 'listen'")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("window.links.tab() === 'about'")
    assert tab() == "about"


NAMES = """() => [...document.querySelectorAll('fieldset')].filter(one => one.offsetParent)
    .map(one => one.getAttribute('aria-label') || one.querySelector('legend')?.textContent || '')"""


def test_every_group_of_choices_has_a_name_of_its_own(open_page):
    page = open_page()
    for name in ("Map", "Systems", "Benchmark", "Listen"):
        page.get_by_role("tab", name=name, exact=True).click()
        page.wait_for_function(f"({NAMES})().length && ({NAMES})().every(name => name)")
        groups = page.evaluate(NAMES)
        assert "Radio" not in groups and len(set(groups)) == len(groups), (name, groups)
