"""The room's tasks: each is one call, and running it twice or late does no harm."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from console.requestlog import recorder, retention, rollup


@shared_task(name="console.requestlog.tasks.settle_lapsed")
def settle_lapsed() -> None:
    recorder.settle_lapsed()


@shared_task(name="console.requestlog.tasks.roll_up")
def roll_up() -> None:
    rollup.roll_up()


@shared_task(name="console.requestlog.tasks.purge")
def purge() -> None:
    if settings.REQUEST_RETENTION_DAYS:
        retention.purge(timezone.now() - timedelta(days=settings.REQUEST_RETENTION_DAYS))
