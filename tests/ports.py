"""Ports for the servers of a test."""

from __future__ import annotations

import os
import random
import socket
from contextlib import suppress

# Below the range outgoing connections get their ports from (32768 on Linux): one chosen there could be taken by
# anybody's connection before the server under test listens. Each test process chooses from a range of its own.
_FIRST, _SHARE, _PROCESSES = 12_000, 1_000, 20


def free_port(together: int = 1) -> int:
    """A port nobody listens on, and neither on the ones after it: `together` in a row, on IPv4 and IPv6 loopback."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = _FIRST + int(worker) % _PROCESSES * _SHARE
    while True:
        port = random.randrange(first, first + _SHARE - together)  # noqa: S311 - no secret
        if all(_is_free(port + after) for after in range(together)):
            return port


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        with suppress(OSError), socket.create_connection(("::1", port), timeout=1):
            return False
        return True
    return False
