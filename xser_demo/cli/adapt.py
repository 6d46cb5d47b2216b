"""``xser adapt``: adapting a model to a target corpus, with its score."""

from pathlib import Path

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import log

PLAN_OPTIONS = (
    "source", "target", "method", "system", "variant", "encoder", "labels", "mode", "fold", "seed", "epochs",
    "strength", "budget_s", "shift", "weights", "normalise", "speaker_from", "labels_from",
)  # fmt: skip


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
    add("--fold", type=int, default=0)
    add("--seed", type=int, default=0)
    add("--epochs", type=int, help="default: as the system says, or 20")
    add("--strength", type=float, help="weight of the adaptation loss")
    add("--budget-s", type=float, help="stop adapting after this many seconds")
    add("--shift", default="", metavar="S", help='label shift of the target: "70 neutral", "no anger"')
    add("--out", type=Path, help="write the model to this folder")
    add("--report", type=Path, metavar="FILE.html", help="write everything about the run to one page")


def run(options) -> dict:
    from xser_demo import api
    from xser_demo.experiments import model_card
    from xser_demo.networks import checkpoints

    if options.out:
        api.require_new(options.out)
    if options.report and not options.report.parent.is_dir():
        raise UserError(f"There is no folder {options.report.parent} for the report; make it first.")
    plan, recordings = api.make_plan(**{name: getattr(options, name) for name in PLAN_OPTIONS}, tell=log)
    result = api.run(plan, log)
    if options.out:
        checkpoints.save(result.model, model_card.model_card(result, plan.slug(), plan.title()), options.out)
    if options.report:
        from xser_demo.reporting import run_report

        run_report.write(result, options.report)
    return (
        model_card.summary(result)
        | (model_card.recordings_summary(recordings) if recordings else {})
        | {
            "checkpoint": str(options.out) if options.out else None,
            "report": str(options.report) if options.report else None,
        }
    )


def show(result: dict) -> None:
    print(f"{result['source']} to {result['target']}, {result['method']}, {result['mode']}, seed {result['seed']}")
    print(f"  {result['normalise']['reason']}")
    if result["uar"] is None:
        print("  no scores: too few of the target's clips have labels")
    else:
        uar = result["uar"]
        low, high = uar["ci95"]
        print(f"  source only  {100 * uar['source_only']:.1f}")
        print(f"  z-score      {100 * uar['zscore']:.1f}")
        print(f"  adapted      {100 * uar['adapted']:.1f}  [{100 * low:.0f}, {100 * high:.0f}]  UAR, {uar['n']} clips")
    if result["checkpoint"]:
        print(f"  model in {result['checkpoint']}")
    if result["report"]:
        print(f"  report in {result['report']}")
