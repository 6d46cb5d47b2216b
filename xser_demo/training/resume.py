"""A network and its optimiser on disk, so that a long training can go on after an interruption. No pickle."""

from pathlib import Path

import torch
from torch import Tensor, nn

from xser_demo.utils.files import atomic_write


def save(file: Path, model: nn.Module, optimiser: torch.optim.Optimizer, about: dict[str, str]) -> None:
    """Write weights, the optimiser's moments and ``about`` to one file, atomically."""
    from safetensors.torch import save as to_bytes

    tensors = {f"model.{name}": value.contiguous().cpu() for name, value in model.state_dict().items()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": value.contiguous().cpu() for name, value in moments.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(file, to_bytes(tensors, about))


def load(file: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, str]:
    """Give both what ``save`` wrote, and return its ``about``."""
    from safetensors import safe_open

    weights: dict[str, Tensor] = {}
    moments: dict[int, dict[str, Tensor]] = {}
    with safe_open(file, "pt") as opened:
        for key in opened.keys():  # noqa: SIM118  it is no dictionary
            part, _, name = key.partition(".")
            if part == "model":
                weights[name] = opened.get_tensor(key)
            else:
                number, _, name = name.partition(".")
                moments.setdefault(int(number), {})[name] = opened.get_tensor(key)
        about: dict[str, str] = opened.metadata()
    model.load_state_dict(weights)
    optimiser.load_state_dict(optimiser.state_dict() | {"state": moments})
    return about
