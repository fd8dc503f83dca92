"""Jobs of the sample world: a day of syncs, half an hour of checks, and what two people asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from console.accounts.models import User
from console.config.sample_world import rows
from console.health import schedule
from console.health.checks import TASK as CHECK
from console.health.models import HealthCheck
from console.health.verdicts import Finding
from console.health.words import finding_words
from console.inventory.status import TASK as SYNC
from console.jobs.models import Job, State

READ = "Read {} deployments on {} resources; subscriptions: 4. Could not read: Finance (restricted)."
AWAY = "Azure could not be read: identity-unreachable: The identity endpoint did not answer within 10 s."


def create(
    now: datetime, checks: Sequence[HealthCheck], people: dict[str, User], read: tuple[int, int], chance: Random
) -> list[Job]:
    """Finished jobs, not yet inserted. `read` counts deployments and resources."""
    jobs = [*syncs(now, READ.format(*read), chance), *asked_for(now, people, READ.format(*read), chance)]
    jobs += [job_of(check, chance) for check in checks if check.at > now - timedelta(minutes=30)]
    return sorted(jobs, key=lambda job: job.queued_at)


def syncs(now: datetime, note: str, chance: Random) -> list[Job]:
    """Every quarter of an hour; one of them met an Entra that did not answer."""
    newest = int((now - timedelta(minutes=6)).timestamp()) // 900
    made = []
    for slot in range(newest - 95, newest + 1):
        at = datetime.fromtimestamp(slot * 900 + 3, now.tzinfo)
        job = ended(SYNC, at, chance.uniform(1.2, 4.0), chance, subject="Inventory", slot=f"900-{slot}", note=note)
        if slot == newest - 31:
            job.state, job.note, job.error = State.FAILED, "", AWAY
        made.append(job)
    return made


def asked_for(now: datetime, people: dict[str, User], note: str, chance: Random) -> list[Job]:
    ada = people["Ada Kim"]
    return [
        ended(
            SYNC, now - timedelta(hours=hours), 2.1, chance,
            subject="Inventory", cause="person", person=ada.label, person_key=ada.key, note=note,
        )
        for hours in (3.3, 27.8)
    ]  # fmt: skip


def job_of(check: HealthCheck, chance: Random) -> Job:
    """The job whose paper this check is."""
    deployment = check.deployment
    finding = Finding(check.kind, check.http_status, check.latency_ms)
    job = ended(
        CHECK, check.at - timedelta(milliseconds=150), (check.latency_ms or 5) / 1000, chance,
        subject=f"{deployment.resource.name}/{deployment.name}", subject_id=str(deployment.pk),
        slot=schedule.slot_of(deployment.pk, check.at, 300), note=finding_words(finding),
    )  # fmt: skip
    job.id = check.job_id
    return job


def ended(task: str, at: datetime, seconds: float, chance: Random, **values: str) -> Job:
    """A job that went well."""
    started = at + timedelta(seconds=chance.uniform(0.05, 0.9))
    return Job(
        id=rows.id_at(at, chance), task=task, state=State.SUCCEEDED, starts=1, queued_at=at, dispatched_at=at,
        started_at=started, finished_at=started + timedelta(seconds=seconds), **{"cause": "schedule", **values},
    )  # fmt: skip
