"""What the web process uses: memory, threads, descriptors, database connections; read from outside."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.console_process import ConsoleProcess


@dataclass(frozen=True)
class Used:
    memory: int  # MiB
    threads: int
    descriptors: int
    connections: int  # to PostgreSQL; 0 with SQLite


def used(console: ConsoleProcess, piece: str = "web") -> Used:
    """Of the piece's whole process group."""
    pids = group(console.pieces[piece].pid)
    return Used(
        memory=sum(status(pid, "VmRSS") for pid in pids) // 1024,
        threads=sum(status(pid, "Threads") for pid in pids),
        descriptors=sum(descriptors(pid) for pid in pids),
        connections=connections(console),
    )


def group(leader: int) -> list[int]:
    """Every process of the group that `leader` leads."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if os.getpgid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found


def status(pid: int, name: str) -> int:
    """A number of /proc/<pid>/status; 0 of a process that has just ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


def descriptors(pid: int) -> int:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))
    return 0


def connections(console: ConsoleProcess) -> int:
    if not console.database:
        return 0
    others = "datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
    return int(console.rows(f"select count(*) as n from pg_stat_activity where {others}")[0]["n"])  # noqa: S608


def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """The first true value of `condition`, or its last one after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
