"""``xser predict``: the answers of models to sound files, printed as they come."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.errors import AudioError, SettingsError, UserError
from xser_demo.utils.file_names import readable
from xser_demo.utils.progress import Passing, clear_line, log

STANDARD_INPUT = "-"


def add(commands) -> None:
    command = add_command(
        commands, "predict", run, lambda result: None, "Predict the emotion of sound files.", status=status
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="a sound file, or - for standard input")
    command.add_argument("--model", action="append", metavar="ID", help="a model id, folder or zip; may be repeated")
    command.add_argument("--jsonl", action="store_true", help="print one JSON object a line, as soon as it is known")
    command.add_argument("--csv", type=Path, metavar="FILE.csv", help="write the answers; then: xser label FILE.csv")
    add_device(command)


def run(options) -> dict:
    """The answers, and the reason of each file that cannot be used. With --json they are returned only, otherwise each
    is printed at once."""
    from xser_demo import api
    from xser_demo.experiments import clip_answers
    from xser_demo.networks import checkpoints

    if options.json and options.jsonl:
        raise SettingsError("Choose either --json or --jsonl.")
    if options.csv and not options.csv.parent.is_dir():
        raise UserError(f"There is no folder {options.csv.parent} for {options.csv.name}; make it first.")
    models = [api.load_model(name) for name in options.model or [card["id"] for card in api.models()]]
    if not models:
        raise UserError(checkpoints.none_here())
    clips: list[dict] = []
    errors: list[dict] = []
    rows: list[dict] = []
    for number, file in enumerate(options.files, start=1):
        if len(options.files) > 1:
            log_passing(f"Predicting file {number:,} of {len(options.files):,}.")
        try:
            for clip in answers(file, models):
                if options.csv:
                    rows.append(csv_row(clip))
                if options.json:
                    clips.append(clip)
                else:
                    tell(clip, options.jsonl)
        except UserError as error:
            errors.append({"file": readable(file), "error": str(error)})
            log(f"error: {file}: {error}")
            if options.jsonl:
                tell(errors[-1], options.jsonl)
    clear_line()
    if rows:
        clip_answers.write(rows, options.csv)
    return {"clips": clips, "errors": errors}


def status(result: dict) -> int:
    return 2 if result["errors"] else 0


def answers(file: str, models: list) -> Iterator[dict]:
    """The answer to a file, or one to each part of a long one, with its start and end in seconds."""
    from xser_demo import api
    from xser_demo.inference.predict import encode_parts

    for start_s, encoded in encode_parts(_standard_input() if file == STANDARD_INPUT else file):
        predicted, place = api.predict(encoded, models), {}
        if start_s is not None:
            place = {"start_s": round(start_s, 2), "end_s": round(start_s + predicted.heard.duration_s, 2)}
        yield predicted.as_dict() | {"file": readable(file)} | place


def csv_row(clip: dict) -> dict:
    """The answers to a clip as a row of a CSV file; a part of a long file has its times in the name."""
    from xser_demo.corpora.custom.segments import Segment
    from xser_demo.experiments.clip_answers import columns

    file = Segment(clip["file"], clip["start_s"], clip["end_s"]).path if "start_s" in clip else clip["file"]
    answers = {model["id"]: model["emotion"] for model in clip["models"]}
    return {"file": file, "seconds": clip["duration_s"]} | columns(
        answers, {model["id"]: model["probabilities"] for model in clip["models"]}
    )


def tell(answer: dict, as_json: bool) -> None:
    clear_line()
    if as_json:
        print(json.dumps(answer, ensure_ascii=False), flush=True)
    else:
        show(answer)


def show(clip: dict) -> None:
    from xser_demo.inference.predict import SILENCE_SAID_S

    place = f", {clip['start_s']:.1f} to {clip['end_s']:.1f} s" if "start_s" in clip else ""
    print(f"{clip['file']}{place}  {clip['duration_s']:.1f} s")
    if clip["silence_s"] > SILENCE_SAID_S:
        print(f"  note: {clip['silence_s']:.1f} s of it are silence, which is cut")
    for warning in clip["quality"]["warnings"]:
        print(f"  note: {warning}")
    for model in clip["models"]:
        share = model["probabilities"][model["emotion"]]
        print(f"  {model['id']:28} {model['emotion']:10} {100 * share:3.0f} %")
    sys.stdout.flush()


def log_passing(text: str) -> None:
    """Only on a terminal: in a file of messages it would be a line for each file."""
    if sys.stderr.isatty():
        log(Passing(text))


def _standard_input() -> bytes:
    from xser_demo.audio.io import MAX_LONG_BYTES

    if sys.stdin is None or sys.stdin.isatty():
        raise AudioError("Nothing was sent to standard input; write: xser predict - < clip.wav")
    return sys.stdin.buffer.read(MAX_LONG_BYTES + 1)
