"""Many browsers at once, each on a socket of its own, read by one thread; some read, some never do."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from types import TracebackType

from tests.console_process import Person, Stream

EVENT = re.compile(rb"^event: (.*)$", re.MULTILINE)


class Reader:
    """One attached browser: its bytes so far, and whether the server has ended them."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = False
        self.writer: asyncio.StreamWriter | None = None

    @property
    def status(self) -> int:
        return int(self.received[9:12] or b"0")

    @property
    def names(self) -> list[str]:
        """Names of the events, in order."""
        return [name.decode() for name in EVENT.findall(self.received)]


class Readers:
    """`with Readers(person) as readers:` – `attach` opens one connection per path."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.loop = asyncio.new_event_loop()
        self.tasks: list[Future[None]] = []
        threading.Thread(target=self.loop.run_forever, name="readers", daemon=True).start()

    def __enter__(self) -> Readers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        self.loop.call_soon_threadsafe(self.loop.stop)

    def attach(self, streams: list[Stream], *, reading: bool = True) -> list[Reader]:
        """A browser for each of the streams; one that is not `reading` takes nothing off its small buffer."""
        readers = [Reader() for _ in streams]
        for reader, stream in zip(readers, streams, strict=True):
            work = self._attach(reader, stream.path, reading)
            self.tasks.append(asyncio.run_coroutine_threadsafe(work, self.loop))
        return readers

    def leave(self) -> None:
        """Every browser goes away without a word."""
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(CancelledError):
                task.exception(10)
        self.tasks = []

    async def _attach(self, reader: Reader, path: str, reading: bool) -> None:
        wire = socket.socket()
        if not reading:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.setblocking(False)
        try:
            await self.loop.sock_connect(wire, ("127.0.0.1", self.person.console.port))
            await self.loop.sock_sendall(wire, request(self.person, path))
            while reading and (data := await self.loop.sock_recv(wire, 65_536)):
                reader.received += data
            if not reading:
                await asyncio.Event().wait()
            reader.ended = True
        except ConnectionError:
            reader.ended = True
        finally:
            wire.close()


def request(person: Person, path: str) -> bytes:
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nCookie: {cookies}\r\n\r\n"
    return head.encode()
