"""Servers a test needs: a machine without them skips the test with one line; where CI is set that is a failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests import production_servers


def need(found: object, words: str) -> None:
    if not found and os.environ.get("CI"):
        pytest.fail(words)
    if not found:
        pytest.skip(words)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis of its own; yields its URL."""
    need(shutil.which("redis-server"), "No Redis found: apt-get install redis-server.")
    with production_servers.redis() as url:
        yield url


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of its own; yields the URL of an empty database."""
    need(production_servers.postgres_bin(), "No PostgreSQL found: apt-get install postgresql.")
    with production_servers.postgres() as url:
        yield url
