"""What check_space.py asks of a class on a Space: no class without the owner's secret, and a vote with it."""

import time
import urllib.error
import urllib.request

from serving import chromium

SECRET = "only the owner knows"


class CheckFailed(Exception):
    """Why the Space would not work, in a sentence."""


def ask_for_a_class(address: str, secret: str) -> int:
    """The status of the answer to a request to open a class."""
    headers = {"content-type": "application/json", "x-owner": secret}
    asked = urllib.request.Request(f"{address}/class/api/open", b"{}", headers, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def hold_a_class(address: str) -> float:
    """As a lecturer with the owner's secret, and as a phone that joins and votes; returns seconds."""
    from playwright.sync_api import Error, expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        lecturer, phone = (browser.new_context().new_page() for _ in range(2))
        try:
            started = time.monotonic()
            lecturer.goto(f"{address}/class")
            lecturer.locator("#owner").fill(SECRET)
            lecturer.locator("#open").click()
            code = lecturer.locator(".code").inner_text()
            phone.goto(f"{address}/join?c={code.replace(' ', '-')}")
            phone.locator("#join button").click()
            lecturer.locator("#step-vote").click()
            lecturer.locator("#choose").click()
            phone.locator("#vote-anger").click()
            expect(lecturer.locator("#votes")).to_have_text("1 vote")
            return round(time.monotonic() - started, 1)
        except (AssertionError, Error) as error:
            raise CheckFailed(f"It was not possible to hold a class ({str(error).splitlines()[0]}).") from error
        finally:
            browser.close()
