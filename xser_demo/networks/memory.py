"""How much memory a training takes, counted on torch's "meta" device, where tensors have shapes and no bytes."""

import torch
from torch import Tensor, nn

from xser_demo.networks.classifier import PREDICT_BATCH, Recipe
from xser_demo.networks.heads import HEADS
from xser_demo.networks.heads.image import FRAMES, ImageHead

# Copies of the parameters: the source-only model, the one that is trained, its gradients, Adam's two moments, the state
# of an epoch on its way to the disk, and the copy for target z-score.
COPIES = 7
WORKSPACE = 1.3  # of the activations, for the backward pass; measured in docs/systems.md


def training_bytes(recipe: Recipe, classes: int, dim: int, batch: int) -> int:
    """Bytes for parameters, optimiser, states and, of image networks, the activations of a step on ``batch`` clips of
    each language or of a prediction, whichever is more."""
    with torch.device("meta"):
        head = HEADS[recipe.head](classes, seed=0, dim=dim, **recipe.options)
        parameters = sum(one.nbytes for one in head.state_dict().values())
        if not isinstance(head, ImageHead):
            return COPIES * parameters
        outputs = _output_bytes(head, dim)
        trained = _output_bytes(head, dim, head.backbone.UPPER) if head.frozen else outputs
    training = WORKSPACE * 2 * batch * sum(trained)
    prediction = 2 * PREDICT_BATCH * max(outputs)  # a layer's input and output; the others are freed
    return round(COPIES * parameters + max(training, prediction))


def _output_bytes(head: ImageHead, dim: int, within: tuple[str, ...] = ("",)) -> list[int]:
    """Bytes of the output of each layer for one clip; ``within``: of the parts of the network with these names."""
    outputs: list[int] = []

    def note(layer: nn.Module, inputs: object, output: Tensor) -> None:
        outputs.append(output.nbytes)

    layers = [layer for name, layer in head.backbone.named_modules() if name.startswith(within)]
    hooks = [layer.register_forward_hook(note) for layer in layers if not list(layer.children())]
    head.eval()(torch.zeros(1, FRAMES, dim), torch.ones(1, FRAMES, dtype=torch.bool), 0)
    for hook in hooks:
        hook.remove()
    return outputs
