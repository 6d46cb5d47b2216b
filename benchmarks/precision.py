"""Speed of the encoder's blocks in other precisions, and share of changed predictions, as one JSON document.

python benchmarks/precision.py [--compile]        needs EmoDB's recordings (XSER_CORPORA, or ../shared/corpora)
"""

import argparse
import copy
import statistics

import torch
from encoder import THREADS, TRIES, spread, timed, voice
from serving import ROOT, write

from xser_demo.audio.io import load
from xser_demo.corpora.locate import audio_path, read
from xser_demo.features.encoders import whisper
from xser_demo.inference.predict import encode_clips, predict
from xser_demo.networks import checkpoints
from xser_demo.utils import settings

MODEL = "ravdess-emodb-coral-infomax-em"
CLIPS = 60


class Rounded(torch.nn.Module):
    """The blocks with bfloat16 weights; mels and states stay float32 outside."""

    def __init__(self, blocks: whisper.WhisperBlocks):
        super().__init__()
        self.blocks = copy.deepcopy(blocks).bfloat16()

    def forward(self, mel, lengths):
        return self.blocks(mel.bfloat16(), lengths).float()


def ways(compiled: bool) -> dict:
    shipped = whisper.blocks()
    found = {
        "float32": shipped,
        "bfloat16": Rounded(shipped),
        "int8": torch.ao.quantization.quantize_dynamic(copy.deepcopy(shipped), {torch.nn.Linear}, torch.qint8),
    }
    return found | ({"compiled": torch.compile(copy.deepcopy(shipped))} if compiled else {})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--compile", action="store_true")
    torch.set_num_threads(THREADS)
    found = ways(options.parse_args().compile)
    folder = settings.corpora_dir() or ROOT.parent / "shared" / "corpora"
    utterances = read("emodb", folder)[:: 535 // CLIPS][:CLIPS]
    clips = [load(audio_path(folder, one)) for one in utterances]
    speech, model = sum(one.duration_s for one in clips), checkpoints.load(MODEL)
    samples, times, packs, answers = voice(3), {}, {}, {}
    original = whisper.blocks
    for turn in range(TRIES):
        for name, blocks in found.items():
            whisper.blocks = lambda blocks=blocks: blocks
            times.setdefault(name, []).append(timed(lambda: whisper.encode([samples])))
            if turn < 4:
                packs.setdefault(name, []).append(timed(lambda: list(whisper.encode_all(one.samples for one in clips))))
            if turn == 0:
                answers[name] = [predict(model, encoded) for encoded in encode_clips(clips)]
    whisper.blocks = original
    result: dict = {"threads": THREADS, "torch": torch.__version__, "model": MODEL, "clips": len(clips)}
    for name in found:
        shares = [
            max(abs(a.probabilities[emotion] - b.probabilities[emotion]) for emotion in a.probabilities)
            for a, b in zip(answers["float32"], answers[name], strict=True)
        ]
        result[name] = {
            "3 s, ms": spread(times[name][3:]),
            "times_real_time_without_decoding": round(1000 * speech / statistics.median(packs[name][1:]), 1),
            "answers_changed": sum(
                a.emotion != b.emotion for a, b in zip(answers["float32"], answers[name], strict=True)
            ),
            "largest_change_of_a_probability": round(max(shares), 4),
        }
    write(result, "bench-precision.json")


if __name__ == "__main__":
    main()
