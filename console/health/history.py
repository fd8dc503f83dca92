"""What has been: days for strips, hours for sparklines and charts. Reads roll-ups, a bounded number of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.health.models import HealthCheck, Rollup, Span
from console.web.charts import Day, Tone

DAYS = 90
HOURS = 24
# One point of the latency chart; a day of them.
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class DayCount:
    """How the checks of one day (UTC) ended."""

    day: date
    well: int = 0
    degraded: int = 0
    ill: int = 0
    unknown: int = 0

    @property
    def checks(self) -> int:
        return self.well + self.degraded + self.ill + self.unknown

    @property
    def tone(self) -> Tone:
        """A day without an answer either way is no good day. One blip in a day is a warning, a tenth of it is bad."""
        asked = self.well + self.degraded + self.ill
        if not asked:
            return "idle"
        if self.ill * 10 >= asked:
            return "bad"
        return "warn" if self.ill or self.degraded * 10 >= asked else "ok"

    @property
    def label(self) -> str:
        return date_format(self.day, "MONTH_DAY_FORMAT")

    @property
    def words(self) -> str:
        """The day in a sentence: "21 November: ill in 12 of 288 checks"."""
        told = {"day": self.label, "ill": self.ill, "degraded": self.degraded, "checks": self.checks}
        if not self.checks:
            return _("%(day)s: no check") % told
        if self.ill:
            return _("%(day)s: ill in %(ill)d of %(checks)d checks") % told
        if self.degraded:
            return _("%(day)s: degraded in %(degraded)d of %(checks)d checks") % told
        if not self.well:
            return _("%(day)s: no check could be run") % told
        return ngettext("%(day)s: well, %(checks)d check", "%(day)s: well, %(checks)d checks", self.checks) % told


def days_of(deployments: Collection[UUID], now: datetime) -> dict[UUID, list[DayCount]]:
    """The last 90 days of each deployment, oldest first, days without a check included; one query."""
    today = now.date()
    first = today - timedelta(days=DAYS - 1)
    midnight = datetime.combine(first, time(), UTC)
    rows = Rollup.objects.filter(deployment_id__in=deployments, span=Span.DAY, start__gte=midnight)
    found: dict[UUID, dict[date, DayCount]] = {pk: {} for pk in deployments}
    for pk, start, *counts in rows.values_list("deployment_id", "start", "well", "degraded", "ill", "unknown"):
        found[pk][start.date()] = DayCount(start.date(), *counts)
    calendar = [first + timedelta(days=number) for number in range(DAYS)]
    return {pk: [counted.get(day) or DayCount(day) for day in calendar] for pk, counted in found.items()}


def strip_days(days: Collection[DayCount], *, told: Collection[Tone] = ("ok", "warn", "bad", "idle")) -> list[Day]:
    """Bars of a strip; only days of the tones in `told` get words, as a table of many rows shows no others."""
    return [Day("", day.tone, day.words if day.tone in told else "") for day in days]


def answered_share(days: Collection[DayCount]) -> float | None:
    """The share of checks that were answered, in percent; None when there was none that could tell."""
    asked = sum(day.well + day.degraded + day.ill for day in days)
    return None if not asked else 100 * (1 - sum(day.ill for day in days) / asked)


def latency_by_hour(deployments: Collection[UUID], now: datetime) -> dict[UUID, list[float | None]]:
    """Mean latency in ms of each of the last 24 hours, oldest first, None for an hour without an answer; one query."""
    last = now.replace(minute=0, second=0, microsecond=0)
    first = last - timedelta(hours=HOURS - 1)
    rows = Rollup.objects.filter(deployment_id__in=deployments, span=Span.HOUR, start__gte=first, latency_count__gt=0)
    found: dict[UUID, list[float | None]] = {pk: [None] * HOURS for pk in deployments}
    for pk, start, total, count in rows.values_list("deployment_id", "start", "latency_ms_sum", "latency_count"):
        at = int((start - first) / timedelta(hours=1))
        if at < HOURS:
            found[pk][at] = total / count
    return found


@dataclass(frozen=True, slots=True)
class HourCount:
    """One hour (UTC) of one deployment. `latency_ms` is the mean, None where nothing was answered."""

    start: datetime
    checks: int
    ill: int
    latency_ms: float | None


def hours_of(deployment: UUID, now: datetime) -> list[HourCount]:
    """The last 24 hours that had a check, newest first."""
    rows = Rollup.objects.filter(deployment_id=deployment, span=Span.HOUR, start__gt=now - timedelta(hours=HOURS))
    return [
        HourCount(
            row.start,
            row.well + row.degraded + row.ill + row.unknown,
            row.ill,
            row.latency_ms_sum / row.latency_count if row.latency_count else None,
        )
        for row in rows.order_by("-start")[:HOURS]
    ]


def latency_by_quarter(deployment: UUID, now: datetime) -> Mapping[datetime, float | None]:
    """Mean latency in ms of every quarter of an hour of the last day, oldest first; one query."""
    last = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    quarters = [last - QUARTER * back for back in range(timedelta(hours=HOURS) // QUARTER - 1, -1, -1)]
    checks = HealthCheck.objects.filter(deployment_id=deployment, at__gte=quarters[0], http_status=200)
    measured: dict[datetime, list[int]] = {quarter: [] for quarter in quarters}
    for at, latency in checks.order_by("-at").values_list("at", "latency_ms")[:10_000]:
        quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
        if latency is not None and quarter in measured:
            measured[quarter].append(latency)
    return {quarter: sum(values) / len(values) if values else None for quarter, values in measured.items()}
