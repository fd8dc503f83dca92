"""Many browsers at once, each on a socket of its own, read by one thread; some read, some never do."""

from __future__ import annotations

import asyncio
import re
import socket
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from types import TracebackType

from tests.console_process import Person, Stream
from tests.faults.loop import LoopThread

EVENT = re.compile(rb"^event: (.*)$", re.MULTILINE)


class Reader:
    """One attached browser: its bytes so far, and whether the server has ended them."""

    def __init__(self) -> None:
        self.received = b""
        self.ended = False

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
        self.side = LoopThread("readers")
        self.tasks: list[Future[None]] = []

    def __enter__(self) -> Readers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        self.side.close()

    def attach(self, streams: list[Stream], *, reading: bool = True) -> list[Reader]:
        """A browser for each of the streams; one that is not `reading` takes nothing off its small buffer."""
        readers = [Reader() for _ in streams]
        for reader, stream in zip(readers, streams, strict=True):
            self.tasks.append(self.side.begin(self._attach(reader, stream.path, reading)))
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
        loop, wire = asyncio.get_running_loop(), socket.socket()
        if not reading:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.setblocking(False)
        try:
            await loop.sock_connect(wire, ("127.0.0.1", self.person.console.port))
            await loop.sock_sendall(wire, request(self.person, path))
            while reading and (data := await loop.sock_recv(wire, 65_536)):
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
