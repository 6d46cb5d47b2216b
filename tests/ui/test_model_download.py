"""*Download this model*: ONNX is offered where it is possible, and only while there is room for it."""

from collections import namedtuple

import gradio as gr
import pytest

from xser_demo.networks.classifier import COMMON, Recipe
from xser_demo.reporting.onnx import folder
from xser_demo.ui.server import middleware
from xser_demo.ui.shared.model_download import NO_ROOM, ModelDownload

Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def download():
    with gr.Blocks():
        return ModelDownload("take", COMMON)


def test_onnx_is_offered_for_models_that_can_be_exported(download, monkeypatch):
    def shown(recipe) -> list[bool]:
        return [change.visible for change in download.offer(recipe).values()]

    assert shown(None) == [False, False] and shown(COMMON) == [True, True]
    assert shown(Recipe("mel", "conv_gru")) == [True, False]
    monkeypatch.setattr(folder, "find_spec", lambda name: None)
    assert shown(COMMON) == [True, False]


def test_nothing_large_is_written_onto_a_full_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(middleware.shutil, "disk_usage", lambda place: Disk(1 << 40, 1 << 40, 600 << 20))
    warned, written = [], []
    monkeypatch.setattr(gr, "Warning", warned.append)
    with gr.Blocks() as page:
        download = ModelDownload("take", COMMON)
        download.wire([], lambda place, with_onnx: written.append(with_onnx))
    press = next(one.fn for one in page.fns.values() if download.file in one.outputs)
    for with_onnx in (False, True):
        list(press(with_onnx))
    assert written == [False] and warned == [NO_ROOM]
