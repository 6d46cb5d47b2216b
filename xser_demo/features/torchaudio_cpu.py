"""Imports torchaudio even if its compiled extension cannot be loaded.

torchaudio 2.11 with a CPU build of torch fails at import, because its extension needs CUDA libraries. Transforms,
functional, models and pipelines do not use the extension (only forced alignment, the RNN-T loss and a fast lfilter do),
so a second attempt replaces the private module that loads it. All other files import torchaudio from here.
"""

import importlib
import sys
import types


def _import():
    try:
        return importlib.import_module("torchaudio")
    except OSError:  # the extension's libraries are missing
        for name in [n for n in list(sys.modules) if n.partition(".")[0] == "torchaudio"]:  # other threads import, too
            del sys.modules[name]

    extension = types.ModuleType("torchaudio._extension")
    extension._IS_TORCHAUDIO_EXT_AVAILABLE = False
    extension._IS_RIR_AVAILABLE = False
    extension._IS_ALIGN_AVAILABLE = False
    extension.lazy_import_sox_ext = lambda: None

    def fail_if_no_align(function):
        def unavailable(*_args, **_kwargs):
            raise RuntimeError(f"{function.__name__} needs torchaudio's compiled extension.")

        return unavailable

    extension.fail_if_no_align = fail_if_no_align
    sys.modules["torchaudio._extension"] = extension
    return importlib.import_module("torchaudio")


torchaudio = _import()
transforms = importlib.import_module("torchaudio.transforms")
functional = importlib.import_module("torchaudio.functional")
models = importlib.import_module("torchaudio.models")
