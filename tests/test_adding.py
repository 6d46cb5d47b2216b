"""A stranger adds a method as docs/adding.md says, in a copy of this project."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from xser_demo import settings

GUIDE = (settings.ROOT / "docs" / "adding.md").read_text()
SAYS = """
import json
from xser_demo import methods
from xser_demo.benchmark import grid
from xser_demo.ui.adapt import offers
print(json.dumps({"method": "deep_coral" in methods.METHODS, "grid": "deep_coral" in grid.COMMON,
    "page": any("Deep CORAL" in str(one) for one in offers.method_choices(offers.COMMON, None))}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The project with the new file and its lines in the table; everything else is the same."""
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
    code, line = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    (place / "xser_demo" / "methods" / "deep_coral.py").write_text(code)
    table = place / "xser_demo" / "methods" / "__init__.py"
    text = table.read_text()
    table.unlink()
    text = text.replace("from xser_demo.methods.gan import GAN\n", f"{line}from xser_demo.methods.gan import GAN\n")
    table.write_text(text.replace("        MMD,\n", "        MMD,\n        DeepCoral,\n"))
    return place


def run(copy: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_it_is_on_the_page_and_in_the_benchmark(copy):
    assert run(copy, "-c", SAYS).strip() == '{"method": true, "grid": true, "page": true}'


def test_the_command_line_adapts_with_it(copy):
    out = run(
        copy,
        "-m",
        "xser_demo",
        "adapt",
        "--source",
        "urdu",
        "--target",
        "emovo",
        "--method",
        "deep_coral",
        "--epochs",
        "1",
    )
    assert "deep_coral" in out and "UAR" in out


def test_it_is_under_the_tests_that_all_methods_pass(copy):
    out = run(
        copy,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/methods/test_toy.py",
        "-k",
        "microphone and deep_coral",
    )
    assert "1 passed" in out
