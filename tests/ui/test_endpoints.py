"""The endpoints: their answers, and one sentence for every wrong value. Calls through the server are in
browser/test_api.py."""

import json
import threading

import pytest

from xser_demo.ui import endpoints
from xser_demo.ui.jobs import queue
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

CLIP = str(settings.EXAMPLES / "it-medium.flac")
NAN, INFINITE = float("nan"), float("inf")
KINDS = (True, 7, -1.5, NAN, "x" * 10_000, "../../etc/passwd", ["x"], {"path": "/etc/passwd"}, "\0", "é\n")


def refused(function, *values) -> str:
    with pytest.raises(UserError) as error:
        function(*values)
    said = str(error.value)
    assert "\n" not in said and "Traceback" not in said and str(settings.ROOT) not in said and len(said) < 2_000
    return said


@pytest.fixture
def nothing_runs(monkeypatch):
    """Wrong values are refused before anything begins."""

    def never(*_):
        raise AssertionError("it has begun")

    for place, name in (
        (endpoints.run, "adapt"),
        (endpoints, "encode_file"),
        (endpoints.sound, "load"),
        (endpoints, "_map"),
    ):
        monkeypatch.setattr(place, name, never)


@pytest.mark.parametrize("place", range(11))
@pytest.mark.parametrize("value", KINDS, ids=range(len(KINDS)))
def test_adapt_refuses_values_of_any_other_kind(nothing_runs, place, value):
    values = ["ravdess", "emodb", "coral", None, None, "four", "inductive", 0, 0, 3, 1.0]
    values[place] = value
    if place in (7, 8, 9, 10) and value == 7 and not isinstance(value, bool):
        return  # a number where one is expected
    refused(endpoints.adapt, *values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (("urdu", "emodb"), "no corpus 'urdu' for 'source'"),
        (("ravdess", "folder:/etc"), "no corpus 'folder:/etc'"),
        (("ravdess", "own"), "no corpus 'own'"),
        (("ravdess", "ravdess"), "different"),
        (("ravdess", "emodb", "mmd_fc"), "no method 'mmd_fc'"),
        (("ravdess", "emodb", "source_only"), "no method 'source_only'"),
        (("ravdess", "emodb", None, None, "latent"), "no variant 'latent'"),
        (("ravdess", "emodb", None, "baklouti2024-mmd", "full"), "no variant 'full'"),
        (("ravdess", "emodb", None, None, None, None, "supervised"), "no mode 'supervised'"),
        (("ravdess", "emodb", None, None, None, None, None, 50), "no fold 50"),
        (("ravdess", "emodb", None, None, None, None, None, 0, 0, 61), "from 1 to 60"),
        (("ravdess", "emodb", None, None, None, None, None, 0, 0, None, INFINITE), "from 0 to 100"),
    ],
)
def test_adapt_takes_what_the_menus_offer_and_nothing_else(nothing_runs, values, says):
    assert says in refused(endpoints.adapt, *values)


@pytest.mark.parametrize("value", [True, 7, "x", {"a": 1}, [7], [None], ["nobody"], ["../ravdess-source"], [["x"]]])
@pytest.mark.parametrize("function", [endpoints.predict, endpoints.map])
def test_models_are_ids_of_shipped_ones(nothing_runs, function, value):
    refused(function, *([CLIP, value] if function is endpoints.predict else [value]))


@pytest.mark.parametrize(
    ("function", "values", "says"),
    [
        (endpoints.predict, (None, []), "Send a sound file"),
        (endpoints.predict, (CLIP, ["emodb-source"] + [f"m{n}" for n in range(4)]), "At most 4"),
        (endpoints.map, ([], "klingon", "emodb"), "no corpus 'klingon'"),
        (endpoints.map, ([], "../packs/emodb", None), "no corpus '../packs/emodb'"),
        (endpoints.map, ([], None, None, 7), "from 8 to 700"),
        (endpoints.map, ([], None, None, NAN), "from 8 to 700"),
        (endpoints.benchmark, ("emodb", "mars"), "no corpus 'mars'"),
        (endpoints.benchmark, ("emodb", "emodb"), "no inductive scores"),
        (endpoints.benchmark, ("emodb", "urdu", "zero-shot"), "no mode"),
        (endpoints.benchmark, (None, None), "no corpus"),
        (endpoints.shift, (CLIP, "echo", 0.5), "no shift 'echo'"),
        (endpoints.shift, (CLIP, "noise", NAN), "from 0 to 1"),
        (endpoints.shift, (CLIP, "noise", -0.5), "from 0 to 1"),
        (endpoints.shift, (CLIP, "pitch", -1.1), "from -1 to 1"),
        (endpoints.shift, (CLIP, "noise", "loud"), "from 0 to 1"),
        (endpoints.shift, (None, "noise", 0.5), "Send a sound file"),
        (endpoints.shift, (CLIP, ["noise"], 0.5), "short text"),
    ],
)
def test_wrong_values_are_said_in_one_sentence(nothing_runs, function, values, says):
    assert says in refused(function, *values)


def test_a_fault_of_ours_is_one_sentence_without_a_path(monkeypatch, caplog):
    def breaks(*_):
        raise OSError(28, "No space left on device", "/home/host/secret")

    monkeypatch.setattr(endpoints.api, "models", breaks)
    with pytest.raises(endpoints.gr.Error) as error:
        endpoints._with_errors(endpoints.models)()
    assert error.value.message.startswith("The answer of /models broke off (OSError: No space left")
    assert "secret" not in error.value.message and not error.value.print_exception


def test_adapt_waits_for_its_turn_and_tells_scores_with_intervals_only(monkeypatch):
    monkeypatch.setattr(queue, "POLL_S", 0.01)
    answers = []
    work = threading.Thread(target=lambda: answers.append(endpoints.adapt("ravdess", "emodb", "zscore")))
    with queue.HEAVY.job(1) as first:
        assert queue.HEAVY.ahead(first) == (0, 0)
        work.start()
        work.join(3)
        assert work.is_alive() and not answers and queue.HEAVY.behind(first) == 1
    work.join(120)
    (told,) = answers
    assert list(told["scores"]) == ["source_only", "zscore", "adapted"] and told["clips"] > 50
    for score in told["scores"].values():
        assert score["ci95"][0] <= score["uar"] <= score["ci95"][1]
    assert told["scores"]["zscore"] == told["scores"]["adapted"] and "record" not in told
    assert len(json.dumps(told)) < 3_000, "no list of clips"
    with queue.HEAVY.job(1) as after:
        assert queue.HEAVY.ahead(after) == (0, 0), "its place came back"


def test_adapt_stops_when_its_client_leaves(monkeypatch):
    asked, given = [], []

    def leaves_at_the_third() -> bool:
        asked.append(1)
        return len(asked) > 3

    def events(*_, **__):
        for number in range(1000):
            given.append(number)
            yield number

    monkeypatch.setattr(endpoints, "client_left", leaves_at_the_third)
    monkeypatch.setattr(endpoints.run, "adapt", events)
    assert "the client that asked for it left" in refused(endpoints.adapt, "ravdess", "emodb", "zscore")
    assert len(given) < 5
    with queue.HEAVY.job(1) as after:
        assert queue.HEAVY.ahead(after) == (0, 0), "its place came back"


def test_adapt_leaves_the_queue_when_its_client_leaves(monkeypatch):
    monkeypatch.setattr(queue, "POLL_S", 0.01)
    monkeypatch.setattr(endpoints, "client_left", lambda: True)
    monkeypatch.setattr(endpoints.run, "adapt", lambda *_, **__: pytest.fail("it has begun"))
    with queue.HEAVY.job(1) as first:
        assert queue.HEAVY.ahead(first) == (0, 0)
        assert "left" in refused(endpoints.adapt, "ravdess", "emodb", "zscore")
        assert queue.HEAVY.behind(first) == 0


def test_a_job_that_would_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setattr(endpoints.resources, "free_memory", lambda: 1 << 20)
    assert "needs about" in refused(endpoints.adapt, "ravdess", "emodb", "zscore")
    with queue.HEAVY.job(1) as after:
        assert queue.HEAVY.ahead(after) == (0, 0)


def test_the_benchmark_of_a_pair_is_the_shipped_one():
    shipped = json.loads((settings.ASSETS / "results" / "scores.json").read_text())["scores"]
    rows = endpoints.benchmark("ravdess", "emodb", "transductive")["rows"]
    for row in rows:
        like = ("ravdess", "emodb", "transductive", "", row["method"])
        (one,) = [s for s in shipped if (s["source"], s["target"], s["mode"], s["shift"], s["method"]) == like]
        assert (row["uar"], row["ci95"]) == (one["uar"], one["ci95"])
    assert [row["uar"] for row in rows] == sorted((row["uar"] for row in rows), reverse=True) and len(rows) > 8
    several = endpoints.benchmark("ravdess+emodb+emovo+nemo", "urdu", "transductive")
    assert {row["method"] for row in several["rows"]} >= {"source_only", "zscore"}


def test_a_shift_of_strength_zero_changes_no_answer_and_a_strong_one_does():
    none, much = (endpoints.shift(CLIP, "noise", at, ["ravdess-source"]) for at in (0, 1))
    three = (none["unchanged"], none["shifted"], much["shifted"])
    plain, same, noisy = (one["models"][0]["probabilities"] for one in three)
    assert plain == same != noisy and (none["amount"], much["amount"]) == ("unchanged", "noise as loud as the speech")
