"""``xser predict``: the answers of models to sound files."""

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.errors import UserError


def add(commands) -> None:
    command = add_command(commands, "predict", run, show, "Predict the emotion of sound files.")
    command.add_argument("files", nargs="+", metavar="FILE")
    command.add_argument("--model", action="append", metavar="ID", help="a model id or folder; may be repeated")
    add_device(command)


def run(options) -> dict:
    from xser_demo import api

    models = [api.load_model(name) for name in options.model or [card["id"] for card in api.models()]]
    if not models:
        raise UserError("There is no model here; train some with: make models")
    return {"clips": [api.predict(file, models).as_dict() | {"file": file} for file in options.files]}


def show(result: dict) -> None:
    from xser_demo.inference.predict import SILENCE_SAID_S

    for clip in result["clips"]:
        print(f"{clip['file']}  {clip['duration_s']:.1f} s")
        if clip["silence_s"] > SILENCE_SAID_S:
            print(f"  note: {clip['silence_s']:.1f} s of it are silence, which is cut")
        for warning in clip["quality"]["warnings"]:
            print(f"  note: {warning}")
        for model in clip["models"]:
            share = model["probabilities"][model["emotion"]]
            print(f"  {model['id']:28} {model['emotion']:10} {100 * share:3.0f} %")
