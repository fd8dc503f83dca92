"""The room's tasks: each is one call, and running it twice or late does no harm."""

from __future__ import annotations

from celery import shared_task

from console.jobs import purging
from console.requestlog import recorder, retention, rollup


@shared_task(name="console.requestlog.tasks.settle_lapsed")
def settle_lapsed() -> None:
    recorder.settle_lapsed()


@shared_task(name="console.requestlog.tasks.roll_up")
def roll_up() -> None:
    rollup.roll_up()


@shared_task(name="console.requestlog.tasks.purge")
def purge() -> None:
    purging.run("requests", retention.batches)
