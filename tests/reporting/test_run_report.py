"""The report of a run: complete, true to the result, and alone. Without a browser."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from xser_demo.cli import main
from xser_demo.experiments import run as experiments_run
from xser_demo.experiments.plan import Plan
from xser_demo.reporting import repeat, run_report
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError


@pytest.fixture(scope="module")
def run() -> experiments_run.AdaptationResult:
    plan = Plan("ravdess", "emodb", "coral_infomax_em", epochs=2, source_epochs=2, mode="transductive", seed=5)
    *_, result = experiments_run.adapt(plan)
    return result


@pytest.fixture(scope="module")
def page(run) -> str:
    return run_report.html(run)


def own(page: str) -> str:
    """Without plotly's script."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_it_says_what_was_done_and_what_came_out(run, page):
    text = own(page)
    for score in run.scores.values():
        assert f"<td>{100 * score.uar:.1f}%</td><td>{100 * score.ci95[0]:.1f}% to {100 * score.ci95[1]:.1f}%" in text
    assert (
        text.count("Floor: ") == 2
        and f"{run.distances_before.a_distance:.2f}</td><td>{run.distances_after.a_distance:.2f}" in text
    )
    assert f"Epoch {run.finished.chosen.epoch} of 2" in text and run.finished.rule in text
    for words in ("Seed</td><td>5", "torch 2.", "CC BY-NC-SA 4.0", "Never judge people", "Target labels were opened"):
        assert words in text, words


def test_it_stands_alone(page):
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", page)
    assert "@import" not in own(page) and page.count("plotly.js v") == 1
    assert page.count("Plotly.newPlot(") == 7  # two confusion matrices, two maps, three curves
    assert Path.cwd().as_posix() not in page and "/tmp" not in own(page)


def test_methods_that_train_nothing_and_systems_have_one_too(run):
    *_, plain = experiments_run.adapt(Plan("ravdess", "emodb", "zscore"), run.source_model)
    text = own(run_report.html(plain))
    assert "trains nothing" in text and "<h2>Training" not in text and "fold 0" in text
    *_, latif = experiments_run.adapt(Plan("ravdess", "emodb", "gan", "valence", system="latif2019-gan", epochs=2))
    text = own(run_report.html(latif))
    assert "Latif 2019" in text and "Fidelity" in text and "negative, positive" in text


def test_names_from_outside_are_escaped(run):
    task = replace(run.task, dropped=["<script>alert(1)</script>"])
    assert "<script>alert" not in run_report.html(replace(run, task=task))


def test_an_early_end_is_said(run):
    ended = replace(run.finished, stopped_early=True, epochs=1)
    text = own(run_report.html(replace(run, plan=replace(run.plan, budget_s=3.0), finished=ended)))
    assert "ended early, after 1 of 2 epochs" in text


@pytest.mark.parametrize(
    "plan",
    [
        Plan("ravdess", "emodb", "dann", strength=2.0, seed=3, fold=1, epochs=7),
        Plan("ravdess", "emodb", "infomax", mode="transductive", shift="70 neutral"),
        Plan("ravdess", "emodb", "gan_synthesis", "valence", system="latif2019-gan", variant="synthesis"),
    ],
)
def test_the_command_means_the_same_plan(plan, monkeypatch):
    import shlex

    seen = []

    def stopped(plan, source_model):
        seen.append(plan)
        raise UserError("enough")

    monkeypatch.setattr(experiments_run, "adapt", stopped)
    assert main.main(shlex.split(repeat.command(plan))[1:]) == 2
    assert replace(seen[0], epochs=plan.epochs) == plan and seen[0].schedule == plan.schedule


@pytest.mark.usefixtures("short_source")
def test_the_command_line_writes_one(tmp_path, capsys):
    file = tmp_path / "run.html"
    arguments = ["adapt", "--source", "ravdess", "--target", "emodb", "--method", "zscore"]
    arguments += ["--mode", "transductive", "--report", str(file)]
    assert main.main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == str(file)
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert main.main([*arguments[:-1], str(tmp_path / "gone" / "run.html")]) == 2
    assert "no folder" in capsys.readouterr().err


def test_modules_that_do_not_import_gradio_do_not_load_it():
    """Figures, tables and sentences of the page can be used and tested without it."""
    code = settings.ROOT / "xser_demo"
    files = [file for room in ("reporting", "ui") for file in (code / room).rglob("*.py")]
    files = [file for file in files if not re.search("^(import|from) gradio", file.read_text(encoding="utf-8"), re.M)]
    files = [file for file in files if file.name != "use_onnx.py"]  # belongs to an exported folder, where it runs
    names = [".".join(file.relative_to(settings.ROOT).with_suffix("").parts) for file in files]
    assert len(names) > 50 and {"xser_demo.ui.navigation.links", "xser_demo.reporting.run_report"} <= set(names)
    code = f"import sys, {', '.join(names)}; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
