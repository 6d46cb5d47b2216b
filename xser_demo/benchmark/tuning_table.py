"""The tables of docs/tuning.md, "Equal budgets", from the runs of ``tuning``: python -m
xser_demo.benchmark.tuning_table FILE.jsonl"""

import sys
from itertools import product
from pathlib import Path
from statistics import mean, stdev

from xser_demo import methods
from xser_demo.benchmark import tuning
from xser_demo.benchmark.markdown import table
from xser_demo.benchmark.tuning import CONTROLS, Run
from xser_demo.corpora import DEVELOPMENT

CELLS = list(product(tuning.SOURCES, DEVELOPMENT))
SINGLE = list(product(tuning.SINGLE, DEVELOPMENT))
Found = dict[Run, float]
Choice = tuple[str, float | None]  # method and setting


def budgets(found: Found) -> list[str]:
    """Every method with the mean UAR of each setting, seed 0, by speaker."""
    best, body = tuning.chosen(found), []
    for name in tuning.NAMES:
        cells = []
        for setting in tuning.settings_of(name):
            uar = mean(found[Run(*cell, name, setting)] for cell in CELLS)
            mark = "**" if setting == best[name] and setting is not None else ""
            cells.append(f"{mark}{'' if setting is None else f'{setting:g}: '}{100 * uar:.1f}{mark}")
        body.append([title(name), ", ".join(cells)])
    return table(["method", "settings and mean UAR"], body)


def closer(found: Found) -> list[str]:
    """The best settings, by speaker with three seeds, against the strongest control, also in the worst cell and under
    label shift."""
    best = tuning.chosen(found)
    before: Choice = (methods.RECOMMENDED, tuning.BEFORE[methods.RECOMMENDED])
    body = []
    for choice in dict.fromkeys([*((name, best[name]) for name in tuning.CHOSEN_FROM), before]):
        row = [f"{title(choice[0])}{'' if choice[1] is None else f', {choice[1]:g}'}"]
        for normalise in ("corpus", "speaker"):
            own = [of_cell(found, choice, cell, normalise) for cell in SINGLE]
            controls = {c: [of_cell(found, (c, best[c]), cell, normalise) for cell in SINGLE] for c in CONTROLS}
            strongest = max(controls.values(), key=mean)
            gains = [100 * (a - b) for a, b in zip(own, strongest, strict=True)]
            worst = min(100 * (a - max(each)) for a, *each in zip(own, *controls.values(), strict=True))
            row += [f"{100 * mean(own):.1f}"]
            row += ["", ""] if choice[0] in CONTROLS else [f"{mean(gains):+.1f} ± {error(gains):.1f}", f"{worst:+.1f}"]
        body.append([*row, shifted(found, choice, best)])
    head = [
        "",
        *(f"{n}{c}" for n in ("corpus: ", "speaker: ") for c in ("mean", "over control", "worst cell")),
        "shift",
    ]
    return table(head, body)


def shifted(found: Found, choice: Choice, best: dict[str, float | None]) -> str:
    """Mean under label shift, and its difference to the strongest control there."""
    tasks = list(product(tuning.SINGLE[:1], DEVELOPMENT, tuning.SHIFTS))

    def under(one: Choice) -> float:
        return 100 * mean(found[Run(s, t, *one, "speaker", 0, shift)] for s, t, shift in tasks)

    strongest = max(under((name, best[name])) for name in CONTROLS)
    return f"{under(choice):.1f} ({under(choice) - strongest:+.1f})"


def of_cell(found: Found, choice: Choice, cell: tuple[str, str], normalise: str) -> float:
    seeds = tuning.SEEDS if normalise == "speaker" else (0,)
    return mean(found[Run(*cell, *choice, normalise, seed)] for seed in seeds)


def error(values: list[float]) -> float:
    """Standard error of a mean."""
    return stdev(values) / len(values) ** 0.5


def title(name: str) -> str:
    method = tuning.method_class(name)
    return method.formula or method.title


def main(file: str) -> None:
    found = tuning.read(Path(file))
    print("\n".join([*budgets(found), "", *closer(found)]))


if __name__ == "__main__":
    main(sys.argv[1])
