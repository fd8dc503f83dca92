"""Begin, run and rescue jobs. Rooms give each job its task by name; this room never knows what a task does.

A job is claimed by a conditional UPDATE and held by a lease, so a message delivered twice, late or never does no harm.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from celery import current_app
from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from console.jobs.models import LIVE, Job, State, WorkerPulse
from console.web import logs
from console.web.text import clean

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
RENEW_EVERY = 10.0  # seconds
# A queued job whose message has not been taken for this long gets another message.
REDISPATCH_AFTER = timedelta(seconds=40)
LONG_WAIT = timedelta(minutes=10)
FLOW = timedelta(seconds=30)
MOST_STARTS = 3
# Without a heartbeat for this long the pages say that no worker answers.
SILENCE = timedelta(minutes=2)

# Who this process is in a lease; threads of one process never share a job as the claim is conditional.
OWNER = f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid4().hex[:8]}"


class Skip(Exception):
    """Raised by an act: the job is no longer wanted; its text becomes the job's note."""


class JobFailed(Exception):
    """Raised by an act that failed for a reason people should read; its text becomes the job's error."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked: `cause` is "schedule", "person" or "command"."""

    cause: str
    person: str = ""
    person_key: str = ""


def begin(task: str, *, asker: Asker, subject: str = "", subject_id: str = "", slot: str | None = None) -> Job:
    """Commit a job and send its message after the commit; a live job on the same subject is returned instead.

    With a `slot`, a second call for the same slot returns the job the first one made, whatever its state.
    """
    job = Job(
        task=task, subject=clean(subject, 200), subject_id=subject_id, slot=slot, queued_at=timezone.now(),
        cause=asker.cause, person=clean(asker.person, 200), person_key=asker.person_key,
    )  # fmt: skip
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        same = Q(state__in=LIVE) | (Q(slot=slot) if slot else Q(pk=None))
        standing = Job.objects.filter(same, task=task, subject_id=subject_id).order_by("-queued_at").first()
        return standing or begin(task, asker=asker, subject=subject, subject_id=subject_id, slot=slot)
    transaction.on_commit(partial(dispatch, job.pk, task))
    return job


def dispatch(pk: UUID, task: str) -> None:
    """Tell a worker that the job waits. A broker that is away is no error: the sweeper tells again."""
    try:
        current_app.send_task(task, args=[str(pk)], retry=False)
    except (BrokerAway, OSError) as error:
        log.warning("job %s waits: the broker did not take its message (%s)", pk, type(error).__name__)
        return
    Job.objects.filter(pk=pk).update(dispatched_at=timezone.now())


def run(job_id: str, act: Callable[[Job], str]) -> None:
    """Run one job's `act` if it is still to be run; the act's sentence becomes the job's note.

    A second worker with the same job does nothing. An act that raises ends the job as failed; the worker lives on.
    """
    job = claim(UUID(job_id))
    if job is None:
        return
    token = logs.current.set(job.pk.hex)
    try:
        with kept_alive(job):
            note = act(job)
        settle(job, State.SUCCEEDED, note=note)
    except Skip as skip:
        settle(job, State.SKIPPED, note=str(skip))
    except JobFailed as failed:
        settle(job, State.FAILED, error=str(failed))
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.task)
        settle(job, State.FAILED, error=f"{type(error).__name__}: {logs.safe(str(error))}")
    finally:
        logs.current.reset(token)


def claim(pk: UUID) -> Job | None:
    """Take a queued job, or one whose lease has run out; None when somebody else has it or it has ended."""
    now = timezone.now()
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=now)
    taken = Job.objects.filter(free, pk=pk, starts__lt=MOST_STARTS).update(
        state=State.RUNNING, owner=OWNER, lease_until=now + LEASE, started_at=now, starts=F("starts") + 1
    )
    return Job.objects.get(pk=pk) if taken else None


def settle(job: Job, state: State, *, note: str = "", error: str = "") -> bool:
    """End the job; False when the lease was lost meanwhile and another worker owns it now."""
    mine = Job.objects.filter(pk=job.pk, owner=job.owner, state=State.RUNNING, starts=job.starts)
    return bool(mine.update(state=state, finished_at=timezone.now(), note=clean(note, 500), error=clean(error, 1000)))


def report(job: Job, done: int, total: int, note: str = "") -> None:
    """Say how far a running job is; pages draw the bar from it."""
    Job.objects.filter(pk=job.pk, owner=job.owner).update(done=done, total=total, note=clean(note, 500))


@contextmanager
def kept_alive(job: Job) -> Iterator[None]:
    """Renew the job's lease from a side thread for as long as the block runs."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEW_EVERY):
            mine = Job.objects.filter(pk=job.pk, owner=job.owner, state=State.RUNNING)
            mine.update(lease_until=timezone.now() + LEASE)
            close_old_connections()

    side = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
    side.start()
    try:
        yield
    finally:
        over.set()
        side.join()


def sweep() -> int:
    """Send messages again for jobs that wait too long or whose worker died; give up on those that kill workers.

    Returns how many were sent. Runs from beat and at each worker's start; running it twice does no harm.
    """
    now = timezone.now()
    dead = Q(state=State.RUNNING, lease_until__lt=now)
    Job.objects.filter(dead, starts__gte=MOST_STARTS).update(
        state=State.LOST, finished_at=now, error="The worker stopped three times while it ran this."
    )
    # While work flows a queued job just waits its turn; only when nothing starts were its messages lost.
    flowing = Job.objects.filter(started_at__gt=now - FLOW).exists()
    untold = Q(dispatched_at=None, queued_at__lt=now - timedelta(seconds=5))
    forgotten = Q(dispatched_at__lt=now - (LONG_WAIT if flowing else REDISPATCH_AFTER))
    waiting = Job.objects.filter(dead | Q(state=State.QUEUED) & (untold | forgotten))
    sent = 0
    for pk, task in waiting.order_by("queued_at").values_list("pk", "task")[:500]:
        dispatch(pk, task)
        sent += 1
    return sent


def beat() -> None:
    """A worker is alive and consumes: the heartbeat task calls this."""
    WorkerPulse.objects.update_or_create(name="worker", defaults={"seen_at": timezone.now()})


def last_beat() -> datetime | None:
    """When a worker last ran the heartbeat task."""
    return WorkerPulse.objects.filter(name="worker").values_list("seen_at", flat=True).first()


def purge(before: datetime, *, batch: int = 500) -> int:
    """Delete jobs that ended before `before`, in small batches; returns how many."""
    gone = 0
    while True:
        keys = list(Job.objects.filter(finished_at__lt=before).order_by("finished_at").values_list("pk")[:batch])
        if not keys:
            return gone
        gone += Job.objects.filter(pk__in=[key for (key,) in keys]).delete()[0]
