"""Finds the processes a test started, by a mark in their environment, so that a forgotten one cannot hide."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

MARK = "TREE_MARK"


def new_mark() -> dict[str, str]:
    """The present environment with a mark that every descendant inherits."""
    return {**os.environ, MARK: uuid4().hex}


def marked(environment: dict[str, str]) -> dict[int, str]:
    """Command line by process id of every living process that carries the mark."""
    wanted = f"{MARK}={environment[MARK]}".encode()
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return {pid: line for pid, line in found.items() if line}  # a zombie has no command line


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """True as soon as `condition` holds; False when it still does not after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
