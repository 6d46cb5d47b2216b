"""The official ImageNet weights as a start for VGG-16 and ResNet-50 at width 1: fetched on request, never by import."""

import hashlib
import http.client
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from xser_demo.utils.errors import ModelError
from xser_demo.utils.state_dicts import read_state_dict

BASE = "https://download.pytorch.org/models"
FILES = {"vgg16": "vgg16-397923af.pth", "resnet50": "resnet50-0676ba61.pth"}  # the digits begin the file's SHA-256
BLOCK = 1 << 20  # bytes read at once
TIMEOUT_S = 30


def load(backbone: nn.Module, path: str | Path) -> None:
    """Copy a torchvision state dict (.pth or .safetensors) into a ``VGG16`` or ``ResNet50``, all or nothing.

    The last layer keeps its own weights unless it has the file's names and shapes, that is, as many classes.
    """
    copy(backbone, read_state_dict(Path(path)), str(path))


def copy(backbone: nn.Module, state: Mapping[str, Tensor], path: str) -> None:
    """``load`` for a state dict that is read already; ``path`` is what an error names."""
    misfit = f"{path} does not fit {type(backbone).__name__}"
    own = backbone.state_dict()
    last = f"{backbone.LAST}."
    if layout(own, last) != layout(state, last):
        own, state = without(own, last), without(state, last)
    for name, value in own.items():
        if name not in state:
            if name.endswith("num_batches_tracked"):
                continue  # files older than torch 0.4.1 lack this counter, and nothing here reads it
            raise ModelError(f"{misfit}: {name} is missing.")
        if state[name].shape != value.shape:
            raise ModelError(
                f"{misfit}: {name} is {tuple(state[name].shape)} there and {tuple(value.shape)} here "
                "(ImageNet weights need width 1)."
            )
    if unknown := [name for name in state if name not in own]:
        raise ModelError(f"{misfit}: it has {unknown[0]}, which is unknown here.")
    with torch.no_grad():
        for name, value in state.items():
            own[name].copy_(value)  # a state dict shares memory with its module


def layout(state: Mapping[str, Tensor], prefix: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes of one layer."""
    return {name: tuple(value.shape) for name, value in state.items() if name.startswith(prefix)}


def without(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith(prefix)}


def fetch(name: str, folder: str | Path, base: str = BASE) -> Path:
    """The path of the official weights of "vgg16" (528 MB) or "resnet50" (98 MB) in ``folder``, downloaded unless a
    whole copy is there already. Only whole files ever have their final name."""
    if name not in FILES:
        raise ModelError(f"There are ImageNet weights for {' and '.join(FILES)}, not for {name!r}.")
    path, url = Path(folder) / FILES[name], f"{base}/{FILES[name]}"
    if path.is_file() and whole(path, path.name):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        download(url, partial)
        if not whole(partial, path.name):
            raise ModelError(f"{url} came with a wrong checksum: try again, or download it yourself and give its path.")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def download(url: str, path: Path) -> None:
    try:
        # The scheme is that of ``base``, which no visitor sets.
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, path.open("wb") as file:  # noqa: S310
            while block := answer.read(BLOCK):
                file.write(block)
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(f"{url} cannot be reached: {error}; download it yourself and give its path.") from error


def whole(path: Path, name: str) -> bool:
    """Whether a file is the one whose name ends in the first digits of its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest().startswith(Path(name).stem.rpartition("-")[2])
