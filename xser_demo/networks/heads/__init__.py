"""Heads: the trainable networks from a feature to the emotions, one file each, and the table of them.

A head takes standardised frames (B, T, D), zero after the end of each clip, a mask (B, T), True on speech frames, and
the domain; it returns an ``Output``. A head with ``packed = True`` takes concatenated raw frames (N, D) and the input
map instead. A new head is one new file and one line in the table.
"""

from xser_demo.networks.heads.attention import AttentionHead
from xser_demo.networks.heads.conv1d import Conv1d
from xser_demo.networks.heads.conv_gru import ConvGRU
from xser_demo.networks.heads.image import ImageHead
from xser_demo.networks.heads.mlp import MLP

HEADS = {"attention": AttentionHead, "mlp": MLP, "conv1d": Conv1d, "conv_gru": ConvGRU, "image": ImageHead}
