"""What a page says of itself where it is hosted: on a Hugging Face Space, or behind a proxy of one's own."""

import os

import gradio as gr

LIMITS = (
    "This is a shared Space: it sleeps when nobody comes for long and then takes a while to wake, keeps nothing on a "
    "disk, and does one heavy job at a time; others wait. A copy of your own is yours alone."
)
HEIGHT = "<style>#space { align-items: center; } #space button { flex: none; width: auto; }</style>"


def space() -> str | None:
    """OWNER/NAME of the Space that this page runs on."""
    return os.environ.get("SPACE_ID") or None


def address() -> str | None:
    """What others open where something stands in front of this page: a Space's own address, or XSER_ADDRESS."""
    if name := space():
        host = os.environ.get("SPACE_HOST", "").partition(",")[0]  # a domain of one's own comes first
        return f"https://{host}" if host else f"https://huggingface.co/spaces/{name}"
    return os.environ.get("XSER_ADDRESS", "").rstrip("/") or None


def limits() -> None:
    """One line and a way to a copy of one's own, on a Space; nothing anywhere else."""
    if space():
        with gr.Row(elem_id="space"):
            gr.HTML(f"{HEIGHT}<p class='x-small'>{LIMITS}</p>", padding=False)
            gr.DuplicateButton(min_width=60)
