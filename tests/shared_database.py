"""A test database that other threads and other processes can open too."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Moves the SQLite test database out of memory into a file; PostgreSQL is shared as it is.

    Gives the environment in which a process of its own finds this database, a broker and a data folder.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ENTRA_", "AZURE_"))}
    environment["DATA_DIR"] = str(tmp_path)
    if connection.vendor != "sqlite":
        server = os.environ["DATABASE_URL"].partition("?")[0].rpartition("/")[0]
        yield {**environment, "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
        return
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = tmp_path / "console.sqlite3"
    with sqlite3.connect(file) as copy:
        in_memory.backup(copy)
    copy.close()
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    try:
        yield environment
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name


@pytest.fixture
def own_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Points this process's Celery app at a broker folder under `tmp_path`, as a worker started there finds it."""
    from console.config.worker import app, broker

    with monkeypatch.context() as here:
        here.setattr(settings, "DATA_DIR", tmp_path)
        fresh = broker()
    before = {name: app.conf[name] for name in fresh}
    _use(app, fresh)
    try:
        yield tmp_path / "broker" / "messages"
    finally:
        _use(app, before)


def _use(app: Celery, options: dict[str, Any]) -> None:
    app.set_default()
    app.set_current()
    app.conf.update(options)
    app._pool = None  # connections are pooled with the options they were opened with
    app.__dict__.pop("amqp", None)
