"""What counts as this machine: the only addresses that may be spoken to without TLS."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1, `localhost` and `*.localhost`."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
