"""The lecture from end to end with a fake microphone, links between visitors, and what can be taken home."""

import re

from playwright.sync_api import expect

from xser_demo.ui.tabs.lecture.tour import STEPS

SLOW = 120_000


def at(page, number: int) -> None:
    """The strip shows this step (from 1), and its tab is selected."""
    step = STEPS[number - 1]
    expect(page.locator("#tour .x-tour-title")).to_have_text(f"{number} of {len(STEPS)} {step.title}", timeout=SLOW)
    expect(page.locator(f"#tabs [role=tab][data-tab-id={step.tab}]")).to_have_attribute("aria-selected", "true")


def follow(page, query: str) -> None:
    """Open a link. It may select another tab than Listen, whose cards ``open_page`` waits for."""
    page.goto(page.url.split("?")[0] + query)


def test_the_whole_tour_with_a_microphone_and_the_keyboard(open_page, record, shoot):
    page = open_page()
    page.get_by_role("tab", name="Lecture", exact=True).click()
    expect(page.locator("#lecture-steps li")).to_have_count(len(STEPS))
    expect(page.locator("#tour")).to_be_hidden()
    shoot(page, "lecture")
    page.locator("#lecture-start").click()
    at(page, 1)
    expect(page.locator("#tour-next")).to_be_focused()
    expect(page.locator("#tour-back")).to_be_disabled()
    record(page, 2)
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    page.locator("#tour-notes summary").click()
    shoot(page, "lecture-notes")
    page.locator("#tour-next").click()
    at(page, 2)
    expect(page.locator("#tour-notes")).to_contain_text(STEPS[1].question)  # still open
    expect(page.locator("#cards .x-card")).to_have_count(2)
    page.locator("#tour-notes summary").click()
    page.locator("#tour-next").focus()
    page.keyboard.press("Enter")
    at(page, 3)
    expect(page.locator("#map-after .js-plotly-plot")).to_be_visible(timeout=SLOW)
    shoot(page, "lecture-map")
    page.locator("#tour-next").click()
    at(page, 4)
    expect(page.locator("#adapt-line")).to_contain_text("Press Adapt", timeout=SLOW)
    expect(page.locator("#adapt-method input")).to_have_value("Recommended")
    shoot(page, "lecture-adapt")
    page.locator("#tour-next").click()
    at(page, 5)
    expect(page.locator("#bench-table")).to_contain_text("Target z-score", timeout=SLOW)
    expect(page.locator("#bench-methods .token")).to_have_count(3)
    shoot(page, "lecture-benchmark")
    page.locator("#tour-next").click()
    at(page, 6)
    expect(page.locator("#adapt-why")).to_contain_text("Mostly neutral", timeout=SLOW)
    expect(page.locator("#adapt-method input")).to_have_value("InfoMax")
    page.locator("#tour-next").click()
    at(page, 7)  # in the tab that is selected already
    expect(page.locator("#adapt-why")).to_contain_text("One voice, one emotion", timeout=SLOW)
    expect(page.locator("#adapt-target input")).to_have_value(re.compile("Urdu"))
    page.locator("#tour-next").click()
    at(page, 8)
    expect(page.locator("#lab-shift input")).to_have_value("Telephone band", timeout=SLOW)
    expect(page.locator("#lab-uar .js-plotly-plot")).to_be_visible(timeout=SLOW)
    expect(page.locator("#tour-next")).to_be_disabled()
    expect(page.locator("#tour-end")).to_be_focused()
    shoot(page, "lecture-lab")
    page.mouse.wheel(0, 300)
    page.wait_for_function("window.scrollY === 0 || document.querySelector('#tour').getBoundingClientRect().top <= 1")
    page.locator("#tour-end").click()
    expect(page.locator("#tour")).to_be_hidden()
    expect(page.locator("#tabs [role=tab][aria-selected=true]")).to_be_focused()


def test_a_link_sets_up_another_visitors_page_and_says_what_is_not_there(open_page):
    page, other = open_page(), open_page()
    follow(page, "?tab=adapt&system=latif2019-gan&epochs=7&seed=3")
    expect(page.locator("#adapt-system input")).to_have_value(re.compile("Latif"), timeout=SLOW)
    expect(page.locator("#adapt-line")).to_contain_text("Press Adapt", timeout=SLOW)
    page.locator("#copy-link").click()
    page.wait_for_url(re.compile("variant=latent"))
    expect(page.locator("#link-said")).to_have_text(
        re.compile("(Link copied|The link is in the address bar). Only this computer can open it.")
    )
    follow(other, "?" + page.url.split("?")[1])
    expect(other.locator("#adapt-system input")).to_have_value(re.compile("Latif"), timeout=SLOW)
    expect(other.locator("#adapt-method input")).to_have_value("GAN on the embedding")
    other.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
    expect(other.locator("#adapt-epochs input[type=number]")).to_have_value("7")
    expect(other.locator("#adapt-seed input")).to_have_value("3")
    expect(other.locator("#notice")).to_be_hidden()
    follow(other, "?tab=map&model=own-ravdess-emodb-coral-1&colour=emotion")
    expect(other.locator("#notice")).to_have_text("The link asked for a model that is not here.", timeout=SLOW)
    expect(other.locator("#map-legend")).to_contain_text("anger", timeout=SLOW)
    follow(other, "?models=emodb-source,emodb-ravdess-dann")
    expect(other.locator("#cards .x-card").first).to_contain_text("German", timeout=SLOW)


def test_a_report_is_saved_and_opens_without_a_network_and_figures_are_saved(open_page, browser, shoot, tmp_path):
    page = open_page()
    follow(page, "?tab=adapt&method=zscore")
    expect(page.locator("#adapt-method input")).to_have_value("Target z-score", timeout=SLOW)
    page.locator("#adapt-go").click()
    page.locator("#adapt-save").wait_for(timeout=SLOW)
    with page.expect_download() as saved:
        page.locator("#adapt-save").click()
    assert saved.value.suggested_filename == "xser-ravdess-emodb-zscore-seed0.html"
    file = tmp_path / "report.html"
    saved.value.save_as(file)
    for format, begins in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download() as saved:
            page.get_by_role("button", name=re.compile(f"Save as {format}: After")).press("Enter")
        assert saved.value.suggested_filename.endswith(format.lower())
        assert saved.value.path().read_bytes().startswith(begins)

    context = browser.new_context(offline=True)
    alone, asked, errors = context.new_page(), [], []
    alone.on("request", lambda request: asked.append(request.url))
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.goto(file.as_uri())
    expect(alone.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(alone.locator("main")).to_contain_text("xser adapt --source ravdess --target emodb --method zscore")
    alone.wait_for_timeout(500)
    assert not errors and all(url.startswith(("file:", "data:", "blob:")) for url in asked), (errors, asked)
    shoot(alone, "report", full=True)
    context.close()


def test_the_lecture_on_a_phone_and_in_the_dark(open_page, shoot):
    page = open_page(390, 844)
    follow(page, "?tab=lecture&__theme=dark")
    expect(page.locator("#lecture-steps li")).to_have_count(len(STEPS))
    shoot(page, "lecture-narrow-dark", full=True)
    page.locator("#lecture-steps button").nth(3).click()
    at(page, 4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "lecture-narrow")
    follow(page, "?tour=3")
    at(page, 3)
    page.set_viewport_size({"width": 1280, "height": 720})
    follow(page, "?tour=1&__theme=dark")
    at(page, 1)
    shoot(page, "lecture-dark")
