"""One sandbox and one console for the whole folder: starting them is what takes time."""

from __future__ import annotations

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
    """The running console, with the sandbox as if just started."""
    azure.reset()
    return running


@pytest.fixture(scope="session")
def seated(running: ConsoleProcess) -> dict[str, Person]:
    """People who are signed in already; tests that end sessions sign in their own."""
    return {name: running.sign_in(name) for name in ("seoyeon", "ada")}


@pytest.fixture
def person(console: ConsoleProcess, seated: dict[str, Person]) -> Person:
    """Someone with the Playground role."""
    return seated["seoyeon"]
