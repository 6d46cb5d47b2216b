"""Whether a visitor may download a corpus to this computer, and what they read before."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from xser_demo.corpora.download import ARCHIVES, Offer, here
from xser_demo.reporting.html import definitions
from xser_demo.ui.server import https
from xser_demo.utils import settings

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")  # set by a reverse proxy


def may(local: bool, headers: Mapping[str, str]) -> bool:
    """Whether a visitor may fill the disk: only at the serving computer itself, if the page is served to it alone
    (``local``). XSER_FETCH=1 allows everyone, XSER_FETCH=0 nobody."""
    setting = os.environ.get("XSER_FETCH")
    if setting in ("0", "1"):
        return setting == "1"
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    return local and https.is_this_computer(host) and not any(name in headers for name in FORWARDED)


def can_be_fetched(key: str) -> bool:
    """It is not on this disk, and its owners publish an archive."""
    return key in ARCHIVES and here(key, settings.corpora_dir()) is None


def words(offer: Offer) -> str:
    """Address, size, terms and destination of the download, as HTML."""
    destination = ("To", "this computer, for everyone who uses the page here")
    return definitions([*offer.facts, destination], css_class="x-offer")
