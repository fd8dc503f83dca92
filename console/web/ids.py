"""Identifiers of our own rows: UUIDv7, so that a key is also its place in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from secrets import randbits
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func
from django.db.models.sql.compiler import SQLCompiler
from uuid_utils.compat import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_id_at(moment: datetime) -> UUID:
    """The smallest id that `new_id` may give at `moment`: where a stretch of time begins in the order of ids."""
    milliseconds = max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)


def made_at(pk: UUID) -> datetime:
    """When this id was made, to the millisecond."""
    return datetime.fromtimestamp((pk.int >> 80) / 1000, UTC)


def id_at(moment: datetime) -> UUID:
    """An id as it would have been made at `moment`: milliseconds, what is left of them, then chance."""
    milliseconds, microseconds = divmod((moment - _EPOCH) // timedelta(microseconds=1), 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (microseconds * 4) << 64 | 0x2 << 62 | randbits(62))


def new_id() -> UUID:
    """A time-ordered id; rows made later sort later (to the millisecond)."""
    return uuid7()


class Bytewise(Func):
    """Text compared byte by byte, so that one index finds whole ids and beginnings of them.

    The order of a PostgreSQL database's language may pass over dashes, and then no range of it is a beginning.
    """

    arity = 1
    template = "%(expressions)s"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any] | tuple[Any, ...]]:
        return self.as_sql(compiler, connection, template='(%(expressions)s COLLATE "C")', **extra)
