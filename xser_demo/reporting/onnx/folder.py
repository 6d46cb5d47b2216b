"""A model as a folder that any ONNX runtime can use: the network, the cut of silence, a short script, the card."""

import json
import threading
import warnings
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import torch

from xser_demo.audio import silence
from xser_demo.features.encoders.whisper import BLOCKS, NAME
from xser_demo.networks.checkpoints import Loaded
from xser_demo.networks.classifier import COMMON, Recipe
from xser_demo.reporting.onnx.graph import ClipGraph
from xser_demo.utils import files, settings
from xser_demo.utils.errors import ModelError, SettingsError

OPSET = 17  # the first with layer normalisation; read by onnxruntime 1.12 and newer
MODEL, INT8, CARD = "model.onnx", "model-int8.onnx", "model-card.json"
FLOAT_LAYER = f"/blocks.{BLOCKS - 1}/contract/MatMul"  # of the encoder, not in 8 bits
CODE = Path(__file__).parent
README = """{title}, for programs without torch: onnxruntime, numpy and soundfile are enough.

python use_onnx.py voice.wav

model.onnx       the sound of one clip -> probabilities, embedding and attention; its metadata names the classes
silero_vad.onnx  finds speech (silero-vad)
silence.py       cuts silence, as xser_demo does; speech.py runs silero_vad.onnx for it
LICENSES.txt     of code and networks
model-card.json  training data with their terms, adaptation, scores

model.onnx takes samples (1600 T) float32 at 16 kHz and inside (T) bool, both from silence.cut, with T up to 150 (15 s).
It gives probabilities (classes), embedding (128) and attention (heads, T) at 10 Hz. A new speaker is known by this clip
only.

The terms of the training corpora apply, see the card. The model was trained on acted speech and says how a voice
sounds, not what a person feels; never judge people by it.
"""
_exporting = threading.Lock()  # torch's exporter keeps its state in globals; and one graph at a time is enough memory


def possible(recipe: Recipe) -> bool:
    """Whether this installation can export models of this network."""
    return recipe == COMMON and find_spec("onnx") is not None


def write(loaded: Loaded, folder: Path, int8: bool = False) -> None:
    """Write the folder of a model. ``int8``: also the encoder's matrices in 8 bits, ``model-int8.onnx``.

    SettingsError without the package onnx, ModelError for a model on other features.
    """
    if loaded.model.recipe != COMMON:
        raise ModelError(f"'{loaded.id}' is not a model of the shared encoder; only those can be exported to ONNX.")
    if find_spec("onnx") is None or (int8 and find_spec("onnxruntime") is None):
        raise SettingsError("Exporting needs the packages onnx and onnxruntime; run: pip install onnx onnxruntime.")
    with files.atomic_folder(folder) as partial:
        _export(loaded, partial / MODEL)
        if int8:
            _quantise(partial / MODEL, partial / INT8)
        (partial / "silero_vad.onnx").write_bytes(_detector().read_bytes())
        for name, text in _texts(loaded).items():
            (partial / name).write_text(text, encoding="utf-8")


def _texts(loaded: Loaded) -> dict[str, str]:
    cut = Path(silence.__file__).read_text(encoding="utf-8")
    for module in ("xser_demo.audio.vad", "xser_demo.utils.settings"):
        cut = cut.replace(f"from {module} import", "from speech import")
    return {
        "silence.py": cut,
        "speech.py": (CODE / "speech.py").read_text(encoding="utf-8"),
        "use_onnx.py": (CODE / "use_onnx.py").read_text(encoding="utf-8"),
        "LICENSES.txt": _licences(),
        CARD: json.dumps(loaded.card, indent=1, ensure_ascii=False) + "\n",
        "README.txt": README.format(title=loaded.card["title"]),
    }


def _licences() -> str:
    """Of the encoder in the graph, the speech detector and this project's code: all MIT, which asks for them."""
    ours, encoder = settings.ROOT / "LICENSE", settings.CHECKPOINTS / NAME / "LICENSE"
    parts = {
        "model.onnx has the first blocks of Whisper-base": encoder.read_text(encoding="utf-8"),
        "silero_vad.onnx": distribution("silero-vad").read_text("licenses/LICENSE"),
        "silence.py, speech.py, use_onnx.py": ours.read_text(encoding="utf-8")
        if ours.is_file()
        else distribution("xser-demo").read_text("licenses/LICENSE"),
    }
    return "\n\n".join(f"{what}:\n\n{text}" for what, text in parts.items())


def _export(loaded: Loaded, file: Path) -> None:
    """By tracing: 1 s, where torch.export takes 100 s for the same graph."""
    import onnx

    samples, inside = torch.zeros(5 * silence.FRAME), torch.ones(5, dtype=torch.bool)
    with _exporting, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the tracer is the older way, and that it takes constants as such
        torch.onnx.export(
            ClipGraph(loaded), (samples, inside), file, dynamo=False, opset_version=OPSET,
            input_names=["samples", "inside"], output_names=["probabilities", "embedding", "attention"],
            dynamic_axes={"samples": {0: "1600 T"}, "inside": {0: "T"}, "attention": {1: "T"}},
        )  # fmt: skip
        graph = onnx.load(file)
        onnx.helper.set_model_props(graph, {"id": loaded.id, "classes": json.dumps(loaded.model.classes)})
        onnx.save(graph, file)


def _quantise(file: Path, into: Path) -> None:
    """The encoder's linear layers with weights of 8 bits, each output by its own scale; their inputs are scaled as they
    come. The last layer of the last block stays as it is: alone it makes half of the error (docs/performance.md). So do
    log-mel, convolutions and the head."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = into.with_suffix(".partial")
    quant_pre_process(file, prepared, skip_symbolic_shape=True)
    names = [node.name for node in onnx.load(prepared).graph.node if node.op_type == "MatMul"]
    layers = [name for name in names if name.startswith("/blocks") and name != FLOAT_LAYER]
    quantize_dynamic(prepared, into, nodes_to_quantize=layers, per_channel=True, weight_type=QuantType.QUInt8)
    prepared.unlink()


def _detector() -> Path:
    """silero-vad's network as ONNX for all windows of a clip at once. ModelError where the installed one lacks it."""
    spec = find_spec("silero_vad")
    file = Path(spec.origin or "").parent / "data" / "silero_vad_16k_sequence.onnx" if spec else Path()
    if not file.is_file():
        raise ModelError("The installed silero-vad has no network for ONNX; run: pip install 'silero-vad>=6.2.3'.")
    return file
