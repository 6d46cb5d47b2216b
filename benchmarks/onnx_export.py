"""An exported model beside PyTorch in one run, as one JSON document: speed, agreement, and what 8 bits change.

python benchmarks/onnx_export.py [--speed]

Needs EmoDB's and EMOVO's recordings (XSER_CORPORA, or ../shared/corpora); not with --speed.

Times are of the processor, on one thread, so that other work on the machine matters little.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from encoder import TRIES, spread, voice
from serving import ROOT, write

from xser_demo.audio import silence
from xser_demo.audio.io import load
from xser_demo.audio.silence import Sound
from xser_demo.corpora.labels import LABEL_SETS
from xser_demo.corpora.locate import audio_path, read
from xser_demo.evaluation.scores import uar
from xser_demo.features.encoders import whisper
from xser_demo.inference.predict import EncodedClip, at_places, predict
from xser_demo.networks import checkpoints
from xser_demo.networks.checkpoints import Loaded
from xser_demo.reporting.onnx import folder
from xser_demo.utils import settings

MODELS = {"emodb": "ravdess-emodb-coral-infomax-em", "emovo": "ravdess-emovo-coral-infomax-em"}
SECONDS, THREADS = (1, 3, 10), 1
WAYS = ("PyTorch", folder.MODEL, folder.INT8)
Answer = tuple[np.ndarray, np.ndarray, np.ndarray]  # probabilities, embedding, attention


def timed(work: Callable) -> float:
    """Milliseconds of the processor."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


class Ways:
    """The three ways from cut sound to an answer. PyTorch is the product's, without the cut and the quality."""

    def __init__(self, model: str, place: Path):
        self.loaded: Loaded = checkpoints.load(model)
        self.export_ms = timed(lambda: folder.write(self.loaded, place / "float"))
        folder.write(self.loaded, place / "both", int8=True)
        self.megabytes = {name: round((place / "both" / name).stat().st_size / 1e6, 1) for name in WAYS[1:]}
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self.sessions = {
            name: onnxruntime.InferenceSession(place / "both" / name, options, ["CPUExecutionProvider"])
            for name in WAYS[1:]
        }

    def answer(self, way: str, sound: Sound) -> Answer:
        if way in self.sessions:
            return tuple(self.sessions[way].run(None, {"samples": sound.samples, "inside": sound.inside}))
        frames = whisper.encode([sound.samples])[0][sound.inside]
        frames, speech = at_places(frames, sound.places, 0)
        answer = predict(self.loaded, EncodedClip("", 0, frames, speech))
        attention = np.zeros((len(answer.attention), len(sound.inside)), np.float32)
        attention[:, sound.inside] = answer.attention[:, sound.places]
        return np.array([*answer.probabilities.values()]), answer.embedding, attention


def speed(ways: Ways) -> dict:
    """Milliseconds of each way, in turns."""
    found = {}
    for seconds in SECONDS:
        sound, times = silence.cut(voice(seconds)), {way: [] for way in WAYS}
        for _ in range(TRIES + 3):
            for way in WAYS:
                times[way].append(timed(lambda way=way, sound=sound: ways.answer(way, sound)))
        pairs = zip(times["PyTorch"][3:], times[folder.MODEL][3:], times[folder.INT8][3:], strict=True)
        ratios = np.median([(torch_ms / whole, torch_ms / small) for torch_ms, whole, small in pairs], axis=0)
        found[f"{seconds} s"] = {way: spread(took[3:]) for way, took in times.items()} | {
            "PyTorch / ours": dict(zip(WAYS[1:], ratios.round(2).tolist(), strict=True))
        }
    return found


def agreement(corpus: str, ways: Ways) -> dict:
    """Every clip with one of the four emotions, as a clip of a speaker of whom nothing else is known."""
    place, of = settings.corpora_dir() or ROOT.parent / "shared" / "corpora", LABEL_SETS["four"].of
    classes = ways.loaded.model.classes
    clips = [one for one in read(corpus, place) if of.get(one.emotion) in classes]
    labels = np.array([classes.index(of[one.emotion]) for one in clips])
    sounds = [silence.cut(load(audio_path(place, one)).samples) for one in clips]
    answers = {way: [ways.answer(way, sound) for sound in sounds] for way in WAYS}
    heard = {way: np.array([answer[0].argmax() for answer in found]) for way, found in answers.items()}
    told: dict = {"clips": len(clips), "uar": {way: round(100 * uar(labels, heard[way], 4), 2) for way in WAYS}}
    for way in WAYS[1:]:
        gaps = np.array([
            [np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)]
            for ours, theirs in zip(answers[way], answers["PyTorch"], strict=True)
        ])  # fmt: skip
        told[way] = {
            "largest change": dict(zip(("probability", "embedding", "attention"), gaps.max(0).tolist(), strict=True)),
            "mean of each clip's largest change of a probability": statistics.mean(gaps[:, 0].tolist()),
            "other answers": int((heard[way] != heard["PyTorch"]).sum()),
        }
    return told


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--speed", action="store_true", help="only the speed")
    only_speed = options.parse_args().speed
    torch.set_num_threads(THREADS)
    result: dict = {"threads": THREADS, "torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
    for corpus, model in MODELS.items():
        with tempfile.TemporaryDirectory() as place:
            ways = Ways(model, Path(place))
            if "speed" not in result:
                result |= {"export_ms": round(ways.export_ms), "MB": ways.megabytes, "speed": speed(ways)}
            if not only_speed:
                result[model] = agreement(corpus, ways)
    write(result, "bench-onnx.json")


if __name__ == "__main__":
    main()
