"""*Download this model*, with the choice to take it along as ONNX too."""

from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from xser_demo.networks.classifier import Recipe
from xser_demo.reporting.onnx import folder
from xser_demo.ui.server.middleware import Quota
from xser_demo.ui.shared.components import Download
from xser_demo.utils.errors import SettingsError

ONNX_BYTES = 58 << 20  # of the folder; it is written once, and zipped into Gradio's cache
NO_ROOM = "The computer that serves this page has no room for the ONNX files at the moment; download without them."


class ModelDownload(Download):
    """``recipe``: the network of the model, None while there is none. ``with_onnx`` is hidden where it cannot be
    exported."""

    def __init__(self, elem_id: str, recipe: Recipe | None = None):
        super().__init__("Download this model", elem_id, visible=recipe is not None)
        self.with_onnx = gr.Checkbox(
            False, label="with ONNX (58 MB)", visible=_possible(recipe), container=False, min_width=220,
            elem_id=f"{elem_id}-onnx",
        )  # fmt: skip

    def wire(self, inputs: list, write: Callable[..., Path | None]) -> None:
        """``write(folder, *values, with_onnx)``, else as in ``Download``."""

        def write_if_room(place: Path, *values) -> Path | None:
            if values[-1] and not Quota(Path(get_upload_folder())).allows(2 * ONNX_BYTES):
                raise SettingsError(NO_ROOM)
            return write(place, *values)

        super().wire([*inputs, self.with_onnx], write_if_room)

    def offer(self, recipe: Recipe | None) -> dict:
        """Show what there is to download: a model of this network, or nothing."""
        return {
            self.button: gr.Button(visible=recipe is not None),
            self.with_onnx: gr.Checkbox(visible=_possible(recipe)),
        }


def _possible(recipe: Recipe | None) -> bool:
    return recipe is not None and folder.possible(recipe)
