"""A second device without a GPU: tensors whose values are on the CPU, but which say that they are elsewhere.

Between the two, torch's rules for a GPU hold: an operation on both is an error, except copies, indices and single
numbers. So code that makes a tensor on a fixed device fails here as it would on a GPU, and all values are real.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

ELSEWHERE = "meta"  # a name of a device that torch knows on every computer
MAY_MIX = ("copy_", "_to_copy", "index", "index_put_", "_index_put_impl_")


class Elsewhere(Tensor):
    """A tensor that says it is on ``ELSEWHERE``; its values are those of ``here``."""

    here: Tensor

    @staticmethod
    def __new__(cls, here: Tensor):
        return Tensor._make_wrapper_subclass(
            cls, here.size(), strides=here.stride(), dtype=here.dtype, device=ELSEWHERE, requires_grad=False
        )

    def __init__(self, here: Tensor):
        self.here = here

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {})


class Computing(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {})


def compute(operation, args, kwargs):
    """The operation on the values, its result on the device that torch would choose. RuntimeError for two devices."""
    name = operation.overloadpacket.__name__
    tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    away = [one for one in tensors if isinstance(one, Elsewhere)]
    near = [one for one in tensors if not isinstance(one, Elsewhere) and one.dim()]
    if away and near and name not in MAY_MIX:
        raise RuntimeError(f"{name}: {near[0].shape} is on the CPU, {away[0].shape} is on the other device")
    to_other = bool(away)
    if kwargs.get("device") is not None:
        to_other = torch.device(kwargs["device"]).type == ELSEWHERE
        kwargs = kwargs | {"device": torch.device("cpu")}
    args_here, kwargs_here = tree_map(lambda leaf: leaf.here if isinstance(leaf, Elsewhere) else leaf, (args, kwargs))
    result = operation(*args_here, **kwargs_here)
    if name.endswith("_") and args and isinstance(args[0], Elsewhere):
        return args[0]  # changed in place
    wrapped = to_other and name != "_local_scalar_dense"
    return tree_map(lambda leaf: Elsewhere(leaf) if wrapped and type(leaf) is Tensor else leaf, result)


@contextmanager
def second_device(monkeypatch) -> Iterator[str]:
    """Inside, ``device()`` is the second device."""
    from xser_demo.experiments import run
    from xser_demo.networks import checkpoints
    from xser_demo.networks.classifier import Model

    # Wrapped tensors know no inference mode, in which a model predicts; without gradients the values are the same.
    monkeypatch.setattr(Model, "predict", torch.no_grad()(Model.predict.__wrapped__))
    for module in (run, checkpoints):
        monkeypatch.setattr(module, "device", lambda: ELSEWHERE)
    monkeypatch.setattr(torch.nn.Module, "to", moved)
    with Computing():
        yield ELSEWHERE


def moved(module: torch.nn.Module, device, to=torch.nn.Module.to) -> torch.nn.Module:
    """``Module.to`` with new parameters in place of the old ones, whose type cannot change."""
    torch.__future__.set_swap_module_params_on_conversion(True)
    try:
        return to(module, device)
    finally:
        torch.__future__.set_swap_module_params_on_conversion(False)
