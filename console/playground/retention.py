"""Deletes in small batches: conversations nobody has spoken in for longer than they are kept, and attachments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from console.playground.models import LIVE, Attachment, AttachmentQuery, Conversation

BATCH = 100
# How long an attachment lies in a composer that nobody sends.
UNSENT_FOR = timedelta(days=1)


def conversations(before: datetime) -> Iterator[int]:
    """Delete conversations last spoken in before `before`, with their exchanges; a live one is never touched."""
    old = Conversation.objects.filter(spoken_at__lt=before).exclude(exchanges__state__in=LIVE).order_by("spoken_at")
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        Conversation.objects.filter(pk__in=keys).delete()
        yield len(keys)


def attachments(before: datetime) -> Iterator[int]:
    """Delete unsent attachments after a day, and sent ones that were attached before `before`."""
    yield from in_batches(Attachment.objects.unsent().filter(created_at__lt=timezone.now() - UNSENT_FOR))
    yield from in_batches(Attachment.objects.filter(created_at__lt=before))


def in_batches(old: AttachmentQuery) -> Iterator[int]:
    while keys := list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # Asked once more: one may have been sent in this very moment.
        deleted, _each = old.filter(pk__in=keys).delete()
        if not deleted:
            return
        yield deleted
