"""HTTPS for a classroom: the address in the local network, a self-signed certificate, a QR code.

Browsers open a microphone on https pages and on localhost only, so phones need https.
"""

import contextlib
import datetime as dt
import ipaddress
import os
import socket
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from xser_demo.utils import places

FILE = places.made("https") / "page.pem"  # key and certificate, readable by this user only
VALID_DAYS = 90  # phones refuse certificates that are valid for years
RENEW_DAYS = 7  # before the certificate ends
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


def certificate(host: str, file: Path = FILE) -> Path:
    """A PEM file with a key and a self-signed certificate for localhost, ``host`` and this computer's addresses. It is
    kept, and made again when it expires soon or lacks an address."""
    names = list(dict.fromkeys(["localhost", "127.0.0.1", "::1", *lan_addresses(), socket.gethostname()]))
    names += [host] if host not in (*ALL_INTERFACES, *names) else []
    if not _is_valid(file, names):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(_make(names))
        fresh.replace(file)
    return file


def _make(names: list[str]) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xser_demo on this computer")])
    now = dt.datetime.now(dt.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # clocks of phones differ
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(encoding, *plain) + made.public_bytes(encoding)


def _is_valid(file: Path, names: list[str]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        covered = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    remaining = certificate.not_valid_after_utc - dt.datetime.now(dt.timezone.utc)
    private = file.stat().st_mode & 0o077 == 0 or os.name == "nt"
    return private and remaining > dt.timedelta(days=RENEW_DAYS) and all(_general_name(one) in covered for one in names)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


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
