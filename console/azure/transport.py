"""The wire: httpx over one aiohttp session, without cookies, environment, decompression or redirects."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import aiohttp
import httpx
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from httpx_aiohttp import AiohttpTransport

from console.azure.trust import tls_context

MOST_CONNECTIONS = 2_000
# Shorter than any front end's, so that a connection is seldom closed just as it is used again.
KEEPALIVE_SECONDS = 15.0
LARGEST_HEADER = 64 * 1024
# With the headers below the 64 KB after which aiohttp waits for the socket within a write: see `Upload.begun`.
UPLOAD_PIECE = 16 * 1024


def open_transport(*, ca_file: str | None = None, proxy: str | None = None) -> httpx.AsyncBaseTransport:
    """A transport that trusts `ca_file` (default: the system's store) and goes through `proxy` when one is given.

    Opens nothing yet; the session starts in the event loop of the first request.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=tls_context(ca_file),
            limit=MOST_CONNECTIONS,
            keepalive_timeout=KEEPALIVE_SECONDS,
            resolver=LoopbackResolver(),
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            max_line_size=LARGEST_HEADER,
            max_field_size=LARGEST_HEADER,
        )

    # `proxy` and `verify` of the wrapper only matter for sessions that it makes itself; the proxy it passes on.
    return AiohttpTransport(
        verify=tls_context(ca_file), trust_env=False, proxy=httpx.Proxy(proxy) if proxy else None, client=session
    )


class LoopbackResolver(ThreadedResolver):
    """Resolves `*.localhost` to this machine without asking anyone (RFC 6761), as browsers do and glibc may not."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not host.endswith(".localhost"):
            return await super().resolve(host, port, family)
        found = await super().resolve("localhost", port, family)
        return [{**address, "hostname": host} for address in found]


class Upload:
    """A request body in pieces. `begun` tells whether any of it may have left this machine.

    aiohttp asks for the next piece only after it handed the one before to the socket, so a request that failed before
    that (a kept connection found closed) sent nothing and may be made again.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), UPLOAD_PIECE):
            yield self.body[start : start + UPLOAD_PIECE]
            self.begun = True
        self.body = b""  # an answer may stream for minutes: what was said is not held for as long
