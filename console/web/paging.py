"""Pages of long lists by keyset: each page is one query for `size` rows and one more, and nothing is ever counted.

A page is named by an opaque cursor: which way to go, and the sort values of the row to go on from.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import Field, Model, Q, QuerySet
from django.utils.timezone import is_naive

from console.web.text import storable

Row = TypeVar("Row")
RowModel = TypeVar("RowModel", bound=Model)
Order = tuple[str, ...]

# Longer than any cursor made here: a few sort columns of at most 300 characters each.
LONGEST_CURSOR = 4_000


class BadCursor(ValueError):
    """Not made by this module for this order; the reader gets the first page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page. A cursor is "" where there is nothing further that way."""

    rows: list[Row]
    next_cursor: str = ""
    previous_cursor: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A decoded cursor: the sort values of a row, and whether to read the rows before it instead of after it."""

    values: tuple[Any, ...]
    backwards: bool


def page(queryset: QuerySet[RowModel, Row], *, order: Order, cursor: str, size: int) -> Page[Row]:
    """The page of `queryset` at `cursor` ("" for the first), at most `size` rows, sorted by `order`.

    `order` names columns as `order_by` does, "-" for descending, directions may be mixed. It must end in a unique
    column, and no column of it may be null (raises ValueError: databases disagree on where null sorts). Rows may be
    model instances or dicts of `.values()`. A cursor that is broken or leads nowhere any more gives the first page.
    """
    fields = [field_of(queryset, name.lstrip("-")) for name in order]
    place = place_at(cursor, order, fields, queryset.db)
    if place is None:
        return first_page(queryset, order, size)
    rows, more = fetch(queryset.filter(beyond(order, place)), order, size, backwards=place.backwards)
    if not rows or (place.backwards and len(rows) < size):
        return first_page(queryset, order, size)  # the start is near: show it whole
    has_next, has_previous = (True, more) if place.backwards else (more, True)
    return Page(
        rows,
        cursor_at(rows[-1], order, backwards=False) if has_next else "",
        cursor_at(rows[0], order, backwards=True) if has_previous else "",
    )


def place_of(model: type[Model], cursor: str, order: Order) -> Place | None:
    """Where a cursor goes on, and which way, for who reads pages otherwise; None for the first page."""
    fields = [sortable(model, name.lstrip("-")) for name in order]
    return place_at(cursor, order, fields, model._default_manager.db)


def first_page(queryset: QuerySet[RowModel, Row], order: Order, size: int) -> Page[Row]:
    rows, more = fetch(queryset, order, size, backwards=False)
    return Page(rows, cursor_at(rows[-1], order, backwards=False) if more else "")


def fetch(queryset: QuerySet[RowModel, Row], order: Order, size: int, *, backwards: bool) -> tuple[list[Row], bool]:
    """Up to `size` rows in `order`, and whether there are more that way."""
    columns = [turned(name) for name in order] if backwards else list(order)
    found = list(queryset.order_by(*columns)[: size + 1])
    rows = list(islice(found, size))
    return (rows[::-1] if backwards else rows), len(found) > size


def turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def beyond(order: Order, place: Place) -> Q:
    """The rows past the place: (a, b) > (x, y), column by column as directions may differ."""
    past = Q()
    equal = Q()
    for name, value in zip(order, place.values, strict=True):
        column = name.lstrip("-")
        falling = name.startswith("-") != place.backwards
        past |= equal & Q((f"{column}__{'lt' if falling else 'gt'}", value))
        if not equal and len(order) > 1:
            # Says nothing new, but gives the planner one range of an index instead of a union.
            bound = Q((f"{column}__{'lte' if falling else 'gte'}", value))
        equal &= Q((column, value))
    return bound & past if len(order) > 1 else past


def field_of(queryset: QuerySet[Any, Any], name: str) -> Field[Any, Any]:
    """The column behind a sort name: of the model, of a relation (`resource__name`) or an annotation."""
    if name in queryset.query.annotations:
        return queryset.query.annotations[name].output_field
    model = queryset.model
    *relations, last = name.split("__")
    for relation in relations:
        model = sortable(model, relation).related_model  # type: ignore[assignment]  # a relation has one
    return sortable(model, last)


def sortable(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if not isinstance(field, Field) or field.null:
        raise ValueError(f"{model.__name__}.{name} cannot order pages: it is null or holds many")
    return field


def cursor_at(row: object, order: Order, *, backwards: bool) -> str:
    """The cursor that goes on from `row`."""
    values = [written(value_of(row, name.lstrip("-"))) for name in order]
    plain = json.dumps([",".join(order), int(backwards), values], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def value_of(row: Any, name: str) -> Any:
    if isinstance(row, dict):
        return row[name]
    for part in name.split("__"):
        row = getattr(row, part)
    return row


def written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def place_at(cursor: str, order: Order, fields: Sequence[Field[Any, Any]], database: str) -> Place | None:
    """What a cursor from a browser means; None for the first page."""
    if not cursor:
        return None
    try:
        named, backwards, texts = opened(cursor)
        if named != ",".join(order) or backwards not in (0, 1):
            raise BadCursor
        values = tuple(read(field, text, database) for field, text in zip(fields, texts, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        return None
    return Place(values, bool(backwards))


def opened(cursor: str) -> Any:
    if len(cursor) > LONGEST_CURSOR:
        raise BadCursor
    return json.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))


def read(field: Field[Any, Any], text: object, database: str) -> Any:
    """One sort value as the column holds it; raises BadCursor, or what the field raises, for anything else."""
    if not isinstance(text, str) or not storable(text):
        raise BadCursor
    value = field.to_python(text)
    if isinstance(value, datetime) and is_naive(value):
        raise BadCursor
    field.get_db_prep_value(value, connection=connections[database])  # a date the database cannot hold
    return value
