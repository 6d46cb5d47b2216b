"""Page, command line and endpoint each prepare the data of a run once."""

import sys

import gradio as gr
import pytest

from xser_demo.cli import main
from xser_demo.experiments import task
from xser_demo.experiments.plan import Plan
from xser_demo.ui import endpoints
from xser_demo.ui.state import Visitor
from xser_demo.ui.tabs.adapt import tab

pytestmark = pytest.mark.usefixtures("short_source")


@pytest.fixture
def prepared(monkeypatch) -> list[Plan]:
    """The plan of each call of ``prepare``, wherever it was imported."""
    plans, prepare = [], task.prepare

    def counted(plan: Plan, *parts) -> task.Task:
        plans.append(plan)
        return prepare(plan, *parts)

    for name, module in list(sys.modules.items()):
        if name.startswith("xser_demo") and getattr(module, "prepare", None) is prepare:
            monkeypatch.setattr(module, "prepare", counted)
    return plans


def test_one_press_of_adapt(prepared):
    with gr.Blocks() as page:
        adapt_tab = tab.build(gr.State(Visitor()), gr.Tabs())
    settings = {name: component.value for name, component in adapt_tab.settings.items()}
    go = next(block for block in page.blocks.values() if block.elem_id == "adapt-go")
    (event,) = (fn for fn in page.fns.values() if (go._id, "click") in fn.targets)
    visitor = Visitor()
    prepared.clear()
    for _ in event.fn(visitor, *(settings | {"method": "zscore"}).values()):
        pass
    assert len(visitor.results) == 1 and len(prepared) == 1


def test_the_sentence_about_a_choice(prepared):
    with gr.Blocks():
        adapt_tab = tab.build(gr.State(Visitor()), gr.Tabs())
    prepared.clear()
    adapt_tab.refresh(Visitor(), *(component.value for component in adapt_tab.settings.values()))
    assert len(prepared) == 1


def test_one_command(prepared, capsys):
    arguments = ["adapt", "--source", "ravdess", "--target", "emodb", "--method", "zscore", "--json"]
    assert main.main([*arguments, "--fold", "0"]) == 0
    assert len(prepared) == 1
    prepared.clear()
    assert main.main(arguments) == 0
    assert len(prepared) == len(set(prepared)) == 6, "five folds and all clips"


def test_one_call_of_the_endpoint(prepared):
    endpoints.adapt("ravdess", "emodb", "zscore")
    assert len(prepared) == 1
