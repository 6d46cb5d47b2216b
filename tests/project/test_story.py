"""The notebook runs from beginning to end, from what is shipped, and shows what its words say.

Its cells run one after another in one namespace; a kernel (ipykernel with what it needs) would be 105 MB more for that.
"""

import json
import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from xser_demo.utils import settings

FILE = settings.ROOT / "docs" / "story.ipynb"
NOTEBOOK = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def story() -> tuple[list[dict], str]:
    """The figures, as they are drawn, and all that is printed."""
    figures, printed, session = [], StringIO(), {"__name__": "story"}
    with redirect_stdout(printed):
        for cell in NOTEBOOK["cells"]:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), FILE.name, "exec"), session)
                if cell["source"][-1] == "figure":
                    figures.append(session["figure"].to_dict())
    return figures, printed.getvalue()


def test_it_is_shipped_without_outputs_and_paths():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5) and 10 <= len(NOTEBOOK["cells"]) <= 14
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    assert not re.search(r"/(home|root|tmp|Users)/", FILE.read_text(encoding="utf-8"))


@pytest.mark.more
def test_its_figures_tell_the_story(story):
    bars, maps, clip = story[0]
    source_only, zscore, adapted = bars["data"][0]["y"]
    assert 25 < source_only < zscore <= 100 and source_only < adapted <= 100
    assert len(maps["data"]) == 4 and [trace["name"] for trace in clip["data"]] == ["before", "after"]


@pytest.mark.more
def test_it_prints_the_shipped_scores_and_that_the_languages_come_closer(story):
    table = json.loads((settings.ASSETS / "results" / "scores.json").read_text(encoding="utf-8"))["scores"]
    like = ("ravdess", "emodb", "inductive", "", "coral_infomax_em")
    (row,) = [s for s in table if (s["source"], s["target"], s["mode"], s["shift"], s["method"]) == like]
    assert f"{100 * row['uar']:.1f} [" in story[1] and f"{row['n']} clips, {row['speakers']} speakers" in story[1]
    english, german = re.search(r"UAR (\d+\.\d) on English, (\d+\.\d) on German", story[1]).groups()
    assert float(german) < float(english)
    before, after = (float(one) for one in re.findall(r"A-distance (\d\.\d+)", story[1]))
    assert after < before
