"""The health of six weeks: days for the strips, a day of single checks, the present state, and incidents.

Adds up what `health.settling` would have written down one check at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zlib import crc32

from console.azure.errors import AzureError
from console.config.sample_world import faults, rows, traffic
from console.config.sample_world.troubles import Trouble
from console.health import verdicts
from console.health.models import DeploymentHealth, HealthCheck, Incident, Rollup, Span, Verdict
from console.health.verdicts import Finding
from console.inventory.models import Deployment
from console.requestlog.models import Outcome, RequestRecord

EVERY = timedelta(minutes=5)
DAY = timedelta(days=1)
# The checks of this time are all there, each with its row in the request log; of older ones every third, and none
# from before a day: enough for the charts, and quickly made.
RECENT = 24
OLDER = 88
THIN = 3
LOGGED = EVERY * RECENT
BLIPS = 0.05  # of days: a single bad check on a deployment that is well otherwise


@dataclass
class Written:
    """Everything to be inserted; `records` belong into the request log."""

    checks: list[HealthCheck] = field(default_factory=list)
    rollups: list[Rollup] = field(default_factory=list)
    states: list[DeploymentHealth] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    records: list[RequestRecord] = field(default_factory=list)


def create(now: datetime, deployments: Sequence[Deployment], troubles: Sequence[Trouble], chance: Random) -> Written:
    """The rows of every Claude deployment, not yet inserted; the deployments get their newest verdict."""
    written = Written()
    for deployment in deployments:
        if deployment.is_claude:
            write(Past(now, deployment, troubles, chance, written.records), written)
    return written


class Past:
    """What one deployment is now, it has been since it was added, but for times of trouble and blips."""

    def __init__(
        self,
        now: datetime,
        deployment: Deployment,
        troubles: Sequence[Trouble],
        chance: Random,
        records: list[RequestRecord],
    ) -> None:
        self.now, self.deployment, self.chance, self.records = now, deployment, chance, records
        self.added = deployment.first_seen
        self.troubles = [one for one in troubles if one.covers(deployment.resource.name, deployment.name, one.began)]
        self.not_asked = verdicts.before_a_call(deployment.state)
        self.error = None if self.not_asked else faults.of_deployment(deployment, chance)

    @property
    def usual(self) -> Verdict:
        """What a check finds on any day."""
        if self.not_asked:
            return self.not_asked.verdict
        return verdicts.verdict_of(self.error.kind if self.error else "")

    def times(self) -> list[datetime]:
        """The last day's checks: each deployment has its own place within the five minutes, as on the schedule."""
        newest = self.now - timedelta(seconds=20 + crc32(self.deployment.name.encode()) % 270)
        recent = [newest - EVERY * back for back in range(RECENT)]
        older = [recent[-1] - EVERY * THIN * back for back in range(1, OLDER + 1)]
        return [*reversed(older), *reversed(recent)]

    def finding(self, at: datetime) -> Finding:
        if self.not_asked:
            return self.not_asked
        error = self.error_now()
        took = traffic.spread(self.chance, 48, 0.4, 900) if error is None or error.status else 20_004
        if error is None:
            ids = rows.request_id(self.chance), str(rows.uuid(self.chance))
            finding = Finding("", 200, took, *ids)
        else:
            finding = verdicts.failed(error, latency_ms=took)
        return self.logged(at, finding, error) if at > self.now - LOGGED else finding

    def error_now(self) -> AzureError | None:
        """The error every check meets, with ids of its own."""
        if self.error is None or self.error.status is None:
            return self.error
        return faults.with_ids(copy(self.error), self.chance, by_model=bool(self.error.request_id))

    def logged(self, at: datetime, finding: Finding, error: AzureError | None) -> Finding:
        """The finding of a token count that has its row in the request log."""
        record = traffic.attempt(None, self.deployment, at, rows.uuid(self.chance), self.chance)
        if error is None:
            record.outcome, record.http_status = Outcome.SUCCEEDED, 200
            record.request_id, record.apim_request_id = finding.request_id, finding.apim_request_id
            traffic.over(record, finding.latency_ms or 0)
        else:
            traffic.failed(record, error, finding.latency_ms or 0)
        self.records.append(record)
        return with_record(finding, record.pk)


def with_record(finding: Finding, record_id: UUID) -> Finding:
    return Finding(
        finding.kind, finding.http_status, finding.latency_ms, finding.request_id, finding.apim_request_id, record_id
    )


def write(past: Past, written: Written) -> None:
    """Everything of one deployment."""
    checks = [paper(past, at) for at in past.times()]
    newest = checks[-1]
    state = present(past, newest)
    written.checks += checks
    written.rollups += Tally(past).of(checks)
    written.states.append(state)
    written.incidents += [bygone(past, one) for one in past.troubles]
    if newest.verdict == Verdict.ILL:
        written.incidents.append(incident(newest, past.added, None, state.bad_in_a_row))
    past.deployment.health, past.deployment.health_at = newest.verdict, newest.at


def paper(past: Past, at: datetime) -> HealthCheck:
    finding = past.finding(at)
    return HealthCheck(
        id=rows.id_at(at, past.chance), deployment=past.deployment, job_id=rows.id_at(at, past.chance),
        cause="schedule", at=at, verdict=finding.verdict, rung=finding.rung or "", kind=finding.kind,
        http_status=finding.http_status, latency_ms=finding.latency_ms, record_id=finding.record_id,
        request_id=finding.request_id, apim_request_id=finding.apim_request_id,
    )  # fmt: skip


def present(past: Past, newest: HealthCheck) -> DeploymentHealth:
    """The state as the newest check left it."""
    since = max((one.ended for one in past.troubles), default=past.added)
    in_a_row = int((newest.at - since) / EVERY) + 1
    ill, unknown = newest.verdict == Verdict.ILL, newest.verdict == Verdict.UNKNOWN
    return DeploymentHealth(
        deployment=past.deployment, verdict=newest.verdict, rung=newest.rung, kind=newest.kind,
        http_status=newest.http_status, latency_ms=newest.latency_ms, checked_at=newest.at, since=since,
        last_good=newest.at if newest.verdict == Verdict.WELL else None, bad_in_a_row=in_a_row if ill else 0,
        good_in_a_row=0 if ill or unknown else in_a_row, turned_at=None if unknown else since,
    )  # fmt: skip


def bygone(past: Past, trouble: Trouble) -> Incident:
    """The incident of a time of trouble that is over."""
    error = faults.troubled(trouble.kind, past.chance)
    first = HealthCheck(id=rows.id_at(trouble.began, past.chance), deployment=past.deployment, kind=error.kind)
    first.rung = verdicts.rung_of(error.kind) or ""
    first.request_id, first.apim_request_id = error.request_id or "", error.apim_request_id or ""
    return incident(first, trouble.began, trouble.ended, int((trouble.ended - trouble.began) / EVERY))


def incident(check: HealthCheck, opened: datetime, closed: datetime | None, bad: int) -> Incident:
    return Incident(
        id=check.pk, deployment=check.deployment, opened_at=opened, closed_at=closed, rung=check.rung,
        kind=check.kind, checks=bad, request_id=check.request_id, apim_request_id=check.apim_request_id,
    )  # fmt: skip


class Tally:
    """Hours and days of one deployment, added up."""

    def __init__(self, past: Past) -> None:
        self.past = past
        self.found: dict[tuple[Span, datetime], Rollup] = {}

    def of(self, checks: Sequence[HealthCheck]) -> Iterable[Rollup]:
        for midnight, count in whole_days(self.past.added, checks[0].at):
            self.add_day(midnight, count)
        for number, check in enumerate(checks):
            stands_for = THIN if number < OLDER else 1
            hour = check.at.replace(minute=0, second=0, microsecond=0)
            for span, start in ((Span.HOUR, hour), (Span.DAY, hour.replace(hour=0))):
                self.add(span, start, check.verdict, stands_for, check.latency_ms if check.http_status == 200 else None)
        return self.found.values()

    def add_day(self, midnight: datetime, count: int) -> None:
        """A day before the single checks begin."""
        bad = sum(one.minutes_on(midnight) for one in self.past.troubles) // 5
        if self.past.usual == Verdict.WELL and not bad and self.past.chance.random() < BLIPS:
            bad = 1
        bad = min(bad, count)
        latency = self.past.chance.randint(44, 58) if self.past.usual == Verdict.WELL else None
        self.add(Span.DAY, midnight, self.past.usual, count - bad, latency)
        self.add(Span.DAY, midnight, Verdict.ILL, bad, None)

    def add(self, span: Span, start: datetime, verdict: str, count: int, latency_ms: int | None) -> None:
        rollup = self.found.get((span, start))
        if rollup is None:
            rollup = self.found[span, start] = Rollup(deployment=self.past.deployment, span=span, start=start)
        setattr(rollup, verdict, getattr(rollup, verdict) + count)
        if latency_ms is not None:
            rollup.latency_ms_sum += latency_ms * count
            rollup.latency_count += count


def whole_days(added: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Each day (UTC) from `added` to `until` with the number of checks it saw; the first and last are cut."""
    midnight = added.replace(hour=0, minute=0, second=0, microsecond=0)
    while midnight < until:
        yield midnight, int((min(midnight + DAY, until) - max(midnight, added)) / EVERY)
        midnight += DAY
