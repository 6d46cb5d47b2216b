"""Image networks (VGG-16, ResNet-50) on a mel spectrogram."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from xser_demo.networks.heads.attention import Output
from xser_demo.networks.heads.layers import init_weights, no_attention, scaled, stack
from xser_demo.networks.heads.resnet50 import ResNet50
from xser_demo.networks.heads.vgg16 import GRID, VGG16

BANDS = 64  # of the mel spectrogram
FRAMES = 150  # columns before resizing: 3 s at 20 ms a frame


def picture(frames: Tensor, mask: Tensor, size: int) -> Tensor:
    """Frames (B, T, D) and mask (B, T) -> images (B, 3, size, size) with three equal channels.

    Rows are bands, the lowest on top; columns are time. Longer clips are cut at 150 frames; shorter ones are filled
    with the clip's own silence, the minimum of each band over its valid frames. Bilinear resizing with antialiasing.
    """
    frames, mask = frames[:, :FRAMES], mask[:, :FRAMES, None]
    silence = frames.masked_fill(~mask, torch.inf).amin(1, keepdim=True)  # (B, 1, D)
    silence = silence.masked_fill(silence.isinf(), 0)  # a clip without valid frames
    missing = FRAMES - frames.shape[1]
    columns = torch.cat([torch.where(mask, frames, silence), silence.expand(-1, missing, -1)], dim=1)
    image = columns.transpose(1, 2)[:, None]  # (B, 1, D, 150)
    image = nn.functional.interpolate(image, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return image.expand(-1, 3, -1, -1)


class ImageHead(nn.Module):
    """(B, T, 64) -> image (B, 3, size, size) -> VGG-16 or ResNet-50 -> emotions.

    The embedding is VGG's first fully connected layer (4096 * width) or ResNet's pooled features (2048 * width).
    ``classifier`` replaces the last layer by [Linear, batch norm, ReLU] layers of these sizes (times ``width``) and a
    linear one: (1024, 512) makes ResNet's emotion classifier 2048-1024-512-classes.

    ``frozen``: the lower layers (VGG's convolutions; ResNet's stages 1 to 3) are not trained. Then a training may
    compute their maps once (networks/frozen.py): with ``dim`` other than ``BANDS``, a clip is one frame, its maps.

    At ``width`` 1 ``self.backbone`` can start from ImageNet (``imagenet.load``). Those weights expect images
    standardised by ImageNet's mean and deviation. Input frames are standardised already, so they have that scale up to
    constants for each channel and are used unchanged.
    """

    def __init__(
        self,
        classes: int,
        seed: int,
        dim: int = BANDS,
        network: str = "vgg16",
        width: float = 0.125,
        size: int = 64,
        classifier: Sequence[int] = (),
        frozen: bool = False,
    ):
        super().__init__()
        self.size, self.frozen, self.from_maps = size, frozen, dim != BANDS
        self.backbone: VGG16 | ResNet50
        if network == "vgg16":  # its fully connected layers take the maps as they are, as they do at 224 pixels
            self.backbone = VGG16(classes, width, seed, grid=min(GRID, max(1, size // 32)))
        elif network == "resnet50":
            self.backbone = ResNet50(classes, width, seed)
        else:
            raise ValueError(f"There is no image network '{network}'.")
        self.embedding = self.backbone.outputs
        if classifier:
            sizes = [scaled(units, width) for units in classifier]
            last = self.backbone.get_submodule(self.backbone.LAST)
            assert isinstance(last, nn.Linear)
            replacement = stack(last.in_features, sizes)
            replacement.append(nn.Linear(sizes[-1], classes))
            self.backbone.set_submodule(self.backbone.LAST, replacement)
            init_weights(self, torch.Generator().manual_seed(seed))
        if frozen:
            upper = [self.backbone.get_submodule(name) for name in self.backbone.UPPER]
            self.backbone.requires_grad_(False)
            for layers in upper:
                layers.requires_grad_(True)

    @property
    def last_conv(self) -> nn.Module:
        """The layer whose maps Grad-CAM weights."""
        return self.backbone.last_conv

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Of the maps of one clip between the lower and the upper layers."""
        return self.backbone.map_shape(self.size)

    @torch.no_grad()
    def maps(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Maps of the lower layers, flat: (B, C * H * W), for standardised frames (B, T, dim) and mask (B, T)."""
        return self.backbone.lower(picture(frames, mask, self.size)).flatten(1)

    def forward(self, frames: Tensor, mask: Tensor, domain: int) -> Output:
        """``frames`` (B, T, dim) standardised log-mel, ``mask`` (B, T); both domains share ResNet's batch norms."""
        # Channels last: the same numbers in another memory order, 1.2 to 1.5 times faster to train on a CPU.
        if self.from_maps:
            logits, embedding = self.backbone.upper(frames[:, 0].unflatten(1, self.map_shape))
            return Output(logits, embedding, no_attention(frames))
        images = picture(frames, mask, self.size).contiguous(memory_format=torch.channels_last)
        logits, embedding = self.backbone(images)
        return Output(logits, embedding, no_attention(frames))
