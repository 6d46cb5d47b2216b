"""The frozen encoder, and the heads: everything that is trained, from a feature to the emotions.

A head takes standardised frames (B, T, D), zeros after a clip's end, a mask (B, T), True where there is sound, and the
domain, and gives an ``Output``. A head that says ``packed = True`` takes raw frames of all clips one after
another, (N, D), and the input map instead. A new head is one new file and one line in this table.
"""

from xser_demo.networks.heads.attention import AttentionHead
from xser_demo.networks.heads.conv1d import Conv1d
from xser_demo.networks.heads.conv_gru import ConvGRU
from xser_demo.networks.heads.image import ImageHead
from xser_demo.networks.heads.mlp import MLP

HEADS = {"attention": AttentionHead, "mlp": MLP, "conv1d": Conv1d, "conv_gru": ConvGRU, "image": ImageHead}
