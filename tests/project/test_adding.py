"""A stranger adds a method, a corpus, a tab and a perturbation as docs/adding.md says, in a copy of this project."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from xser_demo.utils import settings

pytestmark = pytest.mark.more

GUIDE = (settings.ROOT / "docs" / "adding.md").read_text()
METHOD = """
import json
from xser_demo import methods
from xser_demo.benchmark import grid
from xser_demo.ui.shared import adapt_options
print(json.dumps({"method": "deep_coral" in methods.METHODS, "grid": "deep_coral" in grid.COMMON,
    "page": any("Deep CORAL" in str(one) for one in adapt_options.method_choices(adapt_options.COMMON, None))}))
"""
CORPUS = """
from xser_demo.cli.main import main
for words in ("list tones --json", "check tones --json", "pack tones --feature whisper --json", "list tones --json",
              "list --json"):
    assert main(["corpora", *words.split(), *(["--corpora", {place!r}] if "tones" in words else [])]) == 0
    print("---")
assert main("adapt --source tones --target emovo --method zscore --epochs 1 --json".split()) == 0
"""
TAB = """
import json, os, socket, httpx
from xser_demo.ui import app
from xser_demo.ui.navigation import links
page = app.build()
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
page.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, ssr_mode=False)
config = httpx.get(f"http://127.0.0.1:{port}/config").json()
tabs = {one["props"]["id"]: one["id"] for one in config["components"] if one["type"] == "tabitem"}
told = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "level-message")
opened = [one["outputs"] for one in config["dependencies"] if [tabs["level"], "select"] in one["targets"]]
link = links.read({"tab": "level"})
found = {"tabs": list(tabs), "refreshes": opened == [[told]], "link": [link.tab, link.note]}
print("\\n" + json.dumps(found), flush=True)
os._exit(0)
"""
SENTENCE = """
from xser_demo.inference import predict
from xser_demo.ui.tabs.level.tab import NO_CLIP, sentence
assert sentence(None) == NO_CLIP
print(sentence(predict.encode_file("assets/examples/de-slow-low.flac")))
"""


def blocks(section: str) -> list[str]:
    """The Python of a section of the guide; what is no Python by itself stands there as text."""
    text = next(part for part in GUIDE.split("\n## ") if part.startswith(f"{section}\n"))
    return re.findall(r"```(?:python|text)\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The project with the new files and their lines in the tables; everything else is the same."""
    place = tmp_path_factory.mktemp("copy")
    for one in settings.ROOT.iterdir():
        if one.name not in ("xser_demo", ".git", ".venv", "build"):
            (place / one.name).symlink_to(one)
    for file in (settings.ROOT / "xser_demo").rglob("*"):
        to = place / "xser_demo" / file.relative_to(settings.ROOT / "xser_demo")
        if file.is_dir():
            to.mkdir(parents=True, exist_ok=True)
        elif file.suffix != ".pyc":
            to.parent.mkdir(parents=True, exist_ok=True)
            to.symlink_to(file)

    def new(name: str, code: str) -> None:
        (place / "xser_demo" / name).parent.mkdir(exist_ok=True)
        (place / "xser_demo" / name).write_text(code)

    def put(name: str, *lines: tuple[str, str]) -> None:
        """``lines``: what is there, and what comes in front of it."""
        file = place / "xser_demo" / name
        text = file.read_text()
        file.unlink()
        for there, line in lines:
            assert text.count(there) == 1, there
            text = text.replace(there, line + there)
        file.write_text(text)

    code, line = blocks("A method")
    new("methods/deep_coral.py", code)
    put(
        "methods/__init__.py",
        ("from xser_demo.methods.gan import GAN\n", line),
        ("        MMD,\n", "        DeepCoral,\n"),
    )
    code, line, row = blocks("A corpus")
    new("corpora/layouts/tones.py", code)
    put("corpora/__init__.py", ("from xser_demo.corpora.layouts import (", line), ('    "shemo": shemo', row))
    code, line, tab, part, word = blocks("A tab")
    new("ui/tabs/level/tab.py", code)
    put(
        "ui/app.py",
        ("from xser_demo.ui.navigation.links import Link\n", line),
        ('            with gr.Tab("Systems"', tab),
        ("            (systems_tab, portraits),\n", part),
    )
    put("ui/navigation/vocabulary.py", ('    "yours": {},\n', word))
    code, line = blocks("A synthetic perturbation")
    new("audio/perturbations/bits.py", code)
    put(
        "audio/perturbations/__init__.py",
        ("from xser_demo.audio.perturbations.base import Perturbation\n", line),
        ("band, codec)\n", "bits, "),
    )
    return place


def run(copy: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"} | environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def passing(copy: Path, file: str, which: str) -> str:
    """The last line of pytest."""
    return run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, "-k", which).strip().splitlines()[-1]


def test_a_method_is_on_the_page_and_in_the_benchmark(copy):
    assert run(copy, "-c", METHOD).strip() == '{"method": true, "grid": true, "page": true}'


def test_the_command_line_adapts_with_a_method(copy):
    words = "-m xser_demo adapt --source urdu --target emovo --method deep_coral --epochs 1"
    out = run(copy, *words.split())
    assert "deep_coral" in out and "UAR" in out


def test_a_method_is_under_the_tests_that_all_methods_pass(copy):
    assert "1 passed" in passing(copy, "tests/methods/test_toy.py", "microphone and deep_coral")


def test_a_corpus_is_listed_checked_packed_and_adapted_from(copy, tmp_path):
    place, assets = tmp_path / "recordings" / "tones", tmp_path / "assets" / "packs"
    place.mkdir(parents=True)
    assets.mkdir(parents=True)
    (assets / "emovo").symlink_to(settings.PACKS / "emovo")
    seconds = np.arange(9_600) / 16_000
    for speaker, sex in enumerate("fmfm", start=1):
        for pitch, emotion in enumerate(("ang", "hap", "neu", "sad")):
            for take in (1, 2):
                tone = 0.2 * np.sin(2 * np.pi * (100 + 40 * speaker + 25 * pitch + 5 * take) * seconds)
                end = 8_000 + 400 * speaker  # equal lengths would look cut
                soundfile.write(place / f"{speaker:02}{sex}_{emotion}_{take}.wav", tone[:end], 16_000)
    out = run(copy, "-c", CORPUS.format(place=str(place.parent)), XSER_ASSETS=str(assets.parent))
    before, check, pack, after, everything, adapted = map(json.loads, out.split("---"))
    assert (before[0]["name"], before[0]["pack"], after[0]["pack"]) == ("TONES", False, True)
    assert check[0]["complete"], check
    assert check[0]["found"] == pack[0]["clips"] == 32
    assert "tones" in [row["key"] for row in everything]
    assert adapted["source"] == "tones" and 0 <= adapted["uar"]["adapted"] <= 1


def test_a_tab_is_on_the_page_and_refreshed_when_it_is_opened(copy):
    found = json.loads(run(copy, "-c", TAB).strip().splitlines()[-1])
    assert found["tabs"].index("level") == found["tabs"].index("systems") - 1
    assert found["refreshes"] and found["link"] == ["level", ""]


def test_a_tab_says_what_it_found(copy):
    message = run(copy, "-c", SENTENCE).strip()
    assert re.fullmatch(r"Your speech has a level of -\d+ dBFS, \d+ dB above the background\.", message)


def test_a_shift_is_in_the_lab_and_under_the_tests_that_all_shifts_pass(copy):
    assert re.search(r"\b8 passed", passing(copy, "tests/audio/test_perturbations.py", "bits"))
    out = run(copy, "-c", "from xser_demo.ui.tabs.perturbations.tab import SHIFTS; print(SHIFTS)")
    assert "('Overload', 'clipping'), ('Few bits', 'bits')" in out
