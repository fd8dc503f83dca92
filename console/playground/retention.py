"""Deletes conversations nobody has spoken in for longer than they are kept, in small batches."""

from __future__ import annotations

from datetime import datetime

from console.playground.models import LIVE, Conversation

BATCH = 100


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
