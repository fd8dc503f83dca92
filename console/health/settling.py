"""Writes down what a check found: its paper, the deployment's state, its day and hour, and incidents. The only writer.

Everything of one check is one transaction. Checks may settle late and out of order: the newest one makes the state.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from console.health.models import DeploymentHealth, HealthCheck, Incident, Rollup, Span, Verdict
from console.health.verdicts import Finding
from console.inventory.models import Deployment
from console.jobs import queue
from console.jobs.models import Job

# Equal results in a row that open and close an incident, so that a single blip is none.
IN_A_ROW = 2


def settle(job: Job, deployment: Deployment, check_id: UUID, at: datetime, finding: Finding) -> bool:
    """Keep the finding; False when this worker lost its job to another meanwhile, which will tell instead."""
    with transaction.atomic():
        if queue.held(job).select_for_update().first() is None:
            return False
        check = paper(job, deployment, check_id, at, finding)
        if not HealthCheck.objects.filter(job_id=job.pk).exists():
            record(check)
    return True


def paper(job: Job, deployment: Deployment, check_id: UUID, at: datetime, finding: Finding) -> HealthCheck:
    return HealthCheck(
        id=check_id, deployment=deployment, job_id=job.pk, cause=job.cause, person=job.person, at=at,
        verdict=finding.verdict, rung=finding.rung or "", kind=finding.kind, http_status=finding.http_status,
        latency_ms=finding.latency_ms, request_id=finding.request_id, apim_request_id=finding.apim_request_id,
        record_id=finding.record_id,
    )  # fmt: skip


def record(check: HealthCheck) -> None:
    """Save one check and everything that follows from it; inside a transaction."""
    DeploymentHealth.objects.get_or_create(deployment_id=check.deployment_id)
    # From here to the commit nobody else writes about this deployment.
    state = DeploymentHealth.objects.select_for_update().get(deployment_id=check.deployment_id)
    check.save(force_insert=True)
    count(check)
    if state.checked_at is not None and check.at <= state.checked_at:
        return  # late: it belongs to the history alone
    turn(state, check)
    state.save()
    follow(state, check)
    check.deployment.note_health(check.verdict, check.at)


def count(check: HealthCheck) -> None:
    """Add the check to its hour and its day."""
    hour = check.at.replace(minute=0, second=0, microsecond=0)
    # How quickly it refuses says nothing about how quickly it answers.
    measured = int(check.latency_ms is not None and check.http_status == 200)
    values = {check.verdict: 1, "latency_ms_sum": (check.latency_ms or 0) * measured, "latency_count": measured}
    for span, start in ((Span.HOUR, hour), (Span.DAY, hour.replace(hour=0))):
        rollup, fresh = Rollup.objects.get_or_create(
            deployment_id=check.deployment_id, span=span, start=start, defaults=values
        )
        if not fresh:
            Rollup.objects.filter(pk=rollup.pk).update(**{name: F(name) + value for name, value in values.items()})


def turn(state: DeploymentHealth, check: HealthCheck) -> None:
    """Bring the state up to a newer check."""
    if state.checked_at is None or state.verdict != check.verdict:
        state.since = check.at
    state.verdict, state.rung, state.kind = check.verdict, check.rung, check.kind
    state.http_status, state.latency_ms, state.checked_at = check.http_status, check.latency_ms, check.at
    if check.verdict == Verdict.WELL:
        state.last_good = check.at
    if check.verdict == Verdict.ILL:
        state.turned_at = state.turned_at if state.bad_in_a_row else check.at
        state.bad_in_a_row, state.good_in_a_row = state.bad_in_a_row + 1, 0
    elif check.verdict != Verdict.UNKNOWN:  # what could not be asked says nothing about answering
        state.turned_at = state.turned_at if state.good_in_a_row else check.at
        state.bad_in_a_row, state.good_in_a_row = 0, state.good_in_a_row + 1


def follow(state: DeploymentHealth, check: HealthCheck) -> None:
    """Open, count on or close the incident, by the rule of two.

    Throttled or slow is no incident, and ends one: it answers. Both times are those of the first check of the two.
    """
    if check.verdict == Verdict.UNKNOWN:
        return
    still_open = Incident.objects.filter(deployment_id=state.pk, closed_at=None)
    if check.verdict == Verdict.ILL:
        if not still_open.update(checks=F("checks") + 1) and state.bad_in_a_row >= IN_A_ROW:
            open_incident(state, check)
    elif state.good_in_a_row >= IN_A_ROW:
        still_open.update(closed_at=state.turned_at)


def open_incident(state: DeploymentHealth, check: HealthCheck) -> None:
    Incident.objects.create(
        deployment_id=state.pk, opened_at=state.turned_at or check.at, checks=state.bad_in_a_row, rung=check.rung,
        kind=check.kind, request_id=check.request_id, apim_request_id=check.apim_request_id,
        record_id=check.record_id,
    )  # fmt: skip
