"""Watching all columns of a round over one connection: raw ASGI in front of Django, beside the playground's lane.

An event's name ends in its column's position ("delta-2"), and its id holds the place in every column, so that a
browser attaches again anywhere without loss or repetition. Who may watch is decided by the `stream` view.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from django.db import Error as DatabaseFault

from console.compare import columns
from console.compare.columns import OVER, Watched
from console.playground import lane as playground
from console.playground.lane import Watch
from console.playground.live import START, Live, Place
from console.web.desk import at_desk
from console.web.events import event
from console.web.headers import App, Receive, Scope, Send

log = logging.getLogger(__name__)

PATH = re.compile(r"^/compare/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/stream/$")


@dataclass(slots=True)
class Thread:
    """One answer of the round and how much of it this browser has; `place` is None once it has the ending."""

    position: int
    exchange_id: UUID
    live: Live
    place: Place | None
    afresh: bool = True
    status: str | None = None  # the page has words of its own until there is something to say

    @property
    def over(self) -> bool:
        return self.place is None


def lane(app: App) -> App:
    """Wrap `app`: streams of comparisons are served here, everything else there."""

    async def entered(scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            return await app(scope, receive, send)
        comparison_id = UUID(found.group(1))
        grant = await playground.ask_the_view(app, scope, receive, send, comparison_id)
        if grant is None:
            return
        query = parse_qs(scope["query_string"].decode("latin-1"))
        watched = await at_desk(columns.watched, comparison_id, number_in(query))
        if not watched:  # deleted in this very moment; 204 tells an EventSource not to come back
            await send({"type": "http.response.start", "status": 204, "headers": []})
            return await send({"type": "http.response.body", "body": b""})
        places = places_in(scope, query, len(watched))
        board = Board(comparison_id, columns.language_of(query.get("language", [""])[0]), watched, places)
        exchanges = [one.exchange_id for one in watched]
        await playground.serve(exchanges, grant, receive, send, lambda watch: board.pump(watch, send))

    return entered


def number_in(query: dict[str, list[str]]) -> int:
    """The round that is asked for; the view has refused what is none, and of several it has read the last."""
    return int(query["round"][-1])


def places_in(scope: Scope, query: dict[str, list[str]], count: int) -> list[Place | None]:
    """Where the browser says it stands; what it was sent last counts more than the address it came with."""
    said = query.get("after", [""])[0]
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            said = value.decode("latin-1")
    parts = said.split(".")
    if len(parts) != count:
        return [START] * count
    return [None if part == OVER else Place.parse(part) for part in parts]


class Board:
    """One browser's view of a round."""

    def __init__(
        self, comparison_id: UUID, language: str, watched: Sequence[Watched], places: Sequence[Place | None]
    ) -> None:
        self.comparison_id, self.language = comparison_id, language
        self.watched, self.places = watched, places
        self.threads: list[Thread] = []

    async def pump(self, watch: Watch, send: Send) -> None:
        """Send what there is and what comes, until every answer or the watch has ended."""
        self.threads = [
            Thread(one.position, one.exchange_id, live, place)
            for one, live, place in zip(self.watched, watch.lives, self.places, strict=True)
        ]
        try:
            await playground.drive(watch, send, self.news)
        except DatabaseFault as fault:  # the browser attaches again where it was
            log.error("the end of an answer was not read: %s", fault)

    async def news(self) -> tuple[bytes, bool]:
        """The events of every column since the last time, and whether that is all."""
        frames = [await self.of(thread) for thread in self.threads if not thread.over]
        over = all(thread.over for thread in self.threads)
        if over:
            html = await at_desk(columns.actions, self.comparison_id, language=self.language)
            frames.append(event("actions", html, id=self.id) + event("done", "", id=self.id))
        return b"".join(frames), over

    async def of(self, thread: Thread) -> bytes:
        live, body = thread.live, b""
        finished = live.finished  # asked first: an answer that ends while we read it is told whole the next time
        for name, html, place in live.news(thread.place or START, afresh=thread.afresh):
            thread.place = place
            body += self.event(name, html, thread)
        thread.afresh = False
        if live.status != thread.status and (live.status or live.length or live.closed):
            thread.status = live.status
            body += self.event("status", live.status, thread)
        if not finished:
            return body
        ended = await at_desk(columns.ended, thread.exchange_id, language=self.language, unsettled=live.ending)
        if ended.head:
            body += self.event("head", ended.head, thread)
        thread.place = None
        return body + self.event("answer", ended.ending, thread)

    def event(self, name: str, html: str, thread: Thread) -> bytes:
        return event(f"{name}-{thread.position}", html, id=self.id)

    @property
    def id(self) -> str:
        return ".".join(OVER if thread.place is None else str(thread.place) for thread in self.threads)
