"""Loads a Whisper encoder of any size from its safetensors file on the Hugging Face hub."""

from collections.abc import Mapping

import torch
from torch import Tensor

from xser_demo.features.encoders.registry import Encoder
from xser_demo.features.encoders.whisper import WhisperBlocks
from xser_demo.utils.errors import ModelError

HEAD = 64  # width of an attention head in every Whisper
PREFIX = "model.encoder."
PARTS = {
    "attention_norm": "self_attn_layer_norm",
    "out": "self_attn.out_proj",
    "mlp_norm": "final_layer_norm",
    "expand": "fc1",
    "contract": "fc2",
}


def load(encoder: Encoder, state: Mapping[str, Tensor]) -> WhisperBlocks:
    """The network with these weights. ModelError when one is missing or of another shape."""
    last = encoder.blocks[1]
    network = WhisperBlocks(encoder.dim, encoder.dim // HEAD, last)
    try:
        network.load_state_dict(renamed(state, last))
    except (RuntimeError, KeyError) as error:
        *_, line = str(error).strip().splitlines()
        raise ModelError(f"The weights of {encoder.title} do not fit its network ({line.strip()}).") from error
    return network


def renamed(state: Mapping[str, Tensor], blocks: int) -> dict[str, Tensor]:
    """Weights by the names in ``WhisperBlocks``, up to block number ``blocks``, float32; KeyError if one is missing."""

    def of(name: str) -> Tensor:
        return state[PREFIX + name].float()

    ours = {f"{conv}.{kind}": of(f"{conv}.{kind}") for conv in ("conv1", "conv2") for kind in ("weight", "bias")}
    ours["positions"] = of("embed_positions.weight")
    for i in range(blocks):
        block, layer = f"blocks.{i}", f"layers.{i}"
        for part, theirs in PARTS.items():
            for kind in ("weight", "bias"):
                ours[f"{block}.{part}.{kind}"] = of(f"{layer}.{theirs}.{kind}")
        query, value = of(f"{layer}.self_attn.q_proj.bias"), of(f"{layer}.self_attn.v_proj.bias")
        ours[f"{block}.qkv.weight"] = torch.cat([of(f"{layer}.self_attn.{one}_proj.weight") for one in "qkv"])
        ours[f"{block}.qkv.bias"] = torch.cat([query, torch.zeros_like(query), value])  # keys have none
    return ours
