"""Scripts of the page."""

from pathlib import Path


def script(name: str) -> str:
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")
