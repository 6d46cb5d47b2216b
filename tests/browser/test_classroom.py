"""A class in a real browser: one phone in every run, and the whole hour with a crowd of simulated ones."""

import asyncio
import random
import re
import threading
from urllib.parse import urlsplit

import httpx
import pytest
from accessibility import faults
from playwright.sync_api import expect

from xser_demo.cli.classroom import rehearsal
from xser_demo.cli.classroom.phones import Phone, Seen

PHONE = {"width": 390, "height": 844}
CROWD = 37
SLOW = 120_000


def lecturer(open_page, address):
    page = open_page(query="/class", address=address, ready="#open")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#open").click()
    page.locator(".qr svg").wait_for()
    return page, page.locator(".code").inner_text()


def phone(open_page, address, code):
    page = open_page(**PHONE, query=f"/join?c={code.replace(' ', '-')}", address=address, ready="#code")
    page.locator("#join .first").click()
    expect(page.locator("h1")).to_have_text("You are in")
    return page


def fits(page) -> bool:
    """Nothing scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_phone_joins_votes_and_is_told_of_the_end(open_page, server, shoot):
    front, code = lecturer(open_page, server)
    there = phone(open_page, server, code)
    expect(front.locator(".count")).to_have_text("1 phone joined")
    for page in (front, there):
        assert not faults(page)
    front.locator("#step-vote").click()
    front.locator("#choose").click()
    expect(front.locator("#spectrogram")).to_have_attribute("src", re.compile("^blob:"))
    there.context.set_offline(True)  # a lost line loses the vote that was not sent, and nothing else
    there.locator("#vote-anger").click()
    expect(there.locator(".note")).to_contain_text("The line to the class is lost")
    there.context.set_offline(False)
    there.locator("#vote-anger").click()
    expect(front.locator("#votes")).to_have_text("1 vote")
    expect(front.locator("#bars")).to_contain_text("from 5 votes on")
    there.reload()  # a reload loses nothing
    expect(there.locator("#vote-anger")).to_have_attribute("aria-pressed", "true")
    expect(there.locator("#vote-sadness")).to_be_disabled()
    front.locator("#reveal").click()
    expect(there.locator(".facts")).to_contain_text("Learned English")
    for theme in ("light", "dark"):
        for page in (front, there):
            page.emulate_media(color_scheme=theme)
            assert not faults(page) and fits(page)
    shoot(there, "class-phone-vote-dark")
    front.locator("#step-speak").click()
    there.locator("#agree").wait_for()
    assert not faults(there)
    front.locator("#step-end").click()
    front.locator("#end").click()
    expect(there.locator(".note")).to_contain_text("deleted")
    front.locator("#open").wait_for()


def crowd(address: str, code: str, clips: list) -> threading.Thread:
    """Simulated phones that take part until the class ends."""

    async def live() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=address, verify=False, timeout=60, limits=limits) as client:
            seen = Seen()
            people = (Phone(client, own, random.Random(n), seen) for n, own in enumerate(clips))
            await asyncio.gather(*(one.live(code, 2.0) for one in people))

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    return thread


@pytest.mark.more
def test_the_hour(open_page, class_room, corpora_dir, shoot):
    """A lecturer, three phones at 390 px, one of them over plain http, and 37 simulated ones."""
    where = urlsplit(class_room)
    plain = f"http://classroom.test:{where.port + 1}"
    clips = rehearsal.voices(corpora_dir, CROWD, random.Random(4))
    front, code = lecturer(open_page, class_room)
    expect(front.locator(".address")).to_contain_text(f":{where.port + 1}/join")  # phones vote over plain http
    others = crowd(class_room, code, clips)
    one, two, voter = (phone(open_page, address, code) for address in (class_room, class_room, plain))
    phones = (one, two, voter)
    expect(front.locator(".count")).to_have_text(f"{CROWD + 3} phones joined", timeout=SLOW)
    shoot(front, "class-1-join")

    front.locator("#step-vote").click()
    front.locator("#count").select_option("4")
    front.locator("#choose").click()
    for number in range(4):
        expect(front.locator("h2")).to_contain_text(f"Clip {number + 1} of 4")
        for page, emotion in zip(phones, ("anger", "neutral", "sadness"), strict=True):
            expect(page.locator("#step")).to_contain_text(f"Clip {number + 1} of 4")
            page.locator(f"#vote-{emotion}").click()
        expect(front.locator("#votes")).to_have_text(f"{CROWD + 3} votes", timeout=SLOW)
        expect(front.locator(".bars")).to_be_visible()
        assert "Labelled" not in front.locator("#content").inner_text()
        if number == 0:
            expect(front.locator("#play")).to_be_visible()
            shoot(front, "class-2-vote")
        front.locator("#reveal").click()
        expect(front.locator(".answers")).to_contain_text("Learned English")
        if number == 0:
            shoot(front, "class-3-answer")
            shoot(one, "class-phone-1-vote")
        front.locator("#next").click()
    expect(front.locator("#content")).to_contain_text("Fleiss' kappa")
    expect(front.locator(".scores")).to_contain_text("Know the language")
    shoot(front, "class-4-people-and-models")

    front.locator("#step-speak").click()
    one.locator("#agree").wait_for()
    shoot(one, "class-phone-2-consent")
    expect(voter.locator("#recording a")).to_have_attribute(
        "href", re.compile("^https://.*/join#")
    )  # no microphone here
    for page in (one, two):
        page.locator("#agree").click()
        page.locator("#act-sadness").click()
        page.locator("#record").click()
        expect(page.locator("#record")).to_have_text("Stop")
        page.wait_for_timeout(2500)
        page.locator("#record").click()
        expect(page.locator("#take-status")).to_contain_text("Your clip is in", timeout=SLOW)
    shoot(one, "class-phone-3-own-clip")
    two.locator(".takes button").click()
    expect(two.locator(".takes")).to_have_count(0)
    # The voter moves to the encrypted page and is the same member there.
    token = voter.evaluate("JSON.parse(localStorage.getItem('class-member')).token")
    voter.goto(f"{class_room}/join#{code.replace(' ', '-')}.{token}")
    voter.locator("#agree").wait_for()
    assert token not in voter.url
    expect(front.locator("svg.map .student").first).to_be_visible(timeout=SLOW)
    expect(front.locator(".big")).to_contain_text(f"of {CROWD + 1} students", timeout=SLOW)

    front.locator("#step-map").click()
    expect(front.locator("table")).to_contain_text("by each student's own", timeout=SLOW)
    front.wait_for_timeout(3000)
    shoot(front, "class-5-map")
    assert not faults(front)

    front.locator("#step-predict").click()
    for page in phones:
        page.locator("#forecast-better").click()
    expect(front.locator("#content")).to_contain_text(f"{CROWD + 3} answers", timeout=SLOW)
    shoot(front, "class-6-forecast")

    front.locator("#step-adapt").click()
    front.locator("#run").click()
    front.locator("svg.map .student").first.wait_for(timeout=SLOW)
    shoot(front, "class-7-adapting")
    expect(front.locator(".verdict")).to_contain_text("Measured", timeout=5 * SLOW)
    expect(front.locator(".scores > div")).to_have_count(4)
    expect(one.locator(".takes")).to_contain_text("adapted to the other half")
    shoot(front, "class-8-scores")
    shoot(one, "class-phone-4-before-and-after")
    for page in (front, one):
        assert not faults(page) and fits(page)

    with front.context.expect_page() as opened:
        front.locator("#notes").click()
    notes = opened.value
    expect(notes.locator("#content")).to_contain_text("Weight 0 trains exactly as long")
    shoot(notes, "class-notes")
    notes.locator("#forward").click()
    expect(front.locator("h1")).to_have_text("Take away")
    for kind in ("html", "csv"):
        with front.expect_download() as saved:
            front.locator(f"#save-{kind}").click()
        text = saved.value.path().read_text(encoding="utf-8")
        assert "Fleiss" in text and token not in text
    front.locator("#end").click()
    for page in phones:
        expect(page.locator(".note")).to_contain_text("deleted")
    shoot(one, "class-phone-5-end")
    others.join(30)
    assert not others.is_alive()
