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


MAP = "document.querySelector('#adapt-every-map .js-plotly-plot')"


def marked(page, clips: int | None) -> None:
    """Wait until the map marks so many clips, and nothing of the source; None: marks nothing."""
    page.wait_for_function(
        f"""wanted => {{
          const g = {MAP}, selected = g?.calcdata && g.data.slice(0, -1).map(trace => trace.selectedpoints);
          if (!selected) return false;
          if (wanted === null) return selected.every(one => !one);
          return selected.every((one, at) => one && (g.data[at].customdata || !one.length))
            && selected.flatMap(one => Array.from(one)).length === wanted;
        }}""",
        arg=clips,
    )


def search_and_pick_on_the_map(page) -> None:
    """A search in the table marks what it finds; clips that are picked on the map stay in the table."""
    table, line = page.locator("#adapt-every-table"), page.locator("#adapt-every-line")
    file = table.locator("[data-row]:visible").filter(has_text=".wav").first.inner_text()
    table.locator("input[type=text], input[type=search]").first.fill(file)
    table.locator("button[aria-label*=filter i], button.check-button").first.click()
    marked(page, 1)
    page.locator("#adapt-every-map").scroll_into_view_if_needed()
    box = page.evaluate(f"""() => {{
      const g = {MAP}, area = g.querySelector('.nsewdrag').getBoundingClientRect();
      return [area.left + 3, area.top + 3, area.right - 3, area.bottom - 3];
    }}""")
    left, top, right, bottom = box
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    expect(line).to_contain_text("24 clips")
    expect(page.locator("#adapt-every-which input:checked")).to_have_value("picked on the map")
    x, y = page.evaluate(f"""() => {{
      const g = {MAP}, at = g.data.findIndex(trace => trace.customdata), point = g.calcdata[at][0];
      const area = g.querySelector('.nsewdrag').getBoundingClientRect();
      return [area.left + g._fullLayout.xaxis.c2p(point.x), area.top + g._fullLayout.yaxis.c2p(point.y)];
    }}""")
    page.mouse.click(x, y)
    expect(line).to_contain_text(re.compile(r"^\s*1 clip\."))
    marked(page, 1)


@pytest.mark.more  # its parts: tests/ui/test_few_labels.py, tests/browser/test_recordings.py
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
    marked(page, None)
    page.locator("#adapt-every-which").get_by_text("changed by adapting").click()
    expect(page.locator("#adapt-every-line")).not_to_contain_text("24 clips")
    marked(page, int(page.locator("#adapt-every-line").inner_text().split()[0]))
    page.locator("#adapt-every-which").get_by_text("all clips").click()
    expect(page.locator("#adapt-every-line")).to_contain_text("24 clips")
    marked(page, None)
    table.locator("[data-row]:visible").filter(has_text=".wav").first.click()
    expect(page.locator("#adapt-every-picture .main-svg").first).to_be_visible(timeout=SLOW)
    expect(page.locator("#adapt-every-sound")).to_be_visible()
    page.wait_for_function(f"() => {MAP}.data.at(-1).x.length === 1")
    search_and_pick_on_the_map(page)
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
    expect(page.locator("#adapt-labels-clip")).to_contain_text("Clip 21", timeout=SLOW)
    expect(page.locator("#adapt-labels-line")).to_contain_text("20 labelled; each further one")
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
