"""One sandbox and one console for the whole folder: starting them is what takes time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.console_process import ConsoleProcess, Person
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def azure() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def running(azure: SandboxProcess) -> Iterator[ConsoleProcess]:
    with ConsoleProcess(azure) as console:
        yield console


@pytest.fixture
def console(running: ConsoleProcess, azure: SandboxProcess) -> ConsoleProcess:
    """The running console with nothing under way, and the sandbox as if just started."""
    end_what_is_left(running)
    azure.reset()
    return running


def end_what_is_left(console: ConsoleProcess) -> None:
    """Stop the answers the test before left: a call of theirs would be counted as one of the next test's."""
    live = "from playground_exchange where state in ('queued', 'streaming')"
    deadline = time.monotonic() + 15
    while left := console.rows(f"select id {live}"):
        console.execute("update playground_exchange set stop_asked = true where state in ('queued', 'streaming')")
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.fixture(scope="session")
def seated(running: ConsoleProcess) -> dict[str, Person]:
    """People who are signed in already; tests that end sessions sign in their own."""
    return {name: running.sign_in(name) for name in ("seoyeon", "ada")}


@pytest.fixture
def person(console: ConsoleProcess, seated: dict[str, Person]) -> Person:
    """Someone with the Playground role."""
    return seated["seoyeon"]
