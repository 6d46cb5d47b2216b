"""Menus under "Fine-tune" of the Map tab: how the maps are laid out."""

import gradio as gr

from xser_demo.reporting import maps
from xser_demo.reporting.maps import MapSettings

COMPONENTS = {"1 and 2": (1, 2), "1 and 3": (1, 3), "2 and 3": (2, 3)}


def layout_menus() -> list[gr.Dropdown]:
    """Menus in the order of the arguments of ``layout_settings``."""
    plain = maps.PLAIN
    with gr.Accordion("Fine-tune", open=False, elem_id="map-fine-tune"), gr.Row():
        return [
            gr.Dropdown(options, value=value, label=label, min_width=150, elem_id=f"map-{name}")
            for name, label, value, options in (
                ("components", "PCA: components", "1 and 2", list(COMPONENTS)),
                ("perplexity", "t-SNE: perplexity", plain.perplexity, [5, 15, 30, 50, 100]),
                ("neighbours", "UMAP: neighbours", plain.neighbours, [5, 15, 30, 50, 100]),
                ("min-dist", "UMAP: minimum distance", plain.min_dist, [0.0, 0.1, 0.3, 0.6, 0.9]),
                ("seed", "t-SNE, UMAP: seed", plain.seed, [0, 1, 2, 3, 4]),
                ("most", "Clips per corpus", maps.MAX_CLIPS, [100, 200, 300, 500, maps.MAX_CLIPS]),
            )
        ]


def layout_settings(
    components: str, perplexity: int, neighbours: int, min_dist: float, seed: int, max_clips: int
) -> tuple[MapSettings, int]:
    """The settings of a layout, and the largest number of clips per corpus."""
    return MapSettings(COMPONENTS[components], perplexity, neighbours, min_dist, seed), max_clips
