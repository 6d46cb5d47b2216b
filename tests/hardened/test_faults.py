"""Processes that are killed, files that are damaged, a server that starts again: what was finished survives, nothing
half written is ever loaded, and nobody's recordings stay behind."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from simulated import Refused, Visitor, run

from xser_demo.data import packs
from xser_demo.networks import checkpoints
from xser_demo.ui.jobs.queue import died
from xser_demo.utils import settings
from xser_demo.utils.errors import CorpusError, ModelError

ROUNDS = 25
VOICE = settings.EXAMPLES / "it-medium.flac"


def killed(work) -> None:
    """``work`` again and again in a process of its own, which dies at any moment."""
    child = os.fork()
    if child == 0:
        try:
            while True:
                work()
        finally:
            os._exit(1)
    time.sleep(random.uniform(0.01, 0.15))
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


def is_whole(folder: Path) -> bool:
    """False for what a kill in the middle of clearing away an older model has left."""
    try:
        return bool(checkpoints.read(folder))
    except ModelError:
        return False


def test_a_model_whose_writer_is_killed_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "CHECKPOINTS", tmp_path)
    loaded = checkpoints.read(settings.ROOT / "checkpoints" / "ravdess-source")
    folder = tmp_path / "mine"
    checkpoints.save(loaded.model, loaded.card, folder)
    missing = 0
    for _ in range(ROUNDS):
        killed(lambda: checkpoints.save(loaded.model, loaded.card, folder))
        assert [card["id"] for card in checkpoints.cards()] in (["ravdess-source"], [])
        if folder.exists():
            assert checkpoints.read(folder).card["weights_sha256"]
        else:  # between its two strokes; the one before lies beside it
            missing += 1
            whole = [old for old in tmp_path.glob(".mine.*.old") if is_whole(old)]
            assert whole, "neither the model nor the one before is there"
            whole[0].rename(folder)
    assert missing < ROUNDS / 2
    checkpoints.save(loaded.model, loaded.card, folder)
    assert checkpoints.load(folder).id == loaded.id


def test_a_pack_whose_writer_is_killed_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "PACKS", tmp_path)
    pack = packs.load("emodb", folder=settings.ROOT / "assets" / "packs" / "emodb")
    packs.save(pack, tmp_path / "emodb", "Terms.")
    for _ in range(ROUNDS):
        killed(lambda: packs.save(pack, tmp_path / "emodb", "Terms."))
        assert packs.available() in (["emodb"], [])
        if packs.available():
            assert len(packs.load("emodb")) == len(pack)


def test_a_training_that_is_killed_leaves_nothing_half_done(tmp_path):
    out = tmp_path / "mine"
    command = [sys.executable, "-m", "xser_demo", "adapt", "--source", "urdu", "--target", "emovo", "--out", str(out)]
    with subprocess.Popen(command, cwd=settings.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as training:
        said = b""
        while b"epoch" not in said.lower():
            said += os.read(training.stdout.fileno(), 1000)
            assert training.poll() is None, said
        training.kill()
    assert not list(tmp_path.iterdir())


def flip(file: Path) -> None:
    """One bit in its middle."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    file.write_bytes(data)


@pytest.fixture
def damaged(tmp_path) -> Path:
    """The shipped models, one of them with a wrong bit."""
    there = tmp_path / "checkpoints"
    there.mkdir()
    for one in (settings.ROOT / "checkpoints").iterdir():
        (there / one.name).symlink_to(one)
    (there / "emodb-source").unlink()
    shutil.copytree(settings.ROOT / "checkpoints" / "emodb-source", there / "emodb-source")
    flip(there / "emodb-source" / "weights.safetensors")
    return there


def test_a_damaged_model_is_named_and_the_others_are_read(damaged, monkeypatch):
    with pytest.raises(ModelError, match="'emodb-source' are not those of its card"):
        checkpoints.read(damaged / "emodb-source")
    monkeypatch.setattr(settings, "CHECKPOINTS", damaged)
    assert checkpoints.read(damaged / "ravdess-source").id == "ravdess-source"
    assert {"emodb-source", "ravdess-source"} <= {card["id"] for card in checkpoints.cards()}


@pytest.mark.more
def test_the_page_names_a_damaged_model_and_the_others_answer(serving, damaged):
    async def visit(address: str) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            visitor = Visitor(address, client)
            await visitor.open()
            await visitor.do("clip", "input", await visitor.upload(VOICE))
            assert "%" in str(visitor["cards"])
            await visitor.do("models", "input", ["ravdess-source", "emodb-source"])
            assert "emodb-source" in str(visitor["clip-line"]) and "get them again" in str(visitor["clip-line"])
            await visitor.do("models", "input", ["ravdess-source", "ravdess-emodb-mmd"])
            assert "%" in str(visitor["cards"])
            await visitor.leave()

    with serving(XSER_CHECKPOINTS=str(damaged)) as address:
        run(visit(address))


def test_a_damaged_pack_is_named(tmp_path, monkeypatch):
    shutil.copytree(settings.ROOT / "assets" / "packs" / "emodb", tmp_path / "emodb")
    assert len(packs.load("emodb", folder=tmp_path / "emodb")) > 500
    flip(tmp_path / "emodb" / "whisper.safetensors")
    with pytest.raises(CorpusError, match="'emodb' is damaged"):
        packs.load("emodb", folder=tmp_path / "emodb")
    assert len(packs.load("emodb", "mel", tmp_path / "emodb")) > 500


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried")]
)
def test_a_job_without_memory_says_so(error):
    said = str(died("The adaptation", error))
    assert "no memory left" in said and "cpp" not in said and said.endswith(".")


def start(place: Path, port: int, project: Path = settings.ROOT) -> subprocess.Popen:
    told = os.environ | {"TMPDIR": str(place), "PORT": str(port), "OMP_NUM_THREADS": "1", "XSER_WARM_UP_S": "100000"}
    told.pop("GRADIO_TEMP_DIR", None)
    command = [sys.executable, project / "app.py"]
    server = subprocess.Popen(command, cwd=project, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
            return server
        except httpx.TransportError:
            assert server.poll() is None
            time.sleep(0.2)
    raise TimeoutError


@contextmanager
def running(place: Path, port: int, project: Path = settings.ROOT) -> Iterator[subprocess.Popen]:
    """Ended as by its owner when the block ends, unless it was killed in it."""
    server = start(place, port, project)
    try:
        yield server
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def place(tmp_path) -> Path:
    """Where a server of this test keeps what is sent."""
    made = tmp_path / "tmp"
    made.mkdir()
    return made


def voices(place: Path) -> list[Path]:
    return [one for one in place.rglob("*") if one.is_file() and one.suffix in (".wav", ".flac", ".zip")]


@pytest.mark.more
def test_a_server_that_was_killed_leaves_no_voice_to_the_next(tmp_path, place, unused_port):
    bundle = tmp_path / "mine.zip"
    with zipfile.ZipFile(bundle, "w") as made:
        for number, voice in enumerate(sorted(settings.EXAMPLES.glob("*.flac"))):
            made.write(voice, f"anger/{number}.flac")

    async def visit() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            visitor = Visitor(f"http://127.0.0.1:{unused_port}", client)
            await visitor.open()
            await visitor.do("clip", "input", await visitor.upload(VOICE))
            await visitor.do("yours-drop", "upload", [await visitor.upload(bundle)])
            assert "anger" in str(visitor["yours-preview"])

    with running(place, unused_port) as server:
        run(visit())
        assert len(voices(place)) > 2
        server.kill()
        server.wait()
    assert voices(place), "nobody could tidy up"
    with running(place, unused_port):
        end = time.monotonic() + 30
        while voices(place) and time.monotonic() < end:
            time.sleep(0.2)
        assert not voices(place)


@pytest.fixture
def read_only(tmp_path):
    """This project where nothing can be written, not even by root: as in a container with a read-only disk."""
    place = tmp_path / "project"
    place.mkdir()
    if subprocess.run(["mount", "--bind", settings.ROOT, place], capture_output=True).returncode:
        pytest.skip("only root can mount")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", place], check=True)
        with pytest.raises(OSError):
            (place / "checkpoints" / "probe").touch()
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.more
def test_a_read_only_project_serves_and_adapts(read_only, place, unused_port, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(read_only))

    async def visit() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            visitor = Visitor(f"http://127.0.0.1:{unused_port}", client)
            await visitor.open()
            await visitor.do("clip", "input", await visitor.upload(VOICE))
            assert "%" in str(visitor["cards"])
            visitor.values[visitor.id("adapt-epochs")] = 1
            await visitor.do("adapt-go", "click")
            assert "UAR" in str(visitor["adapt-score"])
            await visitor.leave()

    with running(place, unused_port, read_only):
        run(visit())


@pytest.mark.more
def test_a_server_that_is_killed_under_load_serves_everybody_when_it_is_back(place, unused_port):
    """Six people send clip after clip; whoever gets no answer opens the page again, as a person would."""
    address = f"http://127.0.0.1:{unused_port}"
    answers = {"before": [0] * 6, "cut": [0] * 6, "after": [0] * 6}
    phase = "before"

    async def person(number: int, client: httpx.AsyncClient) -> None:
        while answers["after"][number] < 2:
            visitor, opened = Visitor(address, client), phase
            try:
                await visitor.open()
                while answers["after"][number] < 2:
                    begun = phase
                    await visitor.do("clip", "input", await visitor.upload(VOICE))
                    assert "%" in str(visitor["cards"])
                    answers[begun][number] += 1
            except (Refused, httpx.HTTPError):
                assert opened != "after" and phase != "before", "refused by a server that stands"
                await asyncio.sleep(0.3)
            finally:
                await visitor.leave()

    async def story() -> None:
        nonlocal phase
        async with httpx.AsyncClient(timeout=60) as client:
            people = asyncio.gather(*(person(number, client) for number in range(6)))
            while min(answers["before"]) < 1:
                await asyncio.sleep(0.1)
                assert not people.done(), people.result()
            phase = "cut"
            first.kill()
            first.wait()
            await asyncio.to_thread(servers.enter_context, running(place, unused_port))
            phase = "after"
            await asyncio.wait_for(people, 120)

    with ExitStack() as servers:
        first = servers.enter_context(running(place, unused_port))
        run(story())
    assert min(answers["before"]) >= 1 and min(answers["after"]) == 2
