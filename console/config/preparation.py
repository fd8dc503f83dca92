"""What a start does to the data before the first request: tables, static files, the connected resource."""

from __future__ import annotations

import gc
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from console.config.claim import CannotStart, locked


def run() -> None:
    """Bring database and static files up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    django.setup()
    create_tables()
    collect_static_files()
    connect_resource()


def create_tables() -> None:
    """Migrate, one start at a time where several machines share a database."""
    from django.core.management import call_command

    with one_at_a_time():
        if tables_are_missing():
            with told("Creating tables"):
                call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def tables_are_missing() -> bool:
    """Whether a migration of this version was not applied yet."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def create_missing_tables() -> None:
    """For a command that may be run before the first start, or beside one. Raises CannotStart."""
    before = os.umask(0o077)  # as in the pieces: an embedded database is this user's alone, from its first byte on
    try:
        if tables_are_missing():
            create_tables_alone()
    finally:
        os.umask(before)


def create_tables_alone() -> None:
    """Create them unless a start does so at this moment. Raises CannotStart."""
    from django.conf import settings

    held = locked(Path(settings.DATA_DIR) / "running.lock") if settings.EMBEDDED_DATABASE else -1
    if held is None:
        text = f"A console starts on {settings.DATA_DIR} and makes its tables. Run this again in a moment."
        raise CannotStart(text)
    try:
        create_tables()
    finally:
        if held >= 0:
            os.close(held)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold PostgreSQL's advisory lock; SQLite has one start by its lock file."""
    from django.db import connection

    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


MIGRATION_LOCK = 0x636F6E73  # "cons"


def collect_static_files() -> None:
    """Collect, hash and compress the static files, unless nothing changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    done = Path(settings.DATA_DIR) / "static-files"
    now = static_fingerprint()
    if done.is_file() and done.read_text(encoding="ascii") == now and settings.STATIC_ROOT.is_dir():
        return
    with told("Collecting static files"):
        call_command("collectstatic", verbosity=0, interactive=False, skip_checks=True)
        done.write_text(now, encoding="ascii")


def static_fingerprint() -> str:
    """Changes whenever a static file of ours or of a dependency is added, removed or altered."""
    from django.contrib.staticfiles.finders import get_finders

    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(None):
            stat = os.stat(storage.path(path))
            seen.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def connect_resource() -> None:
    """The resource of ANTHROPIC_FOUNDRY_* is there from the first page on."""
    from console.inventory import connected

    connected.ensure()


def create_sample_world() -> None:
    """Once, in a database with tables: one that holds anything stays as it is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    django.setup()
    from console.config.sample_world.create import create, is_fresh

    if is_fresh():
        gc.disable()  # what it makes by the ten thousand is freed by counting, and the process ends with it
        with told("Adding a month of sample data"):
            create()


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    began = time.monotonic()
    yield
    sys.stdout.write(f"{what}: done in {time.monotonic() - began:.1f} s\n")
    sys.stdout.flush()
