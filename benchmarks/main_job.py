"""Speed and memory of the main job, as one JSON document (``make bench``). Not a timed test.

Corpus encoding uses recordings in XSER_CORPORA (or ../shared/corpora) if present, else the synthetic examples.
"""

import os
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from serving import ROOT, resident_mb, served, write


def first_page() -> dict:
    """Seconds from starting ``app.py`` to the first complete page, and the resident memory after its warm-up."""
    with served() as server:
        return {"first_page_s": round(server.first_page_s, 2), "server_resident_mb": server.resident_mb()}


def clip_to_answers() -> dict:
    """Milliseconds from a 3 s WAV on disk to the answers of two models: median and 95th percentile of 40."""
    import tempfile

    import soundfile

    from xser_demo.audio.io import load
    from xser_demo.inference.predict import encode_file, predict
    from xser_demo.networks import checkpoints
    from xser_demo.utils import settings

    samples = load(settings.EXAMPLES / "de-slow-low.flac").samples
    samples = np.tile(samples, 2)[: 3 * settings.SAMPLE_RATE]
    models = [checkpoints.load("ravdess-source"), checkpoints.load("ravdess-emodb-coral-infomax-em")]
    times, encoder = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clip.wav"
        soundfile.write(file, samples, settings.SAMPLE_RATE)
        for _ in range(45):
            started = time.perf_counter()
            encoded = encode_file(file)
            encoder.append(time.perf_counter() - started)
            for model in models:
                predict(model, encoded)
            times.append(time.perf_counter() - started)
    times, encoder = times[5:], encoder[5:]
    return {
        "clip_3s_two_models_ms_p50": round(1000 * statistics.median(times), 1),
        "clip_3s_two_models_ms_p95": round(1000 * sorted(times)[int(0.95 * len(times))], 1),
        "of_which_decode_measure_encode_ms_p50": round(1000 * statistics.median(encoder), 1),
        "all_shipped_models_loaded": len([checkpoints.load(c["id"]) for c in checkpoints.cards()]),
        "process_resident_mb": resident_mb(os.getpid()),
    }


def adaptation_s() -> dict:
    """RAVDESS -> EmoDB from the packs, 20 epochs: from the shipped source model, and with the source trained first."""
    from xser_demo.experiments.plan import Plan
    from xser_demo.experiments.run import adapt
    from xser_demo.networks import checkpoints

    seconds = {}
    for name in ("infomax", "dann", "mmd"):
        for start, model in (("warm", checkpoints.load("ravdess-source").model), ("from_scratch", None)):
            started = time.monotonic()
            for _ in adapt(Plan("ravdess", "emodb", name), model):
                pass
            seconds[f"adapt_{name}_{start}_s"] = round(time.monotonic() - started, 2)
    return seconds


def pack_speed() -> dict:
    """Seconds of speech encoded per second, decoding included."""
    from xser_demo.audio.io import load
    from xser_demo.corpora.locate import find, read
    from xser_demo.features.encoders import whisper
    from xser_demo.utils import settings

    folder = Path(os.environ.get("XSER_CORPORA") or ROOT.parent / "shared" / "corpora")
    if (folder / "emodb").is_dir():
        files = [find("emodb", folder) / u.path for u in read("emodb", folder)]
    else:
        files = sorted(settings.EXAMPLES.glob("*.flac")) * 20
    started, clips_encoded = time.monotonic(), 0
    for _ in whisper.encode_all(load(f).samples for f in files):
        clips_encoded += 1
    seconds = time.monotonic() - started
    total = sum(load(f).duration_s for f in files)
    return {"pack_clips": clips_encoded, "pack_times_real_time": round(total / seconds, 1)}


def main() -> None:
    import torch

    result = {
        "machine": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
    }
    for part in (first_page, clip_to_answers, adaptation_s, pack_speed):
        result |= part()
        print(part.__name__, "done", file=sys.stderr, flush=True)
    write(result, "bench.json")


if __name__ == "__main__":
    main()
