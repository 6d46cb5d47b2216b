"""A self-signed certificate for the page in the local network. Imported on demand: few pages need it."""

import datetime as dt
import ipaddress
import os
import socket
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from xser_demo.ui.server import https
from xser_demo.utils import places

FILE = places.writable("https") / "page.pem"  # key and certificate, readable by this user only
VALID_DAYS = 90  # phones refuse certificates that are valid for years
RENEW_DAYS = 7  # before the certificate ends


def ensure(host: str, file: Path = FILE) -> Path:
    """A PEM file with a key and a self-signed certificate for localhost, ``host`` and this computer's addresses. It is
    kept, and made again when it expires soon or lacks an address."""
    names = list(dict.fromkeys(["localhost", "127.0.0.1", "::1", *https.lan_addresses(), socket.gethostname()]))
    names += [host] if host not in (*https.ALL_INTERFACES, *names) else []
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
