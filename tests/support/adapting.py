"""How a visitor adapts a model in the page, and what its maps hold."""

import re

from playwright.sync_api import expect

SLOW = 120_000  # milliseconds; a busy machine adapts slowly
ENDED = re.compile("Ended after|Stopped before the first epoch")
LONG = 60  # epochs: on a busy machine a click may come seconds after the button can be pressed
TRACES = """side => document.querySelector(`#map-${side} .js-plotly-plot`).data"""


def open_tab(page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


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
