"""Writes tests/reference/whisper_hub.npz: results of transformers' Whisper with small random weights.

The file holds the weights under their names on the Hugging Face hub, a log-mel spectrogram and the mean of the hidden
states after the first two of three blocks. transformers is no dependency of this project, so this runs by hand:

    pip install --no-deps --target /tmp/others transformers==5.23.0 tokenizers regex huggingface_hub
    PYTHONPATH=/tmp/others python scripts/make_reference_whisper.py
"""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from xser_demo.features import torchaudio_cpu  # noqa: F401  transformers imports torchaudio

FILE = ROOT / "tests" / "reference" / "whisper_hub.npz"
WIDTH, HEADS, BLOCKS, FRAMES = 16, 2, 3, 40  # frames at 50 Hz
PREFIX = "model.encoder."


def main() -> None:
    from transformers import WhisperConfig, WhisperForConditionalGeneration  # after torchaudio

    random = torch.Generator().manual_seed(0)
    config = WhisperConfig(
        vocab_size=8, num_mel_bins=80, d_model=WIDTH, encoder_layers=BLOCKS, encoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH, decoder_layers=1, decoder_attention_heads=1, decoder_ffn_dim=8,
        max_source_positions=FRAMES, max_target_positions=4, pad_token_id=0, bos_token_id=1, eos_token_id=2,
        decoder_start_token_id=1, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.3 * torch.randn(parameter.shape, generator=random))
        mel = torch.randn(1, 80, 2 * FRAMES, generator=random)
        states = model.model.encoder(mel, output_hidden_states=True).hidden_states  # the first: before any block
    weights = {name: value.numpy() for name, value in model.state_dict().items() if name.startswith(PREFIX)}
    versions = np.array([f"{package} {version(package)}" for package in ("transformers", "torch")])
    np.savez_compressed(FILE, mel=mel[0].numpy(), mean=torch.stack(states[1:3]).mean(0)[0].numpy(), versions=versions,
                        **weights)  # fmt: skip
    print(FILE.name, FILE.stat().st_size, "bytes", sorted(weights))


if __name__ == "__main__":
    main()
