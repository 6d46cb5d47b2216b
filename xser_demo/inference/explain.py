"""Explanations of a prediction: attention, Grad-CAM or Shapley values, by the kind of model.

* Attention heads: their weights (``Curve``).
* Convolutional networks on mel frames: Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep
  Networks via Gradient-based Localization", eq. 1-2) over time (``Curve``) or over the mel spectrogram (``Picture``).
* Networks on a vector of named features: Shapley values of groups of features (``Groups``).

All explain the predicted class. Shapley values explain its probability at the model's temperature; for Grad-CAM the
temperature would only be a factor. A model with a memory bank predicts by a vote, which is differentiable: the vote is
explained, not the classifier that trained the network.
"""

import copy
from dataclasses import dataclass
from itertools import chain
from math import factorial

import numpy as np
import torch
from torch import Tensor, nn

from xser_demo.features import FEATURES, Feature
from xser_demo.features.encoders import whisper
from xser_demo.inference.predict import EncodedClip, Prediction
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import Model
from xser_demo.networks.domain_norm import TARGET
from xser_demo.networks.heads.image import FRAMES
from xser_demo.networks.temperature import temperature

ATTENTION, GRADCAM = "attention", "gradcam"
# Layers of the image networks that Grad-CAM uses. The last convolutions, its usual choice, have 8 x 8 and 4 x 4 cells
# at 128 pixels, too few to tell a syllable from a sentence; these have 16 x 16 and 8 x 8.
GRADCAM_LAYERS = {"vgg16": "features.22", "resnet50": "layer3"}
MAX_GROUPS = 10  # exact Shapley values take 2^groups predictions


@dataclass(frozen=True)
class Curve:
    """Weight of each moment from the beginning of the clip, 0 where silence was cut. ``values`` (n,) are not negative
    and sum to 1, or are all 0 if no moment supports the predicted class."""

    kind: str  # ATTENTION or GRADCAM
    values: np.ndarray
    rate_hz: float


@dataclass(frozen=True)
class Picture:
    """Grad-CAM over a mel spectrogram, and the spectrogram itself: both (bands, n), lowest band first."""

    heat: np.ndarray  # 0 to 1
    levels: np.ndarray  # dB, -80 to 0
    places: np.ndarray  # (n,) of each column among all moments of the clip, at ``rate_hz``
    rate_hz: float
    beyond: float  # share of all heat on the silence that fills a short clip to 3 s

    @property
    def curve(self) -> Curve:
        return Curve(GRADCAM, _at_places(self.heat.sum(0), self.places), self.rate_hz)


@dataclass(frozen=True)
class Groups:
    """Shapley values of groups of features: their sum is the difference of the predicted class's probability for the
    domain's average voice (``before``) and for the clip (``after``)."""

    shares: dict[str, float]  # signed
    before: float
    after: float


Explanation = Curve | Picture | Groups


def explain(loaded: Loaded, encoded: EncodedClip, prediction: Prediction, domain: int = TARGET) -> Explanation | None:
    """Explain a prediction; None for a kind of model without an explanation. Leaves the model unchanged."""
    model = loaded.model
    feature = FEATURES[model.recipe.feature]
    if len(prediction.attention):
        assert feature.rate_hz is not None  # only models on frames have attention
        return Curve(ATTENTION, prediction.attention.mean(axis=0), feature.rate_hz)
    frames, mask = encoded.feature(feature.name)
    class_index = model.classes.index(prediction.emotion)
    if feature.rate_hz is None:
        groups = feature.groups()
        if not 0 < len(groups) <= MAX_GROUPS:
            return None
        return shapley(model, frames, class_index, groups, domain, temperature(loaded.card))
    if model.recipe.head == "image":
        return _picture(model, frames, mask, class_index, domain, places(encoded, frames, feature))
    if hasattr(model.head, "last_conv"):
        layer = next(name for name, module in model.named_modules() if module is model.head.last_conv)
        heat = gradcam(model, layer, frames, mask, class_index, domain)  # (ceil(T / 8),)
        heat = nn.functional.interpolate(heat[None, None], size=len(frames), mode="linear")[0, 0]
        return Curve(GRADCAM, _at_places(heat.numpy(), places(encoded, frames, feature)), feature.rate_hz)
    return None


def gradcam(model: Model, layer: str, frames: Tensor, mask: Tensor, class_index: int, domain: int = TARGET) -> Tensor:
    """Grad-CAM of one clip for one class at a layer with maps (1, C, ...): (...), not negative.

    Works on a copy of the modules, since a hook on a shared model would also run for other visitors' clips and ``eval``
    would change the mode of a training. The copy shares the weights, which are only read.
    """
    from captum.attr import LayerGradCam  # takes 1 s to import, with matplotlib

    shared = {id(tensor): tensor for tensor in chain(model.parameters(), model.buffers())}
    model = copy.deepcopy(model, shared).eval()

    def logits(frames: Tensor, mask: Tensor) -> Tensor:
        output = model(frames, mask, domain)
        return output.logits if model.memory is None else model.memory.vote(output.embedding)

    with torch.inference_mode(False), torch.enable_grad():
        frames, mask = frames.to(model.device, copy=True).requires_grad_(), mask.to(model.device)
        cam = LayerGradCam(logits, model.get_submodule(layer))
        heat = cam.attribute(frames, target=class_index, additional_forward_args=(mask,), relu_attributions=True)
    return heat.detach()[0, 0].cpu()


def shapley(
    model: Model,
    frames: Tensor,
    class_index: int,
    groups: dict[str, tuple[int, ...]],
    domain: int = TARGET,
    logit_temperature: float = 1.0,
) -> Groups:
    """Exact Shapley values of groups of dimensions of a vector, ``frames`` (1, D), for the probability of one class.

    Evaluates all 2^n vectors in which some groups are the clip's and the others those of the domain's average voice (0
    when standardised). No sampling, hence no seed; captum's estimate converges to these values.
    """
    names, n = list(groups), len(groups)
    present = (torch.arange(2**n)[:, None] >> torch.arange(n)) % 2 == 1  # (2^n, n)
    group_of = torch.full((frames.shape[1],), n)  # of each dimension; one without a group stays the clip's
    for column, name in enumerate(names):
        group_of[list(groups[name])] = column
    from_clip = nn.functional.pad(present, (0, 1), value=True)[:, group_of]  # (2^n, D)
    vectors = torch.where(from_clip, frames, model.inputs[domain].mean.cpu())
    output = model.predict(vectors, torch.ones(2**n, 1, dtype=torch.bool), domain)
    value = (output.logits.double() / logit_temperature).softmax(1)[:, class_index].numpy()
    sizes = present.sum(1).numpy()
    shares = {}
    for column, name in enumerate(names):
        without = np.flatnonzero(~present[:, column].numpy())  # coalitions without this group
        weight = np.array([factorial(s) * factorial(n - s - 1) / factorial(n) for s in sizes[without]])
        shares[name] = float((weight * (value[without + 2**column] - value[without])).sum())
    return Groups(shares, float(value[0]), float(value[-1]))


def _picture(model: Model, frames: Tensor, mask: Tensor, class_index: int, domain: int, places: np.ndarray) -> Picture:
    """Grad-CAM of an image network, resized to the mel spectrogram."""
    layer = f"head.backbone.{GRADCAM_LAYERS[model.recipe.options.get('network', 'vgg16')]}"
    heat = gradcam(model, layer, frames, mask, class_index, domain)  # rows are bands, columns are 3 s
    frames = frames[:FRAMES]
    rate = FEATURES[model.recipe.feature].rate_hz
    assert rate is not None  # mel frames have one
    heat = nn.functional.interpolate(heat[None, None], size=(frames.shape[1], FRAMES), mode="bilinear")[0, 0]
    values = heat.numpy()
    total, inside = float(values.sum()), values[:, : len(frames)]
    highest = float(inside.max(initial=0))
    return Picture(
        heat=inside / highest if highest > 0 else inside,
        levels=frames.T.numpy(),
        places=places[:FRAMES],
        rate_hz=rate,
        beyond=1 - float(inside.sum()) / total if total > 0 else 0.0,
    )


def places(encoded: EncodedClip, frames: Tensor, feature: Feature) -> np.ndarray:
    """(T,): where each frame of a sequence without its silence (silence.trim) is among all moments of the clip."""
    assert feature.rate_hz is not None
    ratio = round(feature.rate_hz / whisper.RATE)
    sounding, count = np.flatnonzero(encoded.speech), np.arange(len(frames))
    return sounding[np.minimum(count // ratio, len(sounding) - 1)] * ratio + count % ratio


def _at_places(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values at their places, 0 elsewhere, divided by their sum unless it is 0."""
    moments = np.zeros(int(places.max()) + 1, dtype=values.dtype)
    np.add.at(moments, places, values)
    total = moments.sum()
    return moments / total if total > 0 else moments
