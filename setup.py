"""Puts into the wheel what the code cannot do without: encoder, style sheets and texts. pyproject.toml has the rest.

The folder ``xser_demo/shipped`` exists in the wheel only; ``xser_demo/utils/places.py`` looks there.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("checkpoints/whisper-base-4", "assets/style", "assets/texts")


class WithShippedFiles(build_py):
    def run(self):
        if self.editable_mode:  # a checkout has them beside the code
            return super().run()
        shutil.rmtree(self.build_lib, ignore_errors=True)  # else deleted files of an earlier build would be packed
        super().run()
        for name in SHIPPED:
            shutil.copytree(name, Path(self.build_lib, "xser_demo", "shipped", name))


setup(cmdclass={"build_py": WithShippedFiles})
