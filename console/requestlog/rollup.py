"""Folds the log into hourly sums, which charts and the usage page read instead of the log.

An hour is folded again and again until nothing in it can change; folding it twice gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from console.requestlog.models import HourlyRollup, RequestRecord, RollupProgress, State

HOUR = timedelta(hours=1)
# No attempt runs longer than this (the longest total time of a call, a lease and patience with the database).
STILL_CHANGING = timedelta(minutes=30)
# Hours with attempts in them that one run folds at most; the next run goes on.
MOST_HOURS = 500

KEY = ("resource", "deployment", "model", "source", "person_key", "outcome", "kind", "status_class")
TIMES = ("ttft_ms_sum", "ttft_count", "ttft_ms_max", "duration_ms_sum", "duration_ms_max")
SUMS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


def roll_up(now: datetime | None = None) -> int:
    """Fold every hour that may have changed since the last run; returns how many hours had attempts in them."""
    now = now or timezone.now()
    RollupProgress.objects.get_or_create(name="hours")
    done = begun = RollupProgress.objects.values_list("folded_until", flat=True).get(name="hours")
    folded = 0
    hour = next_hour(done)
    while hour is not None and hour <= now and folded < MOST_HOURS:
        fold(hour)
        folded += 1
        done = hour + HOUR
        hour = next_hour(done)
    final = settled_before(now)
    finished = final if hour is None or hour > now else min(done or final, final)
    # Where a late report has set it back meanwhile, it stays there for the next run.
    RollupProgress.objects.filter(name="hours", folded_until=begun).update(folded_until=finished)
    return folded


def next_hour(start: datetime | None) -> datetime | None:
    """The first hour from `start` on in which an attempt began."""
    records = RequestRecord.objects.filter(started_at__gte=start) if start else RequestRecord.objects.all()
    first = records.order_by("started_at").values_list("started_at", flat=True).first()
    return hour_of(first) if first else None


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def settled_before(now: datetime) -> datetime:
    """The hour before which no attempt runs any more."""
    running = RequestRecord.objects.exclude(state=State.OVER).filter(lease_until__isnull=False)
    oldest = running.aggregate(oldest=Min("started_at"))["oldest"]
    return hour_of(min(oldest or now, now - STILL_CHANGING))


def fold(hour: datetime) -> None:
    """Write the sums of one hour; two workers that fold at once do it one after the other."""
    with transaction.atomic():
        RollupProgress.objects.select_for_update().get(name="hours")
        rows = [HourlyRollup(hour=hour, **sums) for sums in summed(hour)]
        HourlyRollup.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["hour", *KEY],
            update_fields=["person", "requests", *SUMS, *TIMES],
        )
        forget_others(hour, {tuple(getattr(row, name) for name in KEY) for row in rows})


def forget_others(hour: datetime, keys: Set[tuple[Any, ...]]) -> None:
    """Sums of this hour that an earlier version folded by fewer columns; what they counted is counted anew."""
    known = HourlyRollup.objects.filter(hour=hour).values_list("pk", *KEY)
    if others := [row[0] for row in known if row[1:] not in keys]:
        HourlyRollup.objects.filter(pk__in=others).delete()


def summed(hour: datetime) -> Iterable[dict[str, Any]]:
    """The finished attempts that began in this hour, grouped and added up by the database."""
    records = RequestRecord.objects.filter(started_at__gte=hour, started_at__lt=hour + HOUR, state=State.OVER)
    totals = {f"{name}_total": Coalesce(Sum(name), 0) for name in SUMS}
    grouped = (
        records.order_by()
        .values(*KEY)
        .annotate(
            name=Max("person"),
            requests=Count("pk"),
            ttft_ms_sum=Coalesce(Sum("ttft_ms"), 0),
            ttft_count=Count("ttft_ms"),
            ttft_ms_max=Coalesce(Max("ttft_ms"), 0),
            duration_ms_sum=Coalesce(Sum("duration_ms"), 0),
            duration_ms_max=Coalesce(Max("duration_ms"), 0),
            **totals,
        )
    )
    for row in grouped:
        row["person"] = row.pop("name")
        row["status_class"] = row["status_class"] or 0  # where no HTTP answer came; null is no part of a key
        yield row | {name: row.pop(f"{name}_total") for name in SUMS}
