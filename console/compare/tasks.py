"""The room's periodic task: keep the retention of conversations."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from console.compare.retention import purge_comparisons
from console.playground import rules


@shared_task(name="console.compare.tasks.purge")
def purge() -> None:
    if days := rules.retention_days():
        purge_comparisons(timezone.now() - timedelta(days=days))
