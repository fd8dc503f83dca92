"""One sandbox for the folder; each fault gets a console of its own, as it may leave it in pieces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.console_process import ConsoleProcess
from tests.sandbox_process import SandboxProcess

# What only one lane's database can do.
collect_ignore = (
    ["test_sqlite_locked.py"] if os.environ.get("DATABASE_URL") else ["test_postgres_away.py", "test_redis_away.py"]
)

Start = Callable[..., ConsoleProcess]


@pytest.fixture(scope="session")
def world() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture
def azure(world: SandboxProcess) -> SandboxProcess:
    """The sandbox as if just started."""
    world.reset()
    return world


@pytest.fixture
def start(azure: SandboxProcess) -> Iterator[Start]:
    """Starts a console with these variables; it ends with the test."""
    with ExitStack() as consoles:
        yield lambda **how: consoles.enter_context(ConsoleProcess(azure, **how))


@pytest.fixture
def console(start: Start) -> ConsoleProcess:
    return start()
