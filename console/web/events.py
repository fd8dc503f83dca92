"""Server-sent events on the way out: one function, so that no text can forge a line of the protocol."""

from __future__ import annotations

import re

# Every line end the EventSource parser knows; U+2028 and friends are ordinary text to it.
_LINE_END = re.compile("\r\n|\r|\n")

HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
)
HEARTBEAT = b": \n\n"


def event(name: str, data: str, *, id: str = "") -> bytes:
    """One event as it goes over the wire. `name` and `id` are ours; `data` is any text."""
    head = f"id: {id}\nevent: {name}\n" if id else f"event: {name}\n"
    body = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
    return f"{head}{body}\n".encode("utf-8", "replace")
