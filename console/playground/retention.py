"""Deletes in small batches: conversations nobody has spoken in for longer than they are kept, and attachments."""

from __future__ import annotations

from datetime import datetime, timedelta

from console.playground.models import LIVE, Attachment, AttachmentQuery, Conversation

BATCH = 100
# How long an attachment lies in a composer that nobody sends.
UNSENT_FOR = timedelta(days=1)


def purge_conversations(before: datetime) -> int:
    """Delete conversations last spoken in before `before`, with their exchanges; a live one is never touched."""
    gone = 0
    while True:
        old = Conversation.objects.filter(spoken_at__lt=before).exclude(exchanges__state__in=LIVE)
        keys = list(old.order_by("spoken_at").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return gone
        Conversation.objects.filter(pk__in=keys).delete()
        gone += len(keys)


def purge_attachments(now: datetime, *, kept_days: int) -> int:
    """Delete unsent attachments after a day, and sent ones after `kept_days` (0: with their conversation)."""
    gone = delete_attachments(Attachment.objects.unsent().filter(created_at__lt=now - UNSENT_FOR))
    if kept_days:
        gone += delete_attachments(Attachment.objects.filter(created_at__lt=now - timedelta(days=kept_days)))
    return gone


def delete_attachments(old: AttachmentQuery) -> int:
    gone = 0
    while keys := list(old.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        # Asked once more: one may have been sent in this very moment.
        deleted, _each = old.filter(pk__in=keys).delete()
        if not deleted:
            return gone
        gone += deleted
    return gone
