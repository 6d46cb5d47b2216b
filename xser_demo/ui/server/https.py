"""HTTPS for a classroom: the address in the local network, a QR code; certificate.py has its certificate.

Browsers open a microphone on https pages and on localhost only, so phones need https.
"""

import contextlib
import ipaddress
import socket
from html import escape
from urllib.parse import urlsplit

import segno

ALL_INTERFACES = ("0.0.0.0", "::", "")  # noqa: S104
PROBES = ("10.255.255.255", "172.31.255.255", "192.168.255.255", "198.51.100.1")  # an address in each kind of network


def lan_addresses() -> list[str]:
    """IPv4 addresses of this computer in its networks, the most likely first."""
    found = []
    for probe_address in reversed(PROBES):
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((probe_address, 9))  # only chooses a route: nothing is sent
            found.append(probe.getsockname()[0])
    with contextlib.suppress(OSError):
        found += socket.gethostbyname_ex(socket.gethostname())[2]
    return [one for one in dict.fromkeys(found) if not ipaddress.ip_address(one).is_loopback]


def address(host: str, port: int, secure: bool) -> str | None:
    """The URL for other devices in the network; None when the page is served to this computer only."""
    if host in ALL_INTERFACES:
        host = next(iter(lan_addresses()), "localhost")
    if is_this_computer(host):
        return None
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def is_this_computer(host: str) -> bool:
    """Whether a host is localhost or a loopback address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def print_invitation(where: str) -> None:
    """Print the address and its QR code, and what visitors' browsers will warn about."""
    print(f"\nIn this network: {where}")
    if where.startswith("https"):
        print("Browsers warn because the certificate is self-signed: choose Advanced, then continue.\n")
    else:
        print(
            "Without https, browsers open no microphone on other devices. Use: make app HTTPS=1, or xser app --https\n"
        )
    with contextlib.suppress(UnicodeEncodeError):  # a terminal without these characters still shows the address
        segno.make(where, error="m").terminal(compact=True)


def invitation(where: str, proxied: bool = False) -> str:
    """The same as HTML for the page, collapsed at first. ``proxied``: visitors open a server in front of this one, with
    its own certificate."""
    if is_this_computer(urlsplit(where).hostname or ""):
        return ""
    code = segno.make(where, error="m").svg_inline(scale=6, border=3, dark="#000", light="#fff", omitsize=True)
    how, note = (
        ("Scan", "") if proxied and where.startswith("https") else ("In the same network, scan", _warning(where))
    )
    link = f"<a href='{escape(where, quote=True)}'>{escape(where)}</a>"
    return (
        "<details id='join'><summary>Join with your phone</summary>"
        f"<div><div role='img' aria-label='QR code of the address'>{code}</div>"
        f"<p>{how} the code or open<br><strong>{link}</strong></p><p class='x-small'>{note}</p>"
        "</div></details>"
    )


def _warning(where: str) -> str:
    return (
        "Your browser warns once because the certificate is self-signed: choose Advanced, then continue."
        if where.startswith("https")
        else "Over http, phones get no microphone; uploads and examples work. To use a microphone, serve the page "
        "with: make app HTTPS=1, or xser app --https."
    )
