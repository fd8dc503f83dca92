"""Answers under way in another process, followed here: through Redis where there is one (relay.py), and in any case
through what that process commits.

One poll of the database serves all of them; it is what tells that an answer has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFault

from console.playground import settle
from console.playground.live import Live
from console.playground.models import LIVE, Exchange
from console.web.desk import at_desk

if TYPE_CHECKING:
    from console.playground.relay import Relay

log = logging.getLogger(__name__)

POLL = 0.25  # seconds
KEPT_AFTER_END = 10.0


def line_to_others() -> Relay | None:
    """This process's end of the line through Redis; where there is none, its client is not even loaded."""
    if not settings.REDIS_URL:
        return None
    from console.playground.relay import Relay

    return Relay(settings.REDIS_URL)


relay = line_to_others()
_followed: dict[UUID, Live] = {}
_relayed: dict[UUID, asyncio.Task[None]] = {}
_poller: asyncio.Task[None] | None = None


async def follow(exchange_id: UUID) -> Live:
    """The answer as the other process knows it, kept up to date until it ends."""
    global _poller
    if exchange_id not in _followed:
        live = _followed[exchange_id] = Live()
        if relay is not None:
            _relayed[exchange_id] = asyncio.create_task(relay.follow(exchange_id, partial(take, live)))
        await catch_up([exchange_id])
    if _poller is None or _poller.done():
        _poller = asyncio.create_task(poll())
    return _followed[exchange_id]


def take(live: Live, at: int, text: str, writing: object = None) -> None:
    """Text of another process that begins at character `at`, and the tool calls it is writing; what is here already
    is not added again, and what was passed on by the faster way is not undone by the slower one.
    """
    if live.closed:
        return
    known = live.length - at
    fresh = 0 <= known < len(text)
    if fresh:
        live.add(text[known:])
    if live.writing.take(writing) or fresh:
        live.ring()


async def poll() -> None:
    """Catch up with everything that is followed, until nothing is."""
    while _followed:
        await asyncio.sleep(POLL)
        waiting = [key for key, live in _followed.items() if not live.finished]
        if not waiting:
            continue
        try:
            await catch_up(waiting)
        except DatabaseFault as fault:
            log.error("followed answers were not read: %s", fault)


async def catch_up(keys: Collection[UUID]) -> None:
    """Read the rows once and pass on what is new."""
    rows = await at_desk(read, list(keys))
    for key in keys:
        live, row = _followed.get(key), rows.get(key)
        if live is None or live.closed:
            continue
        if row is not None:
            live.language = language_of(row)
            take(live, 0, row.answer, row.writing)
        if row is None or row.state not in LIVE:
            await finish(key, live, row)


async def finish(key: UUID, live: Live, row: Exchange | None) -> None:
    """The row has ended (or is gone): show the end and let go."""
    live.close()
    if key in _relayed:
        _relayed.pop(key).cancel()
    live.end(await at_desk(settle.ending, key, language=language_of(row)) if row is not None else " ")
    asyncio.get_running_loop().call_later(KEPT_AFTER_END, _followed.pop, key, None)


def language_of(row: Exchange) -> str:
    return row.conversation.owner.language or settings.LANGUAGE_CODE


def read(keys: list[UUID]) -> dict[UUID, Exchange]:
    rows = Exchange.objects.select_related("conversation__owner").only(
        "answer", "writing", "state", "conversation__owner__language"
    )
    return rows.in_bulk(keys)
