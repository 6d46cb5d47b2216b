"""What went wrong in other versions of Gradio, on our page. A connection that is cut, as by a phone that sleeps
(gradio 13585), is in test_connection.py."""

import json
import re
from collections import Counter

from playwright.sync_api import expect

from xser_demo.utils import settings

SLOW = 120_000  # ms


def test_one_recording_is_one_request(open_page, record):
    """Gradio 12827: stop_recording that fires again and again."""
    page, asked = open_page(), Counter()

    def count(request) -> None:
        if "/queue/join" in request.url:
            asked[json.loads(request.post_data)["fn_index"]] += 1

    page.on("request", count)
    record(page, 2)
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    expect(page.locator("#cards .x-card:has(.x-bar span:last-child:has-text('%'))")).to_have_count(2, timeout=SLOW)
    page.wait_for_timeout(5000)  # what fires again would do it by now
    assert asked and set(asked.values()) == {1}, asked


def test_a_recording_that_is_forgotten_ends_by_itself_and_is_answered(open_page, record):
    """Gradio 13659: recordings of ten minutes are lost. The page ends one at the most that it reads of a clip."""
    page = open_page()
    place = page.locator("[data-mic='clip']")
    assert float(place.get_attribute("data-seconds")) == settings.MAX_CLIP_S
    place.evaluate("element => { element.dataset.seconds = 3; }")
    record(page, None)
    expect(page.locator("[data-mic='clip'] .x-mic-said")).to_have_text(
        re.compile("ended by itself.* 3 s"), timeout=SLOW
    )
    expect(page.locator("#clip .record-button")).to_have_count(0, timeout=SLOW)
    expect(page.locator("#scene-line")).to_be_empty(timeout=SLOW)
    expect(page.locator("#clip-line")).to_contain_text(re.compile(r"[23]\.\d s"), timeout=SLOW)
