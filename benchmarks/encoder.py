"""Time of each part of a prediction, and the encoder compared with the limit of the machine and with other libraries,
as one JSON document.

The limit of the machine is the fastest of three matrix products with shapes of the encoder, measured between its runs.
transformers' Whisper encoder has the same four blocks and pads every clip to 30 s, by design; its speed does not depend
on its weights. Corpus to pack is compared with a loop of librosa and transformers' feature extractor and encoder, clip
by clip.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
import torch
from serving import write
from torch.utils.flop_counter import FlopCounterMode

import xser_demo.features.torchaudio_cpu  # noqa: F401  before transformers, whose import of torchaudio would fail
from xser_demo.audio import silence
from xser_demo.audio.io import load
from xser_demo.audio.quality import report
from xser_demo.features.encoders import whisper
from xser_demo.features.mel import log_mel
from xser_demo.inference.predict import EncodedClip, at_places, describe, predict
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

TRIES, THREADS = 30, 2
SECONDS = (1, 3, 10)
SHAPES = ((512, 1536), (512, 2048), (2048, 512))  # of the blocks' linear layers
MODELS = ("ravdess-source", "ravdess-emodb-coral-infomax-em", "ravdess-emodb-dann", "ravdess-emodb-mmd")


def timed(work: Callable) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def spread(times: list[float]) -> dict:
    return {"p50": round(statistics.median(times), 1), "p95": round(sorted(times)[int(0.95 * len(times))], 1)}


def voice(seconds: float) -> np.ndarray:
    samples = load(settings.EXAMPLES / "de-slow-low.flac").samples
    return np.resize(samples, int(seconds * settings.SAMPLE_RATE))


def parts(seconds: float, folder: Path) -> dict:
    """Milliseconds of each part for a clip of 48 kHz, as a browser sends it."""
    file = folder / f"{seconds}.wav"
    soundfile.write(file, np.repeat(voice(seconds), 3), 48_000)
    models = [checkpoints.load(name) for name in MODELS]
    times: dict[str, list[float]] = {}
    for _ in range(TRIES + 3):
        for name, took in way(file, models).items():
            times.setdefault(name, []).append(took)
    return {name: spread(found[3:]) for name, found in times.items()}


def way(file: Path, models: list) -> dict[str, float]:
    """One clip's way."""
    marks = [("", time.perf_counter())]

    def done(name: str) -> None:
        marks.append((name, time.perf_counter()))

    clip = load(file)
    done("decode and resample")
    sound = silence.cut(clip.samples)
    done("find speech and silence")
    quality = report(clip, sound.speech)
    done("measure level and noise")
    frames, speech = at_places(whisper.encode([sound.samples])[0][sound.inside], sound.places, clip.duration_s)
    done("encode")
    encoded = EncodedClip(clip.name, clip.duration_s, frames, speech, clip, quality)
    answers = [(predict(model, encoded), model.card) for model in models]
    done("four models and their attention")
    json.dumps(describe(encoded, answers))
    done("JSON")
    took = {name: 1000 * (now - before) for (_, before), (name, now) in pairwise(marks)}
    return took | {"all": sum(took.values())}


def limit(frames: int) -> float:
    """GFLOP a second of the fastest of the encoder's own matrix products."""
    best = 0.0
    for inner, outer in SHAPES:
        a, b = torch.randn(frames, inner), torch.randn(inner, outer)
        took = timed(lambda a=a, b=b: [a @ b for _ in range(10)]) / 10
        best = max(best, 2 * frames * inner * outer / took / 1e6)
    return best


def against_limit() -> dict:
    mel = log_mel(voice(3))[None]
    lengths = torch.tensor([mel.shape[2] // 2])
    blocks = whisper.blocks()
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            blocks(mel, lengths)
        work = counter.get_total_flops() / 1e9
        pairs = [(timed(lambda: blocks(mel, lengths)), limit(int(lengths))) for _ in range(TRIES + 3)][3:]
    return {
        "gflop_of_3_s": round(work, 2),
        "encoder_ms": spread([took for took, _ in pairs]),
        "machine_gflop_per_s": round(statistics.median(speed for _, speed in pairs)),
        "share_of_limit": round(statistics.median(work / (took / 1000) / speed for took, speed in pairs), 2),
    }


def their_encoder():
    from transformers import WhisperConfig, WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    config = WhisperConfig(d_model=512, encoder_layers=4, encoder_attention_heads=8, encoder_ffn_dim=2048)
    return WhisperFeatureExtractor(), WhisperEncoder(config).eval()


def against_transformers() -> dict:
    extractor, encoder = their_encoder()
    samples, ours, theirs = voice(3), [], []
    with torch.inference_mode():
        for _ in range(8):
            ours.append(timed(lambda: whisper.encode([samples])))
            mel = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_features
            theirs.append(timed(lambda mel=mel: encoder(mel)))
    ratio = statistics.median(b / a for a, b in zip(ours[2:], theirs[2:], strict=True))
    return {"ours_3_s_ms": spread(ours[2:]), "padded_to_30_s_ms": spread(theirs[2:]), "times_ours": round(ratio, 1)}


def corpus_to_pack(folder: Path) -> dict:
    """Times real time, decoding included; the sides take turns over the same files."""
    import librosa

    extractor, encoder = their_encoder()
    files = []
    for number in range(24):
        files.append(folder / f"corpus-{number}.flac")
        soundfile.write(files[-1], np.roll(voice(2 + number % 4), 100 * number), settings.SAMPLE_RATE)
    speech = sum(soundfile.info(file).duration for file in files)

    def ours() -> None:
        for _ in whisper.encode_all(load(file).samples for file in files):
            pass

    def theirs() -> None:
        for file in files:
            samples, _ = librosa.load(file, sr=16_000)
            mel = extractor(samples, sampling_rate=16_000, return_tensors="pt").input_features
            encoder(mel)

    with torch.inference_mode():
        times = [(timed(ours), timed(theirs)) for _ in range(4)][1:]
    return {
        "seconds_of_speech": round(speech, 1),
        "ours_times_real_time": round(statistics.median(1000 * speech / a for a, _ in times), 1),
        "theirs_times_real_time": round(statistics.median(1000 * speech / b for _, b in times), 1),
        "times_ours": round(statistics.median(b / a for a, b in times), 1),
    }


def main() -> None:
    torch.set_num_threads(THREADS)
    result: dict = {"threads": THREADS, "tries": TRIES, "torch": torch.__version__}
    with tempfile.TemporaryDirectory() as folder:
        for seconds in SECONDS:
            result[f"clip of {seconds} s, ms"] = parts(seconds, Path(folder))
        result["limit"] = against_limit()
        print(json.dumps(result), file=sys.stderr, flush=True)
        result["transformers"] = against_transformers()
        result["corpus_to_pack"] = corpus_to_pack(Path(folder))
    write(result, "bench-encoder.json")


if __name__ == "__main__":
    main()
