"""The room's tasks: one check, the checks of everything, and the schedule."""

from __future__ import annotations

from celery import shared_task

from console.health import checks, schedule
from console.jobs import queue


@shared_task(name=checks.TASK)
def check(job_id: str) -> None:
    queue.run(job_id, checks.run)


@shared_task(name=checks.TASK_ALL)
def check_all(job_id: str) -> None:
    queue.run(job_id, checks.run_all)


@shared_task(name="console.health.tasks.schedule")
def scheduled() -> None:
    """Begin what is due, and delete a little of what is too old."""
    schedule.run()
    schedule.purge()
