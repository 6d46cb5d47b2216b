"""Words of the page that depend on figures."""

from xser_demo.reporting.score_tables import _verdict, _whose


def test_verdict_says_worse_only_where_the_shown_figures_differ():
    assert _verdict(0.652, 0.649, "German emotions", False).startswith("No change: 65%")
    assert "negative transfer" in _verdict(0.71, 0.65, "German emotions", True)
    assert _verdict(0.71, 0.65, "German emotions", False).endswith("less, but the difference is not significant.")
    assert _verdict(0.65, 0.78, "German emotions", True).startswith("78% instead of 65%")
    assert "the emotions in your recordings" in _whose("own", ["anger", "sadness"])
