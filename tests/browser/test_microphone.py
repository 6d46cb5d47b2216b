"""Consent, constraints, help when the microphone does not open, two takes of one sentence, and https; in a browser."""

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from xser_demo.ui.server import https
from xser_demo.ui.shared import consent, recorder
from xser_demo.utils import settings

# Before the page's own scripts: count what opens the real microphone, or let it fail as told.
STUB = """
const media = MediaDevices.prototype, open = media.getUserMedia;
window.opened = [];
media.getUserMedia = function (constraints) {
  window.opened.push(constraints.audio);
  if (window.fail) return Promise.reject(new DOMException('', window.fail));
  return open.call(this, constraints);
};
"""


def said(page, recorder="clip"):
    return page.locator(f"[data-mic='{recorder}'] .x-mic-said")


def test_nothing_opens_before_consent_which_is_asked_once_in_a_visit(open_page, record, shoot):
    page = open_page(before=STUB)
    button = page.locator("#clip .record-button")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Before the microphone opens")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading")).to_be_focused()
    shoot(page, "consent")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    expect(said(page)).to_contain_text("stays closed")
    assert page.evaluate("window.opened") == []

    record(page, 2)
    expect(said(page)).to_have_text(re.compile(r"^Your browser: gain control off, noise suppression off, .*kHz"))
    expect(page.locator("#scene-line")).to_be_empty()
    off = dict.fromkeys(recorder.NAMES, False)
    assert [one | off for one in page.evaluate("window.opened")] == page.evaluate("window.opened") != []
    shoot(page, "microphone")

    page.locator("#mic-controls summary").click()
    page.get_by_label("noise suppression").check()
    page.get_by_label("Clear").or_(page.get_by_role("button", name="Clear")).first.click()
    record(page, 1)  # would hang on a dialog that nobody expects: it is not asked again
    expect(said(page)).to_contain_text("noise suppression on")
    shoot(page, "microphone-settings")
    kept = page.evaluate("[document.cookie, localStorage.length, Object.keys(sessionStorage)]")
    assert kept == ["", 0, ["visit"]], "consent is for this visit only"


@pytest.mark.parametrize("code", ["ur", pytest.param("zh", marks=pytest.mark.more)])
def test_consent_is_asked_in_the_visitors_language_and_in_every_other(open_page, shoot, code):
    page = open_page(390, 844, "?__theme=dark" if code == "ur" else "", locale=code)
    page.locator("#clip .record-button").click()
    dialog = page.locator("#consent")
    assert dialog.get_attribute("lang") == code
    shoot(page, f"consent-{code}")
    for one, words in consent.LANGUAGES.items():
        page.locator("#consent-language").select_option(one)
        expect(dialog).to_have_attribute("dir", words.direction)
        expect(page.locator("#consent-accept")).to_have_text(words.accept)
        expect(page.locator("#consent-refuse")).to_have_text(words.refuse)
        for _, text in words.points:
            expect(dialog).to_contain_text(text)
        expect(page.locator("#consent-language")).to_be_focused()
        box, foot = dialog.bounding_box(), page.locator("#consent-refuse").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert foot["y"] + foot["height"] <= 844, f"{one}: the answer must be seen without scrolling"
    page.locator("#consent-refuse").click()
    expect(dialog).to_have_count(0)


def test_each_refusal_has_its_own_help(open_page, shoot):
    page = open_page(before=STUB)
    page.locator("#clip .record-button").click()
    page.evaluate("window.fail = 'NotAllowedError'")
    page.locator("#consent-accept").click()
    expect(said(page)).to_have_text(recorder.HELPS["denied"])
    shoot(page, "microphone-denied")
    for error, name in (("NotFoundError", "missing"), ("NotReadableError", "busy")):
        page.evaluate(f"window.fail = '{error}'")
        page.locator("#clip .record-button").click()
        expect(said(page)).to_have_text(recorder.HELPS[name])
    page.evaluate("window.fail = 'NotSupportedError'")
    page.locator("#clip .record-button").click()
    expect(said(page)).to_contain_text("did not start (NotSupportedError)")
    page.locator("#voice").click()
    expect(page.locator("#scene-line")).to_be_empty()  # examples go on working


def test_a_plain_http_address_is_explained_at_once(open_page, server, shoot):
    page = open_page(390, 844, address=server.replace("127.0.0.1", "classroom.test"))
    assert page.evaluate("window.isSecureContext") is False
    expect(said(page)).to_contain_text(re.compile(r"http://localhost:\d+; .* make app HTTPS=1"))
    page.locator("#clip .record-button").click()
    expect(page.locator("#consent")).to_have_count(0)
    expect(said(page)).to_have_class(re.compile("x-error"))
    shoot(page, "microphone-insecure")


@pytest.fixture
def framing(server, tmp_path):
    """Address of another site that shows the page in a frame."""
    (tmp_path / "index.html").write_text(f"<iframe src='{server}' width='1200' height='680'></iframe>")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}/"
        site.shutdown()


def test_a_frame_without_permission_is_explained(browser, framing, shoot):
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.goto(framing)
    inside = page.frame_locator("iframe").locator("[data-mic='clip'] .x-mic-said")
    expect(inside).to_have_text(recorder.HELPS["framed"], timeout=30_000)
    shoot(page, "microphone-framed")
    context.close()


def test_two_takes_of_a_sentence_differ_in_processing_only(open_page, record, shoot):
    page = open_page(before=STUB)
    page.get_by_role("tab", name="Shift lab").click()
    record(page, 2.5, "#mic-a")
    expect(said(page, "mic-a")).to_contain_text("gain control off, noise suppression off")
    expect(page.locator("#ab-line")).to_contain_text("once more for B")
    record(page, 2.5, "#mic-b")
    expect(said(page, "mic-b")).to_contain_text("gain control on, noise suppression on")
    asked = [one["autoGainControl"] for one in page.evaluate("window.opened")]
    assert sorted(set(asked)) == [False, True] and asked == sorted(asked)
    expect(page.locator("#ab-table tbody tr")).to_have_count(6)
    expect(page.locator("#ab-line")).to_contain_text("You spoke twice")
    for name in ("ab-sound-a", "ab-sound-b", "ab-map-before", "ab-map-after"):
        expect(page.locator(f"#{name} .js-plotly-plot")).to_be_visible()
    expect(page.locator("#ab-map-after .textpoint")).to_have_text(["A", "B"])
    shoot(page, "ab", full=True, after_s=0.5)


@pytest.mark.more
def test_two_takes_can_be_uploaded_on_a_phone(open_page, shoot, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    page = open_page(query="?__theme=dark")
    page.get_by_role("tab", name="Shift lab").click()
    expect(page.locator("#lab-uar .js-plotly-plot")).to_be_visible(timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    for side, file in (("a", "de-fast-high.flac"), ("b", "it-medium.flac")):
        box = page.locator(f"#mic-{side}")
        box.get_by_role("button", name="Upload file").click()
        box.locator("input[type=file]").set_input_files(settings.EXAMPLES / file)
        expect(page.locator("#ab-table tbody td").nth("ab".index(side))).to_contain_text("dBFS")
    expect(page.locator("#ab-map-after .js-plotly-plot")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "ab-narrow-dark", full=True, after_s=0.5)


def test_over_https_other_devices_record(open_page, record, class_room, shoot):
    """Opened as a phone would, by the address of the network where there is one."""
    where = class_room.replace("127.0.0.1", next(iter(https.lan_addresses()), "localhost"))
    page = open_page(390, 844, address=where)
    assert page.evaluate("window.isSecureContext")
    record(page, 2)
    expect(page.locator("#scene-line")).to_be_empty()
    page.locator("#join summary").click()
    expect(page.locator("#join a")).to_have_text(where)
    expect(page.locator("#join svg")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shoot(page, "microphone-join")
