"""Domain shift in cross-lingual speech emotion recognition: hear it, measure it, adapt to it. See docs/api.md.

What is named here comes from ``api.py`` when it is first used, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING

from xser_demo.utils.places import redirect_library_caches

if TYPE_CHECKING:
    from xser_demo.api import adapt, align, load_model, models, predict
    from xser_demo.utils.errors import UserError

__all__ = ["UserError", "adapt", "align", "load_model", "models", "predict"]

redirect_library_caches()  # before anything imports numba


def __getattr__(name: str):
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'xser_demo' has no attribute '{name}'")  # then a submodule is looked for
    place = import_module("xser_demo.utils.errors" if name == "UserError" else "xser_demo.api")
    return globals().setdefault(name, getattr(place, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
