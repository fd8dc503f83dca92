"""The line of waiting jobs: whose turn comes when, and how long the wait usually is. Pages ask here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from console.jobs.models import Job, State

# Further back nobody counts.
LONGEST = 1000
# The usual wait is that of the newest starts of the last hour.
SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """Places by job, the next one first; `usual_wait` is None when nothing has started lately."""

    places: Mapping[UUID, int]
    usual_wait: timedelta | None

    def words(self, job: Job) -> str:
        """What a queued job waits for: "Number 3 in line, usual wait 12 s"."""
        place = self.places.get(job.pk)
        if place is None:
            where = _("More than %(count)d jobs are before it") % {"count": LONGEST}
        else:
            where = _("Next in line") if place == 1 else _("Number %(place)d in line") % {"place": place}
        if self.usual_wait is None:
            return where
        return f"{where}, {_('usual wait %(wait)s') % {'wait': in_words(self.usual_wait)}}"


def in_words(wait: timedelta) -> str:
    """A wait to the second, a long one to the minute: "12 s", "4 min"."""
    seconds = max(1, round(wait.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def line() -> Line:
    """The line as it stands; two short queries."""
    waiting = Job.objects.filter(state=State.QUEUED).order_by("pk").values_list("pk", flat=True)
    return Line({pk: place for place, pk in enumerate(waiting[:LONGEST], start=1)}, usual_wait())


def usual_wait() -> timedelta | None:
    """The middle one of the newest waits; a job that was started again waited for its dead worker, not in line."""
    lately = Job.objects.filter(started_at__gt=timezone.now() - timedelta(hours=1), starts=1)
    waits = lately.order_by("-started_at").values_list(F("started_at"), F("queued_at"))[:SAMPLE]
    seconds = [max(0.0, (started - queued).total_seconds()) for started, queued in waits if started]
    return timedelta(seconds=median(seconds)) if seconds else None
