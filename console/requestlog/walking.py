"""Reads a page of the log by filters that no single index holds: row by row along one, in bounded pieces.

However few rows fit, one page reads at most LOOK of them and says how far it came; the next one goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When

from console.accounts.models import User
from console.requestlog.filters import Filters
from console.requestlog.models import RequestRecord, RequestRecords
from console.web.ids import made_at
from console.web.paging import Page, cursor_at, page, place_of

ORDER = ("-id",)
# Rows that are looked at in one go: few at first, as most pages are full soon, then the rest.
LOOKS = (500, 4_500)
LOOK = sum(LOOKS)
# The first rows looked at lie in a stretch of the log of so many rows at most: then every planner may walk the log.
DENSE = 9_000
# Keys along the driver, each with whether the rest fits.
Along = QuerySet[RequestRecord, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Walked:
    """A page, and for one that was cut off before it was full how many rows were looked at and back to when."""

    page: Page[RequestRecord]
    looked: int = 0
    back_to: datetime | None = None


def walk(filters: Filters, person: User, cursor: str, size: int) -> Walked:
    """The page at `cursor` of what `person` may see of these filters, newest first."""
    rest = filters.rest(person)
    if filters.q or not rest:
        return Walked(page(filters.records(person), order=ORDER, cursor=cursor, size=size))
    hits, looked, last = fitting(filters.driver(person), rest, place_of(RequestRecord, cursor, ORDER), size)
    found = RequestRecord.objects.filter(pk__in=hits[:size]).order_by("-id")
    rows = list(found)
    if len(hits) > size:
        return Walked(Page(rows, cursor_at(rows[-1], ORDER, backwards=False)))
    if last is None:
        return Walked(Page(rows))
    return Walked(Page(rows, cursor_at({"id": last}, ORDER, backwards=False)), looked, made_at(last))


def fitting(driver: RequestRecords, rest: Q, before: UUID | None, size: int) -> tuple[list[UUID], int, UUID | None]:
    """Keys of at most `size` + 1 rows that fit, how many were looked at, and how far down if there may be more."""
    if not rest:
        older = driver.filter(pk__lt=before) if before else driver
        keys = list(older.order_by("-id").values_list("pk", flat=True)[: size + 1])
        return keys, len(keys), None
    # The rest stands beside the rows instead of in WHERE, so that no planner prefers another index and reads it all.
    fits = Case(When(rest, then=Value(True)), default=Value(False), output_field=BooleanField())
    along = driver.annotate(fits=fits).order_by("-id").values_list("pk", "fits")
    rows = list((along.filter(pk__lt=before) if before else along)[: LOOKS[0]])
    hits = [pk for pk, fit in rows if fit]
    if len(hits) > size or len(rows) < LOOKS[0]:
        return hits[: size + 1], len(rows), None
    more, end = further(along, rows[0][0], rows[-1][0])
    hits += [pk for pk, fit in more if fit]
    looked = len(rows) + len(more)
    return hits[: size + 1], looked, end if len(hits) <= size else None


def further(along: Along, first: UUID, last: UUID) -> tuple[list[tuple[UUID, bool]], UUID | None]:
    """The next piece below the rows from `first` to `last`, and its end; None when it is the log's.

    Where many rows of the log are the driver's, a planner may walk through all of them for its rows; then the piece
    is a stretch of the log instead, so that it has an end.
    """
    ids = RequestRecord.objects.order_by("-id").values_list("pk", flat=True)
    below = along.filter(pk__lt=last)
    if ids.filter(pk__gt=last, pk__lt=first)[DENSE : DENSE + 1]:
        rows = list(below[: LOOKS[1]])
        return rows, rows[-1][0] if len(rows) == LOOKS[1] else None
    end = ids.filter(pk__lt=last)[LOOKS[1] - 1 : LOOKS[1]].first()
    return list(below.filter(pk__gte=end) if end else below[: LOOKS[1]]), end


@dataclass(frozen=True, slots=True)
class News:
    """Rows that came after the newest one a page shows; `more` when there are more than were counted."""

    count: int
    more: bool


def news(filters: Filters, person: User, after: UUID, most: int) -> News:
    """How many rows of these filters are newer than `after`: one query, which counts no further than `most`."""
    newer = filters.driver(person).filter(pk__gt=after)
    hits, _looked, last = fitting(newer, filters.rest(person), None, most)
    return News(min(len(hits), most), len(hits) > most or last is not None)
