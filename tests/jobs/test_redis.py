"""The same queue on Redis, as in production: a server of the test's own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db.models import F

from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from tests import production_servers
from tests.jobs.example_tasks import QUICK, SLOW
from tests.jobs.workers import Workers, ended, ended_jobs, wait_for
from tests.shared_database import broker_as

pytestmark = [pytest.mark.production, pytest.mark.slow]

ADA = Asker("person", "Ada")


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        words = "No redis-server found: install it (apt-get install redis-server)."
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    with (
        production_servers.redis() as url,
        broker_as(monkeypatch, EMBEDDED_BROKER=False, CELERY_BROKER_URL=url, REDIS_URL=url),
    ):
        yield url


@pytest.fixture
def redis_workers(redis: str, shared_database: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    with (tmp_path / "workers.log").open("w") as log:
        started = Workers(shared_database | {"CELERY_BROKER_URL": redis}, log)
        try:
            yield started
        finally:
            started.stop()


def flush(url: str) -> None:
    """Redis forgets everything it held."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(100).startswith(b"+OK")


def a_minute_passes() -> None:
    times = ("queued_at", "dispatched_at", "started_at", "lease_until")
    Job.objects.update(**{name: F(name) - timedelta(seconds=60) for name in times})


def test_a_job_outlives_its_worker(redis_workers, tmp_path):
    job = queue.begin(SLOW, asker=ADA, subject="Long work", subject_id="1")
    first = redis_workers.start()
    wait_for((tmp_path / "began").exists, "the job to begin")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (tmp_path / "go on").touch()
    a_minute_passes()
    redis_workers.start()
    wait_for(ended(job), "the second worker to run it")
    job.refresh_from_db()
    assert (job.state, job.starts) == (State.SUCCEEDED, 2)


def test_a_redis_that_forgets_everything_loses_no_job(redis, redis_workers):
    jobs = [queue.begin(QUICK, asker=ADA, subject=str(n), subject_id=str(n)) for n in range(20)]
    flush(redis)
    redis_workers.start()
    a_minute_passes()
    wait_for(lambda: queue.last_beat() is not None, "the worker")
    queue.sweep()
    wait_for(lambda: ended_jobs().count() == len(jobs), "every job")
    assert set(Job.objects.values_list("state", "starts")) == {(State.SUCCEEDED, 1)}
