"""Result rows of the five systems as one Markdown table."""

from xser_demo import methods
from xser_demo.benchmark.markdown import percent
from xser_demo.benchmark.systems.published import ORACLE_RULE
from xser_demo.benchmark.systems.rows import NOTHING
from xser_demo.benchmark.systems.runs import WEIGHT_0
from xser_demo.corpora import corpus
from xser_demo.training.selection import RULE, SOURCE_RULE

LAST = "last epoch"
NO_SELECTION = "nothing to choose"
SHORT = {
    RULE: "no labels",
    SOURCE_RULE: "source",
    ORACLE_RULE: "**oracle**",
    LAST: "last",
    NOTHING: "-",
    NO_SELECTION: "-",
}
METHOD_NAMES = {
    "majority": "majority class",
    "svm": "linear SVM on z-scores",
    WEIGHT_0: "same training, weight 0",
    "classifier": "same, answering by its classifier",
    "nnpm_classifier": "NNPM, answering by its classifier",
    "lambda 0": "transfer learning (lambda 0)",
    "lambda 1": "with MMD (lambda 1)",
    "log-mel svm": "linear SVM on log-mel statistics within the source",
    "self_training": "self-training",
    "source model": "source model within its own corpus",
    "supervised": "trained on target labels",
}


def table(rows: list[dict]) -> list[str]:
    """All result rows."""
    if not rows:
        return ["Not computed yet."]
    head = (
        "| built as | pair | labels | mode | method | UAR | WA | source only | z-score | seeds | chosen by | fidelity |"
    )
    lines = [head, "|---" * 12 + "|"]
    seen_controls = set()
    for row in sorted(rows, key=lambda row: (row["mode"], row["pair"], row["labels"], row["role"] != "system")):
        control = (row["pair"], row["labels"], row["mode"], row["method"], row["uar"], row["selection"])
        if row["role"] == "control" and control in seen_controls:
            continue  # two variants share a source model, hence its controls
        seen_controls.add(control)
        cells = (
            (row["variant"] or "common ground") + (", by the source" if row.get("normalise") == "source" else ""),
            pair_name(row["pair"]),
            row["labels"],
            row["mode"],
            name(row),
            uar(row)
            + ("" if row["learned"] else f", **{'collapsed' if row['role'] == 'supervised' else 'did not learn'}**"),
            percent(row["wa"]),
            percent(row.get("source_only"), missing=""),
            percent(row.get("zscore"), missing=""),
            str(row["seeds"]),
            SHORT[row["selection"]],
            row["fidelity"],
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def name(row: dict) -> str:
    """Title of a row's method; the system itself in bold."""
    method = methods.METHODS.get(row["method"])
    text = METHOD_NAMES.get(row["method"]) or (method.title if method else row["method"])
    return f"**{text}**" if row["role"] == "system" else text


def uar(row: dict) -> str:
    low, high = row["ci95"]
    text = f"{percent(row['uar'])} [{100 * low:.0f}, {100 * high:.0f}]"
    return text + (f" ± {percent(row['uar_sd'])}" if row.get("uar_sd") is not None else "")


def pair_name(pair: str) -> str:
    return " to ".join(corpus(key).name for key in pair.split(" -> "))
