"""Builds both wheels (``make wheels``): the program with its encoder, and the data package. The same files give the
same bytes.

    python scripts/make_wheels.py [DIR]

DIR is build/wheels without it. Needs pip and setuptools, but no network.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EARLIEST = str(315_532_800)  # 1980, the earliest time that a zip holds


def build(folder: Path) -> list[Path]:
    """Build both into ``folder``, where older ones are deleted; returns the files."""
    for old in folder.glob("xser_demo*.whl"):
        old.unlink()
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    known = os.environ | {"SOURCE_DATE_EPOCH": EARLIEST}
    subprocess.run([*pip, "--wheel-dir", folder, ROOT, ROOT / "data-package"], check=True, env=known)
    for left in (ROOT, ROOT / "data-package"):
        shutil.rmtree(left / "build" / "lib", ignore_errors=True)
    return sorted(folder.glob("xser_demo*.whl"))


if __name__ == "__main__":
    for wheel in build(Path(*sys.argv[1:2] or [ROOT / "build" / "wheels"])):
        print(f"{wheel}  {wheel.stat().st_size / 1e6:.0f} MB")
