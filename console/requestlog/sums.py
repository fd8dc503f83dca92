"""Reads the sums of the log by what one index of theirs holds, and no more of them than a page can afford."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from console.accounts.models import User
from console.requestlog.filters import Filters
from console.requestlog.models import DailyRollup
from console.requestlog.rollup import DAY, HOUR

# Sums that are read at most: where there are more, a trend begins later and says so, and a walk looks at rows again.
MOST_SUMS = 9_000


def along(sums: QuerySet[Any], filters: Filters, person: User) -> QuerySet[Any]:
    """The sums by what one index holds together with the hour."""
    if "support" not in person.acts:
        return sums.filter(person_key=person.key)
    if "/" in (name := filters.values.get("person", "")):
        return sums.filter(person_key=name)
    if deployment := filters.values.get("deployment"):
        return sums.filter(deployment=deployment)
    return sums


def affordable(parts: Sequence[QuerySet[Any]], since: datetime, until: datetime) -> datetime:
    """From when on the sums of each part are few enough to be read at once: `since`, or later."""
    for part in reversed(parts):  # the newest first
        newest = part.filter(hour__gte=since, hour__lt=until).order_by("-hour")
        edge: datetime | None = newest.values_list("hour", flat=True)[MOST_SUMS : MOST_SUMS + 1].first()
        if edge is not None:
            return edge + (DAY if part.model is DailyRollup else HOUR)
    return since
