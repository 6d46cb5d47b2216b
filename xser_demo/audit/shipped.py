"""The audits that come with the shipped models: ``assets/audits/<id of the model>.json``, made by ``make audits``."""

from xser_demo.audit.report import Audit, read
from xser_demo.utils import settings
from xser_demo.utils.errors import UserError

FOLDER = settings.ASSETS / "audits"


def shipped() -> dict[str, Audit]:
    """By the id of the model; damaged files are left out."""
    found = {}
    for file in sorted(FOLDER.glob("*.json")):
        try:
            found[file.stem] = read(file)
        except UserError:
            continue
    return found
