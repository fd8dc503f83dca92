"""One HTTP attempt to Azure: allowed hosts, three clocks, size caps, no redirects, and one error tree for all faults.

Runs httpx over aiohttp, inside which cancelling is safe. Measured in November 2026 (httpx 0.28.1, aiohttp 3.14.5):
20 tasks that cancel each request after 0-4 ms, for 5 s. Over aiohttp 6,593 requests were cancelled; afterwards no
connection was held, tasks and file descriptors were at their old level, and the next request was answered. Over
httpcore 1.0.9 the same left 10 of 10 pool slots dead, and every later request was a PoolTimeout. So the clocks here
cancel in place, and nothing needs shielding. `tests/azure/test_churn.py` repeats it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import yarl

from console.azure.cleaning import load_json, one_line
from console.azure.connection_faults import FAULTS, connection_error
from console.azure.error_bodies import answer_error
from console.azure.errors import AzureError, Phase, Rejected, TimedOut, Truncated, Unreachable, Unreadable
from console.azure.headers import Circumstances, PrivateHeaders, named
from console.azure.shapes import CorrelationIds
from console.azure.transport import Upload, open_transport
from console.azure.trust import is_loopback

__all__ = ["Answer", "Clocks", "Http", "Incoming", "PrivateHeaders", "hosts_of", "open_transport"]

LARGEST_RESPONSE = 64 * 1024 * 1024
# An error's text is for people and for a log line: more of it is never read, nor waited for.
LARGEST_HEAD = 256 * 1024
HEAD_PATIENCE = 10.0
DRAIN_PATIENCE = 0.05
USER_AGENT = "foundry-console"
SENDABLE = re.compile(r"[\x20-\x7e]{0,20000}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Limits of one attempt, in seconds.

    `connect` covers name, TCP, proxy and TLS; `first_byte` runs from the start to the status line; `idle` is the
    longest silence after it; `total` ends everything, a drip and a stream of pings too.
    """

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 90.0
    total: float = 900.0


def hosts_of(*endpoints: str) -> Callable[[str], bool]:
    """A rule that allows the hosts of `endpoints` and nothing else; `{resource}` stands for one DNS label."""
    patterns = []
    for endpoint in endpoints:
        host = urlsplit(endpoint.replace("{resource}", "resource-placeholder")).hostname or ""
        label = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
        patterns.append(re.compile(re.escape(host).replace(re.escape("resource-placeholder"), label), re.ASCII))
    return lambda host: any(pattern.fullmatch(host) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete 2xx answer. `duration_ms` runs from the request to the last byte."""

    status: int
    body: bytes = field(repr=False)
    ids: CorrelationIds
    duration_ms: float
    at: Circumstances = field(repr=False)

    def json(self) -> object:
        """The parsed body. Raises Unreadable for HTML ("unexpected-page") and anything else that is not JSON."""
        with contextlib.suppress(ValueError):
            return load_json(self.body)
        # Not from the handler: the parser's error holds the whole body.
        page = self.body[:200].lstrip().startswith(b"<")
        raise self.unreadable("the answer is not JSON", kind="unexpected-page" if page else "protocol")

    def unreadable(self, why: str, *, kind: str = "protocol") -> AzureError:
        return named(Unreadable(why, kind=kind, status=self.status), self.at)


class Incoming:
    """An answer whose headers are here and whose body is still to come."""

    def __init__(self, response: httpx.Response, at: Circumstances, clocks: Clocks, deadline: float) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.at = at
        self.ids = at.ids
        self.phase: Phase = "headers"
        self._response = response
        self._clocks = clocks
        self._deadline = deadline

    @property
    def content_type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    @property
    def region(self) -> str | None:
        return one_line(self.headers.get("x-ms-region", ""), 60) or None

    async def chunks(self, *, largest: int = LARGEST_RESPONSE) -> AsyncGenerator[bytes, None]:
        """The body as it arrives, several pieces joined where they arrived together.

        Raises TimedOut ("idle-timeout", "total-timeout"), Truncated, Unreadable ("response-too-large").
        """
        source = self._response.aiter_raw()
        received = 0
        try:
            while chunk := await self._next(source):
                received += len(chunk)
                if received > largest:
                    raise self._named(
                        Unreadable(f"the answer is larger than {largest} bytes", kind="response-too-large")
                    )
                yield chunk
        finally:
            await source.aclose()  # type: ignore[attr-defined]  # an async generator, typed as an iterator

    async def _next(self, source: AsyncIterator[bytes]) -> bytes:
        """The next piece, b"" at the end. No cancellation of ours leaks: see the module's docstring."""
        now = asyncio.get_running_loop().time()
        if now >= self._deadline:
            raise self._late(now)
        error: AzureError
        try:
            async with asyncio.timeout_at(min(now + self._clocks.idle, self._deadline)):
                return await anext(source, b"")
        except TimeoutError:
            error = self._late(asyncio.get_running_loop().time())
        except FAULTS as fault:
            error = Truncated(f"the answer broke off: {type(fault).__name__}")
        raise self._named(error)

    def _late(self, now: float) -> AzureError:
        if now >= self._deadline:
            return self._named(TimedOut(f"not complete after {self._clocks.total:g} s", kind="total-timeout"))
        return self._named(TimedOut(f"nothing came for {self._clocks.idle:g} s", kind="idle-timeout"))

    def _named(self, error: AzureError) -> AzureError:
        error.status = self.status
        return named(error, self.at, self.phase)

    async def head(self) -> bytes:
        """As much of a short body as comes soon: we have the status, so what is wrong with the rest changes nothing."""
        body = b""
        if "content-encoding" in self.headers:
            return body
        with contextlib.suppress(AzureError, TimeoutError):
            async with asyncio.timeout(HEAD_PATIENCE), contextlib.aclosing(self.chunks()) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) >= LARGEST_HEAD:
                        break
        return body[:LARGEST_HEAD]

    async def drain(self, chunks: AsyncGenerator[bytes, None]) -> None:
        """Wait a moment for the end of a body whose last event was read, so that the connection can be used again."""
        with contextlib.suppress(AzureError, TimeoutError):
            async with asyncio.timeout(DRAIN_PATIENCE):
                await anext(chunks, b"")

    async def aclose(self) -> None:
        """Give the connection back where the body was read whole, else close it."""
        # A fault while throwing the rest away (an upload still running, say) says nothing about the answer.
        with contextlib.suppress(*FAULTS):
            await self._response.aclose()


class Http:
    """The client of one process and event loop; use it `async with`. Sends only to `hosts`, https unless loopback.

    `hosts` is a set of host names or a rule (`hosts_of`). `clocks` hold where a call brings none of its own.
    """

    def __init__(
        self,
        *,
        hosts: Callable[[str], bool] | frozenset[str],
        clocks: Clocks | None = None,
        ca_file: str | None = None,
        proxy: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.hosts = hosts
        self.clocks = clocks or Clocks()
        self._client = httpx.AsyncClient(
            transport=transport or open_transport(ca_file=ca_file, proxy=proxy),
            headers={"user-agent": USER_AGENT, "accept-encoding": "identity", "accept": "application/json"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def json(
        self,
        method: str,
        url: str,
        *,
        headers: PrivateHeaders,
        body: bytes | None = None,
        clocks: Clocks | None = None,
        largest: int = LARGEST_RESPONSE,
    ) -> Answer:
        """One attempt, read whole; `Answer.json()` parses it. Raises AzureError for anything but a 2xx answer."""
        started = time.perf_counter()
        async with self.stream(method, url, headers=headers, body=body, clocks=clocks) as incoming:
            whole = b"".join([chunk async for chunk in incoming.chunks(largest=largest)])
        elapsed = (time.perf_counter() - started) * 1000
        return Answer(incoming.status, whole, incoming.ids, elapsed, incoming.at)

    @contextlib.asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: PrivateHeaders,
        body: bytes | None = None,
        clocks: Clocks | None = None,
    ) -> AsyncIterator[Incoming]:
        """One attempt, handed over as soon as its headers are here; leaving it closes or frees the connection.

        Raises AzureError for anything but a 2xx answer without content encoding.
        """
        incoming = await self._open(method, url, headers, body, clocks or self.clocks)
        del body
        try:
            await _refuse_all_but_success(incoming)
            yield incoming
        finally:
            await incoming.aclose()

    async def _open(
        self, method: str, url: str, headers: PrivateHeaders, body: bytes | None, clocks: Clocks
    ) -> Incoming:
        loop = asyncio.get_running_loop()
        started = loop.time()
        deadline = started + clocks.total
        upload = Upload(body) if body else None
        request = self._request(method, self._allowed(url), headers, upload, clocks)
        error: AzureError
        try:
            async with asyncio.timeout_at(min(started + clocks.first_byte, deadline)):
                response = await self._client.send(request, stream=True)
            return Incoming(response, Circumstances(response.headers, headers), clocks, deadline)
        except TimeoutError:
            error = _no_answer(upload, clocks, total_is_over=loop.time() >= deadline)
        except (*FAULTS, UnicodeError) as fault:
            error = connection_error(fault, begun=upload is None or upload.begun)
        # Outside the handler, so that no library exception (they hold the request) travels along as context.
        raise error

    def _allowed(self, url: str) -> httpx.URL:
        """The URL to send to. Both libraries that will read it must see the same allowed host, and no user in it."""
        asked = _parsed(url)
        if asked is None:
            raise _refused("what is no address, or not one address to all")
        host = asked.host
        if not (host in self.hosts if isinstance(self.hosts, frozenset) else self.hosts(host)):
            raise _refused("a host that is not allowed")
        if asked.scheme != "https" and not (asked.scheme == "http" and is_loopback(host)):
            raise _refused("plain http")
        return asked

    def _request(
        self, method: str, url: httpx.URL, headers: PrivateHeaders, upload: Upload | None, clocks: Clocks
    ) -> httpx.Request:
        if not all(SENDABLE.fullmatch(value) for value in headers.values()):
            raise Rejected("a header holds characters that HTTP cannot carry", phase="connect")
        length = {"content-length": str(len(upload.body))} if upload else {}
        # aiohttp calls the wait for a free connection plus connecting "connect"; httpx-aiohttp calls that "pool".
        limits = httpx.Timeout(connect=clocks.connect, pool=clocks.connect, read=None, write=None)
        return self._client.build_request(method, url, headers={**headers, **length}, content=upload, timeout=limits)


def _parsed(url: str) -> httpx.URL | None:
    """The URL as both libraries read it; None where they differ, and where a user hides in it."""
    try:
        asked = httpx.URL(url)
        sent = yarl.URL(str(asked))
        same = bool(asked.host) and asked.host == sent.host and sent.port is not None and not asked.userinfo
    except (httpx.InvalidURL, ValueError):
        return None
    return asked if same else None


def _refused(what: str) -> Rejected:
    return Rejected(f"refused to send to {what}", kind="host-not-allowed", phase="connect")


def _no_answer(upload: Upload | None, clocks: Clocks, *, total_is_over: bool) -> AzureError:
    sent = upload is None or upload.begun
    phase: Phase = "send" if sent else "connect"
    if total_is_over:
        return TimedOut(f"no answer in {clocks.total:g} s", kind="total-timeout", phase=phase)
    if not sent:
        return Unreachable("no connection in time", phase="connect")
    return TimedOut(f"no answer in {clocks.first_byte:g} s", kind="first-byte-timeout", phase=phase)


async def _refuse_all_but_success(incoming: Incoming) -> None:
    if incoming.status >= 400:
        raise answer_error(incoming.status, await incoming.head(), incoming.at)
    if 300 <= incoming.status < 400:
        error = Unreadable("redirects are never followed", kind="redirect", status=incoming.status)
    elif incoming.status < 200:
        error = Unreadable("not an answer", status=incoming.status)
    elif incoming.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        error = Unreadable("the answer is encoded, unasked", kind="content-encoding", status=incoming.status)
    else:
        return
    raise named(error, incoming.at)
