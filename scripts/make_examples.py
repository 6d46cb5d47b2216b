"""Makes the clips in ``assets/examples`` with espeak-ng (developers only; the clips are committed).

Usage: python scripts/make_examples.py

The voices are synthetic and the sentences were written for this project. The labels state tempo and pitch only, not an
emotion.
"""

import io
import json
import subprocess
from pathlib import Path

import soundfile
import soxr

EXAMPLES = Path(__file__).resolve().parent.parent / "assets" / "examples"
RATE = 16_000  # Hz

# file, language, voice, words per minute, pitch 0-99, manner, sentence
CLIPS = [
    ("en-medium-low", "English", "en-gb+m3", 150, 30, "medium and low", "The blue folder is on the shelf next to the window."),
    ("en-fast-high", "English", "en-us+f2", 230, 75, "fast and high", "We meet at ten past four, and the bus leaves from the second stop."),
    ("de-slow-low", "German", "de+m1", 130, 20, "slow and low", "Der Schlüssel liegt in der oberen Schublade."),
    ("de-fast-high", "German", "de+f3", 225, 80, "fast and high", "Die Straßenbahn hält heute vor dem neuen Rathaus, nicht am Markt."),
    ("it-medium", "Italian", "it+f1", 165, 55, "medium", "La lettera per la signora del terzo piano è sul tavolo."),
    ("it-fast-low", "Italian", "it+m4", 220, 25, "fast and low", "Domani il negozio apre alle nove e chiude alle sette di sera."),
    ("ur-medium", "Urdu", "ur+m2", 150, 45, "medium", "کتاب کھڑکی کے پاس والی میز پر رکھی ہے۔"),
    ("ur-slow-high", "Urdu", "ur+f4", 140, 80, "slow and high", "گاڑی شام پانچ بجے یہاں سے چلتی ہے۔"),
]  # fmt: skip


def speak(voice: str, speed: int, pitch: int, sentence: str):
    """(n,) float samples at 16 kHz, peak at -3 dBFS."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", sentence]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wav))
    samples = soxr.resample(samples, rate, RATE)
    return samples / abs(samples).max() * 10 ** (-3 / 20)


def main() -> None:
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    rows = []
    for stem, language, voice, speed, pitch, manner, sentence in CLIPS:
        samples = speak(voice, speed, pitch, sentence)
        path = EXAMPLES / f"{stem}.flac"
        soundfile.write(path, samples, RATE, subtype="PCM_16")
        label = f"Synthetic voice, {language}, {manner}"
        rows.append({"file": path.name, "language": language, "label": label, "text": sentence})
        print(f"{path.name}: {len(samples) / RATE:.2f} s, {path.stat().st_size / 1000:.0f} kB")
    text = json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    (EXAMPLES / "examples.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
