"""xser space push, against a fake hub: the folder arrives byte for byte."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xser_demo.cli.space import folder
from xser_demo.utils import settings

pytestmark = pytest.mark.more  # each push is a process of its own
SMALL = ("--without", "ravdess", "emovo", "urdu")


def push(hub, home: Path, *options: str, name="lab/shift", **environment: str) -> subprocess.CompletedProcess:
    """A process of its own: huggingface_hub reads its settings at import. Its home has no login."""
    known = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING"))}
    known |= {"HOME": str(home), "HF_HOME": str(home / "hf"), "HF_ENDPOINT": hub.address, "HF_HUB_DISABLE_XET": "1"}
    known |= {"PYTHONPATH": str(settings.ROOT), "NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_TELEMETRY": "1"} | environment
    command = [sys.executable, "-m", "xser_demo", "space", "push", name, *options]
    return subprocess.run(command, env=known, capture_output=True, text=True, timeout=120)


def below(place: Path) -> dict[str, bytes]:
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()}


def test_the_space_is_the_folder_byte_for_byte(hub, token, tmp_path):
    hub.files = {".gitattributes": b"kept", "xser_demo/gone.py": b"of a version before", "notes.txt": b"the owner's"}
    done = push(hub, tmp_path, *SMALL, "--private", HF_TOKEN=token)
    assert done.returncode == 0, done.stderr
    folder.build(tmp_path / "space", folder.Plan(without=SMALL[1:]))
    expected = below(tmp_path / "space")
    assert hub.files == expected | {".gitattributes": b"kept", "notes.txt": b"the owner's"}
    assert "assets/packs/emodb/whisper.safetensors" in hub.large and "README.md" not in hub.large
    created = hub.created[0]
    assert (created["type"], created["sdk"], created["visibility"]) == ("space", "gradio", "private")
    assert f"{hub.address}/spaces/lab/shift" in done.stdout and token not in done.stdout + done.stderr
    assert "--torch-index" in done.stderr, "several GB are said beforehand"


def test_a_zerogpu_space_is_created_on_zerogpu(hub, token, tmp_path):
    done = push(hub, tmp_path, *SMALL, "--hardware", "zerogpu", HF_TOKEN=token)
    assert done.returncode == 0 and "--torch-index" not in done.stderr, done.stderr
    assert hub.created[0]["hardware"] == "zero-a10g" and b"torch==2.11.0" in hub.files["requirements.txt"]


def test_without_a_login_no_request_is_made(hub, tmp_path):
    done = push(hub, tmp_path, *SMALL)
    assert done.returncode == 2 and "error: You are not logged in to Hugging Face: run 'hf auth login'" in done.stderr
    assert not hub.asked


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not know your token"),
        (402, "--hardware zerogpu"),
        (403, "may not write to lab/shift"),
        (418, "answered 418: refused"),
    ],
)
def test_error_of_a_refusal(hub, token, tmp_path, status, said):
    hub.refuse = status
    done = push(hub, tmp_path, *SMALL, HF_TOKEN=token)
    assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith("error: ") and said in done.stderr
    assert "Traceback" not in done.stderr and not hub.files


def test_error_of_an_unknown_token(hub, tmp_path):
    done = push(hub, tmp_path, *SMALL, HF_TOKEN="hf_of_nobody")
    assert done.returncode == 2 and "error: Hugging Face does not know your token" in done.stderr
    assert "hf_of_nobody" not in done.stderr


def test_errors_of_invalid_names_offline_mode_and_no_connection(hub, token, tmp_path):
    assert "give OWNER/NAME" in push(hub, tmp_path, *SMALL, name="shift", HF_TOKEN=token).stderr
    done = push(hub, tmp_path, *SMALL, HF_TOKEN=token, HF_HUB_OFFLINE="1")
    assert done.returncode == 2 and "HF_HUB_OFFLINE is set" in done.stderr
    done = push(hub, tmp_path, *SMALL, HF_TOKEN=token, HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 2 and "error: The connection to Hugging Face failed" in done.stderr
