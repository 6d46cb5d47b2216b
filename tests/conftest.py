"""Fixtures for all tests."""

import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import permutations
from pathlib import Path

import hypothesis
import pytest
import torch

from xser_demo.experiments import run
from xser_demo.utils import settings

ROOT = Path(__file__).resolve().parents[1]

pytest_plugins = ("corpora_files", "hub", "small_encoders")
OWN_SERVERS = ("test_api.py", "test_corpus_download.py")

hypothesis.settings.register_profile("untimed", deadline=None)  # how long a case takes is for the benchmarks
hypothesis.settings.load_profile("untimed")
signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell, and their children, ignore it
# Small work; two threads that spin for each other are many times slower on a busy machine.
torch.set_num_threads(1)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # in the workers of pytest and in programs that tests start


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """For ``make test``: one process drives the browser, whose tests share a server, the other does all the rest, and
    the few browser tests that do not need that server, so that both take as long. With half of the browser's tests in
    each, pages had to wait for a processor and failed."""
    from xdist.scheduler import LoadScopeScheduling

    class OneBrowser(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "browser" if "/browser/" in file and not file.endswith(OWN_SERVERS) else file

    return OneBrowser(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser first: it takes longest."""
    items.sort(key=lambda item: item.path.parent.name != "browser")


@pytest.fixture(scope="session")
def recordings() -> Path | None:
    """Folder with the real corpora, if there is one: XSER_CORPORA, else ../shared/corpora beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "corpora"
    folder = Path(os.environ.get("XSER_CORPORA") or beside)
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def corpora_dir(recordings) -> Path:
    if recordings is None:
        pytest.skip("no recordings here: set XSER_CORPORA to the folder that holds the corpora")
    return recordings


@pytest.fixture(autouse=True)
def no_fetched_corpora(monkeypatch, tmp_path):
    """Corpora that somebody fetched into this checkout change nothing."""
    monkeypatch.setattr(settings, "CORPORA", tmp_path / "none")


@pytest.fixture
def short_source(monkeypatch) -> None:
    """Source models of one epoch, where nothing is asserted about how well they hear."""
    monkeypatch.setattr(run, "train_source", partial(run.train_source, epochs=1))


@pytest.fixture(scope="session")
def server(serving) -> Iterator[str]:
    """Address of ``app.py`` running as a process of its own."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def agents_server(serving) -> Iterator[str]:
    """Address of a page that serves agents too: for the tests of its endpoints."""
    with serving(XSER_MCP="1") as address:
        yield address


@pytest.fixture(scope="session")
def serving(tmp_path_factory) -> Callable[..., AbstractContextManager[str]]:
    """Serves the page with the environment variables that it is given."""
    return partial(_serving, tmp_path_factory)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def _serving(tmp_path_factory, spoiled: bool = False, **settings: str) -> Iterator[str]:
    """Its log must be free of errors, unless what is sent is ``spoiled``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    nothing = tmp_path_factory.mktemp("corpora")
    never = "100000"  # no test shows UMAP, and compiling it holds the others up
    environment = os.environ | {"XSER_CORPORA": str(nothing), "PORT": str(port), "XSER_WARM_UP_S": never}
    environment |= settings
    environment["GRADIO_TEMP_DIR"] = str(tmp_path_factory.mktemp("gradio"))
    with open(log, "w") as output:
        process = subprocess.Popen([sys.executable, ROOT / "app.py"], env=environment, stdout=output, stderr=output)
    address = f"{'https' if settings.get('HTTPS') else 'http'}://127.0.0.1:{port}"
    trusting = ssl._create_unverified_context()  # the certificate is signed by this computer only
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(address, timeout=5, context=trusting).read()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.2)
        else:
            pytest.fail("the page did not come up: " + log.read_text())
        yield address
    finally:
        process.terminate()
        process.wait(10)
    assert spoiled or "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture
def invented() -> dict:
    """A file of the benchmark's shape (``report.report``) with invented figures: four languages, four methods."""
    dice = random.Random(0)
    methods = {"source_only": "Source only", "zscore": "Target z-score", "dann": "DANN", "infomax": "InfoMax"}
    corpora = {"emodb": "German", "emovo": "Italian", "ravdess": "English", "urdu": "Urdu"}
    classes = ["anger", "happiness", "neutral", "sadness"]

    def row(source: str, target: str, mode: str, method: str, shift: str = "") -> dict:
        counts = [[80 if a == b else dice.randrange(30) for a in classes] for b in classes]
        recalls = {
            name: round(line[i] / sum(line), 4) for i, (name, line) in enumerate(zip(classes, counts, strict=True))
        }
        uar = round(sum(recalls.values()) / 4 + dice.uniform(-0.1, 0.1), 4)
        trained = method in ("dann", "infomax")
        return {
            "source": source, "target": target, "mode": mode, "shift": shift, "method": method, "labels": "four",
            "seeds": 5, "uar": uar, "ci95": [round(uar - 0.08, 4), round(uar + 0.07, 4)], "wa": uar, "macro_f1": uar,
            "n": 300, "speakers": 10, "floors": {"label_majority": 0.25, "speaker_majority": 0.31}, "control": False,
            "leave_one_out": "+" in source, "whole": True, "recalls": recalls, "confusion": counts, "ece": 0.14,
            "ece_calibrated": 0.03, "temperature": 0.5, "rules": None, "oracle": 0.9 if trained else None,
        }  # fmt: skip

    scores = []
    for source, target in permutations(corpora, 2):
        scores.append(row(source, target, "zero-shot", "source_only"))
        for mode in ("inductive", "transductive"):
            scores += [row(source, target, mode, method) for method in methods]
        scores += [row(source, target, "transductive", method, "70 anger") for method in methods]
    scores += [row("emodb+emovo+ravdess", "urdu", "transductive", method) for method in methods]
    scores += [row(key, key, "supervised", "source_only") for key in corpora]
    difference = {"mean": 0.03, "ci95": [-0.008, 0.062], "p": 0.1, "p_holm": 0.2, "pairs": 12, "won": 10, "lost": 2}
    return {
        "about": {
            "suite": "preregistered", "cells": 100, "of": 100, "labels": "four", "classes": classes,
            "epochs": {"source": None, "adaptation": None}, "draws": 2000, "recommended": "infomax",
            "recommended_title": "InfoMax", "methods": methods, "rules": [],
            "corpora": {key: {"name": key.upper(), "language": language} for key, language in corpora.items()},
        },
        "scores": scores,
        "gains": [
            {"set": "all pairs", "mode": mode, "over": over, "method": method} | difference
            for mode in ("inductive", "transductive")
            for over in ("source_only", "zscore")
            for method in ("dann", "infomax")
        ],
        "label_shift": [{"shift": "70 anger", "method": "infomax", "pairs": 12, "mean": 0.5, "ci95": [0.4, 0.6],
                         "over_zscore": {"mean": -0.05, "ci95": [-0.08, -0.02], "p": 0.01, "won": 1}}],
        "missing": [],
    }  # fmt: skip
