"""PostgreSQL and Redis of this machine's own, for the length of one command.

`python -m tests.production_servers -- COMMAND …` runs COMMAND with DATABASE_URL and CELERY_BROKER_URL set to servers
on free loopback ports whose data lies in a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port


def postgres_bin() -> Path | None:
    """Where initdb and postgres lie; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root; as root it runs as its own user."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []


@contextmanager
def postgres() -> Iterator[str]:
    """A server with an empty database; yields its URL."""
    where = postgres_bin()
    if where is None:
        raise SystemExit("PostgreSQL is missing: apt-get install postgresql")
    folder, port = tempfile.mkdtemp(prefix="console-postgres-"), free_port()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = f"{folder}/data"
    quiet = {"stdout": subprocess.DEVNULL, "cwd": folder}
    make = [where / "initdb", "-D", data, "-U", "console", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"]
    subprocess.run([*unprivileged(), *make], check=True, **quiet)
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "max_connections": 100,
               "fsync": "off", "full_page_writes": "off"}  # fmt: skip
    flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [*unprivileged(), where / "postgres", "-D", data, *flags], stderr=subprocess.DEVNULL, **quiet
    )
    try:
        url = f"postgres://console@127.0.0.1:{port}/postgres"
        wait_for(lambda: answers(url), "PostgreSQL")
        yield url
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def answers(url: str) -> bool:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


@contextmanager
def redis() -> Iterator[str]:
    """A server without persistence; yields its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise SystemExit("Redis is missing: apt-get install redis-server")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(port), "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(ready, name: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"{name} did not start")
        time.sleep(0.1)


def main(command: list[str]) -> int:
    with postgres() as database, redis() as broker:
        environment = os.environ | {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
        return subprocess.call(command, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[sys.argv.index("--") + 1 :]))
