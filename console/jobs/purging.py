"""Retention: for how long each kind of thing is kept, and the reports of the runs that delete what is older.

A room says how its things are deleted, batch by batch; this one decides whether, until when and for how long at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from time import monotonic, sleep

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from console.accounts import audit
from console.accounts.models import User
from console.jobs.models import Keeping, Purge

# What is kept for a time, and the setting that holds unless an administrator says otherwise.
DEFAULTS = {
    "requests": "REQUEST_RETENTION_DAYS",
    "conversations": "CONVERSATION_RETENTION_DAYS",
    "attachments": "ATTACHMENT_RETENTION_DAYS",
}
# How often runs are made (config/worker.py).
EVERY = timedelta(hours=1)
# Seconds one run may take; the next one goes on. Well below the time limit of a task.
LONGEST = 120.0
# Between two batches a run rests for this share of what the last one took: whoever reads meanwhile gets the disk.
REST = 0.5
# How long reports are kept, and after which time one without an end has lost its process.
REPORTS_KEPT, LOST_AFTER = timedelta(days=90), timedelta(minutes=10)

# Deletes what is older than a moment in small transactions and yields how many things each took.
Batches = Callable[[datetime], Iterator[int]]


def default_days(what: str) -> int:
    return int(getattr(settings, DEFAULTS[what]))


def days(what: str) -> int:
    """Days for which this is kept; 0 means for ever."""
    own = Keeping.objects.filter(pk=what).values_list("days", flat=True).first()
    return default_days(what) if own is None else own


def run(what: str, batches: Batches, *, always: bool = False) -> Purge | None:
    """Delete what is too old and leave a report; None where it is kept for ever.

    `always` runs even then: there are things of this kind that nobody keeps. A fault is written down and raised.
    """
    kept = days(what)
    if not kept and not always:
        return None
    now = timezone.now()
    report = Purge.objects.create(what=what, days=kept, began_at=now)
    try:
        count(report, batches(now - timedelta(days=kept) if kept else NEVER))
    except Exception as fault:
        report.error = type(fault).__name__
        raise
    finally:
        report.finished_at = timezone.now()
        report.save()
    Purge.objects.filter(what=what, began_at__lt=now - REPORTS_KEPT).delete()
    return report


# Before everything: nothing is older.
NEVER = datetime.fromtimestamp(0, tz=timezone.get_fixed_timezone(0))


def count(report: Purge, batches: Iterator[int]) -> None:
    """Take batch after batch until nothing is left or the time is over."""
    deadline, began = monotonic() + LONGEST, monotonic()
    for gone in batches:
        report.gone += gone
        if monotonic() > deadline:
            report.rest_left = True
            return
        sleep(REST * (monotonic() - began))
        began = monotonic()


def next_run(what: str) -> datetime | None:
    """When the next run is due; None where none was ever made: it is due within one round."""
    last = Purge.objects.filter(what=what).order_by("-id").values_list("began_at", flat=True).first()
    return max(last + EVERY, timezone.now()) if last else None


def change(user: User, wanted: Mapping[str, int | None]) -> None:
    """Keep what the administrator says of each kind: days, 0 for ever, None as the environment says."""
    with transaction.atomic():
        before = {row.what: row.days for row in Keeping.objects.select_for_update()}
        changed = {what: value for what, value in wanted.items() if before.get(what) != value}
        for what, value in changed.items():
            if value is None:
                Keeping.objects.filter(pk=what).delete()
            else:
                Keeping.objects.update_or_create(pk=what, defaults={"days": value, "changed_by": user.label[:200]})
        if changed:
            audit.note(user, "retention-changed", "retention", **changed)
