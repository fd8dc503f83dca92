"""Bodies are counted before anything keeps them: too large or too slow is answered at once.

Django spools a whole body to disk before the first middleware runs, so the cap has to stand in front of it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from console.web.headers import App, Message, Receive, Scope, Send

# Only a message with its text may be large; everything else people send fits into this many bytes.
ORDINARY = 1_000_000
INTAKE = 2_000_000  # a thousand rows of an application's report
REPORT = 8_192
# Seconds a body may take to arrive.
PATIENCE = 60.0
# So much of a refused body is still read, and for so long: a browser that is cut off while it sends shows its own error
# page instead of our sentence (RFC 9112, 9.6).
LINGER_BYTES = 4_000_000
LINGER_SECONDS = 2.0

WORDS = {
    413: "This is larger than the console accepts. Shorten it and send it again; it is still in your form.",
    400: "The request broke off before it was whole. Send it again; it is still in your form.",
    408: "The request took too long to arrive. Check the connection and send it again.",
}

API_WORDS = {
    413: "The body is larger than 2 MB. Send fewer rows at a time.",
    400: "The body broke off before it was whole. Send it again.",
    408: "The body took too long to arrive. Send it again.",
}


class BodyRefused(Exception):
    """Raised into whoever is reading the body; the answer is about to be sent. `more`: there is more of the body."""

    def __init__(self, status: int, *, more: bool = False) -> None:
        self.status, self.more = status, more
        super().__init__(WORDS[status])


def with_body_cap(app: App, *, limit: int) -> App:
    """Wrap `app`: bodies above the route's cap get 413, slower than a minute 408, broken ones 400."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        cap = cap_for(scope["path"], limit)
        if declared(scope) > cap:
            await linger(receive)
            return await refuse(send, 413, scope["path"])
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await app(scope, counted(receive, cap), send_noting)
        except BodyRefused as refused:
            if not started:
                if refused.more:
                    await linger(receive)
                await refuse(send, refused.status, scope["path"])

    return wrapped


def cap_for(path: str, limit: int) -> int:
    if path.startswith(("/playground/", "/compare/")):
        return limit
    return {"/csp-report": REPORT, "/api/requests": INTAKE}.get(path, ORDINARY)


def declared(scope: Scope) -> int:
    """Content-Length as sent; 0 when there is none or it is no number (the server rejects that itself)."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def counted(receive: Receive, cap: int) -> Receive:
    """`receive` that raises BodyRefused once the body is over `cap` bytes, has taken too long, or breaks off.

    The server tells a body it cannot read as it tells a browser that left; the one that is still there gets an answer.
    """
    seen = 0
    whole = False
    deadline = asyncio.get_running_loop().time() + PATIENCE

    async def receive_counting() -> Message:
        nonlocal seen, whole
        if whole:  # from here on only the disconnect is awaited
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise BodyRefused(408) from None
        seen += len(message.get("body", b""))
        if message["type"] == "http.disconnect":
            raise BodyRefused(400)
        whole = not message.get("more_body", False)
        if seen > cap:
            raise BodyRefused(413, more=not whole)
        return message

    return receive_counting


async def linger(receive: Receive) -> None:
    """Read on without keeping anything, until the body has ended or enough was borne."""
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while seen < LINGER_BYTES:
                message = await receive()
                seen += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


async def refuse(send: Send, status: int, path: str) -> None:
    """A small answer that needs no template; the connection is closed as the rest of the body is unread."""
    text = f'<div class="problem" role="alert"><p>{WORDS[status]}</p></div>'.encode()
    kind = b"text/html; charset=utf-8"
    if path.startswith("/api/"):
        text, kind = f'{{"error": {{"message": "{API_WORDS[status]}"}}}}'.encode(), b"application/json"
    headers = [
        (b"content-type", kind),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        (b"hx-retarget", b"#problems"),
        (b"hx-reswap", b"innerHTML"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
