"""Jobs for tests, in any state."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from django.utils import timezone

from console.jobs import queue
from console.jobs.models import Job, State

CHECK = "console.health.tasks.check"
_numbers = count(1)


def make_job(
    state: str = State.QUEUED,
    *,
    ago: float = 0,
    task: str = CHECK,
    subject: str = "",
    subject_id: str = "",
    **row: object,
) -> Job:
    """A job that was queued and told `ago` seconds before now, and since then got as far as `state` says."""
    then = timezone.now() - timedelta(seconds=ago)
    number = next(_numbers)
    values: dict[str, object] = {
        "subject": subject or f"contoso/claude-{number}",
        "subject_id": subject_id or f"subject-{number}",
        "cause": "person",
        "queued_at": then,
        "dispatched_at": then,
    }
    return Job.objects.create(task=task, state=state, **values | _got_as_far_as(state, then) | row)


def _got_as_far_as(state: str, then: datetime) -> dict[str, object]:
    if state == State.QUEUED:
        return {}
    started = {"started_at": then + timedelta(seconds=1), "starts": 1, "owner": queue.OWNER}
    if state == State.RUNNING:
        return started | {"lease_until": timezone.now() + queue.LEASE}
    return started | {"finished_at": then + timedelta(seconds=3)}


def lapse(job: Job) -> None:
    """Let the lease of a running job be over, as after the death of its worker."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
