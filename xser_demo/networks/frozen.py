"""Image networks whose lower layers are frozen: their weights, and the maps of every clip, computed once.

The lower layers of both networks learnt without any emotion label from all shipped mel images
(benchmark/systems/pretrain.py); their weights are shipped. A network that is trained on maps gets its lower layers back
by ``whole``, so that it can hear any clip.
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import torch

from xser_demo.data.domains import Domain
from xser_demo.data.packs import Pack, load_cached
from xser_demo.networks.classifier import Model, Recipe
from xser_demo.networks.domain_norm import SOURCE, TARGET
from xser_demo.networks.heads.image import ImageHead
from xser_demo.utils import settings
from xser_demo.utils.device import device
from xser_demo.utils.errors import ModelError

CORPORA = ("ravdess", "emodb", "emovo", "nemo", "urdu")  # whose mel images taught the lower layers
BATCH = 16  # clips at once: fastest, since what a layer makes of them stays in the cache of the processor


def is_frozen(recipe: Recipe) -> bool:
    return bool(recipe.options.get("frozen"))


def folder() -> Path:
    """Where the weights of the lower layers are."""
    return settings.ASSETS / "pretrained"


def file(network: str) -> Path:
    """The weights of the lower layers of "vgg16" or "resnet50"."""
    return folder() / f"{network}.safetensors"


def load_lower(head: ImageHead, network: str) -> None:
    """Give an image head the pretrained lower layers. ModelError when they are missing or of another width."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = file(network)
    if not path.is_file():
        raise ModelError(
            f"The lower layers of {network} are not in {path.parent.name}/; make them with: "
            "python -m xser_demo.benchmark.systems.pretrain"
        )
    try:
        state = {name: value.float() for name, value in load_file(path).items()}
        missing = head.backbone.load_state_dict(state, strict=False).missing_keys
    except (SafetensorError, RuntimeError) as error:
        raise ModelError(f"{path.name} does not fit this network; make it again.") from error
    if any(not name.startswith(tuple(head.backbone.UPPER)) for name in missing):
        raise ModelError(f"{path.name} lacks {missing[0]}; make it again.")


def lower_state(head: ImageHead) -> dict[str, torch.Tensor]:
    """The weights of the lower layers, in half precision."""
    state = head.backbone.state_dict()
    lower = {name: value for name, value in state.items() if not name.startswith(tuple(head.backbone.UPPER))}
    return {name: value.half().contiguous() if value.is_floating_point() else value for name, value in lower.items()}


def with_lower(state: dict[str, torch.Tensor], recipe: Recipe) -> dict[str, torch.Tensor]:
    """The state of a model with the lower layers, which are left out of the models that are shipped beside them."""
    from safetensors.torch import load_file

    if not is_frozen(recipe) or not (path := file(recipe.options["network"])).is_file():
        return state
    return {f"head.backbone.{name}": value for name, value in load_file(path).items()} | state


def without_lower(state: dict[str, torch.Tensor], model: Model) -> dict[str, torch.Tensor]:
    """The state of a model without its frozen lower layers; any other state as it is."""
    if not is_frozen(model.recipe):
        return state
    upper = tuple(f"head.backbone.{name}" for name in model.head.backbone.UPPER)
    return {name: value for name, value in state.items() if name.startswith(upper) or "head.backbone." not in name}


@lru_cache(maxsize=8)
def maps_of(key: str, network: str, width: float, size: int) -> Pack:
    """``maps`` of a shipped corpus, computed at the first call."""
    recipe = Recipe("mel", "image", {"network": network, "width": width, "size": size, "frozen": True})
    return maps(load_cached(key, "mel"), recipe)


def maps(pack: Pack, recipe: Recipe) -> Pack:
    """A pack of the maps of all clips, one frame (F,) a clip. The corpus is standardised as a whole by its own
    statistics before; the maps are not standardised again."""
    model = lower_model(recipe, pack.dim)
    model.inputs[SOURCE].fit(Domain(pack, torch.arange(len(pack))))
    head = model.head
    assert isinstance(head, ImageHead)
    parts = []
    for rows in torch.arange(len(pack)).split(BATCH):
        frames, mask = (part.to(model.device) for part in pack.batch(rows))
        parts.append(head.maps(model.padded_input(frames, mask, SOURCE), mask).half().cpu())
    values = torch.cat(parts)
    ones = torch.ones(values.shape[1])
    return replace(
        pack, values=values, scale=ones, offset=0 * ones, starts=torch.arange(len(pack) + 1),
        places=torch.zeros(len(pack), dtype=torch.int16), card=pack.card | {"standardised": True},
    )  # fmt: skip


def lower_model(recipe: Recipe, dim: int) -> Model:
    """An untrained network with the pretrained lower layers."""
    model = Model(("",), 0, dim, recipe)
    load_lower(model.head, recipe.options["network"])
    return model.to(device()).eval()


def whole(trained: Model, packs: tuple[Pack, Pack]) -> Model:
    """A model of clips instead of maps: the upper layers of ``trained``, the lower ones, and the statistics of the
    corpora of the source and the target, ``packs`` of the original feature."""
    model = Model(trained.classes, 0, packs[0].dim, trained.recipe)
    load_lower(model.head, trained.recipe.options["network"])
    upper_of(trained, model)
    for domain, pack in zip((SOURCE, TARGET), packs, strict=True):
        model.inputs[domain].fit(Domain(pack, torch.arange(len(pack))))
    return model.to(device()).eval().requires_grad_(False)


def upper_of(trained: Model, model: Model) -> Model:
    """``model`` with the upper layers of ``trained``; one takes clips and the other maps, or both the same."""
    backbone = trained.head.backbone
    upper = {name: value for name, value in backbone.state_dict().items() if name.startswith(backbone.UPPER)}
    model.head.backbone.load_state_dict(upper, strict=False)
    return model.eval()
