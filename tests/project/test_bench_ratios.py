"""The check of committed ratios, on which ``make bench`` ends."""

import json

import check
import pytest


@pytest.fixture
def committed() -> dict[str, float]:
    return json.loads(check.COMMITTED.read_text())


def test_the_committed_ratios_are_all_that_are_known(committed):
    assert list(committed) == [name for ratios in check.RATIOS.values() for name in ratios]
    assert all(value > 0 for value in committed.values())


def test_a_loss_of_more_than_a_quarter_is_named_and_others_are_not(committed):
    name = next(iter(committed))
    assert check.lost(committed, committed) == []
    assert check.lost({one: 0.76 * value for one, value in committed.items()}, committed) == []
    assert check.lost({one: 3 * value for one, value in committed.items()}, committed) == []
    (line,) = check.lost(committed | {name: 0.7 * committed[name]}, committed)
    assert line.startswith(name) and "was" in line
    assert check.lost({}, committed) == [], "what was not measured is not lost"


def test_what_was_measured_is_read_from_its_documents(tmp_path, monkeypatch):
    peers = {
        method: {"times_ours": dict.fromkeys(("bare", "plain", "pytorch_adapt", "skada"), 1.5)}
        for method in ("dann", "mmd", "coral")
    }
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "bench-adaptation-peers.json").write_text(json.dumps(peers))
    found = check.measured(tmp_path / "build")
    assert len(found) == 12 and set(found.values()) == {1.5}
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["check.py"])
    assert check.main() == 0
    for one in peers.values():
        one["times_ours"]["skada"] = 0.1
    (tmp_path / "build" / "bench-adaptation-peers.json").write_text(json.dumps(peers))
    assert check.main() == 1


def test_of_two_computers_the_lower_ratio_is_kept(tmp_path, monkeypatch):
    kept = tmp_path / "ratios.json"
    kept.write_text(json.dumps({"a": 2.0, "b": 2.0, "c": 2.0}))
    monkeypatch.setattr(check, "COMMITTED", kept)
    monkeypatch.setattr(check, "measured", lambda folder: {"a": 1.0, "b": 3.0, "d": 4.0})
    monkeypatch.setattr("sys.argv", ["check.py", "--write"])
    assert check.main() == 0
    assert json.loads(kept.read_text()) == {"a": 1.0, "b": 2.0, "c": 2.0, "d": 4.0}
