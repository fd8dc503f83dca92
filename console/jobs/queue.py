"""Begin, run and rescue jobs. Rooms give each job its task by name; this room never knows what a task does.

A job is claimed by a conditional UPDATE and held by a lease, so a message delivered twice, late or never does no harm.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from celery import current_app
from django.db import (
    Error,
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
    transaction,
)
from django.db.models import F, Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from console.jobs.models import LIVE, Job, State, WorkerPulse
from console.web import logs
from console.web.text import clean

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=45)
RENEW_EVERY = 10.0  # seconds
# A job that has run for this long hangs: its lease is no longer renewed, so that another worker may take it over.
LONGEST = timedelta(minutes=15)
# A queued job whose message has not been taken for this long, while nothing starts, gets another message.
REDISPATCH_AFTER = timedelta(seconds=40)
# So does one whose message was overtaken: brokers hand messages out in order, give or take this long.
OVERTAKEN_BY = timedelta(seconds=15)
FLOW = timedelta(seconds=30)
MOST_STARTS = 3
# Seconds between the tries to write how a job ended while the database is away.
SETTLE_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
# Without a heartbeat for this long the pages say that no worker answers.
SILENCE = timedelta(minutes=2)

# Who this process is in a lease; two starts of a job by one process differ in `starts`.
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


@dataclass(frozen=True, slots=True)
class Subject:
    """What one of many jobs is to work on; `slot` as in `begin`."""

    id: str
    name: str
    slot: str | None = None


def begin(task: str, *, asker: Asker, subject: str = "", subject_id: str = "", slot: str | None = None) -> Job:
    """Commit a job and send its message after the commit; a live job on the same subject is returned instead.

    With a `slot`, a second call for the same slot returns the job the first one made, whatever its state.
    """
    wanted = Subject(subject_id, subject, slot)
    for chance in range(1, 6):
        job = new_job(task, wanted, asker)
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            standing = in_the_way(task, wanted)
            if standing is not None:
                return standing
            if chance == 5:  # it did not just end between the two statements: something else is wrong
                raise
        else:
            break
    transaction.on_commit(partial(dispatch, job.pk, task))
    return job


def begin_many(task: str, subjects: Sequence[Subject], *, asker: Asker) -> int:
    """Commit a job for each subject that has none for its slot and none alive; returns how many were made.

    For workers: it sends one message a job before it returns. Messages that are not sent are the sweeper's.
    """
    jobs = [new_job(task, subject, asker) for subject in subjects]
    made: list[UUID] = []
    for start in range(0, len(jobs), 500):
        batch = jobs[start : start + 500]
        Job.objects.bulk_create(batch, ignore_conflicts=True)
        made += Job.objects.filter(pk__in=[job.pk for job in batch]).order_by("pk").values_list("pk", flat=True)
    for pk in made:
        if not dispatch(pk, task):
            break
    return len(made)


def new_job(task: str, subject: Subject, asker: Asker) -> Job:
    return Job(
        task=task, subject=clean(subject.name, 200), subject_id=subject.id, slot=subject.slot,
        queued_at=timezone.now(), cause=asker.cause, person=clean(asker.person, 200), person_key=asker.person_key,
    )  # fmt: skip


def in_the_way(task: str, wanted: Subject) -> Job | None:
    """The job that keeps a new one from being made: the slot's own, else the live one on the same subject."""
    same = Job.objects.filter(task=task, subject_id=wanted.id)
    of_the_slot = same.filter(slot=wanted.slot).first() if wanted.slot else None
    return of_the_slot or same.filter(state__in=LIVE).first()


def dispatch(pk: UUID, task: str) -> bool:
    """Tell a worker that the job waits. A broker that is away is no error: the sweeper tells again."""
    try:
        current_app.send_task(task, args=[str(pk)], retry=False)
    except (BrokerAway, OSError) as error:
        log.warning("job %s waits: the broker did not take its message (%s)", pk, type(error).__name__)
        return False
    Job.objects.filter(pk=pk).update(dispatched_at=timezone.now())
    return True


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
            settle_surely(job, outcome_of(job, act))
    finally:
        logs.current.reset(token)


def claim(pk: UUID) -> Job | None:
    """Take a queued job, or one whose lease has run out; None when somebody else has it or it has ended.

    Leases are measured by the database's clock alone: a worker whose own clock jumps takes nobody's job away.
    """
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=Now())
    taken = Job.objects.filter(free, pk=pk, starts__lt=MOST_STARTS).update(
        state=State.RUNNING, owner=OWNER, lease_until=Now() + LEASE, started_at=timezone.now(),
        starts=F("starts") + 1, done=0, total=0, note="",
    )  # fmt: skip
    return Job.objects.get(pk=pk) if taken else None


def held(job: Job) -> QuerySet[Job]:
    """The job's row if this very start of it still holds it, else nothing: what a zombie writes lands nowhere."""
    return Job.objects.filter(pk=job.pk, owner=job.owner, starts=job.starts, state=State.RUNNING)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: `note` for what it found, `error` for why it failed."""

    state: State
    note: str = ""
    error: str = ""


def outcome_of(job: Job, act: Callable[[Job], str]) -> Ending:
    try:
        return Ending(State.SUCCEEDED, note=act(job))
    except Skip as skip:
        return Ending(State.SKIPPED, note=str(skip))
    except JobFailed as failed:
        return Ending(State.FAILED, error=str(failed))
    except Exception as error:
        log.exception("job %s (%s) failed", job.pk, job.task)
        return Ending(State.FAILED, error=f"{type(error).__name__}: {logs.safe(str(error))}")


def settle_surely(job: Job, ending: Ending) -> None:
    """End the job, trying again while the database is away; if it stays away, the lease lets another worker try."""
    for pause in SETTLE_PAUSES:
        try:
            settle(job, ending.state, note=ending.note, error=ending.error)
        except (OperationalError, InterfaceError) as fault:
            log.warning("job %s: its end is not written yet (%s)", job.pk, type(fault).__name__)
            close_old_connections()
            time.sleep(pause)
        else:
            return
    settle(job, ending.state, note=ending.note, error=ending.error)


def settle(job: Job, state: State, *, note: str = "", error: str = "") -> bool:
    """End the job; False when the lease was lost meanwhile and another worker owns it now."""
    values = {"state": state, "finished_at": timezone.now(), "note": clean(note, 500), "error": clean(error, 1000)}
    ended = bool(held(job).update(**values))
    if not ended:
        log.warning("job %s: this worker was too late, another one has it", job.pk)
    return ended


def report(job: Job, done: int, total: int, note: str = "") -> bool:
    """Say how far a running job is; pages draw the bar from it. False when another worker has taken the job over."""
    return bool(held(job).update(done=done, total=total, note=clean(note, 500)))


@contextmanager
def kept_alive(job: Job) -> Iterator[None]:
    """Renew the job's lease from a side thread for as long as the block runs, but not for ever."""
    over = threading.Event()
    side = threading.Thread(target=renew, args=(job, over), name=f"lease-{job.pk}", daemon=True)
    side.start()
    try:
        yield
    finally:
        over.set()
        side.join()


def renew(job: Job, over: threading.Event) -> None:
    """Until `over`: move the lease on. A database that is away for a moment costs a round, not the lease."""
    hangs_at = time.monotonic() + LONGEST.total_seconds()
    try:
        while not over.wait(RENEW_EVERY):
            if time.monotonic() > hangs_at:
                log.error("job %s (%s) hangs: it is given up to other workers", job.pk, job.task)
                return
            try:
                held(job).update(lease_until=Now() + LEASE)
            except Error as fault:
                log.warning("job %s: its lease was not renewed (%s)", job.pk, type(fault).__name__)
            close_old_connections()
    finally:
        connections.close_all()


def sweep() -> int:
    """Send messages again for jobs that wait too long or whose worker died; give up on those that kill workers.

    Returns how many were sent. Runs from beat and at each worker's start; running it twice does no harm.
    """
    dead = Q(state=State.RUNNING, lease_until__lt=Now())
    Job.objects.filter(dead, starts__gte=MOST_STARTS).update(
        state=State.LOST, finished_at=timezone.now(), error="The worker stopped three times while it ran this."
    )
    waiting = Job.objects.filter(dead | forgotten(timezone.now())).order_by("pk")
    sent = 0
    for pk, task in waiting.values_list("pk", "task")[:500]:
        if not dispatch(pk, task):
            break  # the broker is away: the next sweep tries again
        sent += 1
    return sent


def forgotten(now: datetime) -> Q:
    """Queued jobs whose message is lost.

    While work flows a queued job just waits its turn, unless jobs told well after it have started before it.
    """
    started = Job.objects.filter(started_at__gt=now - FLOW)
    front = started.aggregate(front=Max("dispatched_at"))["front"]
    untold = Q(dispatched_at=None, queued_at__lt=now - timedelta(seconds=5))
    patience = now - REDISPATCH_AFTER if front is None else front - OVERTAKEN_BY
    return Q(state=State.QUEUED) & (untold | Q(dispatched_at__lt=patience))


def beat() -> None:
    """A worker is alive and consumes: the heartbeat task calls this."""
    WorkerPulse.objects.update_or_create(name="worker", defaults={"seen_at": timezone.now()})


def last_beat() -> datetime | None:
    """When a worker last ran the heartbeat task."""
    return WorkerPulse.objects.filter(name="worker").values_list("seen_at", flat=True).first()


def purge(before: datetime, *, routine_only: bool = False, batch: int = 500) -> int:
    """Delete jobs that ended before `before`, in small batches; returns how many.

    `routine_only` takes only what the schedule asked for and what went well: many rows that nobody looks for.
    """
    ended = Job.objects.filter(finished_at__lt=before)
    if routine_only:
        ended = ended.filter(cause="schedule", state__in=(State.SUCCEEDED, State.SKIPPED))
    gone = 0
    while keys := list(ended.order_by("finished_at").values_list("pk", flat=True)[:batch]):
        gone += Job.objects.filter(pk__in=keys).delete()[0]
    return gone
