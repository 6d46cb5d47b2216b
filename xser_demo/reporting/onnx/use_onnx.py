"""The emotion of a sound file, with onnxruntime, numpy and soundfile: python use_onnx.py voice.wav [model-int8.onnx]"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
from silence import cut


def predict(file: str, session: onnxruntime.InferenceSession) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """Probability of each emotion, embedding (128,), and attention (heads, T) at 10 Hz, 0 where silence was cut."""
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    if rate != 16_000:
        sys.exit(f"{file} has {rate} samples a second; resample it to 16,000 first.")
    sound = cut(samples.mean(axis=1))
    if len(sound.inside) > 150:
        sys.exit(f"{file} holds more than 15 s of sound; cut it at a pause.")
    probabilities, embedding, weights = session.run(None, {"samples": sound.samples, "inside": sound.inside})
    classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
    attention = np.zeros((len(weights), max(sound.places[-1] + 1, -(-len(samples) // 1600))))
    attention[:, sound.places] = weights[:, sound.inside]
    return dict(zip(classes, probabilities.tolist(), strict=True)), embedding, attention


if __name__ == "__main__":
    model = Path(__file__).parent / (sys.argv[2] if len(sys.argv) > 2 else "model.onnx")
    answer, _, _ = predict(sys.argv[1], onnxruntime.InferenceSession(model))
    for emotion, share in sorted(answer.items(), key=lambda item: -item[1]):
        print(f"{emotion:10} {share:.1%}")
