"""``xser predict``: answers as they come, one bad file costs itself, long files, pipes, and models by name."""

import io
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from xser_demo.audio.io import load
from xser_demo.cli.main import main
from xser_demo.experiments import clip_answers
from xser_demo.networks import checkpoints
from xser_demo.reporting import model_zip
from xser_demo.utils import settings

CLIPS = [str(settings.EXAMPLES / name) for name in ("de-slow-low.flac", "it-medium.flac")]
ADAPTED = "ravdess-emodb-coral-infomax-em"
MODEL = ("--model", "ravdess-source")
COMMAND = [sys.executable, "-m", "xser_demo", "predict", *MODEL]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(settings.ROOT)}


def run(capsys, *arguments: str):
    """Exit status, standard output and standard error of one call."""
    status = main(["predict", *arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    """Seventy seconds of sentences with pauses of a second."""
    spoken = [load(file).samples for file in sorted(settings.EXAMPLES.glob("*.flac"))]
    sound = np.concatenate([x for voice in spoken * 3 for x in (voice, np.zeros(16_000, np.float32))])
    file = tmp_path_factory.mktemp("long") / "long.wav"
    soundfile.write(file, sound[: 70 * 16_000], 16_000)
    return str(file)


@pytest.fixture
def bad_files(tmp_path):
    """Files that are no sound, each with a word of its reason."""
    silent, text = tmp_path / "silent.wav", tmp_path / "text.wav"
    soundfile.write(silent, np.zeros(16_000), 16_000)
    text.write_text("no sound")
    return {str(silent): "silent", str(text): "text file", str(tmp_path / "none.wav"): "not there"}


def test_a_bad_file_costs_itself(capsys, bad_files):
    status, out, err = run(capsys, CLIPS[0], *bad_files, CLIPS[1], *MODEL)
    assert status == 2 and [line.split("  ")[0] for line in out.splitlines() if not line.startswith(" ")] == CLIPS
    lines = err.splitlines()
    assert len(lines) == len(bad_files)
    for line, (file, reason) in zip(lines, bad_files.items(), strict=True):
        assert line.startswith(f"error: {file}: ") and reason in line


def test_jsonl_has_an_object_for_each_file(capsys, bad_files):
    status, out, _ = run(capsys, CLIPS[0], *bad_files, CLIPS[1], *MODEL, "--jsonl")
    objects = [json.loads(line) for line in out.splitlines()]
    assert status == 2 and [one["file"] for one in objects] == [CLIPS[0], *bad_files, CLIPS[1]]
    for one in objects:
        assert one["models"] if one["file"] in CLIPS else bad_files[one["file"]] in one["error"]


def test_json_is_one_document_with_the_errors(capsys, bad_files):
    status, out, _ = run(capsys, CLIPS[0], *bad_files, *MODEL, "--json")
    result = json.loads(out)
    assert status == 2 and [one["file"] for one in result["clips"]] == [CLIPS[0]]
    assert [one["file"] for one in result["errors"]] == list(bad_files)
    status, out, _ = run(capsys, CLIPS[0], *MODEL, "--json")
    assert status == 0 and json.loads(out)["errors"] == []
    status, out, err = run(capsys, CLIPS[0], *MODEL, "--json", "--jsonl")
    assert status == 2 and not out and "either --json or --jsonl" in err


def test_a_long_file_gets_an_answer_for_each_part(capsys, long_file):
    status, out, _ = run(capsys, long_file, CLIPS[0], *MODEL, "--jsonl")
    *parts, short = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and len(parts) >= 10 and "start_s" not in short
    for one in parts:
        assert one["file"] == long_file and 1 <= one["end_s"] - one["start_s"] <= 12.01
        assert one["duration_s"] == pytest.approx(one["end_s"] - one["start_s"], abs=0.02)
    assert [one["start_s"] for one in parts] == sorted(one["start_s"] for one in parts)
    status, out, _ = run(capsys, long_file, *MODEL)
    assert f"{long_file}, {parts[0]['start_s']:.1f} to {parts[0]['end_s']:.1f} s" in out


def test_a_part_is_predicted_like_a_clip_of_its_own(capsys, long_file, tmp_path):
    part = json.loads(run(capsys, long_file, *MODEL, "--jsonl")[1].splitlines()[3])
    samples = load(long_file, max_seconds=80).samples
    clip = samples[round(part["start_s"] * 16_000) :][: round(part["duration_s"] * 16_000)]
    soundfile.write(tmp_path / "part.wav", clip, 16_000, subtype="FLOAT")
    alone = json.loads(run(capsys, str(tmp_path / "part.wav"), *MODEL, "--jsonl")[1])
    one, other = (answer["models"][0]["probabilities"] for answer in (part, alone))
    assert one == pytest.approx(other, abs=0.02)


@pytest.mark.parametrize("form", ["folder", "zip", "zip without suffix"])
def test_a_model_of_ones_own_by_its_name(capsys, tmp_path, monkeypatch, form):
    """The names look like ids."""
    monkeypatch.chdir(tmp_path)
    name = "my-model.zip" if form == "zip" else "my-model"
    if form == "folder":
        shutil.copytree(settings.CHECKPOINTS / ADAPTED, name)
    else:
        model_zip.export_visitor_model(checkpoints.load(ADAPTED), tmp_path / name)
    status, out, _ = run(capsys, CLIPS[0], "--model", name, "--json")
    assert status == 0 and json.loads(out)["clips"][0]["models"][0]["id"] == ADAPTED


def test_a_shipped_id_comes_before_a_folder_or_file_of_that_name(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ravdess-source").write_text("something else")
    (tmp_path / "emodb-source").mkdir()
    for name in ("ravdess-source", "emodb-source"):
        status, out, _ = run(capsys, CLIPS[0], "--model", name, "--json")
        assert status == 0 and json.loads(out)["clips"][0]["models"][0]["id"] == name


@pytest.mark.parametrize("name", ["nobody", "empty-folder", "text-file"])
def test_what_is_no_model_is_refused_in_a_sentence(capsys, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty-folder").mkdir()
    (tmp_path / "text-file").write_text("no model")
    status, out, err = run(capsys, CLIPS[0], "--model", name)
    assert status == 2 and not out and len(err.splitlines()) == 1 and err.startswith("error: ")


# --- as a process of its own -----------------------------------------------------------------------------------------


def test_standard_input_is_read():
    with open(CLIPS[0], "rb") as clip:
        done = subprocess.run([*COMMAND, "-", "--jsonl"], stdin=clip, env=ENVIRONMENT, capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert answer["file"] == "-" and answer["models"][0]["id"] == "ravdess-source"


def test_standard_input_may_be_empty(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    status, out, err = run(capsys, "-", *MODEL)
    assert status == 2 and not out and err.startswith("error: -: The file is empty")


@pytest.mark.parametrize("both", [False, True], ids=["output", "output and messages"])
def test_a_closed_pipe_ends_in_one_line(long_file, both):
    with subprocess.Popen(
        [*COMMAND, long_file, CLIPS[0], long_file, "--jsonl"],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if both else subprocess.PIPE,
    ) as process:
        assert process.stdout.read(1) == b"{"
        process.stdout.close()
        err = b"" if both else process.stderr.read()
        assert process.wait() == 141
    if not both:
        assert err.decode().splitlines() == ["error: The program that read the output ended before it was complete."]


def test_ctrl_c_ends_in_one_line(long_file):
    with subprocess.Popen(
        [*COMMAND, *[long_file] * 20], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read().decode().splitlines() == ["error: Stopped by Ctrl-C."]
        assert process.wait() == 130


@pytest.mark.parametrize(
    "locale",
    [
        pytest.param({"LC_ALL": "C"}, marks=pytest.mark.more),
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONIOENCODING": "latin-1"},
    ],
)
def test_output_is_utf8_under_every_locale(tmp_path, locale):
    names = ["Ärger 怒り.flac", "none é.wav"]
    shutil.copy(CLIPS[0], tmp_path / names[0])
    done = subprocess.run(
        [*COMMAND, *names, b"W\xfct.wav", "--jsonl"],
        cwd=tmp_path,
        env=ENVIRONMENT | locale,
        capture_output=True,
        check=False,
    )
    assert [json.loads(line)["file"] for line in done.stdout.decode().splitlines()] == [*names, "W\ufffdt.wav"]
    assert names[1] in done.stderr.decode() and "Traceback" not in done.stderr.decode() and done.returncode == 2


def test_answers_come_as_they_are_known(long_file):
    """The first line is there long before the last one."""
    with subprocess.Popen(
        [*COMMAND, CLIPS[0], *[long_file] * 2], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        first = time.monotonic()
        process.stdout.read()
        assert time.monotonic() - first > 0.5 and process.wait() == 0


@pytest.mark.usefixtures("short_source")
def test_encoding_shows_one_moving_line_on_a_terminal(tmp_path, monkeypatch):
    for n in range(8):
        shutil.copy(CLIPS[n % 2], tmp_path / f"{n}.flac")
    monkeypatch.chdir(tmp_path)
    terminal, end = pty.openpty()
    with ThreadPoolExecutor(1) as reader, open(end, "w") as shown:
        said = reader.submit(until_closed, terminal)  # a terminal that nobody reads takes a few thousand characters
        monkeypatch.setattr(sys, "stderr", shown)
        status = main(["adapt", "--source", "ravdess", "--target", "folder:.", "--json", "--epochs", "1"])
        monkeypatch.undo()
        shown.close()
    os.close(terminal)
    lines = said.result().decode().split("\r\n")
    moving = [line for line in lines if "Encoding clip" in line]
    assert status == 0 and len(moving) == 1 and moving[0].count("\r\x1b[K") >= 8, lines


def until_closed(terminal: int) -> bytes:
    """All that is written on its other end."""
    shown = b""
    try:
        while block := os.read(terminal, 4096):
            shown += block
    except OSError:  # the other end was closed
        pass
    return shown


def test_answers_as_a_csv_that_label_reads(capsys, tmp_path, long_file):
    file = tmp_path / "answers.csv"
    status, _, _ = run(capsys, *CLIPS, long_file, *MODEL, "--csv", str(file))
    table = clip_answers.read(file)
    assert status == 0 and table.files[:2] == CLIPS and table.files[2].startswith(f"{long_file}#t=0")
    assert list(table.answers) == ["ravdess-source"] and len(set(table.files)) == len(table.files) > 4
    assert run(capsys, CLIPS[0], *MODEL, "--csv", str(tmp_path / "none" / "a.csv"))[0] == 2
