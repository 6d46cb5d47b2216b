"""``xser rerun``: an experiment once more, from its record, compared with the first time."""

from pathlib import Path

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.progress import log


def add(commands) -> None:
    command = add_command(commands, "rerun", run, show, "Run an experiment again from its card, and compare.")
    command.add_argument("card", type=Path, help="a model's folder or card.json, or what xser adapt --json printed")
    command.add_argument(
        "--target", metavar="zip:FILE", help="the recordings that it was adapted to, if they were yours"
    )
    add_device(command)


def run(options) -> dict:
    import torch

    from xser_demo.corpora import user
    from xser_demo.data import user_corpus
    from xser_demo.experiments import provenance
    from xser_demo.experiments.model_card import summary
    from xser_demo.experiments.run import adapt

    before = provenance.read(options.card)
    user_packs = None
    if options.target:
        feature = provenance.feature(before)
        recordings = user_corpus.encode_user_corpus(options.target, feature, log, provenance.choices(before))
        user_packs = {(user.KEY, feature): recordings.pack}
    plan = provenance.plan(before, user_packs)
    if isinstance(before.get("threads"), int) and 1 <= before["threads"] <= 256:
        torch.set_num_threads(before["threads"])
    log(f"{plan.source} to {plan.target}, {plan.method}, seed {plan.seed}")
    source_model, speaker_model = provenance.start(before)
    *_, result = adapt(plan, source_model, speaker_model=speaker_model)
    after = summary(result)
    return {"before": before, "after": after, "differences": provenance.differences(before, after["record"])}


def show(result: dict) -> None:
    before, after = result["before"]["uar"], result["after"]["record"]["uar"]
    print(f"  UAR before {before}, now {after}" if before is not None else "  no scores")
    print(f"  not the same: {', '.join(result['differences'])}" if result["differences"] else "  the same to the bit")
