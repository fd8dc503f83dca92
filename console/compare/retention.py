"""Deletes in small batches what nobody has spoken in for longer than conversations are kept."""

from __future__ import annotations

from datetime import datetime

from console.compare.models import Comparison
from console.playground.models import LIVE, Conversation

BATCH = 50


def purge_comparisons(before: datetime) -> int:
    """Delete comparisons last spoken in before `before`, with the columns nobody kept; a live one is never touched."""
    gone = 0
    while True:
        old = Comparison.objects.filter(spoken_at__lt=before).exclude(columns__conversation__exchanges__state__in=LIVE)
        keys = list(old.order_by("spoken_at").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return gone
        Conversation.objects.filter(column__comparison__in=keys, listed=False).delete()
        Comparison.objects.filter(pk__in=keys).delete()
        gone += len(keys)
