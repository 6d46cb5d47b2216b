"""The style sheets of the page: what Gradio does to them, and what they share with the code. Without a browser."""

import re

from xser_demo.ui.shared import recorder, theme
from xser_demo.ui.tabs.recordings import texts
from xser_demo.utils.assets import style


def test_no_comma_in_has_which_gradio_would_cut_at():
    assert not re.findall(r":has\((?:[^()]|\([^()]*\))*,", theme.CSS)


def test_sheets_of_the_report_and_the_consent_dialog_are_separate():
    assert "#consent {" not in theme.CSS and "#consent {" in recorder.HEAD
    assert style("report") not in theme.CSS and style("page") in theme.CSS


def test_the_two_ways_to_bring_recordings_are_those_of_the_style_sheet():
    shown = re.findall('#yours-mode input\\[value="(.*?)"\\]', theme.CSS)
    assert sorted(shown) == sorted([texts.FILES, texts.VOICE])
