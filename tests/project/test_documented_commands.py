"""The command blocks of the README and the documents run as they are written, each document in a fresh folder."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.utils import settings

PAGES = [settings.ROOT / "README.md", settings.ROOT / "CONTRIBUTING.md", *sorted(settings.ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = ("", "sh", "bash", "console", "text")
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:xser|make|python3?|pip|hf|docker|git|curl) .*", re.MULTILINE)
NOT_RUN = {  # the beginning of a command, and why it is not run here
    "make app": "serves until it is stopped; tests/browser starts the page",
    "HOST=0.0.0.0 make app": "serves until it is stopped",
    "python app.py": "serves until it is stopped; tests/browser starts the page",
    "xser app": "serves until it is stopped; tests/browser starts the page",
    "make wheels": "tests/project/test_wheels.py",
    "python3 -m venv": "tests/project/test_wheels.py",
    "python my-onnx/use_onnx.py": "tests/reporting/test_onnx.py runs the script",
    "make check": "runs this test suite",
    "make test": "runs this test suite",
    "make models": "minutes to hours; it replaces the shipped models",
    "make scores": "hours",
    "make systems": "hours",
    "make audits": "minutes; it replaces the shipped audits",
    "make packs": "minutes to hours; it replaces the shipped packs",
    "make bench": "an hour; needs other libraries and a quiet computer",
    "make fuzz": "hours; tests/hardened has the beginning",
    "make soak": "an hour",
    "python -m pip install": "two GB from the network; make test-more installs into a clean environment",
    "xser corpora get": "asks the owners of a corpus; tests/corpora/test_download.py has it with a server of its own",
    "xser encoders get": "a download; tests/cli/test_encoders.py has it with a server of its own",
    "xser corpora pack ravdess emodb": "needs a downloaded encoder; tests/cli/test_encoders.py has a small one",
    "xser adapt --source ravdess --target emodb --encoder": "needs a downloaded encoder",
    "xser adapt --source ravdess --target zip:mine.zip --encoder": "needs a downloaded encoder",
    "xser predict voice.wav --model my-model": "needs the model of the commands before it, with a downloaded encoder",
    "xser audit ravdess-emodb": "minutes; tests/audit has it on few clips",
    "xser benchmark run --suite preregistered": "hours",
    "xser benchmark systems": "hours on a GPU",
    "xser benchmark report DIR --write": "rewrites the results that the project ships",
    "xser corpora list tones": "tests/project/test_adding.py",
    "xser corpora check tones": "tests/project/test_adding.py",
    "xser corpora pack tones": "tests/project/test_adding.py",
    "xser adapt --source tones": "tests/project/test_adding.py",
    "xser label answers.csv": "a person labels; tests/cli/test_label.py",
    "xser classroom rehearse": "needs a running page; tests/browser/test_classroom.py sends the same phones to one",
    "xser space push": "publishes; tests/cli/test_space_push.py has it with a server of its own",
    "xser space build DIR --torch-index URL": "URL is a placeholder; command-line.md has it without",
    "hf auth login": "needs an account",
    "TORCH_INDEX=URL": "builds a container; tests/project/test_container.py checks its steps",
}

pytestmark = pytest.mark.more


def commands(page: Path) -> list[str]:
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    return [line for language, block in blocks if language in LANGUAGES for line in COMMAND.findall(block)]


def reason(line: str) -> str | None:
    """Why a command is not run; None for one that is."""
    return next((NOT_RUN[start] for start in sorted(NOT_RUN, key=len, reverse=True) if line.startswith(start)), None)


RUN = {page: [line for line in commands(page) if reason(line) is None] for page in PAGES}


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder with what the commands name: ``clip.wav``, ``mine.zip`` with speakers and emotions in folders and names,
    and ``xser`` to be found."""
    voices = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    soundfile.write(tmp_path / "clip.wav", voices[0], settings.SAMPLE_RATE)
    for number, samples in enumerate(voices * 4):
        emotion = ("anger", "happiness", "neutral", "sadness")[number % 4]
        speaker = ("anna", "ben", "cleo", "dora")[number // 8]
        file = tmp_path / "recordings" / speaker / emotion / f"{speaker}_{emotion}_{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, samples, settings.SAMPLE_RATE)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for file in sorted((tmp_path / "recordings").rglob("*.wav")):
            archive.write(file, file.relative_to(tmp_path / "recordings"))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "xser"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m xser_demo "$@"\n')
    program.chmod(0o755)
    return tmp_path


def provide(folder: Path, line: str, recordings: Path | None) -> None:
    """``DIR`` as this command means it: a folder of recordings, the corpora, or one that is made."""
    target = folder / "DIR"
    if "folder:DIR" in line or "--corpora DIR" in line:
        if target.is_symlink():
            target.unlink()
        shutil.rmtree(target, ignore_errors=True)
        target.symlink_to(folder / "recordings" if "folder:DIR" in line else recordings, target_is_directory=True)
    elif target.is_symlink():
        target.unlink()
    elif "space build" in line:
        shutil.rmtree(target, ignore_errors=True)


def test_every_command_is_run_or_stands_in_the_list():
    everything = [line for page in PAGES for line in commands(page)]
    assert len(everything) > 50 and sum(map(len, RUN.values())) > 18
    unused = [start for start in NOT_RUN if not any(line.startswith(start) for line in everything)]
    assert not unused, "take what no document has any more from the list"
    assert all(line.startswith("xser ") for lines in RUN.values() for line in lines), "run it, or say why not"


@pytest.mark.parametrize("page", [page for page in PAGES if RUN[page]], ids=lambda page: page.name)
def test_the_commands_of_a_document_run_as_written(page, place, recordings):
    for line in RUN[page]:
        if "--corpora DIR" in line and recordings is None:
            continue
        provide(place, line, recordings)
        environment = os.environ | {"PYTHONPATH": str(settings.ROOT), "PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", line], cwd=place, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stdout[-500:], done.stderr[-1000:])
        for flag in ("--out", "--report", "--onnx"):
            if made := re.search(rf"{flag} (\S+)", line):
                assert (place / made[1]).exists(), line
