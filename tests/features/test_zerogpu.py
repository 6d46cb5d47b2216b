"""The lent GPU of a ZeroGPU Space, with a stand-in for its package ``spaces`` that runs functions as it does: in a
fork, so that whatever they leave in globals is lost."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from xser_demo.utils import settings

SPACES = """
import multiprocessing, os, sys
assert "torch" not in sys.modules and "gradio" not in sys.modules, "spaces must come first"
decorated, calls = [], []

def GPU(duration):
    def decorate(function):
        decorated.append((function.__name__, duration))
        def call(clips):
            if len(calls) == int(os.environ.get("GRANTED", 99)):
                raise RuntimeError("You have exceeded your ZeroGPU quota")
            calls.append(len(clips))
            context = multiprocessing.get_context("fork")
            queue = context.SimpleQueue()
            worker = context.Process(target=lambda: queue.put(function(clips)))
            worker.start()
            result = queue.get()
            worker.join()
            return result
        return call
    return decorate
"""
ENCODE = """
import json, sys
from pathlib import Path
from xser_demo.features.encoders import zerogpu  # before torch comes
from xser_demo.corpora.custom.ingest import decode
from xser_demo.corpora.custom.scan import scan
from xser_demo.data import encode
from xser_demo.features.encoders import whisper
folder = Path(sys.argv[1])
zerogpu.BATCH_S = 4
*_, found = decode(folder, scan(folder))
*_, pack = encode.encode(folder, found)
print(json.dumps({
    "frames": (pack.values.float() * pack.scale + pack.offset).mean(0)[:8].tolist(), "starts": pack.starts.tolist(),
    "calls": zerogpu.spaces.calls if zerogpu.spaces else None, "here": whisper.blocks.cache_info().currsize,
    "decorated": zerogpu.spaces.decorated if zerogpu.spaces else None}))
"""


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Ten clips of one to two seconds, 14.5 s together."""
    folder = tmp_path_factory.mktemp("clips")
    for n in range(10):
        wave = 0.1 * np.random.default_rng(n).standard_normal(16_000 + 1_600 * n)
        (folder / ("angry" if n % 2 else "sad")).mkdir(exist_ok=True)
        soundfile.write(folder / ("angry" if n % 2 else "sad") / f"{n}.wav", wave, 16_000)
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Python with the stand-in on its path."""
    place = tmp_path_factory.mktemp("standin")
    (place / "spaces.py").write_text(SPACES)

    def start(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
        known = os.environ | {"PYTHONPATH": f"{place}{os.pathsep}{settings.ROOT}", "OMP_NUM_THREADS": "1"} | environment
        done = subprocess.run([sys.executable, *arguments], env=known, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done

    return start


@pytest.fixture(scope="module")
def usual(run, clips) -> dict:
    return json.loads(run("-c", ENCODE, str(clips)).stdout)


def same(result: dict, usual: dict) -> bool:
    return result["starts"] == usual["starts"] and np.allclose(result["frames"], usual["frames"], atol=0.02)


def test_no_gpu_outside_zerogpu_even_with_its_package(usual):
    assert usual["calls"] is None and usual["here"] == 1


def test_recordings_are_encoded_in_the_process_with_the_gpu(run, clips, usual):
    result = json.loads(run("-c", ENCODE, str(clips), SPACES_ZERO_GPU="true").stdout)
    assert result["decorated"] == [["_encode", 20]]
    assert sum(result["calls"]) == 10 and len(result["calls"]) > 2, "in stretches"
    assert result["here"] == 0, "this process never loaded the encoder"
    assert same(result, usual)


@pytest.mark.parametrize("granted", [pytest.param(0, marks=pytest.mark.more), 2])
def test_after_a_refusal_the_cpu_encodes_the_rest(run, clips, usual, granted):
    done = run("-c", ENCODE, str(clips), SPACES_ZERO_GPU="true", GRANTED=str(granted))
    result = json.loads(done.stdout)
    assert len(result["calls"]) == granted and result["here"] == 1 and same(result, usual)
    assert done.stderr.count("lends no GPU") == 1 and "exceeded your ZeroGPU quota" in done.stderr


def test_zerogpu_without_its_package_uses_the_cpu(clips, usual, tmp_path):
    known = os.environ | {"PYTHONPATH": str(settings.ROOT), "SPACES_ZERO_GPU": "1"}
    done = subprocess.run([sys.executable, "-c", ENCODE, str(clips)], env=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert same(json.loads(done.stdout), usual)


def test_the_app_imports_it_before_torch(run):
    """The stand-in asserts that."""
    code = """
import os, runpy, sys, types
os.environ["PORT"] = "0"  # any that is free
sys.modules["xser_demo.ui.app"] = types.SimpleNamespace(launch=lambda *_: print(sys.modules["spaces"].decorated))
runpy.run_path(sys.argv[1], run_name="__main__")
"""
    done = run("-c", code, str(settings.ROOT / "app.py"), SPACES_ZERO_GPU="true")
    assert "_encode" in done.stdout
