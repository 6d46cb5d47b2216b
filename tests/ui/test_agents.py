"""The page as a server of tools: what a real MCP client finds, asks, and is refused."""

import asyncio
import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import httpx
import numpy as np
import pytest
import soundfile
from gradio.mcp import GradioMCPServer
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from xser_demo.ui import app
from xser_demo.ui.endpoints import TOOLS
from xser_demo.ui.server import hosting, mcp, middleware
from xser_demo.ui.server.blocks import Page
from xser_demo.ui.server.visits import Visits
from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

CLIP = settings.EXAMPLES / "de-fast-high.flac"
PATH = "/gradio_api/mcp/"


def inline(data: bytes, kind: str = "audio/flac") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def visit(page: str, *calls: tuple[str, dict]) -> tuple[dict, list[tuple[bool, str]]]:
    """A client lists the tools and calls some: the tools by name, and of each call whether it failed and its text."""

    async def talk():
        async with (
            streamablehttp_client(page + PATH) as (receive, send, _),
            ClientSession(receive, send) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            answers = [await session.call_tool(*call) for call in calls]
        return {tool.name: tool for tool in tools}, [(one.isError, one.content[0].text) for one in answers]

    with ThreadPoolExecutor(1) as other:  # in this one the browser of other tests may have a loop that runs
        return other.submit(asyncio.run, talk()).result()


def test_an_agent_finds_the_endpoints_and_hears_a_clip(agents_server):
    asked = {"audio": inline(CLIP.read_bytes()), "models": ["ravdess-emodb-coral-infomax-em"]}
    tools, [(failed, text), (_, known)] = visit(agents_server, ("predict_emotion", asked), ("list_models", {}))
    assert set(tools) == set(TOOLS.values())
    for tool in tools.values():
        assert len(tool.description) > 50 and "Gradio" not in json.dumps(tool.model_dump())
        for name, told in tool.inputSchema["properties"].items():
            assert told["description"], f"{tool.name} does not say what {name} is"
    assert mcp.INLINE in tools["predict_emotion"].inputSchema["properties"]["audio"]["description"]
    assert not failed, text
    clip = json.loads(text)["clips"][0]
    assert clip["models"][0]["emotion"] == "anger" and clip["duration_s"] == pytest.approx(2.9, abs=0.1)
    assert "ravdess-emodb-coral-infomax-em" in known


def test_the_page_s_rules_hold_for_agents(agents_server, tmp_path):
    long = tmp_path / "long.wav"
    soundfile.write(long, np.random.default_rng(0).uniform(-0.1, 0.1, 61 * 8000), 8000)
    refusals = {
        "/etc/passwd": mcp.INLINE,
        "file:///etc/passwd": mcp.INLINE,
        f"{agents_server}/gradio_api/file=/etc/passwd": mcp.INLINE,
        "data:audio/wav;base64,???": "not in base64",
        inline(b"no sound at all", "audio/wav"): "This is a text file, not a sound",
        inline(long.read_bytes(), "audio/wav"): "longer than 60 seconds",
    }
    calls = [("predict_emotion", {"audio": audio}) for audio in refusals]
    calls += [("predict_emotion", {"audio": inline(CLIP.read_bytes()), "models": ["../ravdess-source"]})]
    calls += [("adapt_model", {"target": "/etc"}), ("benchmark_scores", {"source": "mars"})]
    _, answers = visit(agents_server, *calls)
    says = [*refusals.values(), "There is no model", "no corpus '/etc'", "no corpus 'mars'"]
    for (failed, text), wanted in zip(answers, says, strict=True):
        assert failed and wanted in text and "\n" not in text and "Traceback" not in text and "root:" not in text


def test_too_large_a_message_is_refused_as_everywhere(agents_server):
    large = httpx.post(agents_server + PATH, content=b"x" * (middleware.MAX_BODY + 1))
    assert large.status_code == 413 and large.json()["detail"] == middleware.LARGE


def test_a_sound_that_an_agent_sent_is_deleted(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with Page() as empty:
        empty.visits = Visits(empty, gr.State(0))
    empty.mcp_server_obj = GradioMCPServer(empty)
    sent = empty.mcp_server_obj.convert_strings_to_filedata({"audio": inline(b"sound"), "n": 1}, [["audio"]])
    (file,) = (one for one in tmp_path.rglob("*") if one.is_file())
    assert sent["audio"]["path"] == str(file) and file.read_bytes() == b"sound" and sent["n"] == 1
    empty.visits._tidy()
    assert file.exists(), "it may still be read"
    long_ago = time.time() - 3600
    os.utime(file, (long_ago, long_ago))
    empty.visits._tidy()
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(middleware.Quota, "allows", lambda quota, more: False)
    with pytest.raises(ValueError, match=middleware.FULL[:20]):
        empty.mcp_server_obj.convert_strings_to_filedata({"audio": inline(b"sound")}, [["audio"]])
    assert not list(tmp_path.iterdir())


def test_it_is_off_unless_the_owner_asks_for_it(monkeypatch):
    assert not hosting.agents()
    monkeypatch.setenv("XSER_MCP", "1")
    assert hosting.agents()
    monkeypatch.setattr(mcp, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="run: pip install 'mcp"):
        app.launch()
