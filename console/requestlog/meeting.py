"""When calls can have had all of these filters at once: what the sums of the log cannot rule out.

Two filters that many rows fit may never have met, or on one day last spring. A walk through the rows would read all of
them to find that out; the sums know it by the day, and the calendar holds a year of that in a few thousand rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import QuerySet

from console.accounts.models import User
from console.requestlog import rollup
from console.requestlog.filters import SUMMED, Filters
from console.requestlog.models import MARKED_BY, Calendar, DailyRollup, HourlyRollup
from console.requestlog.rollup import DAY, HOUR, day_of
from console.requestlog.sums import MOST_SUMS, affordable, along


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which there may be such calls: from `start` (None: the first) to before `end` (None: still coming)."""

    start: datetime | None
    end: datetime | None


EVER = Stretch(None, None)


def stretches(filters: Filters, person: User, *, before: datetime) -> Iterator[Stretch]:
    """Where to look for calls that began before `before`, newest first. The sums are asked as far as this is read."""
    hours, days = rollup.folded_until("hours"), rollup.folded_until("days")
    first = DailyRollup.objects.order_by("hour").values_list("hour", flat=True).first()
    if hours is None or days is None or first is None or not tells_more(filters, person):
        yield EVER
        return
    # A late report has set the hours back: its day is not yet as it was.
    yield from joined(known(filters, person, (first, min(days, day_of(hours)), hours), before))


def tells_more(filters: Filters, person: User) -> bool:
    """Whether sums hold a filter that the index, along which the log is walked, does not."""
    return bool((filters.values.keys() & SUMMED) - filters.driving(person))


def known(
    filters: Filters, person: User, folded: tuple[datetime, datetime, datetime], before: datetime
) -> Iterator[Stretch]:
    """`folded`: from when on there are days, then hours, and up to when those are final."""
    first, days, hours = folded
    if before > hours:
        yield Stretch(hours, None)
    yield from met(HourlyRollup.objects.all(), filters, person, days, min(hours, before), HOUR)
    of_one_person = "support" not in person.acts or "person_key" in filters.in_sums()
    since = max(first, day_of(filters.since)) if filters.since else first
    if of_one_person:
        yield from met(DailyRollup.objects.all(), filters, person, since, min(days, before), DAY)
    else:
        yield from marked(filters, since, min(days, before))
    if not filters.since or filters.since < first:
        yield Stretch(None, first)


def met(
    sums: QuerySet[Any], filters: Filters, person: User, since: datetime, until: datetime, width: timedelta
) -> Iterator[Stretch]:
    """The hours or days that have sums of all these filters, and what is left where there are too many sums to read."""
    if until <= since:
        return
    own = along(sums, filters, person)
    begins = affordable([own], since, until)
    held = own.filter(**filters.in_sums(), hour__gte=begins, hour__lt=until)
    for start in held.order_by("-hour").values_list("hour", flat=True).distinct():
        yield Stretch(start, start + width)
    if begins > since:
        yield Stretch(since, begins)


def marked(filters: Filters, since: datetime, until: datetime) -> Iterator[Stretch]:
    """The same of days, by the calendar."""
    if until <= since:
        return
    months = Calendar.objects.filter(month__gte=since.replace(day=1), month__lt=until).order_by("-month")
    edge = months.values_list("month", flat=True)[MOST_SUMS : MOST_SUMS + 1].first()
    begins = since if edge is None else max(since, next_month(edge))
    held = {name: value for name, value in filters.in_sums().items() if name in MARKED_BY}
    days: dict[datetime, list[int]] = {}
    for month, bits in months.filter(**held, month__gte=begins.replace(day=1)).values_list("month", "days"):
        days.setdefault(month, []).append(bits)
    for month, each in days.items():
        together = reduce(or_, each)
        for start in (month + DAY * bit for bit in range(30, -1, -1) if together >> bit & 1):
            if begins <= start < until:
                yield Stretch(start, start + DAY)
    if begins > since:
        yield Stretch(since, begins)


def next_month(month: datetime) -> datetime:
    return (month + timedelta(days=31)).replace(day=1)


def joined(newest_first: Iterable[Stretch]) -> Iterator[Stretch]:
    """Stretches that touch each other as one."""
    whole: Stretch | None = None
    for one in newest_first:
        if whole and one.end == whole.start:
            whole = replace(whole, start=one.start)
            continue
        if whole:
            yield whole
        whole = one
    if whole:
        yield whole
