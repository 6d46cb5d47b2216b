"""Packs models, features and figures of the repository, with the corpora's terms. The encoder is in the other wheel."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

REPOSITORY = Path(__file__).resolve().parents[1]
PACKED = (
    "NOTICE",
    "checkpoints/*/*",
    "assets/packs/*/*",
    "assets/maps/*",
    "assets/pretrained/*",
    "assets/examples/*",
    "assets/results/*.json",
)
ENCODER = "whisper-base-4"


class WithData(build_py):
    def run(self):
        shutil.rmtree(self.build_lib, ignore_errors=True)  # else deleted files of an earlier build would be packed
        super().run()
        files = sorted(file for pattern in PACKED for file in REPOSITORY.glob(pattern))
        for file in files:
            if file.is_file() and file.parent.name != ENCODER and not file.name.startswith("."):
                to = Path(self.build_lib, "xser_demo_data", file.relative_to(REPOSITORY))
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, to)


setup(cmdclass={"build_py": WithData})
