"""Identifiers of our own rows: UUIDv7, so that a key is also its place in time."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A time-ordered id; rows made later sort later (to the millisecond)."""
    return uuid7()
