"""``xser audit``: properties of a model on a labelled corpus, with limits and verdicts, on one page."""

from pathlib import Path

from xser_demo.cli.options import add_command, add_device
from xser_demo.utils.errors import SettingsError, UserError
from xser_demo.utils.progress import log


def add(commands) -> None:
    command = add_command(
        commands, "audit", run, show, "Test a model for correctness, fairness, robustness, stability."
    )
    add = command.add_argument
    add("model", metavar="MODEL", help="a model id, folder or zip")
    add("--on", metavar="C", help='a corpus, several ("emodb+emovo"), a zip or a folder; default: what it adapted to')
    add("--corpora", metavar="DIR", help="folder that holds the corpora (or XSER_CORPORA), for robustness")
    add("--sample", type=int, metavar="N", help="recordings that are changed (default: 60); 0 leaves robustness out")
    add("--out", type=Path, metavar="FILE.html", help="the page, with FILE.json beside it; default: MODEL-audit.html")
    add_device(command)


def run(options) -> dict:
    """The audit as JSON values, after it was written."""
    from xser_demo import api
    from xser_demo.audit import run as audits
    from xser_demo.reporting import audit_page
    from xser_demo.utils import settings

    sample = audits.SAMPLE if options.sample is None else options.sample
    if sample < 0:
        raise SettingsError("--sample is a number of recordings, from 0.")
    loaded = api.load_model(options.model)
    on = target(options.on or loaded.card["target"])
    file = options.out or Path(f"{Path(loaded.id).name}-audit.html")  # the id of a zip may be any text
    if file.suffix == ".json":
        raise SettingsError(
            "--out names the page, and the JSON is written beside it; choose a name that ends in .html."
        )
    if not file.parent.is_dir():
        raise UserError(f"There is no folder {file.parent} for {file.name}; make it first.")
    found = audits.audit(loaded, on, settings.corpora_dir(), sample, log)
    page, stored = audit_page.write(found, file)
    return found.as_dict() | {"files": [str(page), str(stored)]}


def target(on: str | None) -> str:
    """What to audit on, with the kind of a file or folder in front. SettingsError when it is not known."""
    from xser_demo.corpora import CORPORA

    if on is None:
        raise SettingsError("This model was adapted to no corpus; name what to audit it on: --on emodb")
    if on == "own":
        raise SettingsError("This model was adapted to recordings of yours; name them, or others: --on mine.zip")
    if all(key in CORPORA for key in on.split("+")):
        return on
    if Path(on).is_dir():
        return f"folder:{on}"
    return f"zip:{on}" if Path(on).is_file() else on


def show(result: dict) -> None:
    counts = result["verdicts"]
    print(f"{result['title']} on {', '.join(result['on'])}: {', '.join(f'{word}: {n}' for word, n in counts.items())}")
    for one in result["properties"]:
        if one["verdict"] == "fails":
            print(f"  fails: {one['asks']} ({one['id']})")
    print("\n".join(result["files"]))
