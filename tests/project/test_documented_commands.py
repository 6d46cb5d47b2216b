"""The commands of docs/command-line.md run as they are written, one after another, in a folder of their own."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.utils import settings

GUIDE = (settings.ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
COMMANDS = [re.sub(r"\s+#.*", "", line) for line in re.findall(r"^xser .*", GUIDE, re.MULTILINE)]
NETWORK = [line for line in COMMANDS if " get " in line]  # from the owners; tests/corpora and tests/features have them

pytestmark = pytest.mark.more


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with ``clip.wav`` and ``mine.zip``, which the commands name."""
    folder = tmp_path_factory.mktemp("commands")
    voices = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    soundfile.write(folder / "clip.wav", voices[0], settings.SAMPLE_RATE)
    with zipfile.ZipFile(folder / "mine.zip", "w") as archive:
        for number, samples in enumerate(voices * 2):
            emotion = ("anger", "happiness", "neutral", "sadness")[number % 4]
            soundfile.write(folder / "one.wav", samples, settings.SAMPLE_RATE)
            archive.write(folder / "one.wav", f"{emotion}/{number}.wav")
    return folder


def test_the_guide_has_commands():
    assert len(COMMANDS) > 10 and len(NETWORK) == 2


def test_every_command_runs(place, recordings):
    for line in (line for line in COMMANDS if line not in NETWORK):
        if "corpora" in line:
            if recordings is None:
                continue
            lines = [line.replace("list|check|pack", action).replace("NAME", "emodb") for action in ("list", "check")]
            lines = [one.replace("DIR", str(recordings)) for one in lines]
        else:
            lines = [line.replace("DIR", f"made-{COMMANDS.index(line)}")]
        for one in lines:
            command = [sys.executable, "-m", "xser_demo", *one.split()[1:]]
            environment = os.environ | {"PYTHONPATH": str(settings.ROOT)}
            done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (one, done.stdout[-500:], done.stderr[-1000:])
    assert (place / "run.html").is_file() and (place / "my-model" / "card.json").is_file()
