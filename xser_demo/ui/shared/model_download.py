"""*Download this model*, with the choice to take it along as ONNX too."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from xser_demo.networks.classifier import Recipe
from xser_demo.reporting.onnx import folder
from xser_demo.ui.shared.components import Download


class ModelDownload(Download):
    """``recipe``: the network of the model, None while there is none. ``with_onnx`` is hidden where it cannot be
    exported."""

    def __init__(self, elem_id: str, recipe: Recipe | None = None):
        super().__init__("Download this model", elem_id, visible=recipe is not None)
        self.with_onnx = gr.Checkbox(
            False, label="with ONNX (58 MB)", visible=_possible(recipe), container=False, min_width=150,
            elem_id=f"{elem_id}-onnx",
        )  # fmt: skip

    def wire(self, inputs: list, write: Callable[..., Path | None]) -> None:
        """``write(folder, *values, with_onnx)``, else as in ``Download``."""
        super().wire([*inputs, self.with_onnx], write)

    def offer(self, recipe: Recipe | None) -> dict:
        """Show what there is to download: a model of this network, or nothing."""
        return {
            self.button: gr.Button(visible=recipe is not None),
            self.with_onnx: gr.Checkbox(visible=_possible(recipe)),
        }


def _possible(recipe: Recipe | None) -> bool:
    return recipe is not None and folder.possible(recipe)
