"""Bigger encoders of the published kinds, but small and with random weights, as if they had been fetched."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from xser_demo.features import FEATURES
from xser_demo.features.encoders import frozen, weights
from xser_demo.features.encoders.registry import ENCODERS
from xser_demo.features.torchaudio_cpu import models
from xser_demo.utils import settings

DIM, USED, OF = 64, (2, 3), 4
SMALL = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": [(16, 10, 5), *[(16, 3, 2)] * 4, *[(16, 2, 2)] * 2],
    "extractor_conv_bias": False,
    "encoder_embed_dim": DIM,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 128,
    "encoder_pos_conv_groups": 16,
    "encoder_num_layers": OF,
    "encoder_num_heads": 4,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 96,
    "encoder_ff_interm_dropout": 0.0,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.05,
    "aux_num_out": None,
}
LIKE_XLSR = {"extractor_mode": "layer_norm", "extractor_conv_bias": True, "encoder_layer_norm_first": True}
NETWORKS = {
    "wavlm_base": lambda: models.wavlm_model(**SMALL, encoder_num_buckets=320, encoder_max_distance=800),
    "hubert_base": lambda: models.wav2vec2_model(**SMALL),
    "wav2vec2_xlsr_300m": lambda: models.wav2vec2_model(**SMALL | LIKE_XLSR),
}
SPEECH = {"wavlm-base": "wavlm_base", "hubert-base": "hubert_base", "xls-r-300m": "wav2vec2_xlsr_300m"}


def whisper_state(width: int, blocks: int) -> dict[str, torch.Tensor]:
    """Random weights under the names of a file on the hub, those of the decoder and of the last norm included."""
    random = torch.Generator().manual_seed(1)

    def some(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=random) / max(1, shape[-1]) ** 0.5

    state = {
        "conv1.weight": some(width, 80, 3),
        "conv2.weight": some(width, width, 3),
        "layer_norm.weight": some(width),
    }
    state |= {"conv1.bias": some(width), "conv2.bias": some(width), "embed_positions.weight": some(1500, width)}
    for i in range(blocks):
        for name, shape in {
            "self_attn.q_proj": (width, width), "self_attn.k_proj": (width, width), "self_attn.v_proj": (width, width),
            "self_attn.out_proj": (width, width), "fc1": (4 * width, width), "fc2": (width, 4 * width),
            "self_attn_layer_norm": (width,), "final_layer_norm": (width,),
        }.items():  # fmt: skip
            state[f"layers.{i}.{name}.weight"] = some(*shape)
            if name != "self_attn.k_proj":
                state[f"layers.{i}.{name}.bias"] = some(shape[0])
    return {f"model.encoder.{name}": value for name, value in state.items()} | {"model.decoder.x": some(2, 2)}


@pytest.fixture
def small(monkeypatch, tmp_path):
    """The rows of the table with small networks, and their weights in a folder of their own."""
    monkeypatch.setattr(settings, "ENCODERS", tmp_path / "encoders")
    settings.ENCODERS.mkdir()
    monkeypatch.setenv("XSER_DEVICE", "auto")  # whatever a command sets is put back
    for name in (*SPEECH, "whisper-small"):
        blocks = USED if name in SPEECH else (1, 3)
        row = replace(ENCODERS[name], dim=DIM, blocks=blocks, total_blocks=OF, sha256=None)
        monkeypatch.setitem(ENCODERS, name, row)
        monkeypatch.setitem(FEATURES, name, replace(FEATURES[name], dim=DIM))
    torch.manual_seed(0)
    for name, network in SPEECH.items():
        monkeypatch.setattr(models, network, NETWORKS[network])
        torch.save(NETWORKS[network]().state_dict(), weights.place(ENCODERS[name]))
    save_file(whisper_state(DIM, OF), weights.place(ENCODERS["whisper-small"]))
    frozen._load.cache_clear()
    yield settings.ENCODERS
    frozen._load.cache_clear()
