"""The sandbox's own certificate authority: MSAL wants Entra over https, and no browser ever meets this certificate."""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_LIFE = timedelta(days=1825)
SERVER_LIFE = timedelta(days=90)
RENEW_BEFORE = timedelta(days=7)
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class Authority:
    """The files in one folder: the CA, the server's certificate, and a bundle for `SSL_CERT_FILE`."""

    def __init__(self, folder: Path) -> None:
        self.ca_path, self.ca_key_path = folder / "ca.pem", folder / "ca.key"
        self.server_path, self.server_key_path = folder / "server.pem", folder / "server.key"
        self.bundle_path = folder / "bundle.pem"

    def prepare(self) -> None:
        """Make what is missing or about to expire; keep the rest, so that running clients stay content."""
        now = datetime.now(UTC)
        if not fresh(self.ca_path, self.ca_key_path, now):
            self.make_ca(now)
            self.server_path.unlink(missing_ok=True)
        if not fresh(self.server_path, self.server_key_path, now):
            self.make_server(now)
        self.write_bundle()

    def make_ca(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Foundry console sandbox CA {now:%Y-%m-%d}")])
        usage = key_usage(key_cert_sign=True, crl_sign=True)
        certificate = (
            certificate_of(name, name, key.public_key(), now, CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_pair(self.ca_path, certificate, self.ca_key_path, key)

    def make_server(self, now: datetime) -> None:
        issuer_key = serialization.load_pem_private_key(self.ca_key_path.read_bytes(), None)
        issuer = x509.load_pem_x509_certificate(self.ca_path.read_bytes())
        if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.ca_key_path} does not hold an EC key")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        certificate = (
            certificate_of(name, issuer.subject, key.public_key(), now, SERVER_LIFE)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(loopback_names()), critical=False)
            .add_extension(authority_id, critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        write_pair(self.server_path, certificate, self.server_key_path, key)

    def write_bundle(self) -> None:
        """Our CA and those the machine trusts anyway, so that one `SSL_CERT_FILE` serves every upstream call."""
        system = system_bundle(self.bundle_path)
        write_private(self.bundle_path, self.ca_path.read_bytes() + b"\n" + system)

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.server_path, self.server_key_path)
        return context


def fresh(certificate: Path, key: Path, now: datetime) -> bool:
    if not certificate.exists() or not key.exists():
        return False
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc > now + RENEW_BEFORE


def certificate_of(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    """What both certificates share; Python 3.13 verifies strictly and wants the subject key identifier too."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def loopback_names() -> list[x509.GeneralName]:
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    return [x509.DNSName("localhost"), x509.DNSName("*.localhost"), *addresses]


def write_pair(path: Path, certificate: x509.Certificate, key_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(key_path, secret)
    write_private(path, certificate.public_bytes(pem))


def write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, and for this user alone."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    beside.replace(path)


def system_bundle(own: Path) -> bytes:
    """The machine's trusted CAs as PEM; empty on a machine that has none."""
    default = ssl.get_default_verify_paths().cafile or ""
    for name in (default, *SYSTEM_BUNDLES):
        path = Path(name)
        if name and path.is_file() and path.resolve() != own.resolve():
            return path.read_bytes()
    return b""
