"""What the documents say is what is here: links, figures of the cards, sentences that the code says, commands."""

import csv
import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
import yaml

from xser_demo.cli.main import parser
from xser_demo.corpora import CORPORA, labels
from xser_demo.corpora.custom import tables
from xser_demo.corpora.custom.upload_limits import FILES, HOSTED, LOCAL
from xser_demo.data.domains import MIN_TARGET_CLIPS
from xser_demo.data.encode import MAX_SPEECH_S
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

ROOT = settings.ROOT
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
CARDS = (ROOT / "docs" / "cards.md").read_text()
# What the code fills in, as the quoted sentences have it.
FILLED = r"\.\.\.|\d[\d.]*(?: s\b)?|'\w+'|only anger is|it is not known who speaks|EmoDB|emodb|packs|One job .* is"
SAID = [*(ROOT / "xser_demo").rglob("*.py"), *(ROOT / "scripts").glob("*.sh")]


def joined(file: Path) -> str:
    """The text of a source file, with strings that were cut into lines put together, and without what fills them."""
    text = re.sub(r"\"\s*\n\s*(?:f?\"|\+ f?\")", "", file.read_text(encoding="utf-8"))
    return re.sub(r"\{[^{}]*\}", "...", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link


def test_the_index_has_every_document():
    index = (ROOT / "docs" / "README.md").read_text()
    assert {file.name for file in (ROOT / "docs").glob("*.md")} - {"README.md"} <= set(
        re.findall(r"\]\((\w[\w-]*\.md)", index)
    )
    assert "docs/README.md" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("page", ["start.md", "own-data.md"])
def test_sentences_in_quotes_are_the_codes_own(page):
    """What is filled in, such as a number, and what is left out is not compared."""
    code = " ".join("\n".join(joined(file) for file in SAID).split())
    quoted = re.findall(r'"([^"\n]{25,})"', (ROOT / "docs" / page).read_text())
    assert len(quoted) >= 5
    for sentence in quoted:
        for part in re.split(FILLED, sentence):
            if len(part.strip()) > 12:
                assert part.strip(" ;,.") in code, f"{sentence!r}: {part!r}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_understood(page):
    for block in re.findall(r"^```\w*\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("xser ") and "|" not in line:
                words = shlex.split(line.replace(" NAME", " emodb"), comments=True)[1:]
                parser().parse_args(words)  # leaves with an error otherwise


def test_limits_of_own_data_are_those_of_the_code():
    page = " ".join((ROOT / "docs" / "own-data.md").read_text().split())
    assert f"{FILES:,}; 1 GB, and no more than {LOCAL.ratio} times" in page
    assert f"{HOSTED.packed >> 20} MB where it is shared" in page and LOCAL.packed == 1 << 30
    assert f"{settings.MIN_CLIP_S} to {settings.MAX_CLIP_S:.0f} s" in page
    assert f"at least {MIN_TARGET_CLIPS}, at most {MAX_SPEECH_S / 3600:.0f} hours" in page
    assert f"{tables.MAX_BYTES >> 20} MB and {tables.MAX_ROWS:,} rows" in page
    assert ", ".join(labels.EMOTIONS) in page


@pytest.mark.parametrize("key", ["ravdess", "emodb", "emovo", "urdu"])
def test_a_data_card_has_the_packs_figures(key):
    known = CORPORA[key]
    card = re.search(rf"### {known.name}, {known.language_name}\n(.*?)(?=\n###|\nAESDD)", CARDS, re.DOTALL)[1]
    with open(settings.PACKS / key / "utterances.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    seconds = [float(row["duration_s"]) for row in rows]
    assert f"{len(rows):,} clips, {sum(seconds) / 3600:.2f} h, {min(seconds):.1f} to {max(seconds):.1f} s" in card
    people = {row["speaker"]: row["sex"] for row in rows}
    assert re.search(rf"\| Speakers \| {len(people)} ", card)
    sexes = Counter(people.values())
    assert f"{sexes['f']} women and {sexes['m']} men" in card
    line = re.search(r"\| Labels \| (.*) \|", card)[1]
    for emotion, number in Counter(row["emotion"] for row in rows).items():
        assert re.search(rf"\b{emotion}\b[^;]*?\b{number}\b", line), emotion
    folds = json.loads((ROOT / "xser_demo" / "corpora" / "splits" / f"{key}.json").read_text())["folds"]
    assert f"| Folds | {len(folds)}" in card


def test_the_model_table_is_that_of_the_cards():
    adapted = [card for card in checkpoints.cards() if card["target"]]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\d.*) \|$", CARDS, re.MULTILINE)
    assert sorted(key for key, _ in rows) == sorted(card["id"] for card in adapted)
    for card in adapted:
        uar, classes = card["uar"], len(card["labels"])
        low, high = (f"{100 * bound:.0f}" for bound in uar["ci95"])
        figures = " | ".join(f"{100 * uar[name]:.1f}" for name in ("source_only", "zscore", "adapted"))
        assert dict(rows)[card["id"]] == f"{classes}, {100 / classes:.0f} | {figures} [{low}, {high}]"
        assert card["mode"] == "transductive" and card["seed"] == 0


def yaml_files() -> list[Path]:
    return [ROOT / ".pre-commit-config.yaml", *sorted((ROOT / ".github").rglob("*.yml"))]


@pytest.mark.parametrize("file", yaml_files(), ids=lambda file: file.name)
def test_settings_of_the_forge_can_be_read(file):
    read = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(read, dict) and len(read) >= 1


def test_every_job_runs_what_make_has():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    run = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {name for line in run for name in re.findall(r"\bmake ([\w-]+)", line)}
    assert {"check", "test", "test-more"} <= called <= targets
    assert any("pip-audit -r requirements.lock" in line for line in run)
    assert not any("://" in line for line in run)  # where packages come from is set in the repository, not here
