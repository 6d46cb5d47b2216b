"""Calls of endpoints by their address: unknown names, missing values, and clients that leave."""

import subprocess
import sys
import threading
import time

import gradio as gr
import httpx
import pytest
from fastapi.exceptions import RequestValidationError
from gradio_client import Client
from starlette.middleware import Middleware

from xser_demo.ui import endpoints
from xser_demo.ui.server import middleware
from xser_demo.ui.server.blocks import Page, client_left
from xser_demo.ui.server.middleware import LimitsMiddleware

left, begun = threading.Event(), threading.Event()


def wait(seconds: float) -> str:
    """Wait until the client leaves, at most some seconds."""
    begun.set()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if client_left():
            left.set()
            return "left"
        time.sleep(0.02)
    return "stayed"


def add(first: int, second: int = 2) -> int:
    """Add two numbers."""
    return first + second


def takes_a_type_error() -> int:
    """A fault of ours."""
    raise TypeError("a fault; <object object at 0x7f00>")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with Page() as page:
        gr.Button().click(lambda: None, api_name="private")
        for function in (wait, add, takes_a_type_error):
            gr.api(function, api_name=function.__name__)
    page.queue()
    names = ("wait", "add", "takes_a_type_error")
    guard = Middleware(LimitsMiddleware, uploads=tmp_path_factory.mktemp("up"), largest=1000, endpoints=names)
    refusals = {RequestValidationError: middleware.wrong_message, TypeError: middleware.wrong_values}
    _, url, _ = page.launch(
        prevent_thread_lock=True, quiet=True, app_kwargs={"middleware": [guard], "exception_handlers": refusals}
    )
    yield f"{url.rstrip('/')}/gradio_api"
    page.close()


@pytest.fixture(autouse=True)
def nobody_left():
    left.clear()
    begun.clear()


def called(address: str, name: str, data: list) -> str:
    """The address of the answer to a call."""
    answer = httpx.post(f"{address}/call/{name}", json={"data": data})
    return f"{address}/call/{name}/{answer.json()['event_id']}"


def is_a_sentence(text: str) -> bool:
    return text.endswith(".") and "\n" not in text and "0x" not in text and "Traceback" not in text and len(text) < 300


@pytest.mark.parametrize("name", ["nothing", "private", "lambda", "add2", "__init__", "%2e%2e", "x" * 500, "é"])
@pytest.mark.parametrize("route", ["call", "call/v2", "run", "api"])
def test_an_unknown_name_is_not_found(address, route, name):
    answers = [httpx.post(f"{address}/{route}/{name}", json={"data": []}), httpx.get(f"{address}/{route}/{name}/1")]
    for answer in answers:
        assert answer.status_code == 404
    said = answers[0].json()["detail"]
    assert is_a_sentence(said) and said.endswith("choose one of: /wait, /add, /takes_a_type_error.")


@pytest.mark.parametrize("data", [[], [1]])
def test_missing_values_are_said_in_a_sentence(address, data):
    answer = httpx.get(called(address, "add", data), timeout=30).text
    assert f"/add takes 2 values and got {len(data)}; Use via API" in answer and "0x" not in answer


@pytest.mark.parametrize("content", [b"{}", b"", b"[1]", b"{", b'{"data": 7}', b'{"data": {}}'])
def test_what_is_no_call_is_said_in_a_sentence(address, content):
    for route in ("call", "run", "api"):
        answer = httpx.post(f"{address}/{route}/add", content=content, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422 and is_a_sentence(answer.json()["detail"])


@pytest.mark.parametrize(
    ("values", "says"), [({}, "first"), ({"first": 1, "third": 2}, "third"), ({"data": []}, "data")]
)
def test_values_by_name_that_are_missing_or_unknown(address, values, says):
    answer = httpx.post(f"{address}/call/v2/add", json=values)
    assert answer.status_code == 422 and is_a_sentence(answer.json()["detail"]) and says in answer.json()["detail"]


def test_a_complete_call_is_answered(address):
    assert "data: [5]" in httpx.get(called(address, "add", [1, 4]), timeout=30).text
    assert "data: [3]" in httpx.get(called(address, "add", [1, 2]), timeout=30).text
    assert Client(address.removesuffix("/gradio_api"), verbose=False).predict(1, api_name="/add") == 3


def test_a_client_that_waits_has_not_left(address):
    assert "stayed" in httpx.get(called(address, "wait", [0.5]), timeout=30).text and not left.is_set()
    assert not client_left(), "outside of a call"


def test_a_client_that_closes_the_connection_has_left(address):
    place = called(address, "wait", [60])
    assert begun.wait(20)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(place, timeout=0.5)
    assert left.wait(20)


def test_a_program_that_ends_has_left(address):
    code = (
        "import sys; from gradio_client import Client; Client(sys.argv[1], verbose=False).predict(60, api_name='/wait')"
    )
    with subprocess.Popen([sys.executable, "-c", code, address.removesuffix("/gradio_api")]) as program:
        assert begun.wait(60)
        time.sleep(0.5)
        assert not left.is_set()
        program.kill()
    assert left.wait(20)


def test_the_names_are_those_of_the_endpoints():
    assert all(callable(getattr(endpoints, name)) for name in endpoints.NAMES)
