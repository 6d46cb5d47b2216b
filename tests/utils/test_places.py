"""Where files are in a checkout and in an installed program, with and without the data package and a home."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from xser_demo.utils import places, settings


@pytest.fixture
def wheel(tmp_path, monkeypatch) -> dict[str, Path]:
    """An installed program without anything in it: the place of the data package, the user's folder, the program's."""
    there = {"data": tmp_path / "site" / "xser_demo_data", "user": tmp_path / "home" / "xser_demo",
             "program": tmp_path / "site" / "xser_demo" / "shipped"}  # fmt: skip
    there["program"].mkdir(parents=True)
    there["user"].parent.mkdir()
    monkeypatch.setattr(places, "SHIPPED", there["program"])
    monkeypatch.setattr(places, "_usual_cache", lambda: there["user"])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path / "site")
    places.cache_folder.cache_clear()
    yield there
    places.cache_folder.cache_clear()


def test_a_checkout_is_asked_alone(tmp_path, monkeypatch):
    (tmp_path / "xser_demo_data" / "checkpoints" / "other").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert not places.installed() and places.data_package()
    assert places.find("checkpoints/other") == settings.ROOT / "checkpoints" / "other"
    assert places.writable("encoders") == settings.ROOT / "build" / "encoders"
    assert places.how_to_get("make models") == "make models"
    assert settings.own_packs() == settings.PACKS


def test_an_installed_program_asks_the_data_package_then_the_users_folder_then_itself(wheel):
    for place in wheel.values():
        (place / "assets").mkdir(parents=True)
        (place / "assets" / "one").touch()
    for place in wheel.values():
        assert places.find("assets/one") == place / "assets" / "one"
        (place / "assets" / "one").unlink()
    assert places.find("assets/one") == wheel["data"] / "assets" / "one"


def test_without_the_data_package_it_says_how_to_install_it(wheel):
    assert places.find("checkpoints") == wheel["user"] / "checkpoints"
    assert places.how_to_get("make models") == "python -m pip install xser_demo_data-*.whl"
    wheel["data"].mkdir()
    assert places.how_to_get("make models") == "make models"


def test_what_is_made_or_downloaded_goes_to_the_users_folder(wheel, monkeypatch):
    monkeypatch.delenv("XSER_ASSETS", raising=False)
    assert places.writable("encoders") == wheel["user"] / "encoders"
    assert settings.own_packs() == wheel["user"] / "assets" / "packs"
    assert not wheel["user"].exists(), "asking makes nothing"
    monkeypatch.setenv("XSER_ASSETS", "elsewhere")
    assert settings.own_packs() == settings.PACKS


def forget(monkeypatch) -> None:
    """Libraries have no folders of their own; whatever is set meanwhile is gone after the test."""
    for variable in places.LIBRARY_CACHES:
        monkeypatch.setenv(variable, "")
        monkeypatch.delenv(variable)


@pytest.fixture(params=["no home", "a home that nobody knows"])
def homeless(wheel, request, monkeypatch):
    (wheel["user"].parent.parent / "file").touch()
    usual = wheel["user"].parent.parent / "file" / "xser_demo" if request.param == "no home" else Path("~/.cache/x")
    monkeypatch.setattr(places, "_usual_cache", lambda: usual)
    monkeypatch.setattr(os, "access", lambda place, _: Path(place).is_dir())  # root may write everywhere
    forget(monkeypatch)


def test_without_a_home_there_is_a_private_folder_for_all_processes(homeless, monkeypatch):
    folder = places.cache_folder()
    assert folder.parent == Path(tempfile.gettempdir()) and stat.S_IMODE(folder.stat().st_mode) == 0o700
    places.cache_folder.cache_clear()
    assert places.cache_folder() == folder
    monkeypatch.setenv("MPLCONFIGDIR", "mine")
    places.redirect_library_caches()
    assert os.environ["NUMBA_CACHE_DIR"] == str(folder / "numba") and os.environ["MPLCONFIGDIR"] == "mine"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users have no numbers here")
def test_a_folder_that_somebody_else_has_put_there_is_not_used(homeless, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"xser-cache-{os.getuid()}").symlink_to(tmp_path / "theirs")
    folder = places.cache_folder()
    assert folder.name != f"xser-cache-{os.getuid()}" and not folder.is_symlink()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_with_a_home_libraries_keep_their_own_folders(wheel, monkeypatch):
    forget(monkeypatch)
    places.redirect_library_caches()
    assert not set(places.LIBRARY_CACHES) & set(os.environ)
