"""The playground's periodic tasks: end what a dead process left, and keep the retention."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from console.playground import looking, rules, settle, sharing
from console.playground.retention import purge_attachments, purge_conversations


@shared_task(name="console.playground.tasks.settle_lapsed")
def settle_lapsed() -> None:
    settle.settle_lapsed()


@shared_task(name="console.playground.tasks.purge")
def purge() -> None:
    if days := rules.retention_days():
        purge_conversations(timezone.now() - timedelta(days=days))
    sharing.purge(timezone.now())
    looking.purge(timezone.now())
    purge_attachments(timezone.now(), kept_days=settings.ATTACHMENT_RETENTION_DAYS)
