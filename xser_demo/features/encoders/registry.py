"""The bigger frozen encoders that can be downloaded: facts only, so that the command line lists them without torch.

Each row is a feature (features/__init__.py); frozen.py runs it, docs/encoders.md shows how to add one. None of the
trained weights could be run where this was written.
"""

from dataclasses import dataclass

from xser_demo.utils.errors import SettingsError

HUB = "https://huggingface.co/openai"
# The checksums and exact sizes are those with which several public projects pin these files; the files were not
# downloaded. Rows without a checksum are trusted on first use, see weights.py.
MIT_OR_BY_SA = "MIT (torchaudio's documentation); the authors' repository, UniSpeech, is under CC BY-SA 3.0"
MIT_OR_APACHE = "MIT (OpenAI's repository); Apache-2.0 (card of the file)"


@dataclass(frozen=True)
class Encoder:
    """``blocks``: the first and the last transformer block, counted from 1, whose hidden states are averaged. Blocks
    after the last one are not built."""

    id: str  # also the name of its feature
    title: str
    network: str  # a function of torchaudio.models, or "whisper"
    dim: int  # width of the hidden states
    blocks: tuple[int, int]
    total_blocks: int  # of the published network
    file: str  # address of the weights, or their name in torchaudio
    size: int  # bytes; exact if ``sha256`` is known, else four for each parameter
    sha256: str | None  # of the file
    licence: str
    paper: str
    normalise: bool = False  # each window to mean 0 and deviation 1, as in training


# Middle blocks, our choice: the last ones specialise in the task that a network was trained on (the shipped
# Whisper-base was 14 UAR points worse with its last layer). The middle third for networks trained without text; the
# first two thirds for Whisper, the share that the shipped encoder uses (whisper_hf.py begins at the first block).
# No label was used and nothing was tuned: these networks were never run here with trained weights.
ENCODERS = {
    encoder.id: encoder
    for encoder in (
        Encoder(
            "wavlm-base", "WavLM Base", "wavlm_base", 768, (5, 8), 12, "wavlm_base.pth", 377_600_000, None,
            MIT_OR_BY_SA, "Chen et al. 2022, WavLM: Large-Scale Self-Supervised Pre-Training for Full Stack Speech "
            "Processing; 960 hours of English",
        ),
        Encoder(
            "wavlm-base-plus", "WavLM Base+", "wavlm_base", 768, (5, 8), 12, "wavlm_base_plus.pth", 377_604_347,
            "136a3e720c04f2c77bf7a4dc6a3868b14d5a2c145a988114b733cb1a8428be98",
            MIT_OR_BY_SA, "Chen et al. 2022, WavLM; 94,000 hours of English",
        ),
        Encoder(
            "hubert-base", "HuBERT Base", "hubert_base", 768, (5, 8), 12, "hubert_fairseq_base_ls960.pth", 377_600_000,
            None, "MIT", "Hsu et al. 2021, HuBERT: Self-Supervised Speech Representation Learning by Masked "
            "Prediction of Hidden Units; 960 hours of English",
        ),
        Encoder(
            "xls-r-300m", "XLS-R 300M", "wav2vec2_xlsr_300m", 1024, (9, 16), 24, "wav2vec2_xlsr_300m.pth",
            1_262_000_000, None, "MIT (torchaudio's documentation); Apache-2.0 (its card on the hub)",
            "Babu et al. 2021, XLS-R: Self-supervised Cross-lingual Speech Representation Learning at Scale; 436,000 "
            "hours of 128 languages", normalise=True,
        ),
        Encoder(
            "whisper-small", "Whisper-small", "whisper", 768, (1, 8), 12,
            f"{HUB}/whisper-small/resolve/973afd24965f72e36ca33b3055d56a652f456b4d/model.safetensors", 966_995_080,
            "1d7734884874f1a1513ed9aa760a4f8e97aaa02fd6d93a3a85d27b2ae9ca596b",
            MIT_OR_APACHE, "Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak Supervision",
        ),
        Encoder(
            "whisper-medium", "Whisper-medium", "whisper", 1024, (1, 16), 24,
            f"{HUB}/whisper-medium/resolve/abdf7c39ab9d0397620ccaea8974cc764cd0953e/model.safetensors", 3_055_544_304,
            "62f73550fa6db24b0c6f6c5962bd0dae80fa644e93cde9cd9c3792971b47fd28",
            MIT_OR_APACHE, "Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak Supervision",
        ),
    )
}  # fmt: skip


def bigger(feature: str) -> str | None:
    """Name of the bigger encoder of a feature; None for the shipped encoder and for features without one."""
    return feature if feature in ENCODERS else None


def get(name: str) -> Encoder:
    if name not in ENCODERS:
        raise SettingsError(f"There is no encoder '{name}'; choose one of: {', '.join(ENCODERS)}.")
    return ENCODERS[name]
