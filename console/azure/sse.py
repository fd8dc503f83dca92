"""Bytes of an event stream to (event name, data) pairs, whatever way the network cut them. Knows no JSON."""

from __future__ import annotations

from console.azure.errors import Unreadable

LARGEST_EVENT = 8 * 1024 * 1024
BOM = b"\xef\xbb\xbf"
# Event names as bytes to text: decoding once saves a call an event. Only these take the fast lane.
NAMES = {
    name.encode(): name
    for name in (
        "ping",
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "error",
    )
}


class EventParser:
    """Feed it bytes as they come; it gives complete events back.

    Lines end in LF, CR or CRLF and in nothing else: U+2028 and its like are ordinary characters of the data, unlike in
    `str.splitlines()` and httpx's `iter_lines()`. Time is linear in the bytes fed, however they are cut.
    """

    def __init__(self, *, largest_event: int = LARGEST_EVENT) -> None:
        self.largest_event = largest_event
        self._buffer = bytearray()
        self._after_cr = False
        self._at_start = True

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The events that `data` completes, in order.

        Raises Unreadable ("response-too-large") once an event passes `largest_event` bytes, never before the events in
        front of it were given out.
        """
        buffer = self._buffer
        # An event ends at an empty line; its first LF may be the last byte of what is there already.
        scan_from = max(len(buffer) - 1, 0)
        buffer += self._with_lf(data)
        end = buffer.rfind(b"\n\n", scan_from)
        if end < 0:
            self._refuse_larger(len(buffer))
            return []
        whole = bytes(buffer[:end])
        del buffer[: end + 2]
        return self._events(whole)

    def at_end(self) -> bool:
        """True when nothing but empty lines is left over: an end of the stream here does not cut an event."""
        return not self._buffer.strip(b"\n")

    def _with_lf(self, data: bytes) -> bytes:
        if self._after_cr and data:
            # A LF here belongs to a CR that already counted as the line's end.
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\r" not in data:
            return data
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _events(self, whole: bytes) -> list[tuple[str, bytes]]:
        if self._at_start:
            self._at_start = False
            whole = whole.removeprefix(BOM)
        events = []
        largest = self.largest_event
        for block in whole.split(b"\n\n"):
            if len(block) > largest:
                self._refuse_larger(len(block))
            name, found, data = block.partition(b"\ndata: ")
            known = NAMES.get(name[7:]) if name.startswith(b"event: ") else None
            if known is not None and found and b"\n" not in data:
                events.append((known, data))
            elif (event := _parse(block)) is not None:
                events.append(event)
        return events

    def _refuse_larger(self, size: int) -> None:
        if size > self.largest_event:
            raise Unreadable(
                f"an event is larger than {self.largest_event} bytes", kind="response-too-large", phase="stream"
            )


def _parse(block: bytes) -> tuple[str, bytes] | None:
    """Any block by the letter of the specification; None when it holds no data (a comment, an id, a retry)."""
    name, lines = b"", []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value
        elif field == b"data":
            lines.append(value)
    if not lines:
        return None
    return name.decode("utf-8", "replace") or "message", b"\n".join(lines)
