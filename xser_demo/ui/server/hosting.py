"""Where the page is hosted: a Hugging Face Space, or a server behind a proxy."""

import os

SPACE_NOTE = (
    "This is a shared Space: it sleeps when unused and then takes a while to wake, stores nothing on disk, and runs "
    "one heavy job at a time. Duplicate the Space to have it to yourself."
)


def space() -> str | None:
    """OWNER/NAME of the Space that this page runs on; None elsewhere."""
    return os.environ.get("SPACE_ID") or None


def agents() -> bool:
    """Whether the owner wants the page to serve agents, too (server/mcp.py): XSER_MCP=1."""
    return os.environ.get("XSER_MCP") == "1"


def address() -> str | None:
    """The public URL behind a proxy: the Space's address, or XSER_ADDRESS; None otherwise."""
    if name := space():
        host = os.environ.get("SPACE_HOST", "").partition(",")[0]  # a custom domain comes first
        return f"https://{host}" if host else f"https://huggingface.co/spaces/{name}"
    return os.environ.get("XSER_ADDRESS", "").rstrip("/") or None
