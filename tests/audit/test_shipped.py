"""The shipped audits are of the shipped models, by people the models had not heard."""

import pytest

from xser_demo.audit.properties import NOT_MEASURED
from xser_demo.audit.report import read
from xser_demo.networks import checkpoints
from xser_demo.reporting import audit_page
from xser_demo.utils import settings

FILES = sorted((settings.ROOT / "assets" / "audits").glob("*.json"))


def test_the_recommended_models_have_one():
    assert {file.stem for file in FILES} >= {f"ravdess-{to}-coral-infomax-em" for to in ("emodb", "emovo", "nemo")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_audit_is_of_its_model_and_its_page(file):
    audit, card = read(file), checkpoints.load(file.stem).card
    assert audit.weights_sha256 == card["weights_sha256"], "the model is another one: make audits"
    assert audit.corpora == (card["target"],) and "adapted to the other speakers" in audit.answered_by
    page = file.with_suffix(".html")
    assert page.read_text(encoding="utf-8") == audit_page.html(audit), "the page is not of its JSON: make audits"
    assert max(page.stat().st_size, file.stat().st_size) < 300_000
    assert len(audit.properties) >= 30 and NOT_MEASURED not in audit.verdicts
