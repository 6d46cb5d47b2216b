"""Where networks compute: the CPU, or a GPU. The one place that decides it, for training, scoring and prediction alike.

Networks are built on the CPU, where their random numbers come from, and then moved; batches follow their network. So a
run on a GPU has the same start, the same batches and the same dropout as one on the CPU.
"""

from contextlib import AbstractContextManager

from xser_demo.utils import settings
from xser_demo.utils.errors import SettingsError

DEVICES = ("auto", "cpu", "cuda")


def device(requested: str | None = None) -> str:
    """ "cpu" or "cuda". ``requested``: one of DEVICES; None reads the settings. SettingsError when there is none."""
    import torch

    requested = requested or settings.device()
    if requested not in DEVICES:
        raise SettingsError(f"There is no device '{requested}'; choose one of: {', '.join(DEVICES)}.")
    available = torch.cuda.is_available()
    if requested == "cuda" and not available:
        raise SettingsError("There is no GPU here that torch can use; choose the device cpu.")
    return "cuda" if available and requested != "cpu" else "cpu"


def mixed_precision(on: str, heavy: bool) -> AbstractContextManager:
    """A context in which ``heavy`` networks multiply in bfloat16 on a GPU that has it; elsewhere nothing changes.
    Unlike float16, it needs no scaling of the loss. ``on``: the type of the network's device."""
    import torch

    enabled = heavy and on == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast("cuda" if enabled else "cpu", torch.bfloat16, enabled=enabled)
