"""The measured thresholds under which a difference in attention says nothing."""

import json

from xser_demo.benchmark import attention_noise
from xser_demo.inference import attention


def test_the_thresholds_are_those_of_the_recipe_and_corpus_that_vary_most():
    shipped = json.loads(attention.FILE.read_text(encoding="utf-8"))
    assert shipped["thresholds"] == attention_noise.thresholds(shipped["recipes"])
    rows = [(key, row) for recipe in shipped["recipes"].values() for key, row in recipe.items()]
    assert {key for key, _ in rows} == set(attention_noise.CORPORA)
    assert all(0 < row["median"] < row["p95"] <= attention.threshold(key == "ravdess") for key, row in rows)
    assert attention.threshold(True) > attention.threshold(False) > 0
    assert shipped["clips"] >= 300 and "xser_demo.benchmark.attention_noise" in shipped["command"]
