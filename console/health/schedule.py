"""The scheduled checks: which deployments are due now, spread over the interval; and what is too old to keep.

A deployment's checks stand in slots of one interval, each deployment's shifted by a fixed share of it. A slot has one
job, however many beats there are; slots that were missed are not made up for.
"""

from __future__ import annotations

import math
import zlib
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from console.health.checks import TASK, subject_of
from console.health.models import HealthCheck, Rollup, Span
from console.inventory.models import Deployment
from console.jobs import queue
from console.jobs.models import LIVE, Job
from console.jobs.queue import Asker, Subject

# Seconds between two calls of `run`: the line "health" of the beat table in config/worker.py.
BEAT = 30
# Few enough to begin all at once; where there are more, a beat takes only its share (twice, to catch up).
HANDFUL = 25
# The strip on the pages shows 90 days; sparklines show one.
KEEP_CHECKS = timedelta(days=90)
KEEP = {Span.DAY: timedelta(days=400), Span.HOUR: timedelta(days=8)}
# Rows that one beat deletes at most: little enough never to be noticed, often enough to keep up.
PURGE_BATCH = 500


def run() -> int:
    """Begin the checks that are due; returns how many."""
    interval = settings.HEALTH_INTERVAL
    if not interval:
        return 0
    return queue.begin_many(TASK, due(timezone.now(), interval), asker=Asker("schedule"))


def due(now: datetime, interval: int) -> list[Subject]:
    """The deployments whose present slot has no job yet, those that have waited longest first."""
    found = Deployment.objects.live().claude().order_by(F("health_at").asc(nulls_first=True), "pk")
    subjects = [
        subject_of(pk, resource, name, slot_of(pk, now, interval))
        for pk, resource, name in found.values_list("pk", "resource__name", "name")
    ]
    taken = slots_taken(now, interval)
    alive = set(Job.objects.filter(task=TASK, state__in=LIVE).values_list("subject_id", flat=True))
    free = (one for one in subjects if one.id not in alive and (one.id, one.slot) not in taken)
    return list(islice(free, share(len(subjects), interval)))


def slot_of(pk: UUID, now: datetime, interval: int) -> str:
    """The slot a deployment is in: the number of its intervals since 1970."""
    shift = zlib.crc32(pk.bytes) % interval
    return str(int(now.timestamp() - shift) // interval)


def slots_taken(now: datetime, interval: int) -> set[tuple[str, str | None]]:
    """Subjects and slots that have a job already. A shift is less than an interval: two slots can be present."""
    newest = int(now.timestamp()) // interval
    jobs = Job.objects.filter(task=TASK, slot__in=[str(newest), str(newest - 1)])
    return set(jobs.values_list("subject_id", "slot"))


def share(count: int, interval: int) -> int:
    """How many checks one beat begins, so that after a pause thousands do not fire at once."""
    return max(HANDFUL, math.ceil(2 * count * BEAT / interval))


def purge() -> int:
    """Delete a small batch of what is too old; returns how many rows. Called at every beat."""
    now = timezone.now()
    gone = delete(HealthCheck.objects.filter(at__lt=now - KEEP_CHECKS).order_by("at"))
    for span, age in KEEP.items():
        gone += delete(Rollup.objects.filter(span=span, start__lt=now - age).order_by("start"))
    return gone


def delete(rows: QuerySet[HealthCheck] | QuerySet[Rollup]) -> int:
    keys: list[Any] = list(rows.values_list("pk", flat=True)[:PURGE_BATCH])
    return rows.model._default_manager.filter(pk__in=keys).delete()[0] if keys else 0
