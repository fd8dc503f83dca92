"""The sandbox's certificates: right for strict verifiers, kept while they last, renewed before they end."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID

from console.sandbox.ca import RENEW_BEFORE, SERVER_LIFE, Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path)
    made.prepare()
    return made


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_extensions_satisfy_strict_verifiers(authority: Authority) -> None:
    ca, server = load(authority.ca_path), load(authority.server_path)
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert ca.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "*.localhost"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    key_id = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    issuer = server.extensions.get_extension_for_oid(ExtensionOID.AUTHORITY_KEY_IDENTIFIER).value
    assert issuer.key_identifier == key_id


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_strict_handshake_succeeds(authority: Authority, name: str) -> None:
    client = ssl.create_default_context(cafile=str(authority.bundle_path))
    client.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    shake_hands(client, authority.server_context(), name)


def test_another_name_is_refused(authority: Authority) -> None:
    client = ssl.create_default_context(cafile=str(authority.bundle_path))
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client, authority.server_context(), "login.microsoftonline.com")


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """A TLS handshake in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=name),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(4):
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
    assert not ends


def test_what_lasts_is_kept(authority: Authority) -> None:
    before = authority.ca_path.read_bytes(), authority.server_path.read_bytes()
    authority.prepare()
    assert (authority.ca_path.read_bytes(), authority.server_path.read_bytes()) == before


def test_what_ends_soon_is_renewed(authority: Authority) -> None:
    ca = authority.ca_path.read_bytes()
    authority.make_server(datetime.now(UTC) - SERVER_LIFE + RENEW_BEFORE / 2)
    authority.prepare()
    assert load(authority.server_path).not_valid_after_utc > datetime.now(UTC) + timedelta(days=80)
    assert authority.ca_path.read_bytes() == ca


def test_a_new_ca_makes_a_new_certificate(authority: Authority) -> None:
    authority.ca_path.unlink()
    authority.prepare()
    public = load(authority.ca_path).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    load(authority.server_path).verify_directly_issued_by(load(authority.ca_path))


def test_the_bundle_holds_the_machines_cas_too(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.pem"
    system.write_bytes(b"# somebody else's\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    authority.prepare()
    assert authority.bundle_path.read_bytes() == authority.ca_path.read_bytes() + b"\n# somebody else's\n"


def test_its_own_bundle_is_not_taken_for_the_machines(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle_path))
    for _ in range(3):
        authority.prepare()
    assert authority.bundle_path.read_bytes().count(authority.ca_path.read_bytes()) == 1
