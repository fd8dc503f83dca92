"""Answers under way in another process, followed here through what that process commits.

One poll serves all of them; browsers are at most a poll behind the stored text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseFault

from console.playground import settle
from console.playground.live import Live
from console.playground.models import LIVE, Exchange
from console.web.desk import at_desk

log = logging.getLogger(__name__)

POLL = 0.25  # seconds
KEPT_AFTER_END = 10.0

_followed: dict[UUID, Live] = {}
_poller: asyncio.Task[None] | None = None


async def follow(exchange_id: UUID) -> Live:
    """The answer as the database knows it, kept up to date until it ends."""
    global _poller
    if exchange_id not in _followed:
        _followed[exchange_id] = Live()
        await catch_up([exchange_id])
    if _poller is None or _poller.done():
        _poller = asyncio.create_task(poll())
    return _followed[exchange_id]


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
        if live is None:
            continue
        if row is not None and len(row.answer) > live.length:
            live.add(row.answer[live.length :])
            live.ring()
        if row is None or row.state not in LIVE:
            await finish(key, live, row)


async def finish(key: UUID, live: Live, row: Exchange | None) -> None:
    live.close()
    language = settings.LANGUAGE_CODE
    if row is not None:
        language = row.conversation.owner.language or language
    live.end(await at_desk(settle.ending, key, language=language) if row is not None else " ")
    asyncio.get_running_loop().call_later(KEPT_AFTER_END, _followed.pop, key, None)


def read(keys: list[UUID]) -> dict[UUID, Exchange]:
    rows = Exchange.objects.select_related("conversation__owner").only(
        "answer", "state", "conversation__owner__language"
    )
    return rows.in_bulk(keys)
