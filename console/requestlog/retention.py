"""Deletes what is older than the log keeps, in batches small enough that readers and writers hardly notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from console.requestlog.models import Calendar, Case, DailyRollup, HourlyRollup, RequestRecord, State
from console.requestlog.rollup import day_of

BATCH = 500  # rows of one transaction


def batches(before: datetime, *, batch: int = BATCH) -> Iterator[int]:
    """Delete finished attempts that began before `before`, then the sums before it; yields how many attempts went.

    Attempts that still run are never deleted, however old they are.
    """
    records = RequestRecord.objects.filter(state=State.OVER, started_at__lt=before).order_by("started_at")
    yield from in_batches(records, batch)
    hours = HourlyRollup.objects.filter(hour__lt=before).order_by("hour")
    days = DailyRollup.objects.filter(hour__lt=day_of(before)).order_by("hour")
    months = Calendar.objects.filter(month__lt=day_of(before).replace(day=1)).order_by("month")
    for _sums in chain(in_batches(hours, batch), in_batches(days, batch), in_batches(months, batch)):
        yield 0


def in_batches(rows: QuerySet[Any], batch: int) -> Iterator[int]:
    """Each batch is a transaction of its own, so that nobody waits longer than for one of them."""
    while keys := list[Any](rows.values_list("pk", flat=True)[:batch]):
        yield delete(rows.model, keys)


def delete(model: type[Any], keys: list[Any]) -> int:
    """Delete these rows; what people noted about a request goes with it."""
    with transaction.atomic():
        if model is RequestRecord:
            Case.objects.filter(pk__in=keys).delete()
        gone: int = model._default_manager.filter(pk__in=keys).delete()[0]
        return gone
