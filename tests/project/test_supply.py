"""What the demo is made of is pinned, hashed and listed."""

import importlib.util
import json
import re

import pytest

from xser_demo.utils import settings

NOTICE = (settings.ROOT / "NOTICE").read_text()


@pytest.fixture(scope="module")
def supply():
    spec = importlib.util.spec_from_file_location("supply", settings.ROOT / "scripts" / "supply.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pins(file: str, supply) -> dict[str, str]:
    return supply.pins(settings.ROOT / file)


def test_every_package_at_run_time_is_pinned_hashed_and_its_licence_listed(supply):
    needed, pinned, locked = supply.closure(), pins("constraints.txt", supply), pins("requirements.lock", supply)
    assert len(needed) > 50
    assert set(needed) <= set(pinned), set(needed) - set(pinned)
    assert set(needed) <= set(locked), set(needed) - set(locked)
    listed = dict(re.findall(r"^    ([a-z0-9-]+) +(\S.*)$", NOTICE.partition(supply.HEADING)[2], re.MULTILINE))
    assert set(needed) <= set(listed), set(needed) - set(listed)
    assert not [name for name, said in listed.items() if said in ("not stated", "UNKNOWN")]


def test_the_lock_is_that_of_the_constraints_and_every_line_has_a_hash(supply):
    pinned, locked = pins("constraints.txt", supply), pins("requirements.lock", supply)
    assert locked.items() <= pinned.items(), dict(locked.items() - pinned.items())
    lines = [one for one in (settings.ROOT / "requirements.lock").read_text().splitlines() if not one.startswith("#")]
    assert all(re.search(r" --hash=sha256:[0-9a-f]{64}$", one) for one in lines)


def test_all_that_is_shipped_has_a_licence():
    """Packs, models and the encoder: each folder's own, or a line in NOTICE."""
    for pack in settings.PACKS.iterdir():
        assert (pack / "LICENSE").read_text().strip() and pack.name in NOTICE
    assert (settings.CHECKPOINTS / "whisper-base-4" / "LICENSE").exists()
    assert "checkpoints/<model>" in NOTICE and (settings.ROOT / "LICENSE").read_text().startswith("MIT")


def test_no_stored_advisory_holds_for_the_locked_versions_and_each_would_be_noticed(supply):
    locked = pins("requirements.lock", supply)
    assert supply.known_against(locked) == []
    for one in json.loads(supply.ADVISORIES.read_text()):
        assert one["package"] in locked, f"{one['id']}: {one['package']} is not used any more"
        if "here" not in one:
            last = re.split(r"[<,]", one["affected"])[-1]  # the first version without it
            assert one not in supply.known_against({one["package"]: last})
            before = one["affected"].split(",")[0].removeprefix(">=") if one["affected"].startswith(">=") else "0.0.1"
            assert one in supply.known_against({one["package"]: before})
