"""The page of one deployment: its state in a sentence, the ladder, what to do, and what has been."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.health.checks import TASK
from console.health.history import (
    DayCount,
    HourCount,
    answered_share,
    days_of,
    hours_of,
    latency_by_quarter,
    strip_days,
)
from console.health.models import DeploymentHealth, HealthCheck, Incident, Verdict
from console.health.present import Present, present
from console.health.words import OWN_CARDS, Words, incident_words, ladder, problem_of, reason
from console.inventory.models import Deployment
from console.inventory.words import Badge, health_badge
from console.jobs.line import Line, line
from console.jobs.models import Job, State
from console.requestlog.diagnosis import explain_record
from console.requestlog.models import RequestRecord
from console.web import charts
from console.web.charts import Series
from console.web.paging import Page, page
from console.web.problems import Problem
from console.web.templatetags.console_tags import milliseconds

CHECKS = 20  # a page of them
MOST_INCIDENTS = 10


@dataclass(frozen=True, slots=True)
class CheckRow:
    check: HealthCheck
    badge: Badge
    reason: Words


@dataclass(frozen=True, slots=True)
class IncidentRow:
    incident: Incident
    reason: str
    lasted_ms: float


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    """Everything below the head of the page. `answered` is in percent, None when no check could tell."""

    state: DeploymentHealth | None
    ladder: SafeString | None
    problem: Problem | None
    strip: SafeString
    days: list[DayCount]
    answered: float | None
    latency: SafeString
    hours: list[HourCount]
    incidents: list[IncidentRow]
    page: Page[HealthCheck]
    checks: list[CheckRow]


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of the page says. `failed` is the newest job if the check itself could not be made."""

    present: Present
    failed: Job | None
    state: DeploymentHealth | None

    @property
    def is_stale(self) -> bool:
        return self.state is not None and self.state.is_stale


def head(deployment: Deployment) -> Head:
    """The state, and the check that waits, runs or failed."""
    newest = Job.objects.filter(subject_id=str(deployment.pk), task=TASK).order_by("-pk").first()
    alive = newest if newest and newest.is_live else None
    in_line = line() if alive and alive.state == State.QUEUED else Line({}, None)
    failed = newest if newest and newest.state in (State.FAILED, State.LOST) else None
    return Head(present(deployment, alive, in_line), failed, getattr(deployment, "state_of_health", None))


def result(now: Present) -> str:
    """What a check that has just ended found: "Checked: well, 412 ms"."""
    measured = milliseconds(now.latency_ms) if now.latency_ms is not None else ""
    said = [str(now.badge.word).lower(), str(now.reason), measured]
    return _("Checked: %(found)s") % {"found": ", ".join(filter(None, said))}


def deployment_page(deployment: Deployment, now: datetime, cursor: str) -> DeploymentPage:
    state: DeploymentHealth | None = getattr(deployment, "state_of_health", None)
    newest = HealthCheck.objects.filter(deployment=deployment).order_by("-at", "-id").first() if state else None
    days = days_of([deployment.pk], now)[deployment.pk]
    checks = page(HealthCheck.objects.filter(deployment=deployment), order=("-at", "-id"), cursor=cursor, size=CHECKS)
    return DeploymentPage(
        state=state,
        ladder=drawn_ladder(state, newest) if state and newest else None,
        problem=problem(newest) if newest else None,
        strip=charts.strip(strip_days(days), title=_("Last 90 days")),
        days=[day for day in reversed(days) if day.checks],
        answered=answered_share(days),
        latency=latency_chart(deployment.pk, now),
        hours=hours_of(deployment.pk, now),
        incidents=incidents(deployment, now),
        page=checks,
        checks=[CheckRow(check, health_badge(check.verdict), reason(check.rung, check.kind)) for check in checks.rows],
    )


def drawn_ladder(state: DeploymentHealth, newest: HealthCheck) -> SafeString:
    return charts.progress_path(ladder(state, called=newest.record_id is not None), title=_("How far the check got"))


def problem(check: HealthCheck) -> Problem | None:
    """The card that explains a check that did not go well, with all the request log knows; None for a good one."""
    if check.verdict == Verdict.WELL:
        return None
    record = RequestRecord.objects.filter(pk=check.record_id).first() if check.record_id else None
    explained = explain_record(record) if record and check.kind not in OWN_CARDS else None
    if explained is not None:
        return replace(explained, may_bill_again=False)
    return problem_of(
        check.kind, status=check.http_status, request_id=check.request_id, apim_request_id=check.apim_request_id
    )


def latency_chart(deployment: UUID, now: datetime) -> SafeString:
    quarters = latency_by_quarter(deployment, now)
    labels = [date_format(quarter, "H:i") for quarter in quarters]
    series = Series(_("Latency"), list(quarters.values()))
    return charts.lines(labels, [series], title=_("Last 24 hours (UTC)"), say=milliseconds)


def incidents(deployment: Deployment, now: datetime) -> list[IncidentRow]:
    newest = Incident.objects.filter(deployment=deployment).order_by("-opened_at", "-id")[:MOST_INCIDENTS]
    return [IncidentRow(incident, incident_words(incident), incident.lasted_ms(now)) for incident in newest]


# An incident opens with the first bad check; what failed shortly before it belongs to it.
BEFORE_OPENING = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Then:
    """A deployment and the incident that was open on it at some time; None where there was none."""

    deployment: Deployment
    incident: Incident | None
    reason: str = ""
    lasted_ms: float = 0


def then(resource: str, deployment: str, at: datetime, now: datetime) -> Then | None:
    """What health knows of `at`, for the log's page of a request; None for a deployment it does not know."""
    found = Deployment.objects.filter(name=deployment, resource__name=resource).only("name").first()
    if found is None:
        return None
    opened = Incident.objects.filter(deployment=found, opened_at__lte=at + BEFORE_OPENING)
    incident = opened.filter(Q(closed_at=None) | Q(closed_at__gte=at)).order_by("-opened_at", "-id").first()
    if incident is None:
        return Then(found, None)
    return Then(found, incident, incident_words(incident), incident.lasted_ms(now))
