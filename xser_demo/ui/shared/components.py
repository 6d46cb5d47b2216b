"""How the page's own events are wired: not as endpoints for programmes (those are in api.py), and without a bar of
progress where what happens is quick or shows itself."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from xser_demo.utils.errors import UserError

PRIVATE = {"api_visibility": "private"}
QUIET = {"show_progress": "hidden", **PRIVATE}


class Download:
    """Made where its ``button`` is to stand; ``file`` is what the browser downloads."""

    def __init__(self, name: str, elem_id: str, visible: bool = True):
        self.name = name
        self.button = gr.Button(name, visible=visible, elem_id=elem_id)
        self.file = gr.DownloadButton(visible="hidden", elem_id=f"{elem_id}-file")

    def wire(self, given: list, write: Callable[..., Path | None]) -> None:
        """``write(folder, *given)`` makes a file in ``folder``, or gives None where there is nothing to hand over.
        Gradio copies it to where it deletes old files; ours goes at once."""

        def written(*values) -> Iterator[dict]:
            yield {self.button: gr.Button("Writing ...", interactive=False)}
            ready = gr.Button(self.name, interactive=True)
            with tempfile.TemporaryDirectory() as folder:
                try:
                    there = write(Path(folder), *values)
                except UserError as error:
                    gr.Warning(str(error))
                    there = None
                yield {self.file: str(there) if there else None, self.button: ready}

        self.button.click(written, given, [self.file, self.button], **QUIET).then(
            None, None, None, js=f"() => document.querySelector('#{self.file.elem_id}').click()"
        )


def late_plot(name: str, **size) -> gr.Plot:
    """It hides itself while it is empty (``.x-late`` of theme.py): Gradio's ``visible`` would take the component out of
    the page and make it anew each time."""
    return gr.Plot(show_label=False, elem_id=name, elem_classes=["x-plot", "x-late"], **size)
