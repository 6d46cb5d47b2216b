"""A spectrogram as a picture, for pages without Plotly."""

import io

import numpy as np
from PIL import Image
from plotly.colors import get_colorscale, sample_colorscale, unlabel_rgb

HEIGHT, WIDEST = 320, 1600  # pixels
PER_FRAME = 4  # pixels at most


def png(bands: np.ndarray) -> bytes:
    """Decibels (bands, frames) as PNG, low frequencies at the bottom, in the colours of the page's spectrograms."""
    low, high = float(bands.min()), float(bands.max())
    level = ((bands - low) / max(high - low, 1e-6) * 255).round().astype(np.uint8)
    colours = sample_colorscale(get_colorscale("Magma"), np.linspace(0, 1, 256).tolist())
    palette = np.array([unlabel_rgb(one) for one in colours], dtype=np.uint8)
    width = min(WIDEST, PER_FRAME * bands.shape[1])
    image = Image.fromarray(palette[level[::-1]]).resize((width, HEIGHT), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
