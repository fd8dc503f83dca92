"""The room's own tasks: the heartbeat, the sweeper and the purge."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from console.jobs import queue

# Scheduled jobs that went well are many, and the rooms keep what they found: two days of them are plenty.
ROUTINE = timedelta(days=2)


@shared_task(name="console.jobs.tasks.heartbeat")
def heartbeat() -> None:
    """Prove end to end that beat, broker and worker run."""
    queue.beat()


@shared_task(name="console.jobs.tasks.sweep")
def sweep() -> None:
    queue.sweep()


@shared_task(name="console.jobs.tasks.purge")
def purge() -> None:
    now = timezone.now()
    queue.purge(now - ROUTINE, routine_only=True)
    queue.purge(now - timedelta(days=settings.JOB_RETENTION_DAYS))
