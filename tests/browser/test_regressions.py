"""What went wrong in other versions of Gradio, on our page. A connection that is cut, as by a phone that sleeps
(gradio 13585), is in test_connection.py."""

import json
from collections import Counter

from playwright.sync_api import expect

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
