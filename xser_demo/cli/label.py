"""``xser label``: labelling a few clips, drawn at random, and the score of each model from these labels."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xser_demo.cli.options import add_command
from xser_demo.utils.csv_files import read_rows, write_rows
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import log

if TYPE_CHECKING:  # numpy and torch are imported where they are needed
    import numpy as np

    from xser_demo.experiments.clip_answers import Table

NONE, END = "none", "end"
KEYS = {"0": NONE, "e": END}


def add(commands) -> None:
    command = add_command(
        commands, "label", run, show, "Label a few clips, drawn at random, and get the score of each model."
    )
    add = command.add_argument
    add("answers", type=Path, metavar="ANSWERS.csv", help="what xser adapt --csv or xser predict --csv wrote")
    add("--labels", type=Path, metavar="FILE.csv", help="the labels, with the columns file and label; default: beside")
    add("--count", type=int, default=20, metavar="N", help="clips to label, 8 to 50 (default: 20)")
    add("--seed", type=int, default=0, help="of the draw")
    add("--list", action="store_true", help="only print which clips to label, in order")


def run(options) -> dict:
    from xser_demo.evaluation.label_sample import MAX_LABELS, MIN_LABELS, draw
    from xser_demo.experiments import clip_answers

    if not MIN_LABELS <= options.count <= MAX_LABELS:
        raise UserError(f"Label {MIN_LABELS} to {MAX_LABELS} clips; --count is {options.count}.")
    table = clip_answers.read(options.answers)
    file = options.labels or options.answers.with_name(f"{options.answers.stem}-labels.csv")
    drawn = draw(list(table.answers.values()), options.seed, options.count)
    asked = [table.files[clip] for clip in drawn.tolist()]
    known = read_labels(file, table.classes) if file.exists() else {}
    if options.list:
        return {"asked": asked, "labels": None}
    if not options.json and sys.stdin is not None and sys.stdin.isatty():
        ask(asked, table.classes, known, file)
    elif not known:
        raise UserError(f"There are no labels in {file}; write them (columns: file, label), or run this in a terminal.")
    given = consecutive(asked, known)
    return {
        "asked": asked,
        "labels": str(file),
        "labelled": len(given),
        "not_used": len(set(known) - set(asked[: len(given)])),
        "models": scores(table, drawn[: len(given)], given),
    }


def consecutive(asked: list[str], known: dict[str, str]) -> list[str]:
    """The labels of the first clips, up to the first without one: to leave out clips, such as those that are hard to
    label, would bias the score."""
    count = next((number for number, file in enumerate(asked) if file not in known), len(asked))
    return [known[file] for file in asked[:count]]


def scores(table: "Table", drawn: "np.ndarray", given: list[str]) -> dict[str, dict | None]:
    """UAR and interval of each model; None for too few labels."""
    import numpy as np

    from xser_demo.evaluation.label_sample import NONE_OF_THESE, estimate

    labels = np.array([table.classes.index(one) if one in table.classes else NONE_OF_THESE for one in given], int)
    found: dict[str, dict | None] = {}
    for model, answers in table.answers.items():
        one = estimate(answers, drawn, labels, len(table.classes))
        found[model] = one and {
            "uar": round(one.uar, 4), "ci95": [round(one.low, 4), round(one.high, 4)], "labelled": one.labelled,
        }  # fmt: skip
    return found


def read_labels(file: Path, classes: tuple[str, ...]) -> dict[str, str]:
    """Labels by file: a class, or "none" for none of them. UserError for another word."""
    known = {row["file"]: row["label"].strip().lower() for row in read_rows(file, "file", "label") if row["label"]}
    for clip, label in known.items():
        if label not in (*classes, NONE):
            raise UserError(f"{file} labels {clip} as '{label}'; write {', '.join(classes)} or {NONE}.")
    return known


def ask(asked: list[str], classes: tuple[str, ...], known: dict[str, str], file: Path) -> None:
    """Ask for the labels that are missing; each is written at once. They are added to ``known``."""
    keys = {str(number): name for number, name in enumerate(classes, start=1)} | KEYS
    log("Listen to each clip, then type what you hear: " + ", ".join(f"{key} {name}" for key, name in keys.items()))
    for number, clip in enumerate(asked, start=1):
        while clip not in known:
            log(f"{number} of {len(asked)}: {clip}")
            key = sys.stdin.readline().strip().lower()
            if not key or keys.get(key) == END:
                return
            if key in keys:
                known[clip] = keys[key]
                _append(file, clip, keys[key])
            else:
                log(f"There is no '{key}'; type one of: {', '.join(keys)}.")


def _append(file: Path, clip: str, label: str) -> None:
    try:
        new = not file.exists()
        with open(file, "a", newline="", encoding="utf-8") as lines:
            write_rows(lines, [["file", "label"], [clip, label]][0 if new else 1 :])
    except OSError as error:
        raise UserError(f"The labels cannot be written to {file} ({error.strerror}); choose another place.") from error


def show(result: dict) -> None:
    if result["labels"] is None:
        print("\n".join(result["asked"]))
        return
    print(f"{result['labelled']} of {len(result['asked'])} clips labelled, in {result['labels']}")
    if result["not_used"]:
        print(f"  {result['not_used']} labels are not used: only those of the first clips that were asked for count")
    for model, one in result["models"].items():
        if one is None:
            print(f"  {model:28} too few labels")
        else:
            low, high = one["ci95"]
            print(f"  {model:28} UAR {100 * one['uar']:.0f}  [{100 * low:.0f}, {100 * high:.0f}]")
