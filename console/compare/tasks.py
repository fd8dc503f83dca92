"""The room's tasks: a part of a run, runs that lost their job, and the retention of conversations."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task, signals
from django.utils import timezone

from console.compare import retention, running
from console.jobs import queue
from console.playground import rules


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
    if days := rules.retention_days():
        before = timezone.now() - timedelta(days=days)
        retention.purge_comparisons(before)
        retention.purge_sets(before)
