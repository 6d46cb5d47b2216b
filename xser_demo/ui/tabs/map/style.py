"""The looks of the Map tab: styles, the bar above the maps, the player, the knobs, and small texts."""

import gradio as gr

from xser_demo.reporting import maps
from xser_demo.reporting.maps import MapSettings

STYLE = """<style>
.x-film:not(:has([data-testid="plotly"])), .x-point:not(:has(h3)), #map-trust:not(:has(strong)) { display: none; }
#map-bar { order: 0; } .x-maps { min-height: 360px; }
.x-tools { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; font-size: 14px; }
.x-tools fieldset { display: flex; flex-wrap: wrap; gap: 2px 12px; border: 0; margin: 0 auto 0 0; padding: 0; }
.x-tools label { display: flex; align-items: center; gap: 5px; cursor: pointer; padding: 4px 0; }
.x-tools input { appearance: auto !important; width: 15px !important; height: 15px !important;
  accent-color: #0f766e; margin: 0 !important; background: none !important; box-shadow: none !important; }
.x-tools button, .x-play button { font-size: 14px !important; font-weight: 500 !important; line-height: 20px;
  padding: 5px 10px !important; border-radius: 6px; cursor: pointer;
  background: var(--button-secondary-background-fill); color: var(--body-text-color); }
.x-tools :is(button, input):focus-visible, .x-play :is(button, input):focus-visible { outline: 2px solid #0f766e;
  outline-offset: 2px; }
.x-tools button:disabled { opacity: .45; cursor: default; }
.x-steps { display: flex; flex-wrap: wrap; gap: 8px; } .x-steps button { margin: 0 !important; white-space: nowrap; }
.x-tools .x-side { display: none; }
.x-said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.x-facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 4px 0 0; font-size: 16px; }
.x-facts dd { margin: 0; font-weight: 650; } .x-facts dt { color: var(--body-text-color-subdued); }
.x-facts i { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 7px; }
#map-origin a { overflow-wrap: anywhere; padding: 0 !important; } #map-origin p { margin-top: 8px; }
.x-play { display: flex; align-items: center; gap: 12px; font-size: 15px; font-variant-numeric: tabular-nums; }
.x-play button { min-width: 72px; background: #0f766e !important; color: white !important; }
.x-play input { flex: 1; min-width: 80px; accent-color: #0f766e; } .x-play output { min-width: 76px; font-weight: 600; }
@media (max-width: 640px) {
  .x-tools .x-side { display: flex; flex-basis: 100%; gap: 2px 18px; font-size: 16px; }
  .x-maps { gap: 0 !important; }
  .x-maps[data-side="after"] #map-before, .x-maps:not([data-side="after"]) #map-after { height: 0 !important;
    min-height: 0 !important; overflow: hidden; visibility: hidden; }
}
</style>"""

# In the page the points are a picture: who uses the keyboard goes from clip to clip by the buttons, and to a region.
BAR = """<div class="x-tools">
<fieldset class="x-side"><legend class="x-said">Which map</legend>
<label><input type="radio" name="x-side" value="before" checked>Before</label>
<label><input type="radio" name="x-side" value="after">After</label></fieldset>
<fieldset><legend class="x-said">What the pointer does on the maps</legend>
<label><input type="radio" name="x-tool" value="click" checked>Click a clip</label>
<label><input type="radio" name="x-tool" value="lasso">Lasso</label>
<label><input type="radio" name="x-tool" value="select">Box</label></fieldset>
<div class="x-steps"><button type="button" data-step="-1" aria-label="Previous clip">&#8592;</button>
<button type="button" data-step="1" aria-label="Next clip">&#8594;</button>
<button type="button" data-step="changed">A changed answer</button>
<button type="button" data-near="1" disabled title="The 40 clips around it, as a region">Its neighbours</button>
<button type="button" data-clear="1" aria-label="Clear the region">Clear</button></div>
</div>"""
PLAYER = """<div class="x-play"><button type="button">Play</button>
<input type="range" min="0" max="1" step="1" value="0" aria-label="Moment of the adaptation"><output></output></div>"""
INTO_VIEW = """() => setTimeout(() => document.querySelector('.x-point')?.scrollIntoView({block: 'nearest'}), 150)"""
COMPONENTS = {"1 and 2": (1, 2), "1 and 3": (1, 3), "2 and 3": (2, 3)}


def knobs() -> list[gr.Dropdown]:
    """What ``turn`` reads, in its order."""
    plain = maps.PLAIN
    with gr.Accordion("Fine-tune", open=False, elem_id="map-fine-tune"), gr.Row():
        return [
            gr.Dropdown(options, value=value, label=label, min_width=150, elem_id=f"map-{name}")
            for name, label, value, options in (
                ("components", "PCA: components", "1 and 2", list(COMPONENTS)),
                ("perplexity", "t-SNE: perplexity", plain.perplexity, [5, 15, 30, 50, 100]),
                ("neighbours", "UMAP: neighbours", plain.neighbours, [5, 15, 30, 50, 100]),
                ("min-dist", "UMAP: least distance", plain.min_dist, [0.0, 0.1, 0.3, 0.6, 0.9]),
                ("seed", "t-SNE, UMAP: seed", plain.seed, [0, 1, 2, 3, 4]),
                ("most", "Clips of each corpus", maps.MOST, [100, 200, 300, 500, maps.MOST]),
            )
        ]


def turn(
    components: str, perplexity: int, neighbours: int, min_dist: float, seed: int, most: int
) -> tuple[MapSettings, int]:
    """The knobs, and the number of clips of each corpus."""
    return MapSettings(COMPONENTS[components], perplexity, neighbours, min_dist, seed), most


def film_words(trained: bool, clips: int, moments: int) -> str:
    """What the film shows, as HTML."""
    if trained:
        return f"<p>{clips:,} clips at {moments} moments of your adaptation. Each map starts from the one before.</p>"
    return (
        "<p>The way from before to after, not the training: a shipped model keeps no epochs. Adapt one yourself in the "
        "Adapt tab to see its epochs.</p>"
    )
