"""Worker processes, and waiting for what they do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO

from django.conf import settings
from django.db.models import QuerySet

from console.jobs.models import Job


class Workers:
    """Worker processes as `celery -A console.config.worker worker` starts them, on the test's own database."""

    def __init__(self, environment: dict[str, str], log: IO[str]) -> None:
        self.environment, self.log = environment, log
        self.running: list[subprocess.Popen[str]] = []

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "celery", "-A", "console.config.worker", "worker", "--pool", "threads"]
        command += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        command += ["--include", "tests.jobs.example_tasks"]
        process = subprocess.Popen(
            command, env=self.environment, cwd=settings.ROOT, stdout=self.log, stderr=self.log, text=True
        )
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


def wait_for(ready: Callable[[], object], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def ended_jobs() -> QuerySet[Job]:
    return Job.objects.filter(finished_at__isnull=False)


def ended(job: Job) -> Callable[[], bool]:
    return lambda: Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists()
