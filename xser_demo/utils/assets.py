"""Style sheets and long texts of the page: ``assets/style/*.css`` and ``assets/texts/``.

They are files so that a designer or a translator needs no Python. Unlike packs and examples they cannot be left out.
"""

import json
from typing import Any

from xser_demo.utils import places

STYLE, TEXTS = places.find("assets/style"), places.find("assets/texts")
FIRST = ("page", "shared", "scores")  # several tabs use these; a sheet of one tab may overrule them
# Not for the page's blocks: the report and the pages of a class are pages of their own, and the consent dialog stands
# outside the blocks, where rules in "@media" do not reach it.
SEPARATE = ("consent", "report", "classroom")


def style(*names: str) -> str:
    """The named style sheets in this order; without names all of the page."""
    others = {file.stem for file in STYLE.glob("*.css")} - {*FIRST, *SEPARATE}
    names = names or (*FIRST, *sorted(others))
    return "\n".join((STYLE / f"{name}.css").read_text(encoding="utf-8") for name in names)


def markdown(name: str) -> str:
    """The prose in ``assets/texts/<name>.md``."""
    return (TEXTS / f"{name}.md").read_text(encoding="utf-8")


def text(name: str) -> Any:
    """The JSON value in ``assets/texts/<name>.json``."""
    return json.loads((TEXTS / f"{name}.json").read_text(encoding="utf-8"))
