"""A corpus that is not on this disk: may this visitor have it fetched, and what is said before.
Knows nothing of Gradio."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from xser_demo.corpora.download import ARCHIVES, Offer, here
from xser_demo.reporting.html import definitions
from xser_demo.ui.server import https
from xser_demo.utils import settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")  # set by a server in front of this one


def may(local: bool, headers: Mapping[str, str]) -> bool:
    """A stranger must not fill the disk of whoever serves the page: only visitors at the computer itself may, where it
    is served to that alone (``local``). XSER_FETCH=1 lets everyone, XSER_FETCH=0 nobody."""
    said = os.environ.get("XSER_FETCH")
    if said in ("0", "1"):
        return said == "1"
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return local and https.is_this_computer(host) and not any(name in headers for name in FORWARDED)


def can_be_fetched(key: str) -> bool:
    """It is not here, and its owners have an archive for everyone."""
    return key in ARCHIVES and here(key, settings.corpora_dir()) is None


def words(offer: Offer) -> str:
    """What would be downloaded from where and on which terms, as HTML."""
    place = ("To", "this computer, for everyone who uses the page here")
    return definitions([*offer.facts, place], css_class="x-offer")
