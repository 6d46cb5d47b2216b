"""Packs models, features and figures of the repository, with the corpora's terms. The encoder is in the other wheel."""

import shutil
import subprocess
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
    "assets/audits/*.json",
)
ENCODER = "whisper-base-4"


def tracked() -> set[Path]:
    """The files of the repository. What else lies there, such as packs of corpora that may not be passed on, is
    somebody's own."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607  the builder's own
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {REPOSITORY / name for name in listed.split("\0") if name}


class WithData(build_py):
    def run(self):
        shutil.rmtree(self.build_lib, ignore_errors=True)  # else deleted files of an earlier build would be packed
        super().run()
        known = tracked()
        files = sorted(file for pattern in PACKED for file in REPOSITORY.glob(pattern))
        for file in files:
            if file in known and file.parent.name != ENCODER:
                to = Path(self.build_lib, "xser_demo_data", file.relative_to(REPOSITORY))
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, to)


setup(cmdclass={"build_py": WithData})
