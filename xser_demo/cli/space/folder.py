"""The folder of a Space: what the page needs when it runs, and nothing else."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xser_demo.cli.space import card, pins
from xser_demo.corpora import CORPORA, corpus
from xser_demo.utils import assets, files, settings
from xser_demo.utils.errors import SettingsError

AS_THEY_ARE = ("app.py", "LICENSE", "NOTICE")
CODE = (".py", ".json", ".tsv", ".js")  # of xser_demo/
RESULTS = ("scores.json", "systems.json", "shift_curves.json")  # of assets/results/ what tabs read


@dataclass(frozen=True)
class Plan:
    """``without``: corpora whose features, and whose models, stay at home."""

    hardware: str = "cpu-basic"
    torch_index: str | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self):
        if self.hardware not in pins.PYTHON:
            raise SettingsError(f"There is no hardware '{self.hardware}'; choose one of: {', '.join(pins.PYTHON)}.")
        if self.torch_index and self.hardware == "zerogpu":
            raise SettingsError("ZeroGPU needs torch with CUDA, as it comes by itself; leave --torch-index out.")
        for key in self.without:
            corpus(key)  # says which there are


def build(folder: Path, plan: Plan) -> dict:
    """Write the folder, whole or not at all; its number of files and bytes. SettingsError where something is."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(f"{folder} is there already; choose a new or an empty folder.")
    requirements = pins.requirements(plan.hardware, plan.torch_index)
    if not (settings.ROOT / "app.py").is_file():
        raise SettingsError("There is no app.py here; run this in a clone of the repository.")
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_folder(folder.absolute()) as place:
        for path, file in _files(plan):
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place / path)
        here = sorted(one.name for one in (place / "assets" / "packs").glob("*"))
        (place / "requirements.txt").write_text(requirements)
        (place / "README.md").write_text(card.readme(plan.hardware, [corpus(key).name for key in here]), "utf-8")
        (place / "LICENSE.md").write_text(card.terms(), "utf-8")
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return {"folder": str(folder), "hardware": plan.hardware, "files": len(sizes), "bytes": sum(sizes),
            "corpora": here, "index": plan.torch_index}  # fmt: skip


def _files(plan: Plan) -> Iterator[tuple[str, Path]]:
    """(path in the Space, file here)."""
    for name in AS_THEY_ARE:
        yield name, settings.ROOT / name
    code = settings.ROOT / "xser_demo"
    yield from ((f"xser_demo/{p.relative_to(code).as_posix()}", p) for p in _below(code) if p.suffix in CODE)
    for model in _folders(settings.CHECKPOINTS):
        if not _learnt_from(model) & set(plan.without):
            yield from ((f"checkpoints/{model.name}/{p.name}", p) for p in _below(model))
    for pack in _folders(settings.PACKS):
        if pack.name not in plan.without:
            yield from ((f"assets/packs/{pack.name}/{p.name}", p) for p in _below(pack))
    yield from ((f"assets/examples/{p.name}", p) for p in _below(settings.EXAMPLES))
    for place in (assets.STYLE, assets.TEXTS):
        yield from ((f"assets/{place.name}/{p.name}", p) for p in _below(place))
    results = ((f"assets/results/{name}", settings.ASSETS / "results" / name) for name in RESULTS)
    yield from ((path, file) for path, file in results if file.is_file())


def _folders(place: Path) -> list[Path]:
    """Without those that are being written."""
    return sorted(one for one in place.glob("[!.]*") if one.is_dir())


def _below(place: Path) -> list[Path]:
    hidden = (p for p in place.rglob("*") if p.is_file() and not any(s.startswith(".") for s in p.parts[-2:]))
    return sorted(p for p in hidden if "__pycache__" not in p.parts)


def _learnt_from(model: Path) -> set[str]:
    """Keys of the corpora that a model heard, all of them where nobody can say; the encoder heard none of ours."""
    try:
        known = json.loads((model / "card.json").read_text(encoding="utf-8"))
        return {key for side in ("source", "target") for key in (known.get(side) or "").split("+")}
    except (OSError, ValueError):
        return set(CORPORA)
