"""What the tests of the client library stand on: certificates and a fake Entra."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.azure.certificates import Authority
from tests.azure.fake_entra import FakeEntra


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="session")
def localhost_certificate(authority: Authority) -> tuple[Path, Path]:
    return authority.leaf("localhost", "127.0.0.1", "entra.localhost")


@pytest.fixture
def plain_entra() -> Iterator[FakeEntra]:
    """Everything over plain http on loopback."""
    with FakeEntra() as entra:
        yield entra


@pytest.fixture
def secure_entra(localhost_certificate: tuple[Path, Path]) -> Iterator[FakeEntra]:
    """Everything over https, with a certificate of the test CA."""
    with FakeEntra(certificate=localhost_certificate) as entra:
        yield entra
