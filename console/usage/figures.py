"""What was used in a period, added up by the database from the hourly sums; the log itself is never read here.

Health checks are counted apart and token counts not at all: they generate nothing and would drown what people do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.prices.book import Tokens
from console.requestlog import rollup
from console.requestlog.models import HourlyRollup, Outcome, Source
from console.usage.costs import Bill, Cost, cost_of

# Endings that are nobody's wish; a declined or stopped answer is none of them.
BAD = (Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNKNOWN_BILLING)
# Rows of the tables, most used first.
MOST_DEPLOYMENTS = 200
MOST_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that ends now, in steps of an hour or a day (UTC)."""

    slug: str
    label: Promise
    steps: int
    step: timedelta

    @property
    def hourly(self) -> bool:
        return self.step < timedelta(days=1)

    def starts(self, now: datetime) -> list[datetime]:
        """When each step began, oldest first; the last one is still going on."""
        this = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        this = this if self.hourly else this.replace(hour=0)
        return [this - self.step * back for back in range(self.steps - 1, -1, -1)]


PERIODS = {
    period.slug: period
    for period in (
        Period("24h", _("Last 24 hours"), 24, timedelta(hours=1)),
        Period("7d", _("Last 7 days"), 7, timedelta(days=1)),
        Period("30d", _("Last 30 days"), 30, timedelta(days=1)),
    )
}
DEFAULT = PERIODS["30d"]

# Every figure as the database adds it up, in the order of `Figures`.
SUMS = {
    "calls": Coalesce(Sum("requests"), 0),
    "failed": Coalesce(Sum("requests", filter=Q(outcome__in=BAD)), 0),
    "input_new": Coalesce(Sum("input_tokens"), 0),
    "cache_written": Coalesce(Sum("cache_creation_input_tokens"), 0),
    "cache_read": Coalesce(Sum("cache_read_input_tokens"), 0),
    "output": Coalesce(Sum("output_tokens"), 0),
    "ttft_total": Coalesce(Sum("ttft_ms_sum"), 0),
    "ttft_calls": Coalesce(Sum("ttft_count"), 0),
}
# Calls that used tokens of their own, and so cost something.
BILLED = Coalesce(Sum("requests", filter=Q(input_tokens__gt=0) | Q(output_tokens__gt=0)), 0)
# The sums of a period (requestlog.rollup.parts): those of whole days, then those of the hours after them.
Parts = Sequence[QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of some part of a period. Tokens are counted; times are in milliseconds."""

    calls: int = 0
    failed: int = 0
    input_new: int = 0
    cache_written: int = 0
    cache_read: int = 0
    output: int = 0
    ttft_total: int = 0
    ttft_calls: int = 0

    @property
    def input(self) -> int:
        """All that went in, cached or not."""
        return self.input_new + self.cache_written + self.cache_read

    @property
    def failed_percent(self) -> float | None:
        return self.failed / self.calls * 100 if self.calls else None

    @property
    def cached_percent(self) -> float | None:
        """The share of what went in that was read from the cache."""
        return self.cache_read / self.input * 100 if self.input else None

    @property
    def ttft_ms(self) -> float | None:
        """Average time to the first token."""
        return self.ttft_total / self.ttft_calls if self.ttft_calls else None

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.calls + other.calls,
            self.failed + other.failed,
            self.input_new + other.input_new,
            self.cache_written + other.cache_written,
            self.cache_read + other.cache_read,
            self.output + other.output,
            self.ttft_total + other.ttft_total,
            self.ttft_calls + other.ttft_calls,
        )


K = TypeVar("K", str, tuple[str, str])
Totals = dict[K, Figures]


@dataclass(frozen=True, slots=True)
class Line:
    """Figures under a name: a day, an hour, a deployment, a person. `key` is what a link filters by."""

    name: str
    figures: Figures
    key: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Summed:
    """Figures of one hour or day, of one source, with what they cost."""

    hour: datetime
    source: str
    figures: Figures
    bill: Bill


@dataclass(frozen=True, slots=True)
class Usage:
    """Everything the page shows."""

    period: Period
    total: Figures
    steps: list[Line]
    deployments: list[Line]
    own: Figures
    health: Figures
    people: list[Line] | None  # None for those who may not see it
    cost: Cost
    own_cost: Cost


def usage(period: Period, person: User, now: datetime | None = None) -> Usage:
    """The period's figures as `person` may see them: three queries of the days' sums, and three of the last hours'."""
    starts = period.starts(now or timezone.now())
    recent = [HourlyRollup.objects.filter(hour__gte=starts[0]).order_by()] if period.hourly else rollup.parts(starts[0])
    calls = [part.filter(source=Source.PLAYGROUND) for part in recent]
    everybody = by_hour(recent, (Source.PLAYGROUND, Source.HEALTH))
    mine = by_hour([part.filter(person_key=person.key) for part in recent], (Source.PLAYGROUND,))
    steps, health = by_step(everybody, period, starts)
    sees_people = "support" in person.acts
    deployments, people = by_deployment_and_person(calls) if sees_people else (by_deployment(calls), None)
    return Usage(
        period=period,
        total=sum((line.figures for line in steps), Figures()),
        steps=steps,
        deployments=deployments,
        own=sum((one.figures for one in mine), Figures()),
        health=health,
        people=people,
        cost=cost_of(one.bill for one in everybody if one.source == Source.PLAYGROUND),
        own_cost=cost_of(one.bill for one in mine),
    )


def by_hour(recent: Parts, sources: tuple[str, ...]) -> list[Summed]:
    """What was used of each model in each hour, or day."""
    # By the hour, which is a plain column: SQLite would ask Python for the day of each single row.
    groups = (part.filter(source__in=sources).values("hour", "source", "model") for part in recent)
    rows = (row for part in groups for row in part.annotate(**SUMS, billed=BILLED))
    return [summed(row) for row in rows]


def summed(row: Mapping[str, Any]) -> Summed:
    used = figures(row)
    tokens = Tokens(used.input_new, used.output, used.cache_read, used.cache_written)
    return Summed(row["hour"], row["source"], used, Bill(row["model"], row["hour"], row["billed"], tokens))


def by_step(sums: Iterable[Summed], period: Period, starts: Iterable[datetime]) -> tuple[list[Line], Figures]:
    """One line for each hour or day of the period, also where nothing happened, and all of its health checks."""
    known: dict[datetime, Figures] = {}
    health = Figures()
    for one in sums:
        if one.source == Source.HEALTH:
            health += one.figures
            continue
        start = one.hour.astimezone(UTC)
        start = start if period.hourly else start.replace(hour=0)
        known[start] = known.get(start, Figures()) + one.figures
    return [Line(step_name(start, period), known.get(start, Figures())) for start in starts], health


def step_name(start: datetime, period: Period) -> str:
    return f"{start:%H}:00" if period.hourly else date_format(start, "MONTH_DAY_FORMAT")


def by_deployment_and_person(calls: Parts) -> tuple[list[Line], list[Line]]:
    """The most used deployments, and the people who used most, from one walk through the sums."""
    deployments: Totals[tuple[str, str]] = {}
    people: Totals[str] = {}
    names: dict[str, str] = {}
    pairs = (part.values("deployment", "resource", "person_key") for part in calls)
    for row in (row for part in pairs for row in part.annotate(name=Max("person"), **SUMS)):
        used, person = figures(row), row["person_key"]
        add(deployments, (row["deployment"], row["resource"]), used)
        if person:
            add(people, person, used)
            names[person] = row["name"]  # the last one they had
    most = most_used(people)[:MOST_PEOPLE]
    return lines_of(deployments), [Line(names[key], people[key], key=key) for key in most]


def by_deployment(calls: Parts) -> list[Line]:
    totals: Totals[tuple[str, str]] = {}
    for row in (row for part in calls for row in part.values("deployment", "resource").annotate(**SUMS)):
        add(totals, (row["deployment"], row["resource"]), figures(row))
    return lines_of(totals)


def lines_of(deployments: Totals[tuple[str, str]]) -> list[Line]:
    most = most_used(deployments)[:MOST_DEPLOYMENTS]
    return [Line(key[0], deployments[key], key=key[0], place=key[1]) for key in most]


def add(totals: Totals[K], key: K, used: Figures) -> None:
    before = totals.get(key)
    totals[key] = before + used if before else used


def most_used(totals: Totals[K]) -> list[K]:
    return sorted(totals, key=lambda key: (-totals[key].calls, key))


def figures(row: Mapping[str, Any]) -> Figures:
    return Figures(*(row[name] for name in SUMS))
