"""The command that repeats a run, and what may differ then."""

from html import escape
from shlex import join

from xser_demo.corpora.custom.recordings import Brought
from xser_demo.experiments import systems
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.run import AdaptationResult

NOTE = (
    "The page starts from a shipped source model where one fits; the command trains that model again, so the last "
    "digits can differ."
)


def command(plan: Plan, brought: Brought | None = None) -> str:
    """The command line that does the same. ``brought``: the user's recordings, if they were the target."""
    words = ["xser", "adapt", "--source", plan.source, "--target", brought.target if brought else plan.target]
    if plan.system:
        words += ["--system", plan.system, "--variant", systems.get(plan.system).variant(plan.variant).name]
    if plan.encoder:
        words += ["--encoder", plan.encoder]
    words += ["--method", plan.method, "--labels", plan.labels, "--mode", plan.mode]
    if plan.mode == "inductive":
        words += ["--fold", str(plan.fold)]
    if brought:
        words += ["--speaker-from", brought.scan.used.speaker_from, "--labels-from", brought.scan.used.labels_from]
    if plan.normalise:
        words += ["--normalise", plan.normalise]
    if plan.shift:
        words += ["--shift", plan.shift]
    if plan.strength is not None:
        words += ["--strength", f"{plan.strength:g}"]
    if plan.weights:
        words += ["--weights", ",".join(f"{weight:g}" for weight in plan.weights)]
    return join([*words, "--epochs", str(plan.schedule.epochs), "--seed", str(plan.seed)])


def section(result: AdaptationResult, brought: Brought | None = None) -> str:
    """The part of the report, as HTML."""
    code = escape(command(result.plan, brought))
    return f"<h2>To repeat it</h2><code>{code}</code><p class='small'>{escape(_note(result))}</p>"


def _note(result: AdaptationResult) -> str:
    if result.finished.on_demand:
        return (
            f"{NOTE} This run was ended after {result.finished.epochs} of {result.plan.schedule.epochs} epochs, "
            "while scores of the target were shown; the command runs all of them."
        )
    if result.finished.stopped_early:
        return (
            f"{NOTE} This run ended early, after {result.finished.epochs} of {result.plan.schedule.epochs} epochs, "
            f"when its limit of {result.plan.budget_s:.0f} s was reached; the command runs all of them."
        )
    return NOTE
