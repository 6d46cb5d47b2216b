"""A stand-in for the hub: as much of its HTTP interface as creating a Space and uploading a folder needs."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

TOKEN = "hf_of_the_owner"
LARGE = 1 << 20  # bytes from which a file goes by LFS


class Hub(ThreadingHTTPServer):
    """``files``: what is in the Space after all commits; ``asked``: (method, path) of all requests."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.files: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}  # by sha256
        self.large: set[str] = set()
        self.created: list[dict] = []
        self.asked: list[tuple[str, str]] = []
        self.refuse: int | None = None


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self._may():
            tree = [{"type": "file", "path": path, "size": len(data), "oid": "0" * 40}
                    for path, data in self.server.files.items()]  # fmt: skip
            self._say(200, tree if "/tree/" in self.path else {})

    def do_PUT(self):
        data, name = self._body(), self.path.rpartition("/")[2]
        assert hashlib.sha256(data).hexdigest() == name, "what came is not what was announced"
        self.server.stored[name] = data
        self._say(200, {})

    def do_POST(self):
        data, path = self._body(), self.path.partition("?")[0]
        if not self._may():
            return
        if path == "/api/repos/create":
            self.server.created.append(json.loads(data))
            self._say(200, {"url": f"{self.server.address}/spaces/{self._name()}"})
        elif path == "/api/validate-yaml":
            self._say(200, {"errors": [], "warnings": []})
        elif "/preupload/" in path:
            self._say(200, {"files": [self._mode(one) for one in json.loads(data)["files"]]})
        elif path.endswith("/info/lfs/objects/batch"):
            self._say(200, {"transfer": "basic", "objects": [self._where(o) for o in json.loads(data)["objects"]]})
        elif "/commit/" in path:
            for line in data.decode().splitlines():
                self._take(**json.loads(line))
            self._say(
                200, {"commitUrl": f"{self.server.address}/spaces/{self._name()}/commit/1", "commitOid": "1" * 40}
            )
        else:
            self._say(404, {"error": "no such place"})

    def _mode(self, one: dict) -> dict:
        kind = "lfs" if one["size"] >= LARGE else "regular"
        return {"path": one["path"], "uploadMode": kind, "shouldIgnore": False, "oid": None}

    def _where(self, one: dict) -> dict:
        there = {"upload": {"href": f"{self.server.address}/lfs/{one['oid']}"}}
        return one | ({} if one["oid"] in self.server.stored else {"actions": there})

    def _take(self, key: str, value: dict) -> None:
        if key == "file":
            self.server.files[value["path"]] = base64.b64decode(value["content"])
        elif key == "lfsFile":
            self.server.files[value["path"]] = self.server.stored[value["oid"]]
            self.server.large.add(value["path"])
        elif key == "deletedFile":
            del self.server.files[value["path"]]

    def _name(self) -> str:
        return "{organization}/{name}".format(**self.server.created[-1])

    def _may(self) -> bool:
        self.server.asked.append((self.command, self.path))
        status = self.server.refuse or (401 if self.headers.get("authorization") != f"Bearer {TOKEN}" else None)
        if status:
            self._say(status, {"error": "refused"})
        return not status

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _say(self, status: int, answer) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def token() -> str:
    return TOKEN
