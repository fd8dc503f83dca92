"""The lane in front of Django on which answers are watched: raw ASGI, no thread, no database connection held.

Who may watch is decided by the `stream` view; it answers with a grant instead of a body, and the lane takes over.
A page or a POST hands out a grant in the URL, so that most browsers get here without asking the view again.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import Error as DatabaseFault
from django.http import parse_cookie

from console.accounts import sessions
from console.playground.answer import answers
from console.playground.follow import follow
from console.playground.live import Live, Place
from console.web.desk import at_desk
from console.web.events import HEADERS, HEARTBEAT, event
from console.web.headers import App, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

PATH = re.compile(r"^/playground/exchanges/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/stream/$")
GRANT_HEADER = b"x-stream-grant"
GRANT_SECONDS = 120
_SALT = "console.playground.stream"

# Seconds between looks at who may still watch, and between signs of life on a quiet stream.
GUARD_EVERY = 3.0
HEARTBEAT_EVERY = 15.0
# A browser that takes nothing for this long is let go; it attaches again where it was.
STALL = 60.0
# What EventSource waits before it attaches again by itself, in milliseconds.
RETRY = b"retry: 700\n\n"


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave to watch one exchange in one session."""

    exchange_id: UUID
    session_key: str  # as stored, not the cookie's


def sign(grant: Grant) -> str:
    return signing.dumps([grant.exchange_id.hex, grant.session_key], salt=_SALT)


def read(token: str, exchange_id: UUID) -> Grant | None:
    """The grant in `token` if it is ours, fresh, and for this exchange."""
    try:
        named, session_key = signing.loads(token, salt=_SALT, max_age=GRANT_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Grant(exchange_id, session_key) if named == exchange_id.hex else None


class Watch:
    """One browser attached to one answer, or to several over the same connection."""

    def __init__(self, live: Live, grant: Grant, *others: Live) -> None:
        self.live, self.grant = live, grant
        self.lives = live, *others
        self.bell = live.attach()
        for other in others:
            other.attach(self.bell)
        self.gone = False  # the browser left
        self.farewell = b""  # last words before the lane ends it
        self.quiet_since = asyncio.get_running_loop().time()
        self.sending_since = 0.0  # when the send that is under way began; 0 between sends
        self.task = asyncio.current_task()

    def end(self, name: str) -> None:
        """Say `name` and end: "closing" when this process stops, "signed_out" when the session is over.

        After "closing" a browser attaches elsewhere; after "signed_out" nothing comes any more, so that is "done".
        """
        self.farewell = event(name, "") + (event("done", "") if name == "signed_out" else b"")
        self.bell.set()

    def leave(self) -> None:
        self.gone = True
        self.bell.set()

    def give_up(self) -> None:
        """The browser takes nothing any more: end the send it does not take."""
        self.gone = True
        if self.task is not None:
            self.task.cancel()

    def detach(self) -> None:
        for live in self.lives:
            live.detach(self.bell)


_watches: set[Watch] = set()


def lane(app: App) -> App:
    """Wrap `app`: streams are served here, everything else there."""

    async def entered(scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        if found is None:
            return await app(scope, receive, send)
        exchange_id, query = UUID(found.group(1)), parse_qs(scope["query_string"].decode("latin-1"))
        grant = read(query.get("grant", [""])[0], exchange_id)
        here = grant is not None and grant.session_key == session_in(scope) and answers.find(exchange_id) is not None
        if grant is None or not here:
            grant = await ask_the_view(app, scope, receive, send, exchange_id)
            if grant is None:
                return
        place = place_in(scope, query)
        await serve([exchange_id], grant, receive, send, lambda watch: pump(watch, place, send))

    return entered


def session_in(scope: Scope) -> str:
    """The key of the browser's session as it is stored; a grant is of no use to any other browser."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    key = parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "")
    return sessions.stored_key(key) if key else ""


def place_in(scope: Scope, query: dict[str, list[str]]) -> Place:
    """Where the browser says it stands; what it was sent last counts more than the address it came with."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return Place.parse(value.decode("latin-1"))
    return Place.parse(query.get("after", [""])[0])


async def ask_the_view(app: App, scope: Scope, receive: Receive, send: Send, exchange_id: UUID) -> Grant | None:
    """Let Django decide. Its answer goes to the browser as it is, unless it is a grant."""
    granted: list[str] = []

    async def send_or_keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            granted.extend(value.decode() for name, value in message["headers"] if name.lower() == GRANT_HEADER)
        if not granted:
            await send(message)

    await app(scope, receive, send_or_keep)
    return read(granted[0], exchange_id) if granted else None


async def serve(
    exchanges: Sequence[UUID], grant: Grant, receive: Receive, send: Send, pump: Callable[[Watch], Awaitable[None]]
) -> None:
    """Have `pump` send what there is and what comes, until the answers or the watch end."""
    await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
    async with attached(exchanges, grant) as watch:
        leaving = asyncio.create_task(until_gone(receive, watch))
        try:
            await pump(watch)
        except asyncio.CancelledError:
            if not watch.gone:
                raise
        except ConnectionError:
            watch.gone = True
        finally:
            leaving.cancel()


async def drive(watch: Watch, send: Send, news: Callable[[], Awaitable[tuple[bytes, bool]]]) -> None:
    """Send what `news` gives (and whether that is all) whenever the bell rings, a sign of life when nothing comes."""
    loop, body = asyncio.get_running_loop(), RETRY
    while not watch.gone:
        watch.bell.clear()
        fresh, over = await news()
        body += fresh + watch.farewell
        over = over or bool(watch.farewell)
        if body:
            watch.sending_since = loop.time()
            await send({"type": "http.response.body", "body": body, "more_body": not over})
            watch.quiet_since, watch.sending_since, body = loop.time(), 0.0, b""
        if over:
            return
        await watch.bell.wait()
        if loop.time() - watch.quiet_since >= HEARTBEAT_EVERY:
            body = HEARTBEAT


async def pump(watch: Watch, place: Place, send: Send) -> None:
    live, afresh = watch.live, True
    status: str | None = None  # the page has words of its own until there is something to say
    calls = ""

    async def news() -> tuple[bytes, bool]:
        nonlocal afresh, calls, place, status
        body, place = live.since(place, afresh=afresh)
        afresh = False
        if live.status != status and (live.status or live.length or live.closed):
            status = live.status
            body += event("status", status, id=str(place))
        if live.calls != calls:
            calls = live.calls
            body += event("calls", calls, id=str(place))
        finished = live.finished
        if finished:
            body += event("answer", live.ending, id=str(place)) + event("done", "", id=str(place))
        return body, finished

    await drive(watch, send, news)


async def until_gone(receive: Receive, watch: Watch) -> None:
    """Notice that the browser left; its leaving ends the watch and nothing else."""
    while (await receive())["type"] != "http.disconnect":
        continue
    watch.leave()


@asynccontextmanager
async def attached(exchanges: Sequence[UUID], grant: Grant) -> AsyncIterator[Watch]:
    """The watch on the live answers: of this process, or followed from another."""
    lives = [answers.find(exchange_id) or await follow(exchange_id) for exchange_id in exchanges]
    watch = Watch(lives[0], grant, *lives[1:])
    _watches.add(watch)
    try:
        yield watch
    finally:
        _watches.discard(watch)
        watch.detach()


async def guard() -> None:
    """Every few seconds: end the watches of sessions that are over, and wake quiet ones for a sign of life."""
    while True:
        await asyncio.sleep(GUARD_EVERY)
        if not _watches:
            continue
        try:
            await look_after(list(_watches))  # whoever attaches while we ask was let in a moment ago
        except DatabaseFault as fault:
            log.error("nobody knows who may still watch: %s", fault)


async def look_after(watches: list[Watch]) -> None:
    """While the database is away nobody is sent off, and heartbeats go on."""
    now = asyncio.get_running_loop().time()
    for watch in watches:
        if watch.sending_since and now - watch.sending_since > STALL:
            watch.give_up()
        elif now - watch.quiet_since >= HEARTBEAT_EVERY:
            watch.bell.set()
    people = await at_desk(sessions.still_open, {watch.grant.session_key for watch in watches})
    for watch in watches:
        person = people.get(watch.grant.session_key)
        if person is None or "talk" not in person.acts:
            watch.end("signed_out")


def end_all() -> None:
    """This process stops: tell every browser to attach elsewhere."""
    for watch in list(_watches):
        watch.end("closing")
