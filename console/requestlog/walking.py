"""Reads a page of the log by filters that no single index holds: row by row along one, in bounded pieces.

However few rows fit, one page reads at most LOOK of them and says how far it came; the next one goes on from there.
Times in which the filters never met are passed over (`meeting`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from console.accounts.models import User
from console.requestlog.filters import SLACK, Filters, looked_at
from console.requestlog.meeting import EVER, Stretch, stretches
from console.requestlog.models import RequestRecord, RequestRecords
from console.web.ids import first_id_at, made_at
from console.web.paging import Page, cursor_at, page, place_of

ORDER = ("-id",)
# Rows that are looked at in one go: few at first, as most pages are full soon, then the rest.
LOOKS = (500, 4_500)
LOOK = sum(LOOKS)
# The first rows looked at lie in a stretch of the log of so many rows at most: then every planner may walk the log.
DENSE = 9_000
# Stretches that one page looks into.
MOST_STRETCHES = 20
LAST = (1 << 128) - 1
# Keys along the driver, each with whether the rest fits.
Along = QuerySet[RequestRecord, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Walked:
    """A page, and for one that was cut off before it was full how many rows were looked at and up to when."""

    page: Page[RequestRecord]
    looked: int = 0
    reached: datetime | None = None
    backwards: bool = False  # towards newer rows


@dataclass(frozen=True, slots=True)
class Looked:
    """Keys that fit, one more than a page takes if there are; `reached` is how far it came if there may be more."""

    hits: Sequence[UUID]
    rows: int
    reached: UUID | None = None


def walk(filters: Filters, person: User, cursor: str, size: int) -> Walked:
    """The page at `cursor` of what `person` may see of these filters, newest first."""
    rest = filters.rest(person)
    if filters.q or (not filters.values and "support" in person.acts):
        return Walked(page(filters.records(person), order=ORDER, cursor=cursor, size=size))
    if not rest:
        return Walked(in_order(filters.records(person), cursor, size))
    place = place_of(RequestRecord, cursor, ORDER)
    key, backwards = (place.values[-1], place.backwards) if place else (None, False)
    way = Way(filters.driver(person), rest, backwards, filters.stands_apart(person))
    looked = fitting(way, key, size, lambda reached: ahead(filters, person, made_at(reached), backwards=backwards))
    if backwards and looked.reached is None and len(looked.hits) < size:
        first = walk(filters, person, "", size)
        if first.reached is None:
            return first  # the start is near: show it whole
    rows = list(RequestRecord.objects.filter(pk__in=looked.hits[:size]).order_by("-id"))
    shown = turned(rows, key, looked, full=len(looked.hits) > size, backwards=backwards)
    if looked.reached is None or len(looked.hits) > size:
        return Walked(shown)
    return Walked(shown, looked.rows, made_at(looked.reached), backwards)


def in_order(records: RequestRecords, cursor: str, size: int) -> Page[RequestRecord]:
    """The page at `cursor` of rows that one index finds: their keys first, which that index has by itself.

    For whole rows a planner may walk the log instead, taking each filter's rows for evenly spread: of a deployment that
    was taken down a month ago it then reads that month.
    """
    keys = page(records.values("id"), order=ORDER, cursor=cursor, size=size)
    rows = RequestRecord.objects.filter(pk__in=[row["id"] for row in keys.rows]).order_by("-id")
    return Page(list(rows), keys.next_cursor, keys.previous_cursor)


def turned(
    rows: list[RequestRecord], key: UUID | None, looked: Looked, *, full: bool, backwards: bool
) -> Page[RequestRecord]:
    """The page with the ways on and back; `key` is where it began."""
    edge = (rows[0].pk if backwards else rows[-1].pk) if full else looked.reached
    onward = cursor_at({"id": edge}, ORDER, backwards=backwards) if edge else ""
    back = ""
    if key:
        # Where nothing was found the row at which it began is not shown either.
        beside = UUID(int=min(max(key.int + (1 if backwards else -1), 0), LAST))
        begun = (rows[-1].pk if backwards else rows[0].pk) if rows else beside
        back = cursor_at({"id": begun}, ORDER, backwards=not backwards)
    return Page(rows, back, onward) if backwards else Page(rows, onward, back)


def ahead(filters: Filters, person: User, moment: datetime, *, backwards: bool) -> Iterable[Stretch]:
    """The stretches from `moment` on, nearest first."""
    if not backwards:
        return stretches(filters, person, before=moment + SLACK)
    newer = stretches(filters, person, before=timezone.now())
    return reversed([one for one in newer if one.end is None or one.end > moment - SLACK])


@dataclass(frozen=True, slots=True)
class Way:
    """Along one index, `driver`, looking at each row whether `rest` fits; towards older rows, or `backwards`.

    `apart`: the rest stands in no index beside the driver.
    """

    driver: RequestRecords
    rest: Q
    backwards: bool = False
    apart: bool = False

    @property
    def order(self) -> str:
        return "id" if self.backwards else "-id"

    @property
    def along(self) -> Along:
        """The rest stands beside the rows instead of in WHERE, so that no planner prefers another index and reads it
        all."""
        return self.driver.annotate(fits=looked_at(self.rest)).order_by(self.order).values_list("pk", "fits")

    @property
    def log(self) -> QuerySet[RequestRecord, Any]:
        return RequestRecord.objects.order_by(self.order).values_list("pk", flat=True)

    def first(self, place: UUID | None, most: int) -> list[tuple[UUID, bool]]:
        """The first `most` rows beyond `place`. As in `in_order` keys come first where rows have to be read."""
        if not self.apart:
            return list(self.along.filter(self.beyond(place))[:most])
        keys = self.driver.filter(self.beyond(place)).order_by(self.order).values_list("pk", flat=True)
        rows = RequestRecord.objects.filter(pk__in=list(keys[:most])).annotate(fits=looked_at(self.rest))
        return list(rows.order_by(self.order).values_list("pk", "fits"))

    def beyond(self, key: UUID | None) -> Q:
        if key is None:
            return Q()
        return Q(pk__gt=key) if self.backwards else Q(pk__lt=key)

    def within(self, key: UUID) -> Q:
        """Up to this row and with it."""
        return Q(pk__lte=key) if self.backwards else Q(pk__gte=key)

    def ends_of(self, stretch: Stretch) -> tuple[UUID | None, UUID | None]:
        """Where it begins and where it ends, on this way."""
        old = first_id_at(stretch.start - SLACK) if stretch.start else None
        new = first_id_at(stretch.end + SLACK) if stretch.end else None
        return (old, new) if self.backwards else (new, old)

    def nearer(self, one: UUID, other: UUID | None) -> bool:
        """Whether `one` comes before `other` on this way; None is its end."""
        return other is None or (one < other if self.backwards else one > other)


def fitting(
    way: Way, place: UUID | None, size: int, ahead: Callable[[UUID], Iterable[Stretch]] = lambda _: [EVER]
) -> Looked:
    """At most `size` + 1 keys beyond `place` that fit; `ahead` tells where it is worth to look from a row on."""
    if not way.rest:
        older = way.driver.filter(way.beyond(place)).order_by(way.order)
        keys = list(older.values_list("pk", flat=True)[: size + 1])
        return Looked(keys, len(keys))
    rows = way.first(place, LOOKS[0])
    hits = [pk for pk, fit in rows if fit]
    if len(hits) > size or len(rows) < LOOKS[0]:
        return Looked(hits[: size + 1], len(rows))
    first, last = sorted((rows[0][0], rows[-1][0]))
    dense = not way.log.filter(pk__gt=first, pk__lt=last)[DENSE : DENSE + 1]
    more = further(way, last if way.backwards else first, size + 1 - len(hits), ahead, dense=dense)
    return Looked([*hits, *more.hits][: size + 1], len(rows) + more.rows, more.reached)


def further(way: Way, place: UUID, wanted: int, ahead: Callable[[UUID], Iterable[Stretch]], *, dense: bool) -> Looked:
    """What fits in the stretches beyond `place`."""
    hits: list[UUID] = []
    looked = 0
    for number, stretch in enumerate(ahead(place)):
        if number == MOST_STRETCHES or len(hits) >= wanted:
            return Looked(hits, looked, place)
        begin, end = way.ends_of(stretch)
        if begin and way.nearer(place, begin):
            place = begin
        if not way.nearer(place, end):
            continue
        rows, cut = piece(way, place, end, LOOKS[1] - looked, dense=dense)
        looked += len(rows)
        hits += [pk for pk, fit in rows if fit]
        if cut or end is None:
            return Looked(hits, looked, cut)
        place = end
    return Looked(hits, looked)


def piece(
    way: Way, place: UUID, end: UUID | None, most: int, *, dense: bool
) -> tuple[list[tuple[UUID, bool]], UUID | None]:
    """The next `most` rows beyond `place`, no further than `end`, and where that cut it off, if it did.

    Where many rows of the log are the driver's, a planner may walk through all of them for its rows; then the piece
    is a stretch of the log instead, so that it has an end.
    """
    if most <= 0:
        return [], place
    inside = way.beyond(place) & (way.within(end) if end else Q())
    if not dense:
        rows = list(way.along.filter(inside)[:most])
        return rows, rows[-1][0] if len(rows) == most else None
    cut = way.log.filter(inside)[most - 1 : most].first()
    return list(way.along.filter(inside & way.within(cut)) if cut else way.along.filter(inside)[:most]), cut


@dataclass(frozen=True, slots=True)
class News:
    """Rows that came after the newest one a page shows; `more` when there are more than were counted."""

    count: int
    more: bool


def news(filters: Filters, person: User, after: UUID, most: int) -> News:
    """How many rows of these filters are newer than `after`: one query, which counts no further than `most`."""
    newer = filters.driver(person).filter(pk__gt=after)
    looked = fitting(Way(newer, filters.rest(person)), None, most)
    return News(min(len(looked.hits), most), len(looked.hits) > most or looked.reached is not None)
