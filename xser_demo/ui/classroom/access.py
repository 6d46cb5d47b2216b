"""Who may open a class. At the serving computer, the person who uses it; elsewhere the page's owner decides.

``XSER_CLASS=1`` lets every visitor open one, ``XSER_CLASS=0`` nobody. ``XSER_CLASS_SECRET`` is asked for wherever it is
set; a Space opens no class without it.
"""

import hmac
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from xser_demo.classroom.refused import Refused
from xser_demo.ui.server import hosting, https
from xser_demo.ui.shared.corpus_download_policy import FORWARDED

OFF = "No classes are held here."
ELSEWHERE = (
    "A class is opened at the computer that serves this page, at http://localhost; its owner can set "
    "XSER_CLASS=1 to allow it from others."
)
CLEAR = "Open the class over https or at the computer that serves the page: else its secret is sent in clear text."
WRONG = "This is not the secret of the page's owner."
OTHER_SITE = "Another site sent this."


def owner_secret() -> str:
    return os.environ.get("XSER_CLASS_SECRET", "")


def possible() -> bool:
    """Whether anybody can open a class on this server."""
    if os.environ.get("XSER_CLASS") == "0":
        return False
    return bool(owner_secret()) if hosting.space() else True


def may_open(headers: Mapping[str, str], client: str, scheme: str, given: str = "") -> None:
    """Refused unless the sender may open a class. ``client``: address that sent it; ``given``: the owner's secret."""
    if not possible():
        raise Refused(OFF, 403)
    here = at_this_computer(headers, client)
    if secret := owner_secret():
        if not hmac.compare_digest(secret.encode(), given.encode()):
            raise Refused(WRONG, 403)
    elif os.environ.get("XSER_CLASS") != "1" and not here:
        raise Refused(ELSEWHERE, 403)
    if not here and "https" not in (scheme, headers.get("x-forwarded-proto", "")):
        raise Refused(CLEAR, 403)


def at_this_computer(headers: Mapping[str, str], client: str) -> bool:
    """Whether a request comes from a browser on the serving computer, not through a proxy."""
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    local = https.is_this_computer(host) and https.is_this_computer(client)
    return local and not any(name in headers for name in FORWARDED)


def same_site(headers: Mapping[str, str]) -> None:
    """Refused for a message that a page of another site sends."""
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != headers.get("host"):
        raise Refused(OTHER_SITE, 403)
