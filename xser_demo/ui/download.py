"""A button that writes a file when it is pressed, and hands it over."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr

from xser_demo.errors import UserError
from xser_demo.ui.events import QUIET


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
