"""How sample rows are made: inserted as they are, with ids that lie at their time, from one seeded source of chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from random import Random
from typing import Any
from uuid import UUID

from django.db import connections
from django.db.models import Field, JSONField, Model

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def insert(rows: Sequence[Model]) -> None:
    """Insert rows of one model, times and all: `bulk_create` would move `auto_now_add` to this moment."""
    if not rows:
        return
    connection = connections["default"]
    fields = [field for field in type(rows[0])._meta.concrete_fields if is_written(field, rows[0])]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column or "") for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(rows[0]._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*(column(field, rows) for field in fields), strict=True)))


def column(field: Field[Any, Any], rows: Sequence[Model]) -> list[Any]:
    """One field of all rows as the database takes it; thousands of rows share a few names, which are prepared once."""
    prepare: Callable[[Any], Any] = partial(field.get_db_prep_save, connection=connections["default"])
    if not isinstance(field, JSONField):
        prepare = cache(prepare)
    return [prepare(getattr(row, field.attname)) for row in rows]


def is_written(field: Field[Any, Any], row: Model) -> bool:
    """Not what the database makes itself: generated columns, and numbers it counts up."""
    return not field.generated and not (field.primary_key and getattr(row, field.attname) is None)


def id_at(moment: datetime, chance: Random) -> UUID:
    """A UUIDv7 as `web.ids.new_id` would have made it at `moment`."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(62))


def uuid(chance: Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def request_id(chance: Random) -> str:
    """Anthropic's id of one request, in its usual shape."""
    return "req_011C" + "".join(chance.choices(BASE58, k=20))


def tool_use_id(chance: Random) -> str:
    return "toolu_01" + "".join(chance.choices(BASE58, k=22))


def message_id(chance: Random) -> str:
    return "msg_01" + "".join(chance.choices(BASE58, k=22))
