"""``xser adapt``: adapting a model to a target corpus, with its score on unheard speakers."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import log

if TYPE_CHECKING:  # torch is imported where it is needed
    from xser_demo.experiments.folds import Pooled
    from xser_demo.experiments.plan import Plan
    from xser_demo.experiments.run import AdaptationResult

PLAN_OPTIONS = (
    "source", "target", "method", "system", "variant", "encoder", "labels", "mode", "seed", "epochs", "strength",
    "budget_s", "shift", "weights", "normalise", "speaker_from", "labels_from",
)  # fmt: skip
ALL = "all"  # folds
OVER = {
    "transductive": "the clips it adapted to, labels sealed",
    "inductive": "one fold of speakers that it did not adapt to",
    "supervised": "one fold of speakers, with the labels of the others learnt",
}


def add(commands) -> None:
    command = add_command(commands, "adapt", run, show, "Adapt a model to a target corpus and score it.")
    add = command.add_argument
    add("--source", required=True, help='a corpus, or several: "ravdess+emodb"')
    add("--weights", metavar="W,W", help="how often each of several sources is drawn; default: by size")
    add("--target", required=True, help="a corpus, a mixture of several, zip:FILE or folder:DIR")
    add("--method", help="default: the system's, or the recommended one")
    add("--system", metavar="ID", help="a published system instead of the common ground, see: xser systems")
    add("--variant", help="of the system")
    add("--encoder", metavar="ID", help="use the features of a bigger frozen encoder, see: xser encoders list")
    add_device(command)
    add("--labels", help="default: the system's, or four")
    add("--mode", help="inductive (default where speakers are known), transductive or supervised")
    add("--normalise", metavar="BY", help="speaker (default where that is safe), corpus or source")
    add(
        "--speaker-from", default="", metavar="R", help="who speaks in your recordings: folder:1, name:2, table or none"
    )
    add("--labels-from", default="", metavar="R", help="their labels: table, folders, names, a corpus or none")
    add(
        "--fold",
        type=_fold,
        default=ALL,
        metavar="K",
        help="all (default) pools the folds' scores; K runs one fold only",
    )
    add("--seed", type=int, default=0)
    add("--epochs", type=int, help="default: as the system says, or 20")
    add("--strength", type=float, help="weight of the adaptation loss")
    add("--budget-s", type=float, help="stop adapting after this many seconds")
    add("--shift", default="", metavar="S", help='label shift of the target: "70 neutral", "no anger"')
    add("--out", type=Path, help="write the model to this folder; with all folds the one adapted to all clips")
    add("--keep", type=Path, metavar="DIR", help="keep the source-only model there; a later run goes on from it")
    add("--report", type=Path, metavar="FILE.html", help="write everything about the run to one page")
    add("--csv", type=Path, metavar="FILE.csv", help="write the answers to every clip; then: xser label FILE.csv")


def _fold(text: str) -> int | str:
    if text == ALL:
        return ALL
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no fold; write {ALL} or a number") from None


def run(options) -> dict:
    from xser_demo import api
    from xser_demo.experiments import model_card
    from xser_demo.networks import checkpoints

    if options.out:
        api.require_new(options.out)
    for file in (options.report, options.csv):
        if file and not file.parent.is_dir():
            raise UserError(f"There is no folder {file.parent} for {file.name}; make it first.")
    one_fold = 0 if options.fold == ALL else options.fold
    given = {name: getattr(options, name) for name in PLAN_OPTIONS}
    plan, recordings = api.make_plan(**given, fold=one_fold, tell=log)
    _require_memory(plan)
    result, pooled = _adapt(plan, options.fold == ALL and plan.mode == "inductive", options.keep)
    unheard = pooled.facts() if pooled else None
    if options.out:
        card = model_card.model_card(result, plan.slug(), plan.title(), unheard)
        checkpoints.save(result.model, card, options.out)
    if options.report:
        from xser_demo.reporting import run_report

        run_report.write(result, options.report, pooled, recordings and recordings.brought)
    if options.csv:
        _write_answers(result, options.csv)
    return (
        model_card.summary(result)
        | ({"unheard": unheard} if unheard else {})
        | (model_card.recordings_summary(recordings) if recordings else {})
        | {
            "checkpoint": str(options.out) if options.out else None,
            "report": str(options.report) if options.report else None,
            "csv": str(options.csv) if options.csv else None,
        }
    )


def _require_memory(plan: "Plan") -> None:
    """UserError when the network, its optimiser and its states do not fit into this computer's memory."""
    from xser_demo.experiments.task import memory_needed
    from xser_demo.utils import device, resources

    if device.device() == "cpu":
        resources.require_memory(memory_needed(plan), f"Adapting {plan.title()}")


def _adapt(plan: "Plan", every_fold: bool, keep: Path | None = None) -> "tuple[AdaptationResult, Pooled | None]":
    """One run; for ``every_fold`` the one on all clips, and the score pooled over the folds."""
    from xser_demo import api
    from xser_demo.experiments import folds, told

    if not every_fold:
        return api.run(plan, log, keep), None
    each = folds.tasks(plan)  # what cannot run is said before anything is trained
    log("all clips")
    result = api.run(replace(plan, mode="transductive"), log, keep)
    events = folds.adapt_folds(each, result.source_model, result.speaker_model)
    return result, told.last(events, plan, log)


def _write_answers(result: "AdaptationResult", file: Path) -> None:
    from xser_demo.experiments import clip_answers

    clip_answers.write(list(clip_answers.rows(clip_answers.of(result))), file)


def show(result: dict) -> None:
    print(f"{result['source']} to {result['target']}, {result['method']}, seed {result['seed']}")
    print(f"  {result['normalise']['reason']}")
    if result["uar"] is None:
        print("  no scores: too few of the target's clips have labels")
    else:
        if result.get("unheard"):
            _print_scores(result["unheard"]["over"], result["unheard"]["uar"])
        _print_scores(OVER[result["mode"]], result["uar"])
    if result["checkpoint"]:
        what = "adapted to all clips, " if result.get("unheard") else ""
        print(f"  model {what}in {result['checkpoint']}")
    if result["report"]:
        print(f"  report in {result['report']}")
    if result["csv"]:
        print(f"  answers to every clip in {result['csv']}; a score from your own labels: xser label {result['csv']}")


def _print_scores(over: str, uar: dict | None) -> None:
    if uar is None:
        return
    low, high = uar["ci95"]
    people = f" of {uar['speakers']} speakers" if uar["speakers"] else ""
    print(f"  UAR on {over}; {uar['n']} clips{people}:")
    print(f"    source only  {100 * uar['source_only']:.1f}")
    print(f"    z-score      {100 * uar['zscore']:.1f}")
    print(f"    adapted      {100 * uar['adapted']:.1f}  [{100 * low:.0f}, {100 * high:.0f}]")
