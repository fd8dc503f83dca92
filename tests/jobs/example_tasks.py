"""Tasks that only workers of the tests know: `celery … worker --include tests.jobs.example_tasks`."""

from __future__ import annotations

import os
import time
from pathlib import Path

from celery import shared_task

from console.jobs import queue
from console.jobs.models import Job

QUICK, SLOW, NAP = "tests.jobs.quick", "tests.jobs.slow", "tests.jobs.nap"


@shared_task(name=QUICK)
def quick(job_id: str) -> None:
    queue.run(job_id, lambda job: f"{job.subject} is done")


@shared_task(name=NAP)
def nap(job_id: str) -> None:
    queue.run(job_id, lambda job: time.sleep(0.1) or "slept")


@shared_task(name=SLOW)
def slow(job_id: str) -> None:
    queue.run(job_id, work)


def work(job: Job) -> str:
    """Says that it began, and goes on only when the test lets it."""
    folder = Path(os.environ["DATA_DIR"])
    with (folder / "began").open("a") as began:
        began.write(f"{os.getpid()}\n")
    while not (folder / "go on").exists():
        time.sleep(0.05)
    return "It went on to its end."
