"""Inference on a clip: prediction, explanation, timeline, streaming, adaptation to a speaker."""

from typing import Any

# Old names, for use_it.py of model zips made by 0.1; removed in 0.3.
BEFORE_0_2 = {"hear_file": "encode_file", "answer": "predict"}


def __getattr__(name: str) -> Any:
    if name not in BEFORE_0_2:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from xser_demo.inference import predict

    return getattr(predict, BEFORE_0_2[name])
