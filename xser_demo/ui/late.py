"""A figure that is not there yet."""

import gradio as gr


def late_plot(name: str, **size) -> gr.Plot:
    """It hides itself while it is empty (``.x-late`` of theme.py): Gradio's ``visible`` would take the component out of
    the page and make it anew each time."""
    return gr.Plot(show_label=False, elem_id=name, elem_classes=["x-plot", "x-late"], **size)
