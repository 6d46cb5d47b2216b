"""The frozen encoder, and the heads: everything that is trained, from a feature to the emotions.

A head takes standardised frames (B, T, D), a mask (B, T), True where there is sound, and the domain, and gives an
``Output``. A new head is one new file and one line in this table.
"""

from xser_demo.encoders.conv1d import Conv1d
from xser_demo.encoders.conv_gru import ConvGRU
from xser_demo.encoders.head import AttentionHead
from xser_demo.encoders.images import ImageHead
from xser_demo.encoders.mlp import MLP

HEADS = {"attention": AttentionHead, "mlp": MLP, "conv1d": Conv1d, "conv_gru": ConvGRU, "image": ImageHead}
