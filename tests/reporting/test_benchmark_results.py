"""The Benchmark tab without a browser: choices, rows, sentences and figures."""

import json

import pytest

from xser_demo.reporting import benchmark_results, confusion_matrix
from xser_demo.reporting.benchmark_results import SEVERAL, Filters
from xser_demo.reporting.html import points
from xser_demo.ui.tabs.benchmark import columns, findings
from xser_demo.ui.tabs.benchmark import tab as bench
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError


def gain(invented: dict, over: str = "zscore", **values) -> str:
    """The finding, with other figures of the recommended method."""
    for row in invented["gains"]:
        if (row["over"], row["method"], row["mode"]) == (over, "infomax", "inductive"):
            row.update(values)
    return findings.finding(invented, "inductive")


def test_the_finding_is_said_as_its_figures_are(invented):
    assert "InfoMax does not differ significantly from target z-score (+3.0 points, 95% interval −0.8 to +6.2)" in gain(
        invented
    )
    assert "worse than no adaptation on 2 of 12." in gain(invented)
    assert "scores 3.0 points above target z-score (" in gain(invented, ci95=[0.01, 0.06], p_holm=0.01)
    assert "not significant after correction" in gain(invented, p_holm=0.2)
    assert "scores 4.0 points below target z-score (" in gain(invented, mean=-0.04, ci95=[-0.06, -0.01], p_holm=0.01)
    assert "on none of 12." in gain(invented, "source_only", lost=0)
    assert gain(invented, pairs=1).startswith("One pair, inductive: ")
    assert gain(invented, pairs=1).endswith("; it is not worse than no adaptation.")
    invented["gains"] = []
    assert "no pair of languages is finished yet" in findings.finding(invented, "inductive")


def test_the_finding_under_a_label_shift(invented):
    said = findings.finding(invented, "transductive", "70 anger")
    assert "(70% anger)" in said and "scores 5.0 points below target z-score" in said and "worse than no" in said
    assert "no finished comparison" in findings.finding(invented, "transductive", "no sadness")
    assert "no finished comparison" in findings.finding(invented, "inductive", "70 anger")


def test_an_unfinished_benchmark_says_so(invented):
    assert findings.state(invented, []) == []
    invented["about"]["of"] = 7220
    assert findings.state(invented, [])[0].startswith("Not finished: 100 of 7,220 runs are available.")
    invented["about"]["epochs"]["adaptation"] = 2
    assert "these are no results" in findings.state(invented, [])[0]
    invented["about"]["of"], invented["missing"] = None, [{}]
    assert findings.state(invented, [])[1].startswith("Not finished: some runs")


def test_filters(invented):
    everything = benchmark_results.rows(invented, Filters())
    assert len(everything) == 12 * 4 + 4
    assert everything[0].pair.startswith("English to ") and everything[-1].method == "Supervised (target's labels)"
    some = benchmark_results.rows(invented, Filters(source="ravdess", target="emodb"))
    assert [row.pair for row in some] == ["English to German"] * 4 + ["German alone"]
    uars = [row.score["uar"] for row in some[:-1]]
    assert uars == sorted(uars, reverse=True)
    one = benchmark_results.rows(invented, Filters("transductive", methods=("dann",)))
    assert {row.method for row in one} == {"DANN"} and len(one) == 13
    assert {r.pair for r in benchmark_results.rows(invented, Filters("transductive", SEVERAL))} == {
        "3 corpora to Urdu",
        "Urdu alone",
    }
    shifted = benchmark_results.rows(invented, Filters("transductive", shift="70 anger"))
    assert len(shifted) == 48 and not any(row.score["mode"] == "supervised" for row in shifted)
    assert benchmark_results.rows(invented, Filters("inductive", shift="70 anger")) == []
    assert "choose transductive" in findings.nothing(invented, Filters("inductive", shift="70 anger"))
    assert benchmark_results.sources(invented)[:2] == [("any", "any"), ("English", "ravdess")]


def test_zero_shot_stands_in_where_source_only_is_not_finished(invented):
    gone = ("ravdess", "emodb", "inductive", "source_only")
    invented["scores"] = [r for r in invented["scores"] if (r["source"], r["target"], r["mode"], r["method"]) != gone]
    rows = benchmark_results.rows(invented, Filters(source="ravdess", target="emodb"))
    assert [row.score["mode"] for row in rows].count("zero-shot") == 1
    assert all(row.gain is None for row in rows)


def test_gains_are_differences_on_the_same_clips(invented):
    rows = benchmark_results.rows(invented, Filters(source="urdu", target="emovo"))
    by = {row.score["method"]: row for row in rows if row.score["mode"] == "inductive"}
    base = by["source_only"].score["uar"]
    assert by["dann"].gain == pytest.approx(by["dann"].score["uar"] - base, abs=1e-4)
    assert by["source_only"].gain is None and by["zscore"].over_zscore is None
    assert by["source_only"].over_zscore == pytest.approx(base - by["zscore"].score["uar"], abs=1e-4)
    starts, ends, values = benchmark_results.matrix(invented, "dann", "inductive")
    assert values[starts.index("Urdu")][ends.index("Italian")] == by["dann"].gain
    assert all(values[i][i] is None for i in range(4)) and len(starts) == 4
    assert benchmark_results.matrix(invented, "dann", "transductive")[0][-1] == "several"


def test_numbers_have_a_real_minus_and_no_minus_zero(invented):
    assert [points(x) for x in (0.139, -0.021, -0.0001, 0.0)] == ["+13.9", "−2.1", "0.0", "0.0"]
    table = columns.table(benchmark_results.rows(invented, Filters()))
    shown, styles = table["metadata"]["display_value"], table["metadata"]["styling"]
    at = columns.HEADERS.index("vs source")
    for values, texts, looks in zip(table["data"], shown, styles, strict=True):
        assert len(values) == len(texts) == len(looks) == len(columns.HEADERS)
        worse = values[at] is not None and texts[at].startswith("−")
        assert (looks[at] == columns.WORSE) == worse
        assert looks[-1] == columns.GREY  # the oracle is never among the figures to be compared
    assert any(texts[at].startswith("−") for texts in shown)
    assert "[" in shown[0][3] and "." not in shown[0][3]


def test_words_of_a_row(invented):
    row = benchmark_results.rows(invented, Filters(source="ravdess", target="emodb"))[0]
    row.score["recalls"] = {"anger": 0.98, "happiness": 0.5, "neutral": None}
    assert findings.recalls(row) == "Best recall: anger, 98% of the clips labelled so. Lowest recall: happiness, 50%."
    row.score["recalls"] = {"anger": 0.5, "happiness": 0.5}
    assert findings.recalls(row) == "It finds 50% of the clips of each emotion."
    row.score.update(oracle=0.9, ece=None)
    assert "Oracle" in findings.context(row) and "calibration" not in findings.context(row)


def test_two_corpora_of_one_language_are_told_apart(invented):
    invented["about"]["corpora"]["emovo"]["language"] = "German"
    assert (
        benchmark_results.language(invented, "emodb") == "German (EMODB)"
        and benchmark_results.language(invented, "urdu") == "Urdu"
    )


def test_figures():
    figure = confusion_matrix.confusion(["anger", "<b>"], [[3, 1], [0, 0]], "InfoMax, English to German", 5)
    (trace,) = figure.data
    assert [list(line) for line in trace.z] == [[75, 25], [None, None]]
    assert trace.customdata[0][1] == "labelled anger, predicted &lt;b&gt;:<br>1 of 4 clips, 5 seeds together"
    assert figure.layout.title.text and figure.layout.title.subtitle.text == "InfoMax, English to German"
    figure = confusion_matrix.gains(["English"], ["German", "Urdu"], [[-0.02, None]], "InfoMax")
    assert list(figure.data[0].text[0]) == ["−2.0", ""] and figure.data[0].zmin == -figure.data[0].zmax == -5


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"scores": []}', '{"about": {"corpora": []}, "scores": 1}'])
def test_a_file_of_another_shape_is_told_in_words(text, tmp_path):
    file = tmp_path / "scores.json"
    file.write_text(text)
    with pytest.raises(UserError, match="another version"):
        benchmark_results.read(file)


def test_the_format_before_this_one_and_no_file_at_all(invented, tmp_path):
    file = tmp_path / "scores.json"
    with pytest.raises(UserError, match="no table yet"):
        benchmark_results.read(file)
    row = {"source": "ravdess", "target": "emodb", "mode": "inductive", "method": "dann", "uar": 0.5, "ci95": [0, 1]}
    file.write_text(json.dumps({"pairs": [], "headline": [], "scores": [row], "gains": []}))
    with pytest.raises(UserError, match="another version"):
        benchmark_results.read(file)
    file.write_text(json.dumps(invented | {"scores": []}))
    with pytest.raises(UserError, match="no table yet"):
        benchmark_results.read(file)
    file.write_text(json.dumps(invented))
    assert benchmark_results.read(file)["about"]["recommended"] == "infomax"  # read again since it changed


def test_the_shipped_file_is_shown_or_told_in_words(invented):
    try:
        known = benchmark_results.read(bench.file())
    except UserError:
        return
    mode = benchmark_results.first_mode(known)
    shown = benchmark_results.rows(known, Filters(mode))
    assert shown and bench.headline(known, Filters(mode), shown)
    for row in shown:
        words, confusion, matrix = bench.details(known, Filters(mode), row)
        assert words and confusion and matrix


def test_the_tab_asks_for_the_file_where_the_assets_are():
    assert bench.file().is_relative_to(settings.ASSETS)
