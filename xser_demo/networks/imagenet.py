"""The official ImageNet weights as a start for VGG-16 and ResNet-50 at width 1: fetched on request, never by import."""

from collections.abc import Mapping
from pathlib import Path

import torch
from filelock import FileLock
from torch import Tensor, nn

from xser_demo.utils.errors import CorpusError, ModelError
from xser_demo.utils.files import sha256
from xser_demo.utils.http import download
from xser_demo.utils.state_dicts import read_state_dict

BASE = "https://download.pytorch.org/models"
FILES = {"vgg16": "vgg16-397923af.pth", "resnet50": "resnet50-0676ba61.pth"}  # the digits begin the file's SHA-256


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
    """Path of the official weights of "vgg16" (528 MB) or "resnet50" (98 MB) in ``folder``, downloaded unless an intact
    copy is there. Only a complete file gets its final name; an interrupted download is continued the next time.
    ModelError if it cannot be had."""
    if name not in FILES:
        raise ModelError(f"There are ImageNet weights for {' and '.join(FILES)}, not for {name!r}.")
    path = Path(folder) / FILES[name]
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.parent / "lock"):  # two downloads at once would mix their bytes
        if not _intact(path, path):
            _download(f"{base}/{path.name}", path)
    return path


def _intact(file: Path, path: Path) -> bool:
    """Whether ``file`` is what the name of ``path`` says: the name ends with the first digits of its SHA-256."""
    return file.is_file() and sha256(file).startswith(path.stem.rpartition("-")[2])


def _download(url: str, path: Path) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        for _ in download(url, partial):
            pass
    except (CorpusError, OSError) as error:
        reason = str(error).rstrip(".")
        raise ModelError(f"{url} cannot be downloaded: {reason}; or download it yourself and give its path.") from error
    if not _intact(partial, path):
        partial.unlink()
        raise ModelError(f"{url} came with a wrong checksum: try again, or download it yourself and give its path.")
    partial.replace(path)
