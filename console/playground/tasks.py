"""The playground's periodic tasks: end what a dead process left, and keep the retention."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from console.jobs import purging
from console.playground import looking, retention, settle, sharing


@shared_task(name="console.playground.tasks.settle_lapsed")
def settle_lapsed() -> None:
    settle.settle_lapsed()


@shared_task(name="console.playground.tasks.purge")
def purge() -> None:
    purging.run("conversations", retention.conversations)
    sharing.purge(timezone.now())
    looking.purge(timezone.now())
    purging.run("attachments", retention.attachments, always=True)
