"""VGG-16 with torchvision's parameter names, at any width.

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition", table 1, D.
"""

import torch
from torch import Tensor, nn

from xser_demo.networks.heads.attention import Dropout
from xser_demo.networks.heads.layers import init_weights, scaled

POOL = "pool"  # a max pool; numbers are the channels of convolutions
LAYERS = (64, 64, POOL, 128, 128, POOL, 256, 256, 256, POOL, 512, 512, 512, POOL, 512, 512, 512, POOL)
HIDDEN = 4096  # units of the two hidden fully connected layers
GRID = 7  # side of the feature map of an image of 224 pixels


class VGG16(nn.Module):
    """Images (B, 3, H, W) of at least 32 x 32 -> logits (B, classes) and the output of the first fully connected layer
    (B, 4096 * width), after its ReLU and before its dropout. 138,357,544 parameters at width 1 with 1000 classes.

    ``grid``: side of the feature map that the fully connected layers take; a map of another size is pooled to it.
    """

    LAST = "classifier.6"
    UPPER = ("classifier",)

    def __init__(self, classes: int = 1000, width: float = 1.0, seed: int = 0, grid: int = GRID):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        features: list[nn.Module] = []
        channels = 3
        for layer in LAYERS:
            if isinstance(layer, str):
                features.append(nn.MaxPool2d(2))
            else:
                features += [nn.Conv2d(channels, scaled(layer, width), 3, padding=1), nn.ReLU()]
                channels = scaled(layer, width)
        self.features = nn.Sequential(*features)
        self.avgpool = nn.AdaptiveAvgPool2d(grid)
        self.outputs = scaled(HIDDEN, width)
        self.maps = (channels, grid, grid)
        self.classifier = nn.Sequential(
            nn.Linear(channels * grid**2, self.outputs),
            nn.ReLU(),
            Dropout(0.5, generator),
            nn.Linear(self.outputs, self.outputs),
            nn.ReLU(),
            Dropout(0.5, generator),
            nn.Linear(self.outputs, classes),
        )
        init_weights(self, generator)

    @property
    def last_conv(self) -> nn.Module:
        """The ReLU of the last convolution, before the pool: (B, 512 * width, H / 16, W / 16)."""
        return self.features[-2]

    def map_shape(self, size: int) -> tuple[int, int, int]:
        """Shape of the maps of ``lower`` for one image of ``size`` pixels."""
        return self.maps

    def lower(self, images: Tensor) -> Tensor:
        """The convolutions: (B, 3, H, W) -> (B, 512 * width, grid, grid)."""
        return self.avgpool(self.features(images))

    def upper(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """The fully connected layers, on the maps of ``lower``."""
        first = self.classifier[:2](maps.flatten(1))
        return self.classifier[2:](first), first

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.upper(self.lower(images))
