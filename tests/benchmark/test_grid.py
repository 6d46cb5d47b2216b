"""Suites: what is compared is complete, named without doubt and split without leaks."""

from collections import Counter
from itertools import product

import pytest

from xser_demo import methods
from xser_demo.benchmark import grid
from xser_demo.corpora import DEVELOPMENT, corpus
from xser_demo.corpora.splits import folds
from xser_demo.data.packs import load_cached
from xser_demo.experiments.plan import Plan
from xser_demo.experiments.task import prepare
from xser_demo.utils.errors import SettingsError

KEYS = grid.available_targets()


def count(key: str) -> int:
    return len(folds(key, load_cached(key).utterances))


def named(cells: list[Plan]) -> list[str]:
    return [f"{grid.group(cell)}/{grid.name(cell)}" for cell in cells]


@pytest.mark.parametrize("name", ["smoke", "quick", "full", "preregistered"])
def test_names_are_unique_and_can_be_file_names(name):
    cells = grid.suite(name)
    names = named(cells)
    assert len(set(names)) == len(names) == len(set(cells))
    assert not set("".join(names)) - set("abcdefghijklmnopqrstuvwxyz0123456789_+-./")


def test_suites_that_share_a_folder_share_no_name_for_different_cells():
    of: dict[str, Plan] = {}
    for name in ("smoke", "quick", "full"):
        cells = grid.suite(name)
        for title, cell in zip(named(cells), cells, strict=True):
            assert of.setdefault(title, cell) == cell


def test_full_is_complete():
    cells = grid.suite("full")
    seeds, pairs = len(grid.SEEDS), grid.pairs(KEYS)
    assert len(pairs) == len(KEYS) * (len(KEYS) - 1)
    single = Counter((c.mode, bool(c.shift)) for c in cells if "+" not in c.source)
    assert single == {
        ("inductive", False): seeds * len(grid.COMMON) * sum(count(target) for _, target in pairs),
        ("transductive", False): seeds * len(grid.COMMON) * len(pairs),
        ("transductive", True): seeds * len(grid.FEW_METHODS) * len(grid.SHIFTS) * len(pairs),
        ("supervised", False): seeds * sum(map(count, KEYS)),
    }
    joined = Counter((c.target, c.method, c.mode) for c in cells if "+" in c.source)
    for (target, _, mode), number in joined.items():  # whatever is run, with all seeds and folds
        assert number == seeds * (count(target) if mode == "inductive" else 1)
    for target, method in product(KEYS, ("source_only", "zscore", methods.RECOMMENDED)):
        assert joined[target, method, "inductive"] and joined[target, method, "transductive"]
    assert Counter((c.source, c.target, c.seed) for c in cells if c.mode == "inductive" and c.method == "mmd") == {
        (source, target, seed): count(target) for source, target in pairs for seed in grid.SEEDS
    }  # every fold of every target once for every seed
    assert {c.labels for c in cells} == {"four"} and not any(c.epochs or c.source_epochs for c in cells)


def test_the_development_corpora_are_never_in_a_table(monkeypatch):
    monkeypatch.setattr(grid.packs, "available", lambda: [*KEYS, *DEVELOPMENT])
    assert grid.available_targets() == KEYS
    for name in ("smoke", "quick", "full", "preregistered"):
        assert not any({*DEVELOPMENT} & {*cell.sources, cell.target} for cell in grid.suite(name))


def test_a_left_out_language_is_not_among_its_sources():
    seen = set()
    for cell in grid.suite("full"):
        if "+" in cell.source:
            assert corpus(cell.target).language not in {corpus(key).language for key in cell.sources}
            seen.add(cell.target)
    assert seen == set(KEYS)


def test_a_second_corpus_of_a_language_is_a_control_and_no_source_when_it_is_left_out():
    keys = ["ravdess", "savee", "emodb", "emovo"]  # two of them English
    assert ("ravdess", "savee") in grid.pairs(keys) and ("savee", "ravdess") in grid.pairs(keys)
    assert (
        grid.other_languages(keys, "ravdess") == "emodb+emovo"
        and grid.other_languages(keys, "emodb") == "ravdess+savee+emovo"
    )


@pytest.mark.parametrize("shift", ["70", "70 boredom", "60 anger", "no", "anger", "70  anger"])
def test_a_word_that_is_no_shift_is_refused(shift):
    with pytest.raises(SettingsError, match="There is no label shift"):
        prepare(Plan("ravdess", "emodb", "zscore", mode="transductive", shift=shift))


def test_a_shift_is_for_the_transductive_mode():
    with pytest.raises(SettingsError, match="transductive"):
        prepare(Plan("ravdess", "emodb", "zscore", shift="70 anger"))


@pytest.mark.parametrize("target", KEYS)
def test_shifted_targets_have_the_shares_they_promise(target):
    """Labels are opened here, and in scoring, only."""
    source = next(key for key in KEYS if key != target)
    plain = prepare(Plan(source, target, "zscore", mode="transductive"))
    clips = set(plain.test.rows.tolist())
    for shift in grid.SHIFTS:
        task = prepare(Plan(source, target, "zscore", mode="transductive", shift=shift))
        how, emotion = shift.split()
        labels = Counter(task.sealed.classes[label] for label in task.sealed.open()[0])
        assert set(task.test.rows.tolist()) < clips and len(task.sealed) == len(task.test) == len(task.adapt)
        if how == "no":
            assert set(labels) == set(task.labels.classes) - {emotion}
            rest = Counter(plain.sealed.classes[label] for label in plain.sealed.open()[0])
            assert all(labels[name] == rest[name] for name in labels)
        else:
            for name in task.labels.classes:
                assert labels[name] / len(task.test) == pytest.approx(0.7 if name == emotion else 0.1, abs=0.01)
        again = prepare(Plan(source, target, "zscore", mode="transductive", seed=3, shift=shift))
        assert again.test.rows.tolist() == task.test.rows.tolist()  # the same clips for every seed


@pytest.mark.parametrize("target", KEYS)
def test_the_supervised_reference_tests_on_speakers_it_never_heard(target):
    tested = []
    for fold in range(count(target)):
        task = prepare(Plan(target, target, "source_only", mode="supervised", fold=fold, seed=fold % 5))
        train, validation, test = (set(part.speakers) for part in (task.train, task.validation, task.test))
        assert train and validation and test
        assert not train & validation and not (train | validation) & test
        assert set(task.sealed.open()[1]) == test
        tested += task.test.rows.tolist()
    whole = prepare(Plan(next(key for key in KEYS if key != target), target, "zscore", mode="transductive"))
    assert sorted(tested) == whole.test.rows.tolist()  # every clip is tested once


def test_inductive_adaptation_never_hears_the_scored_speakers():
    for fold in range(count("emovo")):
        task = prepare(Plan("ravdess", "emovo", "zscore", fold=fold))
        assert not set(task.adapt.speakers) & set(task.test.speakers)


def test_an_unknown_suite_is_said_in_a_sentence(monkeypatch):
    with pytest.raises(SettingsError, match="There is no suite 'tiny'; choose one of: smoke, quick, full"):
        grid.suite("tiny")
    monkeypatch.setattr(grid.packs, "available", lambda: ["emodb"])
    with pytest.raises(SettingsError, match="two corpora"):
        grid.suite("smoke")
