"""Identifiers of our own rows: UUIDv7, so that a key is also its place in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def first_id_at(moment: datetime) -> UUID:
    """The smallest id that `new_id` may give at `moment`: where a stretch of time begins in the order of ids."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62)


def new_id() -> UUID:
    """A time-ordered id; rows made later sort later (to the millisecond)."""
    return uuid7()
