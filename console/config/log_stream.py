"""One stream for the logs of all pieces: whole lines, each under its piece's name.

Lines are written from a thread of their own: a reader who stops reading holds up nothing but the lines.
"""

from __future__ import annotations

import os
import queue
import select
import threading
from collections.abc import Callable
from contextlib import suppress

# Lines that may wait for a slow reader; what comes on top is counted and dropped.
WAITING = 10_000
WIDTH = 7  # of the longest name, "sandbox"


class LogStream:
    """Writes to one file descriptor; `on_gone` is called once, from the writing thread, when its reader has left."""

    def __init__(self, descriptor: int = 1, *, on_gone: Callable[[], object] = lambda: None) -> None:
        self.descriptor = descriptor
        self.on_gone = on_gone
        self.dropped = 0
        self._waiting: queue.Queue[bytes | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._write_all, name="log-stream", daemon=True)
        self._thread.start()

    def line(self, name: str, text: str | bytes) -> None:
        """Queue one line; never blocks."""
        body = text.encode(errors="backslashreplace") if isinstance(text, str) else text
        if self.dropped and self._put(f"{self.dropped} lines were dropped here: nobody read them".encode()):
            self.dropped = 0
        if not self._put(body, name):
            self.dropped += 1

    def _put(self, body: bytes, name: str = "console") -> bool:
        try:
            self._waiting.put_nowait(b"%s | %s\n" % (name.ljust(WIDTH).encode(), body.rstrip()))
        except queue.Full:
            return False
        return True

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, for at most `seconds`."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=seconds)
            self._thread.join(seconds)

    def _write_all(self) -> None:
        while (line := self._waiting.get()) is not None:
            try:
                write(self.descriptor, line)
            except OSError:
                self.on_gone()
                return


def write(descriptor: int, data: bytes) -> None:
    """All of `data`, also to a descriptor that somebody made non-blocking. Raises OSError when the reader has left."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select((), (descriptor,), ())
