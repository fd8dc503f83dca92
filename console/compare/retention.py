"""Deletes in small batches what nobody has used for longer than conversations are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from console.compare.models import RUN_LIVE, Comparison, PromptSet
from console.playground.models import LIVE, Conversation

BATCH = 50
# Conversations deleted in one statement: a run has hundreds.
CONVERSATIONS = 200


def batches(before: datetime) -> Iterator[int]:
    """Delete comparisons and prompt sets nobody has used since `before`; yields how many each batch took."""
    yield from comparisons(before)
    yield from prompt_sets(before)


def comparisons(before: datetime) -> Iterator[int]:
    """Delete comparisons last spoken in before `before`, with the columns nobody kept; a live one is never touched."""
    while True:
        old = Comparison.objects.filter(spoken_at__lt=before).exclude(columns__conversation__exchanges__state__in=LIVE)
        keys = list(old.order_by("spoken_at").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        Conversation.objects.filter(column__comparison__in=keys, listed=False).delete()
        Comparison.objects.filter(pk__in=keys).delete()
        yield len(keys)


def prompt_sets(before: datetime) -> Iterator[int]:
    """Delete prompt sets last used before `before`, with their runs; not while one runs."""
    while True:
        old = PromptSet.objects.filter(used_at__lt=before).exclude(runs__state__in=RUN_LIVE)
        keys = list(old.order_by("used_at").values_list("pk", flat=True)[:BATCH])
        if not keys:
            return
        delete_sets(keys)
        yield len(keys)


def delete_sets(keys: Collection[UUID]) -> None:
    """Delete sets with everything that was answered in their runs, but for answers that were kept."""
    answered = Conversation.objects.filter(cell__run__of__in=keys, listed=False)
    while batch := list(answered.values_list("pk", flat=True)[:CONVERSATIONS]):
        Conversation.objects.filter(pk__in=batch).delete()
    PromptSet.objects.filter(pk__in=keys).delete()
