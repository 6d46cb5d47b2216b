"""A bigger encoder on the Adapt tab of a page that has packs of it and no weights."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from xser_demo import settings
from xser_demo.features import packs
from xser_demo.features.frozen import get

SLOW = 120_000  # milliseconds
NAME = "wavlm-base"


@pytest.fixture
def served(serving, tmp_path):
    """Beside the packs of two corpora lie others, of frames that no encoder made."""
    for one in settings.ASSETS.iterdir():
        if one.name != "packs":
            (tmp_path / one.name).symlink_to(one)
    for one in (settings.ASSETS / "packs").iterdir():
        (tmp_path / "packs" / one.name).mkdir(parents=True)
        for file in one.iterdir():
            if file.name == "card.json":
                (tmp_path / "packs" / one.name / file.name).write_bytes(file.read_bytes())
            else:
                (tmp_path / "packs" / one.name / file.name).symlink_to(file)
    random = np.random.default_rng(0)
    for key in ("emodb", "emovo"):
        there = packs.load(key).utterances
        frames = [random.normal(size=(5, get(NAME).dim)).astype(np.float32) for _ in there]
        card = {"rate_hz": 10, "weights_sha256": "0" * 64, "licence": "MIT"}
        packs.add(packs.make(key, there, frames, card, feature=NAME), tmp_path / "packs" / key)
    with serving(XSER_ASSETS=str(tmp_path), XSER_ENCODERS=str(tmp_path / "none")) as address:
        yield address


def pick(page, menu: str, option: str) -> None:
    page.locator(f"#{menu} input").click()
    page.get_by_role("option", name=re.compile(option)).first.click()


def test_it_can_be_chosen_adapts_and_says_that_it_hears_no_clip(open_page, served, shoot):
    page = open_page(address=served, query="?tab=adapt&source=emodb&target=emovo&method=zscore")
    page.locator("#adapt-fine-tune").get_by_text("Fine-tune").click()
    expect(page.locator("#adapt-encoder input")).to_have_value(re.compile("shipped"))
    expect(page.locator("#adapt-line")).to_contain_text("this method trains nothing", timeout=SLOW)
    expect(page.locator("#adapt-line")).not_to_contain_text("Listen")
    pick(page, "adapt-encoder", "WavLM Base")
    expect(page.locator("#adapt-line")).to_contain_text("so it cannot hear a clip in Listen", timeout=SLOW)
    page.locator("#adapt-source input").click()
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("Escape")
    shoot(page, "adapt-encoder", full=True)
    page.locator("#adapt-go").click()
    expect(page.locator("#adapt-runs")).to_contain_text("on WavLM Base", timeout=SLOW)
    pick(page, "adapt-system", "Cai 2021")
    expect(page.locator("#adapt-encoder")).not_to_be_visible(timeout=SLOW)
    page.locator("#adapt-hear").click()
    expect(page.locator("#cards .x-card", has_text="Your model")).to_be_visible(timeout=SLOW)
    page.locator("#voice").click()
    expect(page.locator("#cards")).to_contain_text("The weights of WavLM Base are not here", timeout=SLOW)
