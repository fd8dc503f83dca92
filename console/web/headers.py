"""The security headers of every answer, whatever made it: pages, streams, files, refusals (reference E.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
        "report-uri /csp-report",
    )
)
ALWAYS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-embedder-policy": b"require-corp",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
STRICT_TRANSPORT = {b"strict-transport-security": b"max-age=63072000; includeSubDomains"}
# Entra shows this one page in its own frame to sign people out (reference M6); it holds nothing.
FRAMED = "/signout/front-channel/"
# Files that people brought: whatever is in one, it runs nothing and is of no origin. Pages that say why there is none
# are pages like any other.
BROUGHT = "/playground/attachments/"


def with_headers(app: App, *, https: bool) -> App:
    """Wrap `app` so that no answer leaves without the list."""
    wanted = list((ALWAYS | (STRICT_TRANSPORT if https else {})).items())
    framed = [pair for pair in wanted if pair[0] != b"x-frame-options"]
    framed = [
        (n, v.replace(b"frame-ancestors 'none'; ", b"") if n == b"content-security-policy" else v) for n, v in framed
    ]

    brought = [
        (n, b"default-src 'none'; frame-ancestors 'none'; sandbox" if n == b"content-security-policy" else v)
        for n, v in wanted
    ]

    def for_answer(path: str, status: int) -> list[tuple[bytes, bytes]]:
        if path == FRAMED:
            return framed
        return brought if path.startswith(BROUGHT) and status == HTTPStatus.OK else wanted

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = for_answer(scope["path"], message["status"])
                names = {name for name, _ in ours}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
                message = {**message, "headers": [*kept, *ours]}
            await send(message)

        await app(scope, receive, send_with)

    return wrapped
