"""What is so right now: the state of each deployment, the check that waits or runs, and which rows a page follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from console.health.checks import TASK, TASK_ALL
from console.health.models import DeploymentHealth
from console.health.words import Words, reason
from console.inventory.models import Deployment
from console.inventory.words import Badge, health_badge
from console.jobs.line import Line, line
from console.jobs.models import LIVE, Job, State


@dataclass(frozen=True, slots=True)
class Present:
    """What changes in a row while one looks at it. `job` waits or runs; `waits` is its place in line."""

    id: UUID
    badge: Badge
    reason: Words
    latency_ms: int | None
    checked_at: datetime | None
    last_good: datetime | None
    job: Job | None = None
    waits: str = ""


def presents(deployments: Collection[Deployment]) -> list[Present]:
    """The present of each deployment, in their order."""
    jobs = live_jobs(deployment.pk for deployment in deployments)
    in_line = line() if any(job.state == State.QUEUED for job in jobs.values()) else Line({}, None)
    return [present(deployment, jobs.get(str(deployment.pk)), in_line) for deployment in deployments]


def live_jobs(keys: Iterable[UUID]) -> dict[str, Job]:
    """Checks that wait or run, by deployment."""
    jobs = Job.objects.filter(task=TASK, state__in=LIVE, subject_id__in=[str(key) for key in keys])
    return {job.subject_id: job for job in jobs}


def present(deployment: Deployment, job: Job | None, in_line: Line) -> Present:
    state: DeploymentHealth | None = getattr(deployment, "state_of_health", None)
    return Present(
        id=deployment.pk,
        badge=health_badge(deployment.health_shown),
        reason=reason(state.rung, state.kind) if state else "",
        latency_ms=state.latency_ms if state and state.http_status == 200 else None,
        checked_at=state.checked_at if state else None,
        last_good=state.last_good if state else None,
        job=job,
        waits=in_line.words(job) if job and job.state == State.QUEUED else "",
    )


@dataclass(frozen=True, slots=True)
class Pulse:
    """The rows of a page that are still to change: `watched` asks again, for as long as there are any."""

    watched: Collection[UUID]
    presents: Collection[Present]

    @property
    def ids(self) -> str:
        return ",".join(map(str, self.watched))


def pulse(presents: Collection[Present]) -> Pulse:
    """Which of these rows to follow: those with a live check; all while a check of everything is being begun."""
    everything = Job.objects.filter(task=TASK_ALL, state__in=LIVE).exists()
    return Pulse([present.id for present in presents if present.job or everything], presents)


def watched_ids(text: str, most: int) -> list[UUID]:
    """The ids a page sends along, at most `most`; what is no id is left out."""
    ids = (id_in(part) for part in text[: most * 40].split(","))
    return [pk for pk in ids if pk][:most]


def id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
