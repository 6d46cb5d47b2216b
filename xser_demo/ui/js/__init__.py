"""Scripts of the page, a file each."""

from pathlib import Path


def script(name: str) -> str:
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")
