"""The byte-level parser: any cut, any split, any line end, bounded and linear."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.azure.errors import Unreadable
from console.azure.sse import EventParser
from tests.azure.reference import STREAM


def parsed(*pieces: bytes) -> list[tuple[str, bytes]]:
    parser = EventParser()
    return [event for piece in pieces for event in parser.feed(piece)]


WHOLE = parsed(STREAM)
# What `str.splitlines` takes for line ends and the specification does not.
NO_LINE_ENDS = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg".encode()


def reference(data: bytes) -> list[tuple[str, bytes]]:
    """The specification's algorithm, line by line, with no regard to speed."""
    events, name, lines = [], b"", []
    text = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for line in text.split(b"\n")[:-1]:
        if not line:
            if lines:
                events.append((name.decode("utf-8", "replace") or "message", b"\n".join(lines)))
            name, lines = b"", []
            continue
        field, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if field == b"event":
            name = value
        elif field == b"data":
            lines.append(value)
    return events


def test_it_reads_every_event_of_the_reference() -> None:
    assert len(WHOLE) == STREAM.count(b"event: ")
    assert reference(STREAM) == WHOLE


def test_any_split_gives_the_same_events() -> None:
    for at in range(len(STREAM) + 1):
        assert parsed(STREAM[:at], STREAM[at:]) == WHOLE


def test_byte_by_byte_gives_the_same_events() -> None:
    assert parsed(*(bytes([byte]) for byte in STREAM)) == WHOLE


def test_any_cut_gives_the_events_before_it_and_knows_of_the_cut() -> None:
    for at in range(len(STREAM) + 1):
        parser = EventParser()
        events = parser.feed(STREAM[:at])
        assert events == WHOLE[: len(events)]
        assert len(events) == STREAM[:at].count(b"\n\n")
        assert parser.at_end() == (at == 0 or STREAM[:at].endswith(b"\n\n"))


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_every_line_end_of_the_specification_counts(end: bytes) -> None:
    data = STREAM.replace(b"\n", end)
    assert parsed(data) == WHOLE
    assert parsed(*(bytes([byte]) for byte in data)) == WHOLE


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: x\n\n", [("message", b"x")]),
        (b"data:x\n\n", [("message", b"x")]),
        (b"data:  x\n\n", [("message", b" x")]),
        (b"data\n\n", [("message", b"")]),
        (b"event: e\n\n", []),
        (b"event: e\n\ndata: x\n\n", [("message", b"x")]),
        (b"data: x\nevent: e\n\n", [("e", b"x")]),
        (b"event: a\nevent: b\ndata: x\n\n", [("b", b"x")]),
        (b"data: x\ndata: y\n\n", [("message", b"x\ny")]),
        (b"event: ping\ndata: x\ndata: y\n\n", [("ping", b"x\ny")]),
        (b": comment\n\n", []),
        (b": comment\ndata: x\n: more\n\n", [("message", b"x")]),
        (b"id: 7\nretry: 9\ndata: x\n\n", [("message", b"x")]),
        (b"event: ping\nid: 7\ndata: {}\n\n", [("ping", b"{}")]),
        (b"unknown: 7\ndata: x\n\n", [("message", b"x")]),
        (b"\n\n\n\ndata: x\n\n\n\n\n", [("message", b"x")]),
        (b"\xef\xbb\xbfdata: x\n\n", [("message", b"x")]),
        (b"\xef\xbb\xbfevent: ping\ndata: x\n\n\xef\xbb\xbfdata: y\n\n", [("ping", b"x")]),
        (b"data: " + NO_LINE_ENDS + b"\n\n", [("message", NO_LINE_ENDS)]),
        (b"data: \x00\n\n", [("message", b"\x00")]),
        (b"event: \xff\ndata: x\n\n", [("\ufffd", b"x")]),
        (b"data: x\n", []),
        (b"data: x", []),
        (b"", []),
    ],
)  # fmt: skip
def test_the_letter_of_the_specification(data: bytes, events: list[tuple[str, bytes]]) -> None:
    assert parsed(data) == events
    assert parsed(*(bytes([byte]) for byte in data)) == events


@given(
    st.lists(st.sampled_from([b"data: ", b"data:", b"event: ping", b"event:", b":", b"id: 1", b"x", b"\xe2\x80\xa8",
                              b"\n", b"\r", b"\r\n", b"\n\n", b"{}", b" ", b"\xff"]), max_size=40),
    st.data(),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_it_agrees_with_the_specification_however_it_is_split(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    split = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert parsed(*split) == reference(stream)


def test_an_event_of_four_megabytes_is_read() -> None:
    text = b"x" * 4_000_000
    pieces = [b"data: " + text[:10], *(text[at : at + 16_384] for at in range(10, len(text), 16_384)), b"\n\n"]
    assert parsed(*pieces) == [("message", text)]


@pytest.mark.parametrize("whole", [True, False])
def test_an_event_past_the_cap_is_refused_after_what_came_before(whole: bool) -> None:
    parser = EventParser(largest_event=1_000)
    assert parser.feed(b"data: x\n\ndata: " + b"y" * 100) == [("message", b"x")]
    with pytest.raises(Unreadable) as refused:
        parser.feed(b"y" * 1_000 + (b"\n\n" if whole else b""))
    assert (refused.value.kind, refused.value.phase) == ("response-too-large", "stream")


def test_comments_without_end_do_not_fill_the_memory() -> None:
    parser = EventParser(largest_event=10_000)
    for _ in range(10_000 // 13):
        assert parser.feed(b": still here\n") == []
    with pytest.raises(Unreadable):
        parser.feed(b": still here\n")


def test_time_is_linear_in_what_is_fed() -> None:
    """Twice the bytes in tiny pieces may cost about twice the time; quadratic code costs four times."""

    def seconds(size: int) -> float:
        parser = EventParser()
        started = time.perf_counter()
        for _ in range(size):
            parser.feed(b"x" * 64)
        parser.feed(b"\n\n")
        return time.perf_counter() - started

    seconds(1_000)
    small = min(seconds(15_000) for _ in range(3))
    large = min(seconds(60_000) for _ in range(3))
    assert large < 10 * small
