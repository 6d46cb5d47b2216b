"""The first page of RESULTS.md, for a person who reads no further: sentences, what failed, three figures."""

from xser_demo.benchmark.markdown import select
from xser_demo.benchmark.results import sentences

FIGURES = "assets/results"
ALL_WELL = "Every goal was reached, and no method is as good without its loss."


def title(results: dict) -> str:
    about = results["about"]
    corpora = ", ".join(f"{c['name']} ({c['language']})" for c in about["corpora"].values())
    return f"""# Results

UAR (mean recall of the classes) in percent on a corpus of another language; {len(about["classes"])} classes \
({", ".join(about["classes"])}; chance is {100 / len(about["classes"]):.0f}).
Corpora: {corpora}. Recommended method: **{about["recommended_title"]}**.
Made by `xser benchmark report DIR --write`; the same figures as values are in [assets/results](assets/results).
"""


def in_short(results: dict) -> list[str]:
    """The sentences are left out where no pair is finished."""
    lines = []
    if found := sentences.sentences(results):
        lines = ["## In short", "", *(f"* {sentence}" for sentence in found), "", "### What failed", ""]
        lines += [*(f"* {sentence}" for sentence in sentences.failed(results) or [ALL_WELL]), ""]
    for name, words, there in (
        ("recipes", "What each control and the recommended method reach", results["primary"]),
        ("gains", "Gains with intervals", results["gains"]),
        ("pairs", "UAR and gain of each pair", select(results["scores"], shift="", leave_one_out=False, control=False)),
    ):
        lines += [f"![{words}]({FIGURES}/{name}.svg)", ""] if there else []
    return lines
