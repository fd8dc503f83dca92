"""Certificates for tests: a CA of our own, and leaf certificates that are right or wrong in one way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID


class Authority:
    """Signs leaf certificates; `ca_file` is what a client must trust."""

    def __init__(self, folder: Path, name: str = "test CA") -> None:
        self.folder = folder
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = generate_private_key(SECP256R1())
        certificate = self._builder(self.name, self.key.public_key(), days=1, ca=True).sign(self.key, hashes.SHA256())
        self.ca_file = folder / f"{name.replace(' ', '-')}.pem"
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def leaf(self, *names: str, days: int = 1) -> tuple[Path, Path]:
        """Certificate and key files for these DNS names or addresses; negative `days`: expired."""
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        builder = self._builder(subject, key.public_key(), days=days, ca=False)
        certificate = builder.add_extension(
            x509.SubjectAlternativeName([_name(name) for name in names]), critical=False
        )
        stem = f"{names[0]}{days}"
        files = self.folder / f"{stem}.crt", self.folder / f"{stem}.key"
        files[0].write_bytes(certificate.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files

    def _builder(self, subject: x509.Name, key: object, *, days: int, ca: bool) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        begins, ends = sorted((now + timedelta(days=days), now - timedelta(days=2 if days < 0 else 0, hours=1)))
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
