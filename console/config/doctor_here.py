"""The doctor's checks of this machine: settings, data folder, database, broker, worker, static files."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from console.config import required
from console.config import settings as module
from console.config.findings import Finding
from console.jobs import queue

ENOUGH_SPACE = 1_000_000_000  # bytes
BROKER_WAIT = 5  # seconds
AFTER_START = "`manage.py serve` does this when it starts."
MADE_BY_START = "`manage.py serve` sees to it when it starts"


def each_setting() -> list[Finding]:
    """What is set and what is left at its default; of a secret only whether it is there."""
    wrong = {fault.name for fault in required.faults()}
    return [Finding(name, value_of(name)) for name in dict.fromkeys(module.env.names) if name not in wrong]


def value_of(name: str) -> str:
    given = any(module.env.source.get(variable, "").strip() for variable in (name, f"{name}_FILE"))
    if name in module.env.secrets:
        return "set" if given else "not set"
    value = getattr(settings, name, module.env.source.get(name, ""))
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{shown or 'not set'}{'' if given or not shown else ' (default)'}"


def required_settings() -> list[Finding]:
    """Those without which nobody can sign in, and what a connected resource lacks."""
    told = [str(fault).partition(" Example: ") for fault in required.faults()]
    return [Finding(text.split(":")[0], text.partition(": ")[2], f"Example: {example}") for text, _, example in told]


def addresses() -> list[Finding]:
    """What the app registration must know."""
    url = settings.CONSOLE_URL
    return [
        Finding("Redirect URI", f"register {url}/signin/return/ (platform Web)"),
        Finding("Front-channel logout URL", f"register {url}/signout/front-channel/"),
    ]


def secret_key() -> list[Finding]:
    """Where the key comes from, and that nobody else can read it."""
    if module.env.secret("SECRET_KEY"):
        return [Finding("Secret key", "given by the environment")]
    kept = Path(settings.DATA_DIR) / "secret-key"
    if stat.S_IMODE(kept.stat().st_mode) & 0o077:
        return [Finding("Secret key", f"others on this machine can read {kept}.", f"Run chmod 600 {kept}")]
    return [Finding("Secret key", f"generated, kept in {kept}")]


def data_folder() -> list[Finding]:
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        remedy = "Make the folder writable for this user, or set DATA_DIR to another."
        return [Finding("Data folder", f"{folder} cannot be written ({error.strerror}).", remedy)]
    if free < ENOUGH_SPACE:
        return [Finding("Data folder", f"only {free // 1_000_000} MB are free on {folder}.", "Make room on this disk.")]
    return [Finding("Data folder", f"{folder} can be written, {free / 1_000_000_000:.0f} GB free")]


@cache
def database() -> list[Finding]:
    """It answers, and has the tables of this version. An embedded one that is not there yet is as it should be."""
    if database_is_to_come():
        return [Finding("Database", f"embedded; there is none yet, {MADE_BY_START}")]
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseFault as fault:
        remedy = "Start it, or correct DATABASE_URL." if module.env.secret("DATABASE_URL") else "Restore a backup."
        return [Finding("Database", f"{connection.vendor} does not answer ({fault}).", remedy)]
    if waiting:
        return [Finding("Database", f"{len(waiting)} migrations wait.", f"Run manage.py migrate; {AFTER_START}")]
    return [Finding("Database", f"{connection.vendor} answers, all tables are there")]


def database_is_to_come() -> bool:
    return settings.EMBEDDED_DATABASE and not Path(settings.DATABASES["default"]["NAME"]).exists()


def database_is_ready() -> bool:
    return database()[0].well and not database_is_to_come()


def broker() -> list[Finding]:
    """Messages can be left: in the data folder, or with what CELERY_BROKER_URL names."""
    if settings.EMBEDDED_BROKER:
        return [Finding("Broker", "embedded, in the data folder")]
    from kombu import Connection
    from kombu.exceptions import OperationalError

    kind = settings.CELERY_BROKER_URL.split(":", 1)[0]
    limits = {"socket_connect_timeout": BROKER_WAIT, "socket_timeout": BROKER_WAIT} if settings.REDIS_URL else {}
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=BROKER_WAIT, transport_options=limits) as link:
            link.ensure_connection(max_retries=1, timeout=BROKER_WAIT)
    except (OperationalError, OSError) as error:
        why = f"{type(error).__name__}: {error}"
        return [Finding("Broker", f"{kind} does not answer ({why}).", "Start it, or correct CELERY_BROKER_URL.")]
    return [Finding("Broker", f"{kind} answers")]


def worker() -> list[Finding]:
    """A worker ran the heartbeat that beat sends: all three are alive."""
    if not database_is_ready():
        return []
    remedy = "Start manage.py serve, or a worker and a beat (README, Production)."
    beat = queue.last_beat()
    if beat is None:
        return [Finding("Worker", "none has ever run on this database.", remedy)]
    seconds = int((timezone.now() - beat).total_seconds())
    if seconds > queue.SILENCE.total_seconds():
        return [Finding("Worker", f"the last sign of life is {seconds} s old.", remedy)]
    return [Finding("Worker", f"alive {seconds} s ago")]


def static_files() -> list[Finding]:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.is_file() and settings.EMBEDDED_DATABASE:
        return [Finding("Static files", f"not collected yet, {MADE_BY_START}")]
    if not manifest.is_file():
        return [Finding("Static files", "not collected yet.", f"Run manage.py collectstatic --noinput; {AFTER_START}")]
    return [Finding("Static files", f"collected in {manifest.parent}")]


def proxies() -> list[Finding]:
    """A proxy in the environment is not used, and people wonder why."""
    ignored = sorted(name for name in os.environ if name.upper() in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"))
    if not ignored or settings.OUTBOUND_PROXY:
        return []
    return [Finding("Proxy", f"{', '.join(ignored)} is set and not used; a wanted one is named by OUTBOUND_PROXY")]


CHECKS: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
    ("Settings", each_setting),
    ("Required settings", required_settings),
    ("App registration", addresses),
    ("Secret key", secret_key),
    ("Data folder", data_folder),
    ("Database", database),
    ("Broker", broker),
    ("Worker", worker),
    ("Static files", static_files),
    ("Proxy", proxies),
)
