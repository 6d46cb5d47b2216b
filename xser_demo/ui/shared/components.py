"""Options of the page's own events, properties as text, a button that downloads a file, and a plot that hides while it
is empty.

The page's events are private: they are not among the HTTP endpoints (endpoints.py). Quick ones show no progress bar.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import plotly.graph_objects as go

from xser_demo.utils.errors import UserError

PRIVATE = {"api_visibility": "private"}
# No sign of work on any output. Gradio would else copy all that the outputs hold, at each step of each event, also of
# every tab that was open before (gradio 12822).
QUIET = {"show_progress": "hidden", "show_progress_on": [], **PRIVATE}
# For a function that shows the present settings and has several events, a change of tabs among them: all its events,
# one at a time in the order of the clicks, so that an older answer never comes last.
IN_ORDER = {"concurrency_limit": 1, **QUIET}


def as_text(value: dict | None) -> str | None:
    """A property of a ``gr.HTML`` that has many numbers, as JSON for its script: Gradio copies lists number by number,
    often, and text at once."""
    return None if value is None else json.dumps(value, separators=(",", ":"))


class Download:
    """``button`` is visible; ``file`` is hidden and starts the browser's download."""

    def __init__(self, name: str, elem_id: str, visible: bool = True):
        self.name = name
        self.button = gr.Button(name, visible=visible, elem_id=elem_id)
        self.file = gr.DownloadButton(visible="hidden", elem_id=f"{elem_id}-file")

    def wire(self, inputs: list, write: Callable[..., Path | None]) -> None:
        """``write(folder, *values)`` writes a file into ``folder``, or returns None for nothing to download.

        Gradio copies the file to its cache; the folder is deleted at once.
        """

        def written(*values) -> Iterator[dict]:
            yield {self.button: gr.Button("Writing ...", interactive=False)}
            ready = gr.Button(self.name, interactive=True)
            with tempfile.TemporaryDirectory() as folder:
                try:
                    path = write(Path(folder), *values)
                except UserError as error:
                    gr.Warning(str(error))
                    path = None
                yield {self.file: str(path) if path else None, self.button: ready}

        self.button.click(written, inputs, [self.file, self.button], **QUIET).then(
            None, None, None, js=f"() => document.querySelector('#{self.file.elem_id}').click()"
        )


def late_plot(name: str, value: go.Figure | None = None, **size) -> gr.Plot:
    """A plot that hides while it is empty (``.x-late`` in page.css): Gradio's ``visible`` would remove the component
    from the page and create it again each time."""
    return gr.Plot(value, show_label=False, elem_id=name, elem_classes=["x-plot", "x-late"], **size)
