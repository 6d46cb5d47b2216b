"""Adding an encoder as in docs/encoders.md, in a copy of this project."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest

from xser_demo.features.encoders import registry
from xser_demo.features.torchaudio_cpu import torchaudio
from xser_demo.utils import settings

GUIDE = (settings.ROOT / "docs" / "encoders.md").read_text(encoding="utf-8")


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(place), "XSER_ENCODERS": str(place / "weights")}
    return subprocess.run(
        [sys.executable, "-m", "xser_demo", *arguments], cwd=place, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The project with one more row in the table."""
    place = tmp_path_factory.mktemp("copy")
    for file in (settings.ROOT / "xser_demo").rglob("*"):
        to = place / "xser_demo" / file.relative_to(settings.ROOT / "xser_demo")
        if file.is_file() and file.suffix != ".pyc":
            to.parent.mkdir(parents=True, exist_ok=True)
            to.symlink_to(file)
    (row,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    table = place / "xser_demo" / "features" / "encoders" / "registry.py"
    text = table.read_text()
    table.unlink()
    table.write_text(
        text.replace("    for encoder in (\n", f"    for encoder in (\n{indent(row.rstrip(), 8 * ' ')},\n")
    )
    return place


def test_the_new_encoder_is_listed(copy):
    done = run(copy, "encoders", "list", "wav2vec2-base", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    bundle = torchaudio.pipelines.WAV2VEC2_BASE
    assert row["address"].endswith("/" + bundle._path) and row["dim"] == bundle._params["encoder_embed_dim"]
    assert row["of"] == bundle._params["encoder_num_layers"] and not bundle._normalize_waveform and not row["here"]


def test_the_new_encoder_is_a_feature_of_adapt(copy):
    done = run(copy, "adapt", "--source", "ravdess", "--target", "emodb", "--encoder", "wav2vec2-base")
    assert done.returncode == 2 and "--encoder wav2vec2-base" in done.stderr, done.stderr


def test_the_guide_names_every_encoder_with_its_size_and_blocks():
    for name, one in registry.ENCODERS.items():
        first, last = one.blocks
        row = f"| `{name}` | {round(one.size / 1e6):,} MB | {one.dim} | {first}-{last} of {one.total_blocks} |"
        assert row in GUIDE
        assert GUIDE.count(f"| `{name}` |") == 1
