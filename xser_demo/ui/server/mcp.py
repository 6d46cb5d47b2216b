"""The endpoints as tools for agents, by Gradio's own MCP server (Model Context Protocol), with the page's rules.

An agent sends a sound inside its call. Gradio would take any address and fetch it from the server.
"""

import base64
import binascii
import copy
import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gradio.mcp import GradioMCPServer
from gradio.utils import get_upload_folder
from gradio_client import handle_file

from xser_demo.ui.server import middleware
from xser_demo.utils.errors import SettingsError

INLINE = "Send the sound in the call, as a data address: data:audio/wav;base64,...; other addresses are not fetched."


class Tools(GradioMCPServer):
    """Gradio's server of tools, which takes files as data addresses only."""

    def simplify_filedata_schema(self, schema: dict[str, Any]) -> tuple[dict[str, Any], list[list[str | int]]]:
        """Gradio's schema, which says how a sound is sent. The type that it gives for JSON is none, so that clients
        would refuse it."""
        simple, places = super().simplify_filedata_schema(schema)
        for told in simple["properties"].values():
            if told.get("type") == {}:
                del told["type"]
        for name, *_ in places:
            told = simple["properties"][name]
            simple["properties"][name] = {"type": "string", "description": f"{told.get('description', '')}. {INLINE}"}
        return simple, places

    @property
    def _file_data_tool_description(self) -> str:
        return ""  # the schema says it

    def convert_strings_to_filedata(self, value: Any, filedata_positions: list[list[str | int]]) -> Any:
        """The values of a call, each sound written to a file that is deleted two minutes later. ValueError, which the
        agent reads, for anything that is no data address, and where there is no room."""
        value = copy.copy(value)
        for name, *_ in filedata_positions:
            if value.get(name) is not None:
                value[name] = handle_file(str(self._written(value[name])))
        return value

    def postprocess_output_data(self, data: Any, root_url: str) -> list:
        """The answer as JSON; Gradio would write it as Python does."""
        texts = [json.dumps(one) if isinstance(one, dict | list) else one for one in data]
        return super().postprocess_output_data(texts, root_url)

    def _written(self, sound: object) -> Path:
        head, mark, content = sound.partition(";base64,") if isinstance(sound, str) else ("", "", "")
        if not head.startswith("data:") or not mark:
            raise ValueError(INLINE)
        try:
            samples = base64.b64decode(content, validate=True)
        except binascii.Error:
            raise ValueError("The sound is not in base64, or a part of it is missing; send it again.") from None
        if not middleware.Quota(Path(get_upload_folder())).allows(len(samples)):
            raise ValueError(middleware.FULL)
        file = Path(tempfile.mkdtemp(dir=get_upload_folder())) / "sound"
        try:
            file.write_bytes(samples)
        finally:
            self.blocks.visits.delete_soon(file)
        return file


def require() -> None:
    """SettingsError where the package for it is missing; Gradio would go on without."""
    if find_spec("mcp") is None:
        raise SettingsError("Serving agents needs the package mcp; run: pip install 'mcp>=1.21,<2'.")
