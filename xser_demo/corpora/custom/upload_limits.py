"""Limits of uploaded recordings: on the computer that serves the page, and where many share one."""

from xser_demo.utils.archives import Limits

FILES = 10_000
LOCAL = Limits(files=FILES, packed=1 << 30, total=1 << 30)
HOSTED = Limits(files=FILES, packed=200 << 20, total=1 << 30)  # when many users share one computer
