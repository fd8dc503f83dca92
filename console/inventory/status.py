"""How fresh the inventory is: the newest syncs, and the subscriptions the last one could not read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from console.inventory.models import Subscription
from console.inventory.words import REMARKS, Words, fault_sentence
from console.jobs.models import Job, State

TASK = "console.inventory.tasks.sync"
# A row each 15 minutes: far enough back to find the last good one behind a few failures.
NEWEST = 10
MOST_SUBSCRIPTIONS = 1000


@dataclass(frozen=True, slots=True)
class Unread:
    """A subscription the last sync could not read: why in words, and Azure's own sentence in `detail`."""

    name: str
    sentence: Words
    detail: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What the page says about syncs. `live` runs or waits; `failed` is the newest one if it failed."""

    live: Job | None
    failed: Job | None
    last: Job | None
    as_of: datetime | None
    subscriptions: list[Subscription]

    @property
    def is_stale(self) -> bool:
        """Older than two sync intervals, or than an hour where no schedule runs."""
        age = timedelta(seconds=2 * settings.SYNC_INTERVAL or 3600)
        return self.as_of is not None and timezone.now() - self.as_of > age

    @property
    def unread(self) -> list[Unread]:
        """What is shown of these may be old."""
        return [
            Unread(each.name or each.subscription_id, fault_sentence(each.fault_kind), each.fault, each.synced_at)
            for each in self.subscriptions
            if each.fault_kind
        ]

    @property
    def remark(self) -> str:
        """What the last sync could do only in part or not at all, where that is nobody's fault; else ""."""
        note = self.last.note if self.last else ""
        return gettext(note) if note in REMARKS else ""

    @property
    def names(self) -> dict[str, str]:
        """Subscription names by id."""
        return {each.subscription_id: each.name for each in self.subscriptions}


def sync_status() -> SyncStatus:
    """Two small queries."""
    newest = list(Job.objects.filter(task=TASK, subject_id="").order_by("-queued_at")[:NEWEST])
    ended = [job for job in newest if not job.is_live]
    good = [job.finished_at for job in ended if job.state == State.SUCCEEDED]
    subscriptions = list(Subscription.objects.order_by("name", "subscription_id")[:MOST_SUBSCRIPTIONS])
    read = [each.synced_at for each in subscriptions if each.synced_at]
    return SyncStatus(
        live=next((job for job in newest if job.is_live), None),
        failed=ended[0] if ended and ended[0].state in (State.FAILED, State.LOST) else None,
        last=ended[0] if ended else None,
        as_of=good[0] if good else max(read, default=None),
        subscriptions=subscriptions,
    )
