"""What axe-core finds on a page as it is now."""

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Gradio's own: upload areas and the playback speed say another name than they show; empty placeholders have a label.
GRADIOS = {"label-content-name-mismatch", "aria-prohibited-attr"}
FIGURES = ".main-svg"  # a thousand points each; as pictures they have names, which are looked at

FADES = "one => one.playState === 'running' && one.effect?.getComputedTiming().endTime < Infinity"


def at_rest(page) -> None:
    """Wait until nothing fades in or changes its colour any more: in between, contrasts are others."""
    page.wait_for_function(f"() => !document.getAnimations().some({FADES})")


def faults(page, only: list[str] | None = None) -> list[str]:
    """What is serious on the page as soon as it is at rest: the rule, and where. ``only`` these rules, or all."""
    at_rest(page)
    page.evaluate(AXE)
    options = {"resultTypes": ["violations"]} | ({"runOnly": only} if only else {})  # the rest it need not describe
    run = "async ([out, options]) => (await axe.run({exclude: [out]}, options)).violations"
    found = page.evaluate(run, [FIGURES, options])
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for one in found
        if one["impact"] in ("serious", "critical") and one["id"] not in GRADIOS
        for node in one["nodes"]
    ]
