"""Health checks for tests, written by the room's own writer."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from console.health import settling
from console.health.models import HealthCheck
from console.health.verdicts import Finding
from console.inventory.models import Deployment
from console.jobs.models import State
from console.web.ids import new_id
from tests.factories_jobs import make_job

WELL = Finding("", 200, 412, "req_011CSHoEeqs5C35K2UUqR7Fy", "3c0d1e9a-0000-4000-8000-00000000beef")
ILL = Finding("server-error", 500, 90, "req_011CSHoEeqs5C35K2UUqBAD1", "3c0d1e9a-0000-4000-8000-00000000dead")
THROTTLED = Finding("rate-limited", 429, 30, "", "3c0d1e9a-0000-4000-8000-00000000cafe")
SLOW = Finding("slow", 200, 6100)
NO_IDENTITY = Finding("identity-missing")


def make_check(
    deployment: Deployment, finding: Finding = WELL, *, ago: float = 0, at: datetime | None = None, person: str = ""
) -> HealthCheck:
    """A check that was made `ago` seconds before now, with everything that follows from it."""
    at = at or timezone.now() - timedelta(seconds=ago)
    job = make_job(
        State.SUCCEEDED, subject_id=str(deployment.pk), cause="person" if person else "schedule", person=person
    )
    check = settling.paper(job, deployment, new_id(), at, finding)
    with transaction.atomic():
        settling.record(check)
    return check


def make_history(deployment: Deployment, *findings: Finding, every: float = 300, ago: float = 0) -> list[HealthCheck]:
    """Checks in order, the newest of them `ago` seconds old, each `every` seconds after the one before."""
    last = len(findings) - 1
    return [make_check(deployment, one, ago=ago + (last - at) * every) for at, one in enumerate(findings)]


def a_record() -> Finding:
    """Well, with a row in the request log that nobody can open."""
    return Finding("", 200, 412, "req_1", "apim-1", uuid4())
