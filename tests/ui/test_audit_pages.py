"""The shipped audits have addresses, and nothing else of the disk has one there."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from xser_demo.audit import shipped
from xser_demo.ui.server import audit_pages
from xser_demo.utils import settings


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=audit_pages.routes()))


def test_an_audit_is_the_committed_page_and_runs_no_script(client):
    answer = client.get("/" + audit_pages.link("ravdess-emodb-coral-infomax-em"))
    committed = settings.ROOT / "assets" / "audits" / "ravdess-emodb-coral-infomax-em.html"
    assert answer.status_code == 200 and answer.text == committed.read_text(encoding="utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["ravdess-source", "..%2fresults%2fscores", "ravdess-emodb-coral-infomax-em.json", "%00"]
)
def test_without_an_audit_it_says_which_command_makes_one(client, name):
    answer = client.get(f"/audits/{name}")
    assert answer.status_code == 404
    assert "xser audit MODEL" in answer.text or answer.text == "Not Found"  # a slash is no part of an address here


def test_a_damaged_audit_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text('{"audit": 0}', encoding="utf-8")
    assert shipped.shipped() == {}
