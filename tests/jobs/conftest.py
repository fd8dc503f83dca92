"""What the tests of this room stand on: the console's Celery app with a broker of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.workers import Workers
from tests.shared_database import own_broker, shared_database

__all__ = ["messages", "own_broker", "shared_database"]


@pytest.fixture
def messages(own_broker: Path):
    """A function that reads the job ids the broker holds, oldest first (to the millisecond)."""

    def read() -> list[str]:
        found = [json.loads(file.read_text()) for file in sorted(own_broker.glob("*.msg"))]
        return [json.loads(base64.b64decode(message["body"]))[0][0] for message in found]

    return read


@pytest.fixture
def workers(shared_database: dict[str, str], own_broker: Path, tmp_path: Path) -> Iterator[Workers]:
    with (tmp_path / "workers.log").open("w") as log:
        started = Workers(shared_database, log)
        try:
            yield started
        finally:
            started.stop()
