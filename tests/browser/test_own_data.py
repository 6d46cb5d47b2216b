"""From a pile without labels to a score with an interval and a report, as docs/own-data.md walks through it."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.utils import settings

expect = pytest.importorskip("playwright.sync_api").expect
SLOW = 120_000  # ms


@pytest.fixture(scope="module")
def pile(tmp_path_factory) -> Path:
    """Voices without names that say anything."""
    file = tmp_path_factory.mktemp("pile") / "my pile.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for number, voice in enumerate(sorted(settings.EXAMPLES.glob("*.flac")) * 3):
            samples, sound = load(voice).samples, io.BytesIO()
            start = (number // 8) * settings.SAMPLE_RATE // 3
            soundfile.write(sound, samples[start:] * (0.4 + 0.02 * number), settings.SAMPLE_RATE, format="WAV")
            archive.writestr(f"{(number * 7919) % 1000:03}.wav", sound.getvalue())
    return file


def test_from_a_pile_without_labels_to_a_score(open_page, shoot, pile, tmp_path):
    page = open_page(query="?tab=yours")
    page.locator("#yours-drop input[type=file]").set_input_files(pile)
    expect(page.locator("#yours-preview")).to_contain_text("24 recordings", timeout=SLOW)
    expect(page.locator("#yours-look")).to_contain_text("24 clips", timeout=SLOW)
    expect(page.locator("#yours-look")).to_contain_text("Sources, nearest first", timeout=SLOW)
    expect(page.locator("#yours-look")).to_contain_text("The speakers are not known")
    shoot(page, "own-quick-look", full=True)
    page.locator("#yours-use").click()
    expect(page.locator("#adapt-target input")).to_have_value(re.compile("own"), timeout=SLOW)
    page.locator("#adapt-go").click()

    expect(page.locator("#adapt-labels")).to_contain_text("No labels, and yet a score", timeout=SLOW)
    page.locator("#adapt-every button").first.click()
    table = page.locator("#adapt-every-table")
    expect(page.locator("#adapt-every-line")).to_contain_text("24 clips", timeout=SLOW)
    page.locator("#adapt-every-which").get_by_text("changed by adapting").click()
    expect(page.locator("#adapt-every-line")).not_to_contain_text("24 clips")
    page.locator("#adapt-every-which").get_by_text("all clips").click()
    expect(page.locator("#adapt-every-line")).to_contain_text("24 clips")
    table.locator("[data-row]:visible").filter(has_text=".wav").first.click()
    expect(page.locator("#adapt-every-picture .main-svg").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#adapt-every-sound")).to_be_visible()
    shoot(page, "own-every-clip", full=True)
    with page.expect_download() as download:
        page.locator("#adapt-every-csv").click()
    with open(download.value.path(), newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 24 and "p:adapted:anger" in rows[0] and all(row["file"].endswith(".wav") for row in rows)

    page.locator("#adapt-labels-begin").click()
    for number in range(20):
        expect(page.locator(f"#adapt-labels-clip [data-clip='{number}'] audio")).to_be_visible(timeout=SLOW)
        page.keyboard.press(str(1 + number % 4))
    expect(page.locator("#adapt-labels-line")).to_contain_text("20 labelled", timeout=SLOW)
    expect(page.locator("#adapt-labels-score")).to_contain_text(re.compile(r"Adapted\s*\d+%\s*\d+% to \d+%"))
    shoot(page, "own-labels", full=True)
    page.keyboard.press("Backspace")
    expect(page.locator("#adapt-labels-clip")).to_contain_text("Clip 20", timeout=SLOW)
    page.locator("#adapt-labels-teach").click()
    expect(page.locator("#adapt-labels-line")).to_contain_text("9 of them taught", timeout=SLOW)
    expect(page.locator("#adapt-labels-score")).to_contain_text("Adapted and taught")

    with page.expect_download(timeout=SLOW) as download:
        page.locator("#adapt-save").click()
    report = Path(download.value.path()).read_text()
    assert "Every clip" in report and "Score from a few labels" in report
    assert "--target &#x27;zip:my pile.zip&#x27;" in report and all(row["file"] in report for row in rows)
