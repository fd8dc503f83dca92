"""Answers under way in another process, followed here: through Redis where there is one (relay.py), and in any case
through what that process commits.

One poll of the database serves all of them; it is what tells that an answer has ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
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
# Pieces that are held until what lies before them is committed: a message a tick, for as long as that may take.
MOST_AHEAD = 1000


def line_to_others() -> Relay | None:
    """This process's end of the line through Redis; where there is none, its client is not even loaded."""
    if not settings.REDIS_URL:
        return None
    from console.playground.relay import Relay

    return Relay(settings.REDIS_URL)


class Followed:
    """An answer of another process, pieced together here from what comes by the faster and by the slower way."""

    def __init__(self) -> None:
        self.live = Live()
        self._ahead: dict[int, str] = {}

    def take(self, at: int, text: str, writing: object = None) -> None:
        """Text that begins at character `at`, and the tool calls that are being written.

        What is here already is not added again, and what the faster way brought is not undone by the slower one.
        """
        if self.live.closed:
            return
        fresh = self._add(at, text)
        if self.live.writing.take(writing) or fresh:
            self.live.ring()

    def _add(self, at: int, text: str) -> bool:
        """Whether there is more text now. A process that others follow already sends from where it is."""
        if at > self.live.length:
            if len(self._ahead) < MOST_AHEAD:
                self._ahead[at] = text
            return False
        before = self.live.length
        self._join(at, text)
        while self._ahead and (first := min(self._ahead)) <= self.live.length:
            self._join(first, self._ahead.pop(first))
        return self.live.length > before

    def _join(self, at: int, text: str) -> None:
        if rest := text[self.live.length - at :]:
            self.live.add(rest)


relay = line_to_others()
_followed: dict[UUID, Followed] = {}
_relayed: dict[UUID, asyncio.Task[None]] = {}
_poller: asyncio.Task[None] | None = None


async def follow(exchange_id: UUID) -> Live:
    """The answer as the other process knows it, kept up to date until it ends."""
    global _poller
    if exchange_id not in _followed:
        _followed[exchange_id] = Followed()
        if relay is not None:
            _relayed[exchange_id] = asyncio.create_task(relay.follow(exchange_id, _followed[exchange_id].take))
        await catch_up([exchange_id])
    if _poller is None or _poller.done():
        _poller = asyncio.create_task(poll())
    return _followed[exchange_id].live


async def poll() -> None:
    """Catch up with everything that is followed, until nothing is."""
    while _followed:
        await asyncio.sleep(POLL)
        waiting = [key for key, one in _followed.items() if not one.live.finished]
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
        one, row = _followed.get(key), rows.get(key)
        if one is None or one.live.closed:
            continue
        if row is not None:
            one.live.language = language_of(row)
            one.take(0, row.answer, row.writing)
        if row is None or row.state not in LIVE:
            await finish(key, one.live, row)


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
