"""The room's tasks: a part of a run, runs that lost their job, and the retention of conversations."""

from __future__ import annotations

from celery import shared_task, signals

from console.compare import retention, running
from console.jobs import purging, queue


@shared_task(name=running.TASK)
def run(job_id: str) -> None:
    queue.run(job_id, running.run)
    running.continue_after(job_id)


@signals.worker_shutting_down.connect
def ask_nothing_more(**_: object) -> None:
    running.stopping.set()


@shared_task(name="console.compare.tasks.revive")
def revive() -> None:
    running.revive_all()


@shared_task(name="console.compare.tasks.purge")
def purge() -> None:
    purging.run("conversations", retention.batches)
