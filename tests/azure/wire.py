"""A raw socket server that plays byte scripts: what Azure, a proxy or an enemy may answer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

Script = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One connection: what was asked, and how to answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.head, self.body = b"", b""

    async def read_head(self) -> bytes:
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        return self.head

    async def read(self) -> bytes:
        """The whole request; its body is returned."""
        await self.read_head()
        lengths = [line for line in self.head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self.body = await self.reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
        return self.body

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name:
                return value.strip()
        return None

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        await self.send("\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode("latin-1") + body)

    async def begin_stream(self, headers: dict[str, str] | None = None) -> None:
        """Headers of an event stream that ends with the connection."""
        given = {"content-type": "text/event-stream", "connection": "close", **(headers or {})}
        lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in given.items()), "", ""]
        await self.send("\r\n".join(lines).encode("latin-1"))

    def reset(self) -> None:
        """Close with RST, as a crashed process or a firewall does."""
        # A second handle of the same socket: the loop's own does not let options be set on every loop.
        with socket.socket(fileno=os.dup(self.writer.get_extra_info("socket").fileno())) as handle:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server:
    """Runs `script` for each connection; counts them. `faults` holds what scripts raised."""

    def __init__(self, script: Script, port: int, scheme: str) -> None:
        self.script, self.port, self.scheme = script, port, scheme
        self.connections = 0
        self.requests = 0
        self.faults: list[BaseException] = []
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            await self.script(Exchange(reader, writer))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The client left; that is what many tests are about.
        except Exception as fault:
            self.faults.append(fault)
        finally:
            self.tasks.discard(task)
            writer.close()


@contextlib.asynccontextmanager
async def serving(script: Script, certificate: tuple[Path, Path] | None = None) -> AsyncIterator[Server]:
    """A server on loopback for the length of a test; fails the test when the script failed."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    server = Server(script, 0, "https" if certificate else "http")
    listener = await asyncio.start_server(server.play, "127.0.0.1", 0, ssl=context, limit=2**26)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
    assert server.faults == []


def sse(*events: str | dict[str, object]) -> bytes:
    """An event stream of these payloads; a text is taken as it is."""
    import json

    parts = []
    for event in events:
        if isinstance(event, str):
            parts.append(event)
        else:
            parts.append(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n")
    return "".join(parts).encode()
