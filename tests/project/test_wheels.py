"""Both wheels in a fresh environment that cannot be written to, as docs/start.md says: from another folder, without the
repository, a home and a network. The packages that they need are those of the environment of this test."""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from gradio_client import Client, handle_file

from xser_demo import api
from xser_demo.audio.io import load
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

pytestmark = pytest.mark.more

GUIDE = (settings.ROOT / "docs" / "start.md").read_text(encoding="utf-8")
SECTION = GUIDE.partition("### From two wheels\n")[2].partition("\n## ")[0]
MAKE, COMMANDS = (block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL))
NO_NETWORK = """
import socket
connect, look_up = socket.socket.connect, socket.getaddrinfo
def allow(host):
    if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", socket.gethostname()):
        open({log!r}, "a").write(str(host))
        raise OSError("there is no network")
def guarded(one, address):
    if one.family != socket.AF_UNIX:
        allow(address[0])
    return connect(one, address)
def guarded_look_up(host, *more, **named):
    allow(host)
    return look_up(host, *more, **named)
socket.socket.connect, socket.getaddrinfo = guarded, guarded_look_up
"""
RIGHTS_OF_ROOT = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER: with them root writes anywhere
DROP = 24  # PR_CAPBSET_DROP of prctl


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> list[Path]:
    """The program and the data package, built as ``make wheels`` does."""
    spec = importlib.util.spec_from_file_location("make_wheels", settings.ROOT / "scripts" / "make_wheels.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.build(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def place(tmp_path_factory, wheels) -> Iterator[Path]:
    """A folder with the environment ``env``, made by the first commands of the guide; all of it is read-only then, but
    ``tmp``."""
    place = tmp_path_factory.mktemp("computer")
    for one in wheels:
        shutil.copy(one, place)
    soundfile.write(place / "clip.wav", load(settings.EXAMPLES / "de-slow-low.flac").samples, settings.SAMPLE_RATE)
    create, activate, install = COMMANDS[:3]
    succeed(place, create)
    site = next((place / "env").glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"])
    succeed(place, f"{activate}; {install}")
    (site / "no_network.py").write_text(NO_NETWORK.format(log=str(place / "asked")))
    (site / "no_network.pth").write_text("import no_network")
    (place / "tmp").mkdir()
    (place / "asked").touch()
    shown = stamps(place)
    for one in [place, *place.rglob("*")]:
        if one.name not in ("tmp", "asked") and not one.is_symlink():
            one.chmod(one.stat().st_mode & ~0o222)
    yield place
    assert (place / "asked").read_text() == "", "something asked the network"
    assert stamps(place) == shown, "something was written where the program is"
    for one in [place, *place.rglob("*")]:
        if not one.is_symlink():
            one.chmod(one.stat().st_mode | 0o200)


def stamps(place: Path) -> dict[str, int]:
    return {str(one): one.lstat().st_mtime_ns for one in place.rglob("*") if (place / "tmp") not in (one, *one.parents)}


def start(place: Path, line: str, **more: str) -> subprocess.Popen:
    known = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(place / "nowhere"), "LANG": "C.UTF-8",
        "TMPDIR": str(place / "tmp"), "OMP_NUM_THREADS": "1", "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1",
    } | more  # fmt: skip
    return subprocess.Popen(
        ["bash", "-c", line], cwd=place, env=known, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=give_up_rights if sys.platform == "linux" and os.getuid() == 0 else None,
    )  # fmt: skip


def give_up_rights() -> None:
    """What is read-only is so for root, too."""
    for right in RIGHTS_OF_ROOT:
        ctypes.CDLL(None).prctl(DROP, right, 0, 0, 0)


def succeed(place: Path, line: str, status: int = 0, **more: str) -> str:
    with start(place, line, **more) as process:
        said = process.communicate(timeout=900)[0]
    assert process.returncode == status, said
    return said


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_guide_has_these_commands():
    assert MAKE == ["make wheels"]
    assert COMMANDS == [
        "python3 -m venv env",
        ". env/bin/activate",
        "python -m pip install xser_demo-*.whl xser_demo_data-*.whl",
        "xser models",
        "xser predict clip.wav",
        "xser app",
    ]


def test_the_program_has_the_encoder_and_nothing_of_the_corpora(wheels):
    program, data = (names(one) for one in wheels)
    encoder = "xser_demo/shipped/checkpoints/whisper-base-4/"
    assert {one for one in program if one.endswith((".safetensors", ".npz", ".flac", ".csv"))} == {
        f"{encoder}weights.safetensors"
    }
    assert f"{encoder}LICENSE" in program and {"LICENSE", "NOTICE"} <= {Path(one).name for one in program}
    code = {one.relative_to(settings.ROOT).as_posix() for one in (settings.ROOT / "xser_demo").rglob("*.[pj][ys]")}
    assert code <= program and not any("whisper-base-4" in one for one in data)


def test_the_data_package_has_every_model_and_pack_and_the_terms(wheels):
    files = names(wheels[1])
    needed = {*settings.CHECKPOINTS.rglob("*.safetensors"), *settings.PACKS.rglob("*.*"), *settings.EXAMPLES.iterdir()}
    needed |= {pack / "LICENSE" for pack in settings.PACKS.iterdir()} | {settings.ROOT / "NOTICE"}
    needed -= {settings.CHECKPOINTS / "whisper-base-4" / "weights.safetensors"}
    assert {f"xser_demo_data/{one.relative_to(settings.ROOT).as_posix()}" for one in needed} <= files
    assert not any(one.endswith((".py", ".svg", ".zip")) for one in files - {"xser_demo_data/__init__.py"})


def test_both_have_one_version_and_the_size_that_the_guide_says(wheels):
    assert len({one.name.split("-")[1] for one in wheels}) == 1
    said = [float(size) for size in re.findall(r"`xser_demo\w*-\*\.whl` \((\d+) MB", SECTION)]
    assert said == pytest.approx([one.stat().st_size / 1e6 for one in wheels], rel=0.02)


def test_nothing_can_be_written_there_and_no_network_be_reached(place):
    assert "ermission denied" in succeed(place, "touch env/lib/new", 1)
    code = "import socket; print(socket.socket.connect.__name__, socket.getaddrinfo.__name__)"
    assert succeed(place, f"{COMMANDS[1]}; python -c '{code}'") == "guarded guarded_look_up\n"


def test_it_has_every_model_from_any_folder(place):
    said = succeed(place, f". env/bin/activate; cd /; {COMMANDS[3]}")
    assert [line.split()[0] for line in said.splitlines()] == [card["id"] for card in checkpoints.cards()]


def test_it_answers_as_the_repository_does(place):
    """All models: their features include those of librosa, which compiles code into a cache."""
    said = succeed(place, f"{COMMANDS[1]}; {COMMANDS[4]}")
    answers = api.predict(place / "clip.wav", [card["id"] for card in checkpoints.cards()]).as_dict()["models"]
    expected = [f"{one['id']} {one['emotion']} {100 * max(one['probabilities'].values()):.0f}" for one in answers]
    assert re.findall(r"^  (\S+) +(\w+) +(\d+) %$", said, re.MULTILINE) == [tuple(one.split()) for one in expected]
    assert any((place / "tmp").rglob("*.nbi")), "compiled code is kept among the temporary files"


def test_it_serves_the_page_and_answers(place, unused_port):
    address, clip = f"http://127.0.0.1:{unused_port}", place / "clip.wav"
    with start(place, f"{COMMANDS[1]}; exec {COMMANDS[5]}", PORT=str(unused_port), XSER_WARM_UP_S="9999") as process:
        try:
            assert "Hear the domain shift" in first_page(address, process)
            answer = Client(address, verbose=False).predict(handle_file(clip), ["ravdess-source"], api_name="/predict")
        finally:
            process.terminate()
        said = process.communicate(timeout=60)[0]
    expected = api.predict(clip, ["ravdess-source"]).as_dict()["models"][0]["probabilities"]
    assert answer["clips"][0]["models"][0]["probabilities"] == pytest.approx(expected, abs=1e-3)
    assert "Traceback" not in said, said


def first_page(address: str, process: subprocess.Popen) -> str:
    for _ in range(3_000):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.read().decode()
        except OSError:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.1)
    raise AssertionError("the page did not come up")


def test_without_the_data_package_it_names_the_command_that_brings_it(wheels, place):
    with zipfile.ZipFile(wheels[0]) as archive:
        archive.extractall(place / "tmp" / "program")
    line = f"{sys.executable} -m xser_demo models"
    said = succeed(place, line, 2, PYTHONPATH=str(place / "tmp" / "program"))
    assert said == "error: There is no model here; get some with: python -m pip install xser_demo_data-*.whl\n"
