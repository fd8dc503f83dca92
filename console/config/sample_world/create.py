"""A lived-in console for the demo: a month of requests, six weeks of health, conversations, prompts, jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from console.accounts.models import User
from console.config.sample_world import (
    beside,
    checks,
    estate,
    people,
    programs,
    prompts,
    rows,
    sums,
    talks,
    traffic,
    troubles,
    work,
)
from console.config.sample_world.texts import LATER_TALKS
from console.inventory.models import Deployment, Resource
from console.requestlog.models import RequestRecord

SEED = 20261122


def is_fresh() -> bool:
    """Nothing was ever listed, called or said here."""
    return not any(model.objects.exists() for model in (Resource, RequestRecord, User))


def create(now: datetime | None = None) -> None:
    """Write the sample world, all of it or nothing; everything lies relative to `now` and is the same for the same."""
    with transaction.atomic():
        write(now or timezone.now(), Random(SEED))  # noqa: S311 - sample data, the same each time


def write(now: datetime, chance: Random) -> None:
    deployments = estate.create(now)
    everybody = people.create(now, chance)
    bad_times = troubles.before(now)
    health = checks.create(now, deployments, bad_times, chance)
    said = talks.create(now, everybody, deployments, chance)
    # With its own source of chance, so that everything else stays as it was.
    program, reports = programs.create(now, deployments, Random(SEED))  # noqa: S311 - sample data
    traffic_of_people = traffic.create(now, everybody, deployments, bad_times, chance)
    also = Random(SEED + 1)  # noqa: S311 - likewise
    compared = beside.create(now, everybody, deployments, also)
    talked = said + talks.create(now, everybody, deployments, also, LATER_TALKS) + compared.said
    requests = [*traffic_of_people, *health.records, *talked.records, *reports]
    requests.sort(key=lambda record: record.started_at)
    batches: tuple[Sequence[Model], ...] = (
        [program],
        requests,
        sums.create(requests),
        talked.conversations,
        talked.exchanges,
        *compared.batches(),
        health.checks,
        health.rollups,
        health.states,
        health.incidents,
    )
    for batch in batches:
        rows.insert(batch)
    read = len(deployments), Resource.objects.count()
    rows.insert([*work.create(now, health.checks, everybody, read, chance), *compared.jobs])
    Deployment.objects.bulk_update(deployments, ["health", "health_at"])
    for kept in prompts.create(now, everybody, chance):
        rows.insert(kept)
    sums.note_progress(now)
