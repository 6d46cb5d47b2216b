"""The certificate of make app HTTPS=1 and the address that others open."""

import datetime as dt
import ipaddress
import os
import ssl

import pytest
from cryptography import x509

from xser_demo.ui.server import certificate, https


def names(file) -> x509.SubjectAlternativeName:
    made = x509.load_pem_x509_certificate(file.read_bytes())
    return made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_a_certificate_for_every_address_that_nobody_else_can_read(tmp_path, monkeypatch):
    monkeypatch.setattr(https, "lan_addresses", lambda: ["192.168.7.5"])
    file = certificate.ensure("0.0.0.0", tmp_path / "https" / "page.pem")
    assert {"localhost"} <= set(names(file).get_values_for_type(x509.DNSName))
    found = names(file).get_values_for_type(x509.IPAddress)
    assert {ipaddress.ip_address(one) for one in ("127.0.0.1", "192.168.7.5")} <= set(found)
    if os.name != "nt":
        assert file.stat().st_mode & 0o777 == 0o600 and os.listdir(file.parent) == ["page.pem"]
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, file)


def test_it_is_kept_until_it_ends_soon_or_an_address_is_new(tmp_path, monkeypatch):
    file = tmp_path / "page.pem"
    monkeypatch.setattr(https, "lan_addresses", lambda: ["192.168.7.5"])
    first = certificate.ensure("0.0.0.0", file).read_bytes()
    assert certificate.ensure("0.0.0.0", file).read_bytes() == first
    monkeypatch.setattr(https, "lan_addresses", lambda: ["10.0.0.9"])
    second = certificate.ensure("0.0.0.0", file).read_bytes()
    assert second != first
    monkeypatch.setattr(certificate, "RENEW_DAYS", certificate.VALID_DAYS + 1)
    third = certificate.ensure("0.0.0.0", file).read_bytes()
    assert third != second
    file.write_bytes(b"damaged")
    assert x509.load_pem_x509_certificate(certificate.ensure("lab.example", file).read_bytes())
    assert "lab.example" in names(file).get_values_for_type(x509.DNSName)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_key_that_others_could_read_is_not_used(tmp_path):
    file = tmp_path / "page.pem"
    first = certificate.ensure("0.0.0.0", file).read_bytes()
    file.chmod(0o644)
    assert certificate.ensure("0.0.0.0", file).read_bytes() != first and file.stat().st_mode & 0o777 == 0o600


def test_phones_accept_its_dates(tmp_path):
    made = x509.load_pem_x509_certificate(certificate.ensure("0.0.0.0", tmp_path / "page.pem").read_bytes())
    assert made.not_valid_after_utc - made.not_valid_before_utc < dt.timedelta(days=398)


@pytest.mark.parametrize(
    ("host", "secure", "expected"),
    [
        ("127.0.0.1", False, None),
        ("localhost", True, None),
        ("0.0.0.0", True, "https://192.168.7.5:7860"),
        ("0.0.0.0", False, "http://192.168.7.5:7860"),
        ("10.1.2.3", True, "https://10.1.2.3:7860"),
        ("fe80::1", True, "https://[fe80::1]:7860"),
    ],
)
def test_who_is_invited_where(monkeypatch, host, secure, expected):
    monkeypatch.setattr(https, "lan_addresses", lambda: ["192.168.7.5", "10.0.0.9"])
    assert https.address(host, 7860, secure) == expected


def test_without_a_network_nobody_is_invited(monkeypatch):
    monkeypatch.setattr(https, "lan_addresses", list)
    assert https.address("0.0.0.0", 7860, True) is None


def test_the_invitation_has_the_address_and_its_code(capsys):
    https.print_invitation("https://192.168.7.5:7860")
    said = capsys.readouterr().out
    assert "https://192.168.7.5:7860" in said and said.count("\n") > 15
    html = https.invitation('https://a"<b>:1')
    assert "<svg" in html and "<b>" not in html
    assert "no microphone" in https.invitation("http://192.168.7.5:7860")
