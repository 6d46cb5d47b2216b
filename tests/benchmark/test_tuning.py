"""Every method has the same number of tries, and no target of a table is among the corpora that choose."""

import pytest

from xser_demo import methods
from xser_demo.benchmark import grid, tuning
from xser_demo.benchmark.tuning import Run
from xser_demo.corpora import DEVELOPMENT
from xser_demo.methods import lda_refit
from xser_demo.methods.coral import Coral


def test_every_method_that_can_be_set_has_equally_many_settings():
    counts = {name: len(tuning.settings_of(name)) for name in tuning.NAMES}
    assert set(grid.COMMON) - {"source_only"} <= set(counts)
    assert {name for name, count in counts.items() if count == 1} == {"zscore", "continued", "adabn"}
    assert set(counts.values()) == {1, len(tuning.FACTORS)}
    for name in grid.COMMON:  # what is shipped is among what was tried
        strength = methods.get(name).strength
        assert strength is None or strength in tuning.settings_of(name)
    assert Coral.shrinkage in tuning.settings_of("coral") and lda_refit.SHRINKAGE in tuning.settings_of("lda_refit")


def test_the_best_setting_is_chosen_by_the_mean_over_all_cells():
    found = {run: 0.5 + 0.01 * (run.setting == tuning.settings_of(run.method)[:2][-1]) for run in tuning.first_stage()}
    spoilt = Run("ravdess", "aesdd", "mmd", tuning.settings_of("mmd")[3])
    found[spoilt] += 0.07  # in one of eight cells: less than 0.01 in all
    assert all(value == tuning.settings_of(name)[1] for name, value in tuning.chosen(found).items()
               if len(tuning.settings_of(name)) > 1)  # fmt: skip
    found[spoilt] += 0.02
    assert tuning.chosen(found)["mmd"] == spoilt.setting


def test_a_constant_is_set_for_one_run_and_put_back():
    before = Coral.shrinkage
    with pytest.raises(RuntimeError), tuning.constant(Run("ravdess", "aesdd", "coral", 0.2)):
        assert Coral.shrinkage == 0.2
        raise RuntimeError
    assert before == Coral.shrinkage


def test_the_second_stage_compares_with_what_is_recommended_before():
    found = dict.fromkeys(tuning.first_stage(), 0.5)
    before = tuning.BEFORE[methods.RECOMMENDED]
    runs = set(tuning.second_stage(found))
    for source in tuning.SINGLE:
        for target in DEVELOPMENT:
            for seed in tuning.SEEDS:
                assert Run(source, target, methods.RECOMMENDED, before, "speaker", seed) in runs
            assert Run(source, target, methods.RECOMMENDED, before, "corpus", 0) in runs
