"""Packs and models can be taken away; what is left works, and says what is missing."""

import os
import subprocess
import sys

import pytest

from xser_demo.utils import settings

CLIP = settings.EXAMPLES / "de-slow-low.flac"


def run(code: str, **environment: str) -> subprocess.CompletedProcess:
    """A process of its own: places are read from the environment at import."""
    code += "\nimport os, sys; sys.stdout.flush(); sys.stderr.flush(); os._exit(0)"  # do not wait for the warm-up
    return subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


# Not needed at once, and half a second to seconds each.
HEAVY = {"umap", "numba", "librosa", "captum", "matplotlib", "sklearn", "openTSNE", "scipy.signal", "scipy.fft", "av"}


@pytest.mark.parametrize(
    "places",
    [
        ["XSER_ASSETS", "XSER_CHECKPOINTS"],
        pytest.param(["XSER_ASSETS"], marks=pytest.mark.more),
        pytest.param(["XSER_CHECKPOINTS"], marks=pytest.mark.more),
    ],
    ids=" and ".join,
)
def test_the_page_is_built_without(places, tmp_path):
    code = f"import sys; from xser_demo.ui import app; app.build(); print({HEAVY} & set(sys.modules) or 'built')"
    done = run(code, **dict.fromkeys(places, str(tmp_path)))
    assert done.stdout.strip() == "built", done.stderr


def test_without_packs_models_still_answer_and_adapt_says_what_to_do(tmp_path):
    code = f"""
from xser_demo.cli.main import main
print(main(["predict", {str(CLIP)!r}, "--model", "ravdess-source"]))
print(main(["adapt", "--source", "ravdess", "--target", "emodb", "--method", "dann"]))
"""
    done = run(code, XSER_ASSETS=str(tmp_path))
    lines = done.stdout.splitlines()
    assert "ravdess-source" in lines[1] and lines[-2:] == ["0", "2"]
    assert done.stderr.startswith("error: ") and "xser corpora pack" in done.stderr
