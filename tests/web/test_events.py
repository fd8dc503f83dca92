"""Our event emitter against a parser written from the specification: any text is one event and comes back whole."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from console.web.events import event


def parse(stream: str) -> list[tuple[str, str]]:
    """The EventSource algorithm of the HTML standard, for the fields we send."""
    found, name, data = [], "", []
    for line in re.split("\r\n|\r|\n", stream):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append((name, "\n".join(data)))
            name, data = "", []
        elif field == "event":
            name = value
        elif field == "data":
            data.append(value)
    return found


@given(st.text())
@example("a\nevent: answer\ndata: forged\n\nid: 9")
@example("\r\rdata: x\r\n\r\n")
@example("line\u2028separator\u2029and\x85next\x0b\x0c\x1c")
def test_any_text_is_exactly_one_event(text):
    expected = text.replace("\r\n", "\n").replace("\r", "\n")
    surrogates = "".join("?" if 0xD800 <= ord(c) <= 0xDFFF else c for c in expected)
    assert parse(event("delta", text, id="5").decode()) == [("delta", surrogates)]
