"""Folds the log into hourly sums and those into daily ones, which charts and the usage page read instead of the log.

An hour is folded again and again until nothing in it can change; folding it twice gives the same rows. A day is folded
once all of its hours are final: of a month of charts only the last hours are read hour by hour. With the day its
calendar is kept, which tells walks through the log what days they need not look at.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from console.requestlog.models import (
    MARKED_BY,
    SUMMED_BY,
    Calendar,
    DailyRollup,
    HourlyRollup,
    RequestRecord,
    RollupProgress,
    State,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# No attempt runs longer than this (the longest total time of a call, a lease and patience with the database).
STILL_CHANGING = timedelta(minutes=30)
# Hours with attempts in them that one run folds at most; the next run goes on.
MOST_HOURS = 500
MOST_DAYS = 60

SUMS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
ADDED = ("requests", *SUMS, "ttft_ms_sum", "ttft_count", "duration_ms_sum")
GREATEST = ("ttft_ms_max", "duration_ms_max")
# Sums that are there already are replaced.
KEPT_ONCE: dict[str, Any] = {
    "update_conflicts": True,
    "unique_fields": ["hour", *SUMMED_BY],
    "update_fields": ["person", *ADDED, *GREATEST],
}


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
    if RollupProgress.objects.filter(name="hours", folded_until=begun).update(folded_until=finished) and finished:
        fold_days(finished)
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
        keep(HourlyRollup, hour, summed(hour))
        if hour < (days_folded_until() or hour):  # somebody came late: its day is not as it was
            fold_day(day_of(hour))


def keep(model: type[HourlyRollup] | type[DailyRollup], start: datetime, sums: Iterable[dict[str, Any]]) -> None:
    """These are all the sums that begin at `start`: those that an earlier version folded otherwise go."""
    rows: list[Any] = [model(hour=start, **one) for one in sums]
    made: Any = model._default_manager
    made.bulk_create(rows, **KEPT_ONCE)
    keys = {tuple(getattr(row, name) for name in SUMMED_BY) for row in rows}
    known = made.filter(hour=start).values_list("pk", *SUMMED_BY)
    if others := [row[0] for row in known if row[1:] not in keys]:
        made.filter(pk__in=others).delete()


def fold_days(until: datetime) -> None:
    """Write the sums of the days that ended before `until`, hours of which are final."""
    day = days_folded_until() or first_day()
    for _day in range(MOST_DAYS):
        if day is None or day + DAY > until:
            return
        with transaction.atomic():
            RollupProgress.objects.select_for_update().get(name="hours")
            fold_day(day)
            day += DAY
            RollupProgress.objects.update_or_create(name="days", defaults={"folded_until": day})


def days_folded_until() -> datetime | None:
    return folded_until("days")


def folded_until(name: str) -> datetime | None:
    return RollupProgress.objects.filter(name=name).values_list("folded_until", flat=True).first()


def first_day() -> datetime | None:
    first = HourlyRollup.objects.order_by("hour").values_list("hour", flat=True).first()
    return day_of(first) if first else None


def day_of(moment: datetime) -> datetime:
    return hour_of(moment).replace(hour=0)


def fold_day(day: datetime) -> None:
    """Write the sums of one day from those of its hours."""
    hours = HourlyRollup.objects.filter(hour__gte=day, hour__lt=day + DAY).order_by().values(*SUMMED_BY)
    totals = {f"{name}_total": Sum(name) for name in ADDED} | {f"{name}_total": Max(name) for name in GREATEST}
    rows = hours.annotate(name=Max("person"), **totals)
    numbers = (*ADDED, *GREATEST)
    sums = (
        {name: row[name] for name in SUMMED_BY}
        | {name: row[f"{name}_total"] for name in numbers}
        | {"person": row["name"]}
        for row in rows
    )
    known = list(sums)
    keep(DailyRollup, day, known)
    mark(day, {tuple(one[name] for name in MARKED_BY) for one in known})


def mark(day: datetime, seen: Iterable[tuple[Any, ...]]) -> None:
    """Write down that there were such calls on this day. A mark that is right no more stays: it costs a look."""
    month, bit = day.replace(day=1), 1 << day.day - 1
    known = {tuple(getattr(row, name) for name in MARKED_BY): row for row in Calendar.objects.filter(month=month)}
    changed = []
    for key in seen:
        row = known.get(key) or Calendar(month=month, **dict(zip(MARKED_BY, key, strict=True)))
        if not row.days & bit:
            row.days |= bit
            changed.append(row)
    Calendar.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["month", *MARKED_BY], update_fields=["days"]
    )


def parts(since: datetime) -> list[QuerySet[DailyRollup] | QuerySet[HourlyRollup]]:
    """All sums from the day of `since` on, or from its hour on where no day was folded: whole days, then hours."""
    days = days_folded_until()
    if days is None or days <= since:
        return [HourlyRollup.objects.filter(hour__gte=since).order_by()]
    whole = DailyRollup.objects.filter(hour__gte=day_of(since), hour__lt=days).order_by()
    return [whole, HourlyRollup.objects.filter(hour__gte=days).order_by()]


def summed(hour: datetime) -> Iterable[dict[str, Any]]:
    """The finished attempts that began in this hour, grouped and added up by the database."""
    records = RequestRecord.objects.filter(started_at__gte=hour, started_at__lt=hour + HOUR, state=State.OVER)
    totals = {f"{name}_total": Coalesce(Sum(name), 0) for name in SUMS}
    grouped = (
        records.order_by()
        .values(*SUMMED_BY)
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
