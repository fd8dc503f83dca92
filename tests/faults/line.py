"""A line to a server that can be cut, held and mended: PostgreSQL or Redis is away, as far as the console can tell."""

from __future__ import annotations

import asyncio
from types import TracebackType
from urllib.parse import urlsplit

from tests.faults.loop import LoopThread


class Line:
    """`with Line(url) as line:` – `line.url` reaches the same server through it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.target = parts.hostname or "", parts.port or 0
        self.side = LoopThread("line")
        self.server: asyncio.Server | None = None
        self.writers: set[asyncio.StreamWriter] = set()
        self.flowing = asyncio.Event()
        self.port = 0
        self.connections = 0  # since the start
        self.mend()
        self.url = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{self.port}")).geturl()

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self.side.close()

    def cut(self) -> None:
        """Nobody listens any more, and every connection breaks."""
        self.side.do(self._cut())

    def hold(self) -> None:
        """Connections stay and new ones are taken, but nothing passes."""
        self.side.loop.call_soon_threadsafe(self.flowing.clear)

    def mend(self) -> None:
        self.side.do(self._mend())

    async def _mend(self) -> None:
        self.flowing.set()
        if self.server is None:
            self.server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
            self.port = self.server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None
        for writer in list(self.writers):
            writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            there, back = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        self.writers |= {writer, back}
        ways = [asyncio.ensure_future(self._pass(reader, back)), asyncio.ensure_future(self._pass(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for one in (writer, back):
                one.transport.abort()
            self.writers -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self.flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
