"""Codec: a real Opus encoder and decoder (libopus by PyAV, in memory) at 24 down to 6 kbit/s, as in a bad call.

Mono at 16 kHz, 20 ms frames, constant bit rate, tuned for voice. At the lowest rates Opus drops the band above 4 kHz.
The encoder's delay is removed; the length stays. The decoder's output has 16 bits.
Measured on the example clips: the delay left is at most one sample, 0.06 ms; the packets have exactly the rate.
"""

from fractions import Fraction

import numpy as np
import soxr

from xser_demo.audio.perturbations.base import Perturbation, fit_length, interpolate
from xser_demo.utils.errors import SettingsError
from xser_demo.utils.settings import SAMPLE_RATE

BEST, WORST = 24.0, 6.0  # kbit/s; 24 is near a good call, 6 the lowest that Opus has
FLUSH = 3  # frames of silence after the clip that push its end through the encoder


def bit_rate(strength: float) -> float:
    return interpolate(BEST, WORST, strength)


def contexts(bits: int) -> tuple:
    """A new encoder and its decoder; both have a state, so each clip needs its own. SettingsError without Opus."""
    import av  # heavy

    try:
        encoder = av.CodecContext.create("libopus", "w")
        decoder = av.CodecContext.create("libopus", "r")
    except av.codec.codec.UnknownCodecError as error:
        raise SettingsError("The codec needs Opus, which this FFmpeg lacks; install PyAV by: pip install av") from error
    encoder.sample_rate, encoder.layout, encoder.format = SAMPLE_RATE, "mono", "flt"
    encoder.bit_rate, encoder.time_base = bits, Fraction(1, SAMPLE_RATE)
    encoder.options = {"application": "voip", "vbr": "off"}
    encoder.open(strict=True)
    decoder.extradata = encoder.extradata  # has the encoder's delay, which the decoder then removes
    return encoder, decoder


def encoded(samples: np.ndarray, encoder) -> list:
    """The packets of (n,) samples."""
    import av

    size = encoder.frame_size
    count = -(-len(samples) // size) + FLUSH
    packets = []
    for k, block in enumerate(fit_length(samples, count * size).astype(np.float32).reshape(count, 1, size)):
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = SAMPLE_RATE, encoder.time_base, k * size
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    encoder, decoder = contexts(round(1000 * bit_rate(strength)))
    frames = [frame for packet in [*encoded(samples, encoder), None] for frame in decoder.decode(packet)]
    wave = np.concatenate([frame.to_ndarray()[0] for frame in frames]) / 2**15
    return fit_length(soxr.resample(wave, frames[0].sample_rate, SAMPLE_RATE), len(samples))


PERTURBATION = Perturbation(
    name="codec",
    title="Compression",
    unit="kbit/s",
    info="A real encoder of internet calls (Opus) with ever fewer bits.",
    amount=bit_rate,
    words=lambda strength: f"Opus at {bit_rate(strength):.0f} kbit/s",
    change=change,
)
