"""Addresses of rows: a page has hundreds of them, and Django takes a tenth of a millisecond to make one."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.urls import get_script_prefix, reverse

# Stands in an address for the id of a row.
_ANY = UUID(int=0)


def address(name: str, pk: UUID) -> str:
    """Where the URL called `name` leads for the row `pk`, its only argument. Raises NoReverseMatch."""
    return _pattern(name, get_script_prefix()).replace(str(_ANY), str(pk))


@cache
def _pattern(name: str, prefix: str) -> str:
    """The address below `prefix`, with a place for the id: Django is asked once for each."""
    return reverse(name, args=[_ANY])
