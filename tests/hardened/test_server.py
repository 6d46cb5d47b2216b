"""A running server asked for what it must not give. Each published way into Gradio is tried as it was published.

The records are in docs/security.md."""

import asyncio
import http.server
import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from simulated import Refused, Visitor, run

from xser_demo.ui.server import middleware
from xser_demo.utils import settings

CLIP = settings.EXAMPLES / "it-medium.flac"
HOST_FILES = ("/etc/passwd", "/proc/self/environ", "/etc/hostname")
SECRET = "root:x:0:0"
SPOILED = (None, True, -1, 1e308, "x" * 10_000, "../../etc/passwd", [], {}, {"path": "/etc/passwd"}, [[]] * 50, "\0", 7)


@pytest.fixture(scope="module")
def spoiled(serving) -> Iterator[str]:
    """A server of its own, whose log may say what it was sent."""
    with serving(spoiled=True) as address:
        yield address


@pytest.fixture(scope="module")
def ask(spoiled) -> Iterator[httpx.Client]:
    # A connection of its own for each message: after an error the server closes its end.
    with httpx.Client(base_url=spoiled, timeout=30, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        yield client
        assert client.get("/").status_code == 200, "the server has not survived"


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server inside, that nothing outside should reach, and who asked it."""
    asked: list[str] = []

    class Inside(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"inside")

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Inside) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/secret", asked
        server.shutdown()


def harmless(answer: httpx.Response) -> None:
    assert answer.status_code >= 400, answer.text[:200]
    assert SECRET not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize("file", HOST_FILES)
def test_no_file_of_the_host_is_read_by_its_path(ask, file):
    """CVE-2023-51449, CVE-2024-1561, CVE-2026-28414 and their kin: /file= with absolute paths and ways up."""
    ways = (
        file,
        f"/..{file}",
        f"{'../' * 12}{file[1:]}",
        f"/{file}",
        f"C:\\..\\..{file}",
        f"{settings.ROOT}/../{file}",
    )
    for way in ways:
        for place in ("/gradio_api/file=", "/file=", "/gradio_api/file/", "/file/"):
            for path in (way, quote(way, safe=""), quote(quote(way, safe=""), safe="")):
                harmless(ask.get(f"{place}{path}"))


@pytest.mark.parametrize("place", ["static", "assets", "svelte", "gradio_api/custom_component/x/client/component"])
def test_no_way_up_from_folders_that_are_served(ask, place):
    for way in ("../" * 12 + "etc/passwd", "%2e%2e/" * 12 + "etc/passwd", "..%2f" * 12 + "etc/passwd", "/etc/passwd"):
        answer = ask.get(f"/{place}/{way}")
        assert SECRET not in answer.text and answer.status_code >= 400


def test_the_app_and_the_private_folders_are_not_served(ask):
    """The working directory was readable in Gradio 4; what visitors bring lies beside it."""
    for file in (settings.ROOT / "app.py", settings.ROOT / "pyproject.toml", settings.CHECKPOINTS):
        harmless(ask.get(f"/gradio_api/file={file}"))


def test_nothing_is_fetched_for_a_stranger(ask, trap):
    """SSRF of CVE-2023-51449, CVE-2026-28416, #13436 and #13596: through /proxy=, /file= and files with an address."""
    address, asked = trap
    for way in (f"/gradio_api/proxy={address}", f"/proxy={address}", f"/gradio_api/file={address}", f"/file={address}"):
        harmless(ask.get(way))
    for sent in (
        {"path": address, "meta": {"_type": "gradio.FileData"}},
        {"path": "x.wav", "url": address, "meta": {"_type": "gradio.FileData"}},
        {"url": address, "is_stream": True, "meta": {"_type": "gradio.FileData"}},
        address,
    ):
        answer = ask.post("/gradio_api/run/predict", json={"data": [sent, []], "session_hash": "trap"})
        assert answer.status_code >= 400 or "clips" not in answer.text
    assert not asked


@pytest.mark.parametrize("file", [*HOST_FILES, str(settings.ROOT / "app.py"), str(CLIP)])
def test_no_file_of_the_host_is_taken_for_an_upload(ask, file):
    """CVE-2024-1561 in a new dress: naming a file instead of sending it."""
    for sent in ({"path": file, "meta": {"_type": "gradio.FileData"}}, {"path": file}, file, {"name": file}):
        answer = ask.post("/gradio_api/run/predict", json={"data": [sent, []], "session_hash": "taker"})
        assert answer.status_code >= 400 and SECRET not in answer.text and "probabilities" not in answer.text


CLOSED = (
    "/gradio_api/deep_link?session_hash=x", "/monitoring", "/gradio_api/vibe-code/", "/gradio_api/run-history/records",
    "/gradio_api/dev/reload", "/gradio_api/token", "/gradio_api/component_server", "/gradio_api/process_recording",
    "/gradio_api/proxy=http://example.org", "/gradio_api/login", "//gradio_api//proxy=http://example.org",
)  # fmt: skip


@pytest.mark.parametrize("path", CLOSED)
def test_what_the_page_does_not_use_is_closed(ask, path):
    for method in ("GET", "POST", "HEAD"):
        assert ask.request(method, path).status_code in (404, 405)


def test_other_sites_may_not_read_answers(ask):
    """The audit before Gradio 5: a page of somebody else that talks to a server on the visitor's own computer."""
    for origin in ("https://evil.example", "null", "http://localhost.evil.example"):
        answer = ask.get("/config", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") not in ("*", origin)


def test_the_page_can_be_embedded(ask):
    """Spaces show it in a frame."""
    answer = ask.get("/")
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors" not in answer.headers.get("content-security-policy", "")


def test_a_giant_file_name_is_no_weapon(ask):
    """CVE-2025-0187: 50 MB of name, which no limit of file sizes counted."""
    started = time.monotonic()
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="'
    body = head + b"a" * (50 << 20) + b'.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n'
    try:
        answer = ask.post(
            "/gradio_api/upload", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
        assert answer.status_code >= 400
    except httpx.TransportError:
        pass  # it hung up, which is as good
    assert time.monotonic() - started < 20


def test_more_than_the_page_takes_is_refused_before_it_is_read(ask, spoiled):
    kind = {"Content-Type": "application/json"}
    answer = ask.post(
        "/gradio_api/queue/join", content=b" " * (middleware.MAX_BODY + 1), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413 and answer.json()["detail"] == middleware.LARGE
    host, port = spoiled.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as line:  # announced, never sent
        line.sendall(
            f"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 40}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        )
        assert b" 413 " in line.recv(1000)

    def endless() -> Iterator[bytes]:
        for _ in range(2 + (middleware.MAX_BODY >> 20)):
            yield b" " * (1 << 20)

    try:
        answer = ask.post("/gradio_api/queue/join", content=endless(), headers=kind)
        assert answer.status_code in (400, 413)
    except httpx.TransportError:
        pass


def test_an_upload_never_lies_where_its_name_says(ask, tmp_path):
    for name in (
        "../../../../tmp/evil.wav",
        "/tmp/evil.wav",
        "..\\..\\evil.wav",
        "a\0b.wav",
        "\u202egpj.wav",
        "x" * 300,
    ):
        answer = ask.post("/gradio_api/upload", files={"files": (name, b"RIFF", "audio/wav")})
        assert answer.status_code == 200
        path = Path(answer.json()[0])
        assert path.resolve() == path and len(path.parent.name) == 64, "in a folder named by its content"


def test_markup_that_was_uploaded_does_not_run(ask):
    """Stored scripts in .html and .svg of the same origin: served as a download, or not at all."""
    for name, kind in (("a.html", "text/html"), ("a.svg", "image/svg+xml"), ("a.js", "text/javascript")):
        path = ask.post("/gradio_api/upload", files={"files": (name, b"<script>alert(1)</script>", kind)}).json()[0]
        answer = ask.get(f"/gradio_api/file={path}")
        assert answer.status_code >= 400 or "attachment" in answer.headers.get("content-disposition", "")


def every_function(config: dict) -> list[dict]:
    return [one for one in config["dependencies"] if one["backend_fn"]]


def test_every_function_survives_what_no_page_sends(spoiled):
    """All functions of the page, also the private ones, with values of any type: refused, or answered like anything
    else; nobody learns a path of this computer."""

    async def attack() -> None:
        dice = random.Random(0)
        async with httpx.AsyncClient(timeout=60) as client:
            visitor = Visitor(spoiled, client)
            await visitor.open()
            for function in every_function(visitor.config):
                if any(event in ("load", "unload") for _, event in function["targets"]):
                    continue
                for _ in range(3):
                    for one in function["inputs"]:
                        visitor.values[one] = dice.choice(SPOILED)
                    try:
                        async with asyncio.timeout(60):
                            async for output in visitor.call(function):
                                text = json.dumps(output)
                                assert SECRET not in text and str(settings.ROOT) not in text, text[:300]
                    except Refused as error:
                        assert "Traceback" not in str(error) and str(settings.ROOT) not in str(error), str(error)
            await visitor.leave()

    run(attack())


def test_messages_of_any_shape(ask):
    for body in (
        b"", b"{", b"[]", b"null", b'{"data": 1}', b'{"data": [], "fn_index": "x"}', b'{"data": [], "fn_index": -1}',
        b'{"data": [], "fn_index": 99999}', b'{"data": [], "fn_index": 0, "session_hash": {"a": 1}}',
        b'{"data": [' + b"[" * 5000 + b"]" * 5000 + b'], "fn_index": 0}', b'{"data": [1e999], "fn_index": 0}',
        json.dumps({"data": [], "fn_index": 0, "session_hash": "../../x"}).encode(),
    ):  # fmt: skip
        for place in (
            "queue/join",
            "run/predict",
            "api/predict",
            "call/predict",
            "cancel",
            "reset",
            "upload",
            "stream/x",
        ):
            answer = ask.post(f"/gradio_api/{place}", content=body, headers={"Content-Type": "application/json"})
            assert "Traceback" not in answer.text and str(settings.ROOT) not in answer.text


def test_thousands_of_calls_leave_the_page_as_it_was(ask):
    for number in range(2_000):
        answer = ask.post(
            "/gradio_api/queue/join", json={"data": [], "fn_index": 10**6 + number, "session_hash": f"s{number}"}
        )
        assert answer.status_code >= 400
        if answer.status_code == 429:
            assert answer.json()["detail"] == middleware.BUSY
            time.sleep(0.2)
    assert ask.get("/").status_code == 200
