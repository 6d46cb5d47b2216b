"""requirements.txt of a Space: exact versions of all packages, from requirements.lock."""

import re
from urllib.parse import urlsplit

from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

LOCK = "requirements.lock"
# Spaces install gradio[oauth,mcp] of the same version together with this file; its MCP part needs an older pydantic.
PLATFORM = {"pydantic": "2.12.5", "pydantic-core": "2.41.5"}
PYTHON = {"cpu-basic": "3.11", "zerogpu": "3.12.12"}  # as in the lock; one of the two versions of ZeroGPU
# ZeroGPU supports torch 2.8.0 to 2.11.0, which needs setuptools below 82.
TORCH = {"cpu-basic": {}, "zerogpu": {"torch": "2.11.0", "torchaudio": "2.11.0", "setuptools": "81.0.0"}}


def locked() -> dict[str, str]:
    """Version of each package that the page needs, without build suffixes. SettingsError when there is no lock file."""
    try:
        lines = (settings.ROOT / LOCK).read_text().splitlines()
    except OSError as error:
        raise SettingsError(f"There is no {LOCK} here; run this in a clone of the repository.") from error
    matches = (re.match(r"([\w.-]+)==([^\s+]+)", line) for line in lines)
    return {match[1]: match[2] for match in matches if match}


def requirements(hardware: str, torch_index: str | None = None) -> str:
    """Text of the file. ``torch_index``: package index with CPU-only builds of torch."""
    versions = locked() | PLATFORM | TORCH[hardware]
    lines = [f"# For Python {PYTHON[hardware]} on Linux x86-64, {hardware}; by xser space build."]
    if torch_index:
        lines.append(f"--extra-index-url {_checked(torch_index)}")
    return "\n".join([*lines, *(f"{name}=={version}" for name, version in sorted(versions.items()))]) + "\n"


def _checked(index: str) -> str:
    """The address of a package index, if it may be published; else SettingsError."""
    parts = urlsplit(index)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", index):
        raise SettingsError(f"'{index}' is no address of a package index; it begins with https://.")
    if parts.username or parts.password or parts.query:
        raise SettingsError("The address of the index has a name, a password or a query; the Space's files are public.")
    return index
