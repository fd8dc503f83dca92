"""What tests with processes of their own stand on: the test's database and a broker, found by environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> dict[str, str]:
    """The environment in which a process of its own finds this test's database, in a data folder of its own."""
    others = ("ENTRA_", "AZURE_", "CELERY_BROKER_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    environment["DATA_DIR"] = str(tmp_path)
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        (tmp_path / "console.sqlite3").symlink_to(name)
    else:
        server = environment["DATABASE_URL"].partition("?")[0].rpartition("/")[0]
        environment["DATABASE_URL"] = f"{server}/{name}"
    return environment


@pytest.fixture
def own_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Points this process's Celery app at a broker folder under `tmp_path`, as a worker started there finds it."""
    with broker_as(monkeypatch, DATA_DIR=tmp_path, EMBEDDED_BROKER=True):
        yield tmp_path / "broker" / "messages"


@contextmanager
def broker_as(monkeypatch: pytest.MonkeyPatch, **values: object) -> Iterator[None]:
    """This process's Celery app with the broker that config/worker.py makes of these settings."""
    from console.config.worker import app, broker

    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery itself would prefer it to what it is told
    with monkeypatch.context() as here:
        for name, value in values.items():
            here.setattr(settings, name, value)
        fresh = broker()
    before = {name: app.conf[name] for name in fresh}
    _use(app, fresh)
    try:
        yield
    finally:
        _use(app, before)


def _use(app: Celery, options: dict[str, Any]) -> None:
    app.set_default()
    app.set_current()
    app.conf.update(options)
    app._pool = None  # connections are pooled with the options they were opened with
    app.__dict__.pop("amqp", None)
