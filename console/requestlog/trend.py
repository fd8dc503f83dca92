"""Volume, errors and latency over the filtered time, read from the hourly sums; each step leads to its own rows.

Sums know neither single ids nor slow ones: a search has no trend, and "at least so slow" is left out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDay, TruncHour
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import User
from console.requestlog import rollup
from console.requestlog.filters import Filters
from console.requestlog.models import HourlyRollup, Outcome
from console.requestlog.rollup import HOUR, hour_of
from console.requestlog.sums import affordable, along
from console.requestlog.words import RUNNING
from console.web.charts import Series, bars, lines
from console.web.templatetags.console_tags import milliseconds

DAY = timedelta(days=1)
# What is drawn where the filters name no time, up to when steps are hours, and how far back days go.
USUAL = timedelta(hours=24)
LONGEST_HOURLY = timedelta(hours=72)
LONGEST = timedelta(days=92)
# A time in an address.
MINUTE = "%Y-%m-%dT%H%%3A%MZ"
# Nothing was called before; earlier times may be near the end of the calendar.
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
BAD = (Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNKNOWN_BILLING)


@dataclass(frozen=True, slots=True)
class Step:
    """One hour or day: how calls ended that began in it, and how long they took on average (ms)."""

    start: datetime
    label: str
    address: str
    good: int = 0
    stopped: int = 0  # stopped or declined: nobody's fault
    bad: int = 0
    ttft_ms: float | None = None
    slowest_ms: int = 0
    duration_ms: float | None = None

    @property
    def calls(self) -> int:
        return self.good + self.stopped + self.bad


@dataclass(frozen=True, slots=True)
class Trend:
    """The pictures and the numbers behind them."""

    summary: str
    volume: SafeString
    latency: SafeString
    steps: Sequence[Step]
    hourly: bool
    notes: Sequence[str]


def trend(filters: Filters, person: User, now: datetime) -> Trend | None:
    """The trend of these filters as `person` may see it; None where the sums cannot tell."""
    if filters.q or "case" in filters.values or filters.values.get("outcome") == RUNNING:
        return None
    until = min(filters.until or now, now)
    if until < FIRST:
        return None
    since = max(filters.since or until - USUAL, FIRST)
    hourly = until - since <= LONGEST_HOURLY
    since, until = floor(max(since, until - LONGEST), hourly=hourly), max(until, since)
    parts = [HourlyRollup.objects.order_by()] if hourly else rollup.parts(since)
    begins = affordable([along(part, filters, person) for part in parts], since, until)
    sums = [narrowed(part, filters, person).filter(hour__gte=begins, hour__lt=until) for part in parts]
    rows = [row for part in sums for row in added(part, hourly=hourly)]
    steps = list(in_steps(rows, since, until, hourly=hourly, filters=filters))
    return drawn(steps, hourly=hourly, notes=list(notes(filters, since, begins)))


def floor(moment: datetime, *, hourly: bool) -> datetime:
    hour = hour_of(moment)
    return hour if hourly else hour.replace(hour=0)


def narrowed(sums: QuerySet[Any], filters: Filters, person: User) -> QuerySet[Any]:
    wanted = filters.in_sums()
    name = filters.values.get("person", "")
    if name and "/" not in name:
        wanted["person"] = name
    return along(sums, filters, person).filter(**wanted)


def added(sums: QuerySet[Any], *, hourly: bool) -> Iterable[tuple[Any, ...]]:
    """(step, good, bad, calls, ttft_sum, ttft_count, slowest, took) of each step with calls, as the database adds."""
    step = TruncHour("hour", tzinfo=UTC) if hourly else TruncDay("hour", tzinfo=UTC)
    steps: Iterable[tuple[Any, ...]] = (
        sums.annotate(step=step)
        .values("step")
        .annotate(
            good=Sum("requests", filter=Q(outcome=Outcome.SUCCEEDED), default=0),
            bad=Sum("requests", filter=Q(outcome__in=BAD), default=0),
            calls=Sum("requests"),
            ttft_sum=Sum("ttft_ms_sum"),
            ttft_count=Sum("ttft_count"),
            slowest=Max("ttft_ms_max"),
            took=Sum("duration_ms_sum"),
        )
        .values_list("step", "good", "bad", "calls", "ttft_sum", "ttft_count", "slowest", "took")
    )
    return steps


def in_steps(
    rows: Iterable[tuple[Any, ...]], since: datetime, until: datetime, *, hourly: bool, filters: Filters
) -> Iterator[Step]:
    """One step for every hour or day, empty ones too."""
    known = {row[0]: row[1:] for row in rows}
    place = address(filters)
    width = HOUR if hourly else DAY
    start = since
    while start < until:
        good, bad, calls, ttft_sum, ttft_count, slowest, took = known.get(start, (0, 0, 0, 0, 0, 0, 0))
        yield Step(
            start=start,
            label=label_of(start, hourly=hourly),
            address=f"{place}since={start:{MINUTE}}&until={start + width:{MINUTE}}",
            good=good,
            stopped=calls - good - bad,
            bad=bad,
            ttft_ms=ttft_sum / ttft_count if ttft_count else None,
            slowest_ms=slowest,
            duration_ms=took / calls if calls else None,
        )
        start += width


def label_of(start: datetime, *, hourly: bool) -> str:
    day = date_format(start.astimezone(UTC), "MONTH_DAY_FORMAT")
    return f"{day} {start:%H:%M}" if hourly else day


def address(filters: Filters) -> str:
    """The list with these filters, which goes on with the time of one step."""
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in filters.values.items() if name not in ("since", "until")})
    return f"{reverse('requestlog:list')}?{query.urlencode()}{'&' if query else ''}"


def notes(filters: Filters, since: datetime, begins: datetime) -> Iterator[str]:
    if begins > since:
        yield _("So many calls were made that only those since %(when)s UTC are added up here.") % {
            "when": label_of(begins, hourly=True)
        }
    if "ttft" in filters.values or "took" in filters.values:
        yield _("The charts show quick calls as well: sums do not know how long each one took.")


def drawn(steps: Sequence[Step], *, hourly: bool, notes: Sequence[str]) -> Trend:
    labels = [step.label for step in steps]
    series = [
        Series(_("succeeded"), [step.good for step in steps], "accent"),
        Series(_("stopped or declined"), [step.stopped for step in steps], "soft"),
        Series(_("failed"), [step.bad for step in steps], "bad"),
    ]
    times = [
        Series(_("first token"), [step.ttft_ms for step in steps], "accent"),
        Series(_("whole answer"), [step.duration_ms for step in steps], "strong"),
    ]
    return Trend(
        summary=summary(steps),
        volume=bars(labels, series, title=_("Requests"), links=[step.address for step in steps]),
        latency=lines(labels, times, title=_("Average time"), say=milliseconds, links=[one.address for one in steps]),
        steps=[step for step in reversed(steps) if step.calls],
        hourly=hourly,
        notes=notes,
    )


def summary(steps: Sequence[Step]) -> str:
    """ "1,240 requests, 3 % failed" """
    calls, bad = sum(step.calls for step in steps), sum(step.bad for step in steps)
    said = ngettext("%(count)s request", "%(count)s requests", calls) % {"count": f"{calls:,}"}
    if not bad:
        return said
    percent = bad / calls * 100
    shown = f"{percent:.0f}" if percent >= 1 else _("less than 1")
    return _("%(requests)s, %(percent)s %% failed") % {"requests": said, "percent": shown}
