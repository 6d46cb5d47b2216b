"""Why a model answered as it did: each kind of model has its own kind of explanation.

* Heads that weigh moments show these weights (``Curve``).
* Convolutional networks on mels: Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
  Gradient-based Localization", eq. 1-2) over time (``Curve``) or over the mel picture (``Picture``).
* Networks on a vector of named features: Shapley values of its groups (``Groups``).

All are about the class that was answered; Shapley values lead to the probability that is shown, at the model's
temperature, which would only scale what Grad-CAM finds. A model with a memory answers by a vote, which is
differentiable: the vote is what is explained, not the classifier that taught the network.
"""

import copy
from dataclasses import dataclass
from itertools import chain
from math import factorial

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.features import FEATURES
from xser_demo.features.encoders import whisper
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks import temperature as models_temperature
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.image import FRAMES

ATTENTION, GRADCAM = "attention", "gradcam"
# Where Grad-CAM looks into a network for pictures. The last convolutions (its usual place) have 4 x 4 and 2 x 2 cells
# at 64 pixels, too few to tell a syllable from a sentence; these have 8 x 8 and 4 x 4.
MAPS = {"vgg16": "features.22", "resnet50": "layer3"}
MOST_GROUPS = 10  # exact Shapley values ask the model about 2^groups voices


@dataclass(frozen=True)
class Curve:
    """How much each moment counted. ``values`` (n,) are not negative and sum to 1, or are all 0: no moment spoke for
    the answer. The first begins ``start_s`` seconds into the clip."""

    kind: str  # ATTENTION or GRADCAM
    values: np.ndarray
    rate_hz: float
    start_s: float


@dataclass(frozen=True)
class Picture:
    """Where in its mel picture a network looked, with the picture: the lowest band first, both (bands, n)."""

    heat: np.ndarray  # 0 to 1
    levels: np.ndarray  # dB, -80 to 0
    rate_hz: float
    start_s: float
    beyond: float  # share of all heat that lies on the silence which fills a short clip to 3 s

    @property
    def curve(self) -> Curve:
        return Curve(GRADCAM, _share(self.heat.sum(0)), self.rate_hz, self.start_s)


@dataclass(frozen=True)
class Groups:
    """What each group of features did to the probability of the answer; together they lead from ``before``, which an
    average voice of the domain gets, to ``after``."""

    shares: dict[str, float]  # signed
    before: float
    after: float


Explanation = Curve | Picture | Groups


def explain(loaded: Loaded, heard: EncodedClip, answer: Prediction, domain: int = TARGET) -> Explanation | None:
    """The explanation of ``answer``; None for a model that has none. Leaves the model exactly as it is."""
    model = loaded.model
    feature = FEATURES[model.recipe.feature]
    # Encoder frames keep their place in the clip; every other sequence begins where the speech does (trim.cut).
    start = 0.0 if feature.encoder else float(heard.speech.argmax()) / whisper.RATE
    if len(answer.attention):
        return Curve(ATTENTION, answer.attention.mean(axis=0), feature.rate_hz, start)
    frames, mask = heard.feature(feature.name)
    chosen = model.classes.index(answer.emotion)
    if feature.rate_hz is None:
        groups = feature.groups()
        if not 0 < len(groups) <= MOST_GROUPS:
            return None
        return shapley(model, frames, chosen, groups, domain, models_temperature.temperature(loaded.card))
    if model.recipe.head == "image":
        return _picture(model, frames, mask, chosen, domain, start)
    if hasattr(model.head, "last_conv"):
        layer = next(name for name, module in model.named_modules() if module is model.head.last_conv)
        heat = gradcam(model, layer, frames, mask, chosen, domain)  # (ceil(T / 8),)
        heat = nn.functional.interpolate(heat[None, None], size=len(frames), mode="linear")[0, 0]
        return Curve(GRADCAM, _share(heat.numpy()), feature.rate_hz, start)
    return None


def gradcam(model: Model, layer: str, frames: Tensor, mask: Tensor, chosen: int, domain: int = TARGET) -> Tensor:
    """Grad-CAM of one clip at the maps (1, C, ...) of a layer: (...), not negative.

    Works on a copy of the modules, since a hook on a shared model would also hear other visitors' clips and ``eval``
    would reach into a training. The copy shares the weights: nothing writes to them.
    """
    from captum.attr import LayerGradCam  # 1 s to import, matplotlib included: only when asked for

    tensors = {id(one): one for one in chain(model.parameters(), model.buffers())}
    own = copy.deepcopy(model, tensors).eval()

    def logits(frames: Tensor, mask: Tensor) -> Tensor:
        output = own(frames, mask, domain)
        return output.logits if own.memory is None else own.memory.vote(output.embedding)

    with torch.inference_mode(False), torch.enable_grad():
        frames = frames.clone().requires_grad_()
        cam = LayerGradCam(logits, own.get_submodule(layer))
        heat = cam.attribute(frames, target=chosen, additional_forward_args=(mask,), relu_attributions=True)
    return heat.detach()[0, 0]


def shapley(
    model: Model,
    frames: Tensor,
    chosen: int,
    groups: dict[str, tuple[int, ...]],
    domain: int = TARGET,
    temperature: float = 1.0,
) -> Groups:
    """Exact Shapley values of groups of dimensions of a vector, ``frames`` (1, D), for one class's probability at the
    model's temperature.

    The model is asked about all 2^n voices in which some groups are the clip's and the others those of the domain's
    average voice (0 once standardised). No sampling, hence no seed; captum's estimate converges to these values.
    """
    names, n = list(groups), len(groups)
    present = (torch.arange(2**n)[:, None] >> torch.arange(n)) % 2 == 1  # (2^n, n)
    owner = torch.full((frames.shape[1],), n)  # of each dimension; one without a group stays the clip's
    for column, name in enumerate(names):
        owner[list(groups[name])] = column
    kept = nn.functional.pad(present, (0, 1), value=True)[:, owner]  # (2^n, D)
    voices = torch.where(kept, frames, model.inputs[domain].mean)
    output = model.predict(voices, torch.ones(2**n, 1, dtype=torch.bool), domain)
    value = (output.logits.double() / temperature).softmax(1)[:, chosen].numpy()
    size = present.sum(1).numpy()
    shares = {}
    for column, name in enumerate(names):
        without = np.flatnonzero(~present[:, column].numpy())
        weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in size[without]])
        shares[name] = float((weight * (value[without + 2**column] - value[without])).sum())
    return Groups(shares, float(value[0]), float(value[-1]))


def _picture(model: Model, frames: Tensor, mask: Tensor, chosen: int, domain: int, start: float) -> Picture:
    layer = f"head.backbone.{MAPS[model.recipe.options.get('network', 'vgg16')]}"
    heat = gradcam(model, layer, frames, mask, chosen, domain)  # rows are bands, columns are 3 s
    frames = frames[:FRAMES]
    heat = nn.functional.interpolate(heat[None, None], size=(frames.shape[1], FRAMES), mode="bilinear")[0, 0].numpy()
    total, inside = float(heat.sum()), heat[:, : len(frames)]
    highest = float(inside.max(initial=0))
    return Picture(
        heat=inside / highest if highest > 0 else inside,
        levels=frames.T.numpy(),
        rate_hz=FEATURES[model.recipe.feature].rate_hz,
        start_s=start,
        beyond=1 - float(inside.sum()) / total if total > 0 else 0.0,
    )


def _share(values: np.ndarray) -> np.ndarray:
    total = values.sum()
    return values / total if total > 0 else values
