"""Builds the folder of a Space: the files that the page needs at run time, and nothing else."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xser_demo.cli.space import card, pins
from xser_demo.corpora import CORPORA, corpus
from xser_demo.networks import frozen
from xser_demo.reporting import shipped_maps
from xser_demo.utils import assets, files, settings
from xser_demo.utils.errors import SettingsError

COPIED = ("app.py", "LICENSE", "NOTICE")
CODE = (".py", ".json", ".tsv", ".js")  # of xser_demo/


@dataclass(frozen=True)
class Plan:
    """Settings of a Space. ``without``: corpora whose features and models are left out. SettingsError if invalid."""

    hardware: str = "cpu-basic"
    torch_index: str | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self):
        if self.hardware not in pins.PYTHON:
            raise SettingsError(f"There is no hardware '{self.hardware}'; choose one of: {', '.join(pins.PYTHON)}.")
        if self.torch_index and self.hardware == "zerogpu":
            raise SettingsError("ZeroGPU needs torch with CUDA, the default build; leave --torch-index out.")
        for key in self.without:
            corpus(key)  # CorpusError for an unknown one


def build(folder: Path, plan: Plan) -> dict:
    """Write the folder, atomically; returns its number of files and bytes. SettingsError when it is not empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(f"{folder} exists already; choose a new or an empty folder.")
    requirements = pins.requirements(plan.hardware, plan.torch_index)
    if not (settings.ROOT / "app.py").is_file():
        raise SettingsError("There is no app.py here; run this in a clone of the repository.")
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with files.atomic_folder(folder.absolute()) as target:
        for path, file in _files(plan):
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / path)
        keys = sorted(one.name for one in (target / "assets" / "packs").glob("*"))
        (target / "requirements.txt").write_text(requirements)
        (target / "README.md").write_text(card.readme(plan.hardware, [corpus(key).name for key in keys]), "utf-8")
        (target / "LICENSE.md").write_text(card.terms(), "utf-8")
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return {"folder": str(folder), "hardware": plan.hardware, "files": len(sizes), "bytes": sum(sizes),
            "corpora": keys, "index": plan.torch_index}  # fmt: skip


def _files(plan: Plan) -> Iterator[tuple[str, Path]]:
    """(path in the Space, file in the repository)."""
    for name in COPIED:
        yield name, settings.ROOT / name
    code = settings.ROOT / "xser_demo"
    yield from ((f"xser_demo/{p.relative_to(code).as_posix()}", p) for p in _below(code) if p.suffix in CODE)
    for model in _folders(settings.CHECKPOINTS):
        if not _trained_on(model) & set(plan.without):
            yield from ((f"checkpoints/{model.name}/{p.name}", p) for p in _below(model))
            if (layout := shipped_maps.FOLDER / f"{model.name}.npz").is_file():
                yield f"assets/maps/{layout.name}", layout
    for pack in _folders(settings.PACKS):
        if pack.name not in plan.without:
            yield from ((f"assets/packs/{pack.name}/{p.name}", p) for p in _below(pack))
    if not set(frozen.CORPORA) & set(plan.without):
        yield from ((f"assets/pretrained/{p.name}", p) for p in _below(frozen.folder()))
    yield from ((f"assets/examples/{p.name}", p) for p in _below(settings.EXAMPLES))
    for folder in (assets.STYLE, assets.TEXTS):
        yield from ((f"assets/{folder.name}/{p.name}", p) for p in _below(folder))
    results = sorted((settings.ASSETS / "results").glob("*.json"))
    yield from ((f"assets/results/{file.name}", file) for file in results)


def _folders(parent: Path) -> list[Path]:
    """Sub-folders, without those that are being written."""
    return sorted(one for one in parent.glob("[!.]*") if one.is_dir())


def _below(folder: Path) -> list[Path]:
    """All files of a folder, without hidden files and caches."""
    visible = (p for p in folder.rglob("*") if p.is_file() and not any(s.startswith(".") for s in p.parts[-2:]))
    return sorted(p for p in visible if "__pycache__" not in p.parts)


def _trained_on(model: Path) -> set[str]:
    """Keys of a model's source and target corpora, none for the encoder; all keys if its card cannot be read."""
    try:
        facts = json.loads((model / "card.json").read_text(encoding="utf-8"))
        corpora = {key for side in ("source", "target") for key in (facts.get(side) or "").split("+")}
        frozen_layers = facts.get("recipe", {}).get("options", {}).get("frozen")
        return corpora | set(frozen.CORPORA) if frozen_layers else corpora
    except (OSError, ValueError):
        return set(CORPORA)
