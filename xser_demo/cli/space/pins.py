"""requirements.txt of a Space: exact versions of all packages, from requirements.lock."""

import re
from urllib.parse import urlsplit

from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

LOCK = "requirements.lock"
# Spaces install gradio[oauth,mcp] of the same version in one step with this file; its MCP part wants an older pydantic.
PLATFORM = {"pydantic": "2.12.5", "pydantic-core": "2.41.5"}
PYTHON = {"cpu-basic": "3.11", "zerogpu": "3.12.12"}  # the lock's; one of the two that ZeroGPU has
# ZeroGPU takes torch 2.8.0 to 2.11.0, and that wants setuptools below 82.
TORCH = {"cpu-basic": {}, "zerogpu": {"torch": "2.11.0", "torchaudio": "2.11.0", "setuptools": "81.0.0"}}


def locked() -> dict[str, str]:
    """Version of each package that the page needs, without the suffix of a build."""
    try:
        lines = (settings.ROOT / LOCK).read_text().splitlines()
    except OSError as error:
        raise SettingsError(f"There is no {LOCK} here; run this in a clone of the repository.") from error
    found = (re.match(r"([\w.-]+)==([^\s+]+)", line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def requirements(hardware: str, torch_index: str | None = None) -> str:
    """The file's text. ``torch_index``: where the build of torch for processors alone is."""
    versions = locked() | PLATFORM | TORCH[hardware]
    lines = [f"# For Python {PYTHON[hardware]} on Linux x86-64, {hardware}; by xser space build."]
    if torch_index:
        lines.append(f"--extra-index-url {_checked(torch_index)}")
    return "\n".join([*lines, *(f"{name}=={version}" for name, version in sorted(versions.items()))]) + "\n"


def _checked(index: str) -> str:
    """An address that may stand in a public file."""
    parts = urlsplit(index)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", index):
        raise SettingsError(f"'{index}' is no address of a package index; it begins with https://.")
    if parts.username or parts.password or parts.query:
        raise SettingsError("The address of the index has a name, a password or a query; the Space's files are public.")
    return index
