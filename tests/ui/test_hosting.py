"""The page on a Space and behind a proxy: who is told what, which address it takes, how much may be sent."""

import os
import runpy
import socket

import gradio as gr
import pytest

from xser_demo.cli.main import main
from xser_demo.corpora.custom.upload_limits import HOSTED, LOCAL
from xser_demo.ui import app
from xser_demo.ui.classroom import listener
from xser_demo.ui.server import hosting, https
from xser_demo.ui.server.blocks import Page
from xser_demo.utils import settings

SPACE = {"SPACE_ID": "lab/shift", "SPACE_HOST": "lab-shift.hf.space", "SYSTEM": "spaces"}
ELSEWHERE = ("SPACE_ID", "SPACE_HOST", "SYSTEM", "XSER_ADDRESS", "HOST", "PORT", "HTTPS", "GRADIO_SERVER_NAME",
             "GRADIO_SERVER_PORT", "XSER_CLASS", "XSER_CLASS_SECRET")  # fmt: skip

WRITTEN = ("GRADIO_ANALYTICS_ENABLED", "HF_HUB_OFFLINE")  # what the app sets goes again


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def shown(page) -> str:
    return "".join(str(one.value) for one in page.blocks.values() if isinstance(one, gr.HTML))


def test_a_space_shows_its_limits_and_a_way_to_a_copy_of_ones_own(monkeypatch):
    set_all(monkeypatch, SPACE)
    page = app.build(hosting.address())
    copies = [one for one in page.blocks.values() if isinstance(one, gr.DuplicateButton)]
    assert len(copies) == 1 and hosting.SPACE_NOTE in shown(page)
    assert any("spaces/lab/shift?duplicate=true" in str(fn.js) for fn in page.fns.values())
    assert "https://lab-shift.hf.space" in shown(page) and "self-signed" not in shown(page)


def test_nothing_of_it_anywhere_else():
    page = app.build("http://192.168.7.5:7860")
    assert not [one for one in page.blocks.values() if isinstance(one, gr.DuplicateButton)]
    assert hosting.SPACE_NOTE not in shown(page) and "no microphone" in shown(page)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (SPACE, "https://lab-shift.hf.space"),
        (SPACE | {"SPACE_HOST": "own.example,lab-shift.hf.space"}, "https://own.example"),
        ({"SPACE_ID": "lab/shift"}, "https://huggingface.co/spaces/lab/shift"),
        ({"XSER_ADDRESS": "https://demo.example/"}, "https://demo.example"),
    ],
)
def test_the_address_that_others_open(monkeypatch, environment, expected):
    set_all(monkeypatch, environment)
    assert hosting.address() == expected


def test_who_opens_a_proxys_address_needs_no_network_and_no_warning():
    said = https.invitation("https://demo.example", proxied=True)
    assert "Scan the code" in said and "warns" not in said
    assert "no microphone" in https.invitation("http://demo.example", proxied=True)
    assert https.invitation("http://localhost:7860", proxied=True) == "", "nobody else can open that"


@pytest.mark.parametrize(
    ("environment", "limits"),
    [({}, LOCAL), (SPACE, HOSTED), ({"XSER_ADDRESS": "http://localhost:7860"}, HOSTED)],
)
def test_how_much_may_be_sent(monkeypatch, tmp_path, environment, limits):
    """On a Space 200 MB, also where the network of its container is not seen."""
    set_all(monkeypatch, environment | {"GRADIO_TEMP_DIR": str(tmp_path)})
    monkeypatch.setattr(https, "lan_addresses", list)
    monkeypatch.setattr(app, "_warm_up", lambda: None)
    monkeypatch.setattr(Page, "launch", lambda page, **options: options)
    options = app.launch("0.0.0.0" if environment else "127.0.0.1")
    assert options["max_file_size"] == limits.packed == (200 << 20 if environment else 1 << 30)
    assert options["ssr_mode"] is False


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ("127.0.0.1", 7860, False)),
        ({"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "7861"}, ("0.0.0.0", 7861, False)),
        ({"GRADIO_SERVER_NAME": "0.0.0.0", "HOST": "127.0.0.1", "PORT": "80"}, ("127.0.0.1", 80, False)),
        ({"HTTPS": "1"}, ("0.0.0.0", 7860, True)),
    ],
)
def test_where_the_app_listens(monkeypatch, environment, expected):
    set_all(monkeypatch, environment)
    for name in WRITTEN:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    asked = []
    monkeypatch.setattr(app, "launch", lambda *where: asked.append(where))
    monkeypatch.setattr(listener, "is_free", lambda *_: True)
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(settings.ROOT / "app.py"), run_name="__main__")
    assert main(["app"]) == 0
    assert main(["app", "--host", "::1", "--port", "81", "--https"]) == 0
    assert asked == [expected, expected, ("::1", 81, True)]


def test_a_port_that_is_taken_is_one_sentence(monkeypatch, capsys):
    for name in WRITTEN:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["app", "--port", str(port)]) == 2
    said = f"error: The page cannot be served at 127.0.0.1, port {port}; choose others with HOST and PORT.\n"
    assert capsys.readouterr().err == said


def test_the_lecture_leads_to_a_class_only_where_one_can_be_held(monkeypatch):
    assert "href='/class'" in shown(app.build())
    set_all(monkeypatch, SPACE)
    assert "href='/class'" not in shown(app.build(hosting.address()))
    monkeypatch.setenv("XSER_CLASS_SECRET", "of the owner")
    assert "href='/class'" in shown(app.build(hosting.address()))
