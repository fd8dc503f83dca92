"""Before anything starts: the port is free, and nobody else runs on this data folder."""

from __future__ import annotations

import errno
import os
import socket
import time
from pathlib import Path

# The pieces of a killed run follow it within this many seconds (console/config/piece.py).
FOLLOW_TIME = 12.0


class CannotStart(Exception):
    """Its text is the one line that says what is wrong and what to do."""


def claim(folder: Path | None, host: str, port: int) -> list[int]:
    """Take the data folder (where there is one to take) and see that the port is free; raises CannotStart.

    Returns two descriptors that hold the folder for as long as they are open: the first belongs to the supervisor
    alone, the second is inherited by every piece, so that a new run waits until the last piece of a killed one is gone.
    """
    running = locked(folder / "running.lock") if folder else None
    pieces = locked(folder / "pieces.lock", patience=FOLLOW_TIME) if folder and running is not None else None
    fault = port_fault(host, port)
    if fault:
        raise CannotStart(fault)
    held = [descriptor for descriptor in (running, pieces) if descriptor is not None]
    if folder and len(held) < 2:
        raise CannotStart(f"A console already runs on {folder}. Stop it first, or set DATA_DIR to another folder.")
    return held


def locked(path: Path, *, patience: float = 0) -> int | None:
    """An open descriptor that holds the lock file `path`; None when another process still has it after `patience`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"DATA_DIR: {path.parent} cannot be written ({error.strerror}). Example: DATA_DIR=/var/lib/console"
        ) from error
    import fcntl  # absent on Windows, where start.run has said so before

    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(descriptor)
                return None
            time.sleep(0.1)


def port_fault(host: str, port: int) -> str:
    """What keeps us from listening on `port`, as one line; "" when nothing does."""
    # A browser tries ::1 for "localhost" too, and would find whoever listens there.
    addresses = [host, "::1"] if host == "127.0.0.1" else [host]
    for address in addresses:
        code = bind_error(address, port)
        if code == errno.EADDRINUSE:
            return f"Port {port} is taken on {address}. Stop what listens there, or choose another: --port {port + 1}"
        if code and address == host:
            return f"Port {port} cannot be used on {address} ({os.strerror(code)}). Choose another: --port 8000"
    return ""


def bind_error(address: str, port: int) -> int:
    """The errno of listening there for a moment; 0 when it works."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            trial.bind((address, port))
            trial.listen(1)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def free_port(wanted: int | None = None) -> int:
    """`wanted` when nobody listens there, else one the system chooses."""
    if wanted is not None and not bind_error("127.0.0.1", wanted):
        return wanted
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])
