"""The room's own tasks: the heartbeat, the sweeper and the purge."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from console.jobs import queue


@shared_task(name="console.jobs.tasks.heartbeat")
def heartbeat() -> None:
    """Prove end to end that beat, broker and worker run."""
    queue.beat()


@shared_task(name="console.jobs.tasks.sweep")
def sweep() -> None:
    queue.sweep()


@shared_task(name="console.jobs.tasks.purge")
def purge() -> None:
    queue.purge(timezone.now() - timedelta(days=settings.JOB_RETENTION_DAYS))
