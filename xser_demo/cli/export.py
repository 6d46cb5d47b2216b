"""``xser export``: a model as ONNX, for programs without torch."""

from pathlib import Path

from xser_demo.cli.options import add_command


def add(commands) -> None:
    command = add_command(commands, "export", run, show, "Write a model for programs without torch.")
    command.add_argument("model", metavar="MODEL", help="a model id, folder or zip")
    command.add_argument("--onnx", type=Path, required=True, metavar="DIR", help="a new folder for the ONNX files")
    command.add_argument("--int8", action="store_true", help="also write model-int8.onnx, two fifths of the size")


def run(options) -> dict:
    from xser_demo import api
    from xser_demo.reporting.onnx import folder

    api.require_new(options.onnx)
    loaded = api.load_model(options.model)
    folder.write(loaded, options.onnx, options.int8)
    sizes = {file.name: file.stat().st_size for file in sorted(options.onnx.iterdir())}
    return {"model": loaded.id, "folder": str(options.onnx), "bytes": sizes}


def show(result: dict) -> None:
    for name, size in result["bytes"].items():
        print(f"{name:18} {size / 1e6:6.1f} MB" if size > 1e5 else name)
    print(f"Try it: python {result['folder']}/use_onnx.py voice.wav")
