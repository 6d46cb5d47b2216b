"""Toolbar above the maps. On the page the points are a picture; by keyboard, these buttons reach clips and regions."""

import gradio as gr

from xser_demo.ui.js import script

HTML = """<div class="x-tools">
<fieldset class="x-side"><legend class="x-said">Which map</legend>
<label><input type="radio" name="x-side" value="before" checked>Before</label>
<label><input type="radio" name="x-side" value="after">After</label></fieldset>
<fieldset><legend class="x-said">What the pointer does on the maps</legend>
<label><input type="radio" name="x-tool" value="click" checked>Click a clip</label>
<label><input type="radio" name="x-tool" value="lasso">Lasso</label>
<label><input type="radio" name="x-tool" value="select">Box</label></fieldset>
<div class="x-steps"><button type="button" data-step="-1" aria-label="Previous clip">&#8592;</button>
<button type="button" data-step="1" aria-label="Next clip">&#8594;</button>
<button type="button" data-step="changed">Next changed prediction</button>
<button type="button" data-near="1" disabled title="The 40 clips around it, as a region">Neighbours</button>
<button type="button" data-clear="1" aria-label="Clear the region">Clear</button></div>
</div>"""


def toolbar() -> gr.HTML:
    """``ring``: the row to mark on both maps. ``step``: where the points of a map move to (``figures.step``)."""
    return gr.HTML(html_template=HTML, js_on_load=script("map"), elem_id="map-bar", ring=None, step=None)
