"""Where files are: those that come with the program, and those that it makes or downloads.

A checkout, a Space and a container have everything below their root, which alone is asked: what else is installed on
the computer changes nothing there. An installed program asks the data package ``xser_demo_data``, then the user's cache
folder, then its own package, into which setup.py puts the encoder, style sheets and texts.
"""

import os
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_cache_path

from xser_demo.utils.files import private_folder

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "xser_demo" / "shipped"  # in the wheel only
DATA_PACKAGE = "xser_demo_data"
LIBRARY_CACHES = {"NUMBA_CACHE_DIR": "numba", "MPLCONFIGDIR": "matplotlib"}


def installed() -> bool:
    """Whether this is a wheel, not a checkout."""
    return SHIPPED.is_dir()


def data_package() -> Path | None:
    """The folder of the installed data package; None without one."""
    spec = find_spec(DATA_PACKAGE)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def find(name: str) -> Path:
    """The file or folder ``name``, such as "assets/maps", in the first place that has it. It need not exist."""
    if not installed():
        return ROOT / name
    found = [place / name for place in (data_package(), cache_folder(), SHIPPED) if place]
    return next((one for one in found if one.exists()), found[0])


def writable(name: str) -> Path:
    """Where a kind of file is kept that is downloaded or made here, such as "encoders". It need not exist."""
    return cache_folder() / name if installed() else ROOT / "build" / name


def how_to_get(command: str) -> str:
    """The command that brings what is missing: the data package if that is missing, else ``command``."""
    return command if not installed() or data_package() else f"python -m pip install {DATA_PACKAGE}-*.whl"


@cache
def cache_folder() -> Path:
    """The user's cache folder, which need not exist. Where there is no home to write to, a private one among the
    temporary files."""
    usual = _usual_cache()
    return usual if _can_be_written(usual) else _temporary_cache()


def redirect_library_caches() -> None:
    """Without a home to write to, numba stops at its first function to compile, and matplotlib complains: give them a
    folder, unless they have one. Before they are imported."""
    if not _can_be_written(_usual_cache()):
        for variable, name in LIBRARY_CACHES.items():
            os.environ.setdefault(variable, str(cache_folder() / name))


def _usual_cache() -> Path:
    return user_cache_path("xser_demo", appauthor=False)


def _can_be_written(folder: Path) -> bool:
    """Whether a folder is there and can be written to, or can be made."""
    existing = next((one for one in (folder, *folder.parents) if os.path.exists(one)), None)
    return folder.is_absolute() and existing is not None and os.access(existing, os.W_OK | os.X_OK)


def _temporary_cache() -> Path:
    """The same for all processes of a user. Compiled code is in it, so nobody else may be able to write to it."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        return private_folder(Path(tempfile.gettempdir()) / f"xser-cache-{user}")
    except FileExistsError:  # of another user
        return Path(tempfile.mkdtemp(prefix="xser-cache-"))
