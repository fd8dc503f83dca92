"""The room's tasks: one sync, and the schedule that asks for it."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from console.inventory import sync as syncing
from console.inventory.status import TASK
from console.jobs import queue
from console.jobs.queue import Asker


@shared_task(name=TASK)
def sync(job_id: str) -> None:
    queue.run(job_id, syncing.run)


@shared_task(name="console.inventory.tasks.schedule")
def schedule() -> None:
    """Ask for the sync of the present interval, once however many beats there are; hours missed make one sync."""
    if settings.SYNC_INTERVAL:
        slot = int(timezone.now().timestamp() // settings.SYNC_INTERVAL)
        syncing.begin(Asker("schedule"), slot=f"{settings.SYNC_INTERVAL}-{slot}")
