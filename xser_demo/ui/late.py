"""A figure that is not there yet."""

import gradio as gr


def late_plot(name: str, **size) -> gr.Plot:
    """It hides itself while it is empty (``.x-late`` of theme.py). Gradio's ``visible`` takes a component out of the
    page and puts it back some time later; an update that met one on its way was lost, so that a map stayed away."""
    return gr.Plot(show_label=False, elem_id=name, elem_classes=["x-plot", "x-late"], **size)
