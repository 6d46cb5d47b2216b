"""torchaudio with a CPU build of torch."""

import subprocess
import sys

WHILE_OTHERS_IMPORT = """
import sys, threading, types
import torch

def others():
    for number in range(300_000):
        sys.modules[f"other{number}"] = types.ModuleType("other")

sys.setswitchinterval(1e-6)
threading.Thread(target=others, daemon=True).start()
from xser_demo.features.torchaudio_cpu import transforms
assert transforms.MelSpectrogram
"""


def test_import_while_other_threads_import():
    """The page listens to its first clip while it is still being put together."""
    done = subprocess.run([sys.executable, "-c", WHILE_OTHERS_IMPORT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
