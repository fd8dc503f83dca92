"""Deletes what is older than the log keeps, in batches small enough that readers and writers hardly notice."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from console.requestlog.models import Case, HourlyRollup, RequestRecord, State

BATCH = 500  # rows of one transaction
# Seconds one run may take; the next run goes on. Well below the time limit of a task.
LONGEST = 120.0


def purge(before: datetime, *, batch: int = BATCH) -> int:
    """Delete finished attempts that began before `before`, and the sums of hours before it; returns how many rows.

    Attempts that still run are never deleted, however old they are.
    """
    deadline = monotonic() + LONGEST
    records = RequestRecord.objects.filter(state=State.OVER, started_at__lt=before).order_by("started_at")
    sums = HourlyRollup.objects.filter(hour__lt=before).order_by("hour")
    return in_batches(records, batch, deadline) + in_batches(sums, batch, deadline)


def in_batches(rows: QuerySet[RequestRecord] | QuerySet[HourlyRollup], batch: int, deadline: float) -> int:
    """Each batch is a transaction of its own, so that nobody waits longer than for one of them."""
    gone = 0
    while monotonic() < deadline:
        keys: list[Any] = list(rows.values_list("pk", flat=True)[:batch])
        if not keys:
            break
        gone += delete(rows.model, keys)
    return gone


def delete(model: type[RequestRecord] | type[HourlyRollup], keys: list[Any]) -> int:
    """These rows; what people noted about a request goes with it."""
    with transaction.atomic():
        if model is RequestRecord:
            Case.objects.filter(pk__in=keys).delete()
        return model._default_manager.filter(pk__in=keys).delete()[0]
