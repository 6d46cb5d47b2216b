"""The command line: the same functions as the page. With --json standard output is exactly one JSON document."""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch comes: waiting threads must not spin

from xser_demo.cli import benchmark, corpora
from xser_demo.cli.space import command as space
from xser_demo.features import FEATURES
from xser_demo.utils.errors import UserError
from xser_demo.utils.progress import log

PLAN_OPTIONS = (
    "source", "target", "method", "system", "variant", "encoder", "labels", "mode", "fold", "seed", "epochs",
    "strength", "budget_s", "shift", "weights",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    if getattr(options, "corpora", None):
        os.environ["XSER_CORPORA"] = options.corpora
    if getattr(options, "device", None):
        os.environ["XSER_DEVICE"] = options.device
    try:
        result = options.run(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        options.show(result)
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="xser", description="Cross-lingual speech emotion recognition, adapted live.")
    commands = top.add_subparsers(dest="command", required=True)

    def command(name, run, show, text, below=commands):
        sub = below.add_parser(name, help=text, description=text)
        sub.add_argument("--json", action="store_true", help="print one JSON document")
        sub.set_defaults(run=run, show=show)
        return sub

    def device(sub):
        sub.add_argument("--device", metavar="D", help="of a bigger encoder: cpu, cuda or auto (a GPU if there is one)")

    sub = command("predict", predict, show_predict, "Let models hear sound files.")
    sub.add_argument("files", nargs="+", metavar="FILE")
    sub.add_argument("--model", action="append", metavar="ID", help="a model id or folder; may be repeated")
    device(sub)

    sub = command("adapt", adapt, show_adapt, "Adapt a model to a target corpus and score it.")
    sub.add_argument("--source", required=True, help='a corpus, or several: "ravdess+emodb"')
    sub.add_argument("--weights", metavar="W,W", help="how often each of several sources is heard; default: by size")
    sub.add_argument("--target", required=True, help="a corpus, a mixture of several, zip:FILE or folder:DIR")
    sub.add_argument("--method", help="default: the system's, or the recommended one")
    sub.add_argument(
        "--system", metavar="ID", help="a published system instead of the common ground, see: xser systems"
    )
    sub.add_argument("--variant", help="of the system")
    sub.add_argument("--encoder", metavar="ID", help="listen to a bigger frozen encoder, see: xser encoders list")
    device(sub)
    sub.add_argument("--labels", help="default: the system's, or four")
    sub.add_argument("--mode", help="inductive (default where it is known who speaks), transductive or supervised")
    sub.add_argument("--fold", type=int, default=0)
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--epochs", type=int, help="default: as the system says, or 20")
    sub.add_argument("--strength", type=float, help="weight of the adaptation loss")
    sub.add_argument("--budget-s", type=float, help="stop adapting after this many seconds")
    sub.add_argument("--shift", default="", metavar="S", help='label shift of the target: "70 neutral", "no anger"')
    sub.add_argument("--out", type=Path, help="write the model to this folder")
    sub.add_argument("--report", type=Path, metavar="FILE.html", help="write everything about the run to one page")

    sub = command("rerun", rerun, show_rerun, "Run an experiment again from its card, and compare.")
    sub.add_argument("card", type=Path, help="a model's folder or card.json, or what xser adapt --json printed")
    sub.add_argument("--target", metavar="zip:FILE", help="the recordings that it was adapted to, if they were yours")
    device(sub)

    command("models", models, show_models, "List the models that are here.")

    command("systems", published, show_systems, "The five published systems and their results.")

    sub = command("corpora", corpora.run, corpora.show, "List, get, check or pack corpora.")
    sub.add_argument("action", choices=["list", "get", "check", "pack"])
    sub.add_argument("names", nargs="*", metavar="CORPUS")
    sub.add_argument("--corpora", metavar="DIR", help="folder that holds the corpora (or XSER_CORPORA)")
    sub.add_argument("--out", type=Path, help="where packs are written (default: assets/packs)")
    sub.add_argument("--feature", action="append", choices=FEATURES, help="pack only this one; may be repeated")
    sub.add_argument("--encoder", action="append", metavar="ID", help="the same by a bigger frozen encoder")
    device(sub)
    sub.add_argument("--yes", action="store_true", help="get without being asked")

    sub = command("encoders", encoders, show_encoders, "List the bigger frozen encoders, or fetch their weights.")
    sub.add_argument("action", choices=["list", "get"])
    sub.add_argument("names", nargs="*", metavar="ID")
    sub.add_argument("--yes", action="store_true", help="get without being asked")

    text = "Score all methods on all pairs of corpora."
    actions = commands.add_parser("benchmark", help=text, description=text).add_subparsers(dest="action", required=True)
    sub = command("run", benchmark.run, benchmark.show_run, "Compute the cells of a suite; resumable.", actions)
    sub.add_argument("--suite", required=True, metavar="NAME", help="smoke (minutes), quick, headline or full")
    sub.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder of finished cells")
    sub.add_argument("--backend", default="processes", metavar="NAME", help="processes, threads or dask")
    sub.add_argument("--dask-address", metavar="A", help="of a running scheduler; its workers must see the folder")
    sub.add_argument("--workers", type=int, default=2, metavar="N")
    sub.add_argument("--minutes", type=float, metavar="M", help="begin no further cell after that time")
    text = "Compute some finished cells once more and compare."
    sub = command("rerun", benchmark.rerun, benchmark.show_rerun, text, actions)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--cells", type=int, default=3, metavar="N", help="how many, evenly spread; default 3")
    sub = command("report", benchmark.report, benchmark.show_report, "What the finished cells say.", actions)
    sub.add_argument("folder", type=Path, metavar="DIR")
    sub.add_argument("--write", action="store_true", help="also write RESULTS.md and assets/results")

    space.add(command, commands)
    return top


def predict(options) -> dict:
    from xser_demo import api

    loaded = [api.load_model(one) for one in options.model or [card["id"] for card in api.models()]]
    if not loaded:
        raise UserError("There is no model here; train some with: make models")
    return {"clips": [api.predict(file, loaded).as_dict() | {"file": file} for file in options.files]}


def show_predict(result: dict) -> None:
    for clip in result["clips"]:
        print(f"{clip['file']}  {clip['duration_s']:.1f} s")
        for warning in clip["quality"]["warnings"]:
            print(f"  note: {warning}")
        for model in clip["models"]:
            share = model["probabilities"][model["emotion"]]
            print(f"  {model['id']:28} {model['emotion']:10} {100 * share:3.0f} %")


def adapt(options) -> dict:
    from xser_demo import api
    from xser_demo.experiments import model_card
    from xser_demo.networks import checkpoints

    if options.out:
        api.absent(options.out)
    if options.report and not options.report.parent.is_dir():
        raise UserError(f"There is no folder {options.report.parent} for the report; make it first.")
    plan, brought = api.make_plan(**{name: getattr(options, name) for name in PLAN_OPTIONS}, tell=log)
    result = api.run(plan, log)
    folder = None
    if options.out:
        checkpoints.save(result.model, model_card.model_card(result, plan.slug(), plan.title()), options.out)
        folder = str(options.out)
    if options.report:
        from xser_demo.reporting import run_report

        run_report.write(result, options.report)
    return (
        model_card.summary(result)
        | (model_card.brought(brought) if brought else {})
        | {"checkpoint": folder, "report": str(options.report) if options.report else None}
    )


def show_adapt(result: dict) -> None:
    print(f"{result['source']} to {result['target']}, {result['method']}, {result['mode']}, seed {result['seed']}")
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


def rerun(options) -> dict:
    import torch

    from xser_demo.corpora import user
    from xser_demo.data import user_corpus
    from xser_demo.experiments import provenance
    from xser_demo.experiments import run as experiments_run
    from xser_demo.experiments.model_card import summary

    before = provenance.read(options.card)
    brought = None
    if options.target:
        feature = provenance.feature(before)
        brought = {(user.KEY, feature): user_corpus.encode_user_corpus(options.target, feature, log).pack}
    plan = provenance.plan(before, brought)
    if isinstance(before.get("threads"), int) and 1 <= before["threads"] <= 256:
        torch.set_num_threads(before["threads"])
    log(f"{plan.source} to {plan.target}, {plan.method}, seed {plan.seed}")
    *_, result = experiments_run.adapt(plan, provenance.start(before))
    after = summary(result)
    return {"before": before, "after": after, "differences": provenance.differences(before, after["record"])}


def show_rerun(result: dict) -> None:
    before, after = result["before"]["uar"], result["after"]["record"]["uar"]
    print(f"  UAR before {before}, now {after}" if before is not None else "  no scores")
    print(f"  not the same: {', '.join(result['differences'])}" if result["differences"] else "  the same to the bit")


def models(options) -> list[dict]:
    from xser_demo import api

    return api.models()


def show_models(result: list[dict]) -> None:
    for card in result:
        print(f"{card['id']:28} {card['method']:12} {card['source']} -> {card['target'] or '-'}")


def encoders(options) -> list[dict]:
    from xser_demo.cli import encoders as cli_encoders

    return cli_encoders.run(options)


def show_encoders(result: list[dict]) -> None:
    for row in result:
        there = "here" if row["here"] else "not here"
        print(f"{row['id']:16} {row['megabytes']:>6} MB  {there:8}  {row['dim']:>5} wide  {row['licence']}")


def published(options) -> list[dict]:
    from xser_demo.benchmark.systems import rows
    from xser_demo.experiments import systems

    results = rows.rows()
    return [systems.describe(system) | {"results": results[key]} for key, system in systems.SYSTEMS.items()]


def show_systems(result: list[dict]) -> None:
    for system in result:
        print(f"{system['id']:18} {system['title']}")
        print(f"{'':18} {system['idea']}")
        for row in system["results"]:
            if row["role"] == "system" and row["mode"] in ("inductive", "transductive"):
                low, high = row["ci95"]
                print(
                    f"{'':18} {row['track']:8} {row['pair']:20} {row['labels']:15} {row['mode']:12} {row['method']:14}"
                    f" UAR {100 * row['uar']:.1f} [{100 * low:.0f}, {100 * high:.0f}],"
                    f" source only {100 * row['source_only']:.1f}; {row['selection']}"
                )


if __name__ == "__main__":
    sys.exit(main())
