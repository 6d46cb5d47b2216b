"""Style sheets and long texts of the page: ``assets/style/*.css`` and ``assets/texts/*.json``.

They are files so that a designer or a translator needs no Python. Unlike packs and examples they cannot be left out.
"""

import json
from typing import Any

from xser_demo.utils import settings

STYLE, TEXTS = settings.ROOT / "assets" / "style", settings.ROOT / "assets" / "texts"


def style(*names: str) -> str:
    """The named style sheets in this order; without names all of them, ``page.css`` first, then by name."""
    files = [STYLE / f"{name}.css" for name in names] or sorted(
        STYLE.glob("*.css"), key=lambda file: (file.stem != "page", file.stem)
    )
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def text(name: str) -> Any:
    """The JSON value in ``assets/texts/<name>.json``."""
    return json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))
