"""Which certificates are believed: one TLS context per CA file, shared by every client of the process."""

from __future__ import annotations

import ssl
from functools import cache
from ipaddress import ip_address
from pathlib import Path

import certifi


@cache
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The context that verifies against `ca_file` alone, or the system's store where none is named.

    Building one parses some 140 certificates (about 30 ms), so it is done once.
    """
    where = ca_file or system_store()
    if where is None:
        return ssl.create_default_context(cafile=certifi.where())
    folder = Path(where).is_dir()
    return ssl.create_default_context(capath=where) if folder else ssl.create_default_context(cafile=where)


def system_store() -> str | None:
    """The file or folder of the system's CA certificates, None where the machine has none (slim containers)."""
    paths = ssl.get_default_verify_paths()
    return next((path for path in (paths.cafile, paths.capath) if path and Path(path).exists()), None)


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1, `localhost` and `*.localhost`: the only hosts that may be plain http."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
