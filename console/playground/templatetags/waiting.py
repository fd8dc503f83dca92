"""Template words of this room: how long somebody waited for an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django import template

from console.requestlog.models import RequestRecord

register = template.Library()


class Sent(Protocol):
    """An exchange, or what else knows when its message was sent."""

    @property
    def created_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds from Send to the first word and to the end; `last` is the last of several attempts alone."""

    first: int | None
    all: int | None
    attempts: int
    last: int | None


@register.simple_tag
def waited(exchange: Sent, record: RequestRecord | None) -> Waited:
    """How long the person waited for this answer: attempts before the one of `record`, and pauses, count as well."""
    if not record:
        return Waited(None, None, 0, None)
    first, own = record.ttft_ms, record.duration_ms
    if record.attempt < 2 or exchange.created_at is None:
        return Waited(first, own, 1, None)
    before = max(0, (record.started_at - exchange.created_at) // timedelta(milliseconds=1))
    return Waited(None if first is None else before + first, None if own is None else before + own, record.attempt, own)
