"""Fuzzing that sees which lines a file reaches and changes it to reach more (atheris, libFuzzer):

    python tests/hardened/guided.py audio|table|card [-runs=100000] [-max_total_time=600] [-seed=1]

fuzz.py throws dice; this one looks for ways into branches that dice do not hit. It sees the Python of the intake, not
the native decoders below it. Every input must end with an answer or a typed error; anything else stops the run, and the
input is written to build/guided. ``make fuzz`` installs atheris for it, apart from the tested set.
"""

import hashlib
import importlib
import io
import json
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import fuzz

from xser_demo.utils.errors import AudioError, CorpusError, UserError

ROOT = Path(__file__).parents[2]
WORKS = ROOT / "build" / "guided"

INTAKE = ("xser_demo.audio", "xser_demo.corpora", "xser_demo.reporting.model_zip", "xser_demo.networks.checkpoints")

Seeds = list[bytes]
Try = Callable[[bytes], None]


def sound(folder: Path) -> tuple[Seeds, Try]:
    from xser_demo.audio.io import load

    def one(data: bytes) -> None:
        try:
            clip = load(data)
        except AudioError as error:
            fuzz.refused(error, folder)
        else:
            assert 0.24 < clip.duration_s < 60.2

    return fuzz.sounds(), one


def table(folder: Path) -> tuple[Seeds, Try]:
    from xser_demo.corpora.custom import tables

    seeds = [
        b"path,emotion,speaker\na/1.wav,anger,s1\n",
        "file\tEmotion\tSex\n1.wav\tfröhlich\tweiblich\n".encode("utf-16"),
        b'{"key": "1", "wav": "a/1.wav", "emo": "hap"}\n{"key": "2"}\n',
        b'path;label\n"a;""b.wav";' + b"x" * 300,
    ]

    def one(data: bytes) -> None:
        file = folder / f"table{random.Random(data[:1]).choice(tables.SUFFIXES)}"
        file.write_bytes(data[1:])
        try:
            found = tables.read(file)
        except CorpusError as error:
            assert "\n" not in str(error)
        else:
            assert all(len(row) == len(found.header) for row in found.rows)
            assert all(isinstance(cell, str) for row in [found.header, *found.rows] for cell in row)

    return [bytes([number]) + seed for number, seed in enumerate(seeds * 3)], one


def card(folder: Path) -> tuple[Seeds, Try]:
    from xser_demo.networks import checkpoints
    from xser_demo.reporting.model_zip import import_model

    shipped = [settings for settings in checkpoints.cards() if settings["target"]][:3]
    weights = (ROOT / "checkpoints" / shipped[0]["id"] / "weights.safetensors").read_bytes()
    digest = hashlib.sha256(weights).hexdigest().encode()

    def one(data: bytes) -> None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            made.writestr("xser-model/model/card.json", data.replace(b"DIGEST", digest))
            made.writestr("xser-model/model/weights.safetensors", weights)
        file = folder / "model.zip"
        file.write_bytes(buffer.getvalue())
        try:
            import_model(file)
        except UserError as error:
            fuzz.refused(error, folder)

    return [json.dumps(one | {"weights_sha256": "DIGEST"}).encode() for one in shipped], one


TARGETS = {"audio": sound, "table": table, "card": card}


def main() -> None:
    import atheris

    with atheris.instrument_imports(include=INTAKE):
        for module in (*INTAKE, "xser_demo.audio.io", "xser_demo.corpora.custom.tables"):
            importlib.import_module(module)
    name, flags = sys.argv[1], sys.argv[2:]
    corpus = WORKS / name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds, one = TARGETS[name](Path(tempfile.mkdtemp(dir=WORKS)))  # the fuzzer ends without tidying up
    for seed in seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    atheris.Setup([sys.argv[0], str(corpus), f"-artifact_prefix={WORKS}/{name}-", "-max_len=200000", *flags], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
