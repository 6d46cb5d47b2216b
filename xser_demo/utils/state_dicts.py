"""Reads weights from files without executing anything in them."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from xser_demo.utils.errors import ModelError


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Names and tensors of a .safetensors or .pth file; ModelError when it cannot be read as weights."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError, SafetensorError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{path} cannot be read as weights: {reason}") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"{path} holds no state dict (names and tensors).")
    return dict(state)
