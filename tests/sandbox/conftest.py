"""One sandbox for all tests of it; each test begins with a fresh state."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox_process import SandboxProcess
from tests.trust import TLS


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxProcess]:
    """At the end its log must be empty: no unhandled exception, no warning, whatever the tests did to it."""
    with SandboxProcess() as process:
        yield process
        log = (process.data_dir / "sandbox.log").read_text()
    assert not log, log[:4000]


@pytest.fixture
def sandbox(running: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    """As fast as possible, nothing switched; this process trusts its CA and nobody's proxy."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    running.reset()
    return running


@pytest.fixture
def web(sandbox: SandboxProcess) -> Iterator[httpx.Client]:
    """A plain client for what no official client does."""
    with httpx.Client(trust_env=False, verify=TLS, timeout=20) as client:
        yield client
