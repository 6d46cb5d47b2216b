"""ResNet-50 with torchvision's parameter names, at any width.

He et al. 2016, "Deep Residual Learning for Image Recognition", table 1. The stride of a stage is in its first 3 x 3
convolution, as in torchvision's weights ("v1.5").
"""

import torch
from torch import Tensor, nn

from xser_demo.networks.heads.layers import init_weights, scaled

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))  # planes, blocks, stride of the first block
EXPANSION = 4  # output channels of a block per plane


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions with a shortcut (figure 5, right)."""

    def __init__(self, inputs: int, planes: int, stride: int):
        super().__init__()
        outputs = EXPANSION * planes
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.bn1(self.conv1(x)).relu_()
        x = self.bn2(self.conv2(x)).relu_()
        return (self.bn3(self.conv3(x)) + shortcut).relu_()


class ResNet50(nn.Module):
    """Images (B, 3, H, W) -> logits (B, classes) and the pooled features (B, 2048 * width).

    25,557,032 parameters at width 1 with 1000 classes.
    """

    LAST = "fc"
    UPPER = ("layer4", "fc")
    layer1: nn.Sequential
    layer2: nn.Sequential
    layer3: nn.Sequential
    layer4: nn.Sequential

    def __init__(self, classes: int = 1000, width: float = 1.0, seed: int = 0):
        super().__init__()
        channels = scaled(64, width)
        self.conv1 = nn.Conv2d(3, channels, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        for number, (planes, blocks, stride) in enumerate(STAGES, 1):
            stage = nn.Sequential()
            for block in range(blocks):
                stage.append(Bottleneck(channels, scaled(planes, width), 1 if block else stride))
                channels = EXPANSION * scaled(planes, width)
            self.add_module(f"layer{number}", stage)
        self.outputs = channels
        self.fc = nn.Linear(channels, classes)
        init_weights(self, torch.Generator().manual_seed(seed))
        self.start_as_identity()

    def start_as_identity(self) -> None:
        """Initialise the last norm of every block at zero, so that each block starts as its shortcut. Goyal et al.
        2017, "Accurate, Large Minibatch SGD", section 5.1. Trained from scratch on few clips, the network generalises
        far sooner this way."""
        for module in self.modules():
            if isinstance(module, Bottleneck):
                nn.init.zeros_(module.bn3.weight)

    @property
    def last_conv(self) -> nn.Module:
        """The last block: (B, 2048 * width, H / 32, W / 32)."""
        return self.layer4[-1]

    def map_shape(self, size: int) -> tuple[int, int, int]:
        """Shape of the maps of ``lower`` for one image of ``size`` pixels."""
        block = self.layer4[0]
        assert isinstance(block, Bottleneck)
        return block.conv1.in_channels, -(-size // 16), -(-size // 16)

    def lower(self, images: Tensor) -> Tensor:
        """All but the last stage: (B, 3, H, W) -> (B, 1024 * width, H / 16, W / 16)."""
        x = self.maxpool(self.bn1(self.conv1(images)).relu_())
        return self.layer3(self.layer2(self.layer1(x)))

    def upper(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """The last stage, the pool and the fully connected layers, on the maps of ``lower``."""
        pooled = self.layer4(maps).mean((2, 3))
        return self.fc(pooled), pooled

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.upper(self.lower(images))
