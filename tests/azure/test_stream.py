"""Typed events from parsed ones: every documented type, and everything that is not as documented."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.azure import shapes
from console.azure.errors import AzureError, Overloaded, Rejected, Throttled, Unavailable, Unreadable
from console.azure.headers import Circumstances, PrivateHeaders
from console.azure.shapes import (
    BlockStarted,
    BlockStopped,
    CitationDelta,
    Finished,
    InputJsonDelta,
    MessageChanged,
    MessageStarted,
    SignatureDelta,
    StreamEvent,
    TextDelta,
    UnknownDelta,
    Usage,
)
from console.azure.sse import EventParser
from console.azure.stream import MessageReader
from tests.azure.reference import STREAM, text_of, thinking_of
from tests.azure.wire import sse

START = {
    "type": "message_start",
    "message": {"id": "m", "model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}},
}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
STOP = {"type": "message_stop"}


def text(value: object, index: object = 0) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": value}}


def read(*payloads: Any, reader: MessageReader | None = None) -> tuple[list[StreamEvent], MessageReader]:
    reader = reader or MessageReader()
    return reader.read(EventParser().feed(sse(*payloads))), reader


def frame(data: str) -> str:
    return f"event: content_block_delta\ndata: {data}\n\n"


def test_every_documented_type_is_read() -> None:
    reader = MessageReader()
    events = reader.read(EventParser().feed(STREAM))
    assert text_of(events) == "Hello, 안녕 🎉"
    assert thinking_of(events) == "I need to find the GCD…"
    assert events[0] == MessageStarted(
        "msg_4QpJur2dWWDjF6C758FbBw5vm12BaVipnK", "claude-opus-5-5", Usage(11, None, 3, 1)
    )
    assert [type(event) for event in events if not isinstance(event, TextDelta | shapes.ThinkingDelta)] == [
        MessageStarted, BlockStarted, SignatureDelta, BlockStopped, BlockStarted, CitationDelta, BlockStopped,
        BlockStarted, InputJsonDelta, InputJsonDelta, UnknownDelta, BlockStopped, MessageChanged, Finished,
    ]  # fmt: skip
    assert events[-2] == MessageChanged("end_turn", None, None, Usage(11, None, 3, 8, 3, 1))
    assert (reader.finished, reader.failure, reader.flaws) == (True, None, [])


def test_one_event_at_a_time_gives_the_same() -> None:
    reader, parsed = MessageReader(), EventParser().feed(STREAM)
    one_by_one = [event for pair in parsed for event in reader.read([pair])]
    assert one_by_one == MessageReader().read(parsed)


def test_usage_is_overwritten_and_never_added() -> None:
    deltas = [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": n}} for n in (5, 9, 12)]
    events, reader = read(START, *deltas)
    assert [event.usage.output_tokens for event in events if isinstance(event, MessageChanged)] == [5, 9, 12]
    assert reader.usage == Usage(9, None, None, 12, None)


@pytest.mark.parametrize(
    "usage",
    [None, {}, 7, "x", {"output_tokens": None}, {"output_tokens": -1}, {"output_tokens": 1.5}, {"output_tokens": "9"},
     {"output_tokens": True}, {"output_tokens": 10**30}, {"output_tokens": [9]}],
)  # fmt: skip
def test_usage_that_is_absent_or_no_count_leaves_what_was_known(usage: object) -> None:
    _, reader = read(START, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage})
    assert reader.usage == Usage(9, None, None, 1)


def test_a_refusal_is_an_answer() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "…"}
    delta = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    events, reader = read(
        START, BLOCK, {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 0}}, STOP,
    )  # fmt: skip
    assert events[-2] == MessageChanged("refusal", None, details, Usage(9, None, None, 0))
    assert (reader.finished, reader.failure) == (True, None)


@pytest.mark.parametrize("reason", ["max_tokens", "tool_use", "pause_turn", "a_reason_of_tomorrow"])
def test_any_stop_reason_is_passed_on(reason: str) -> None:
    events, _ = read({"type": "message_delta", "delta": {"stop_reason": reason}})
    assert isinstance(events[0], MessageChanged)
    assert events[0].stop_reason == reason


@pytest.mark.parametrize(
    ("type_", "error", "kind"),
    [
        ("overloaded_error", Overloaded, "overloaded"),
        ("api_error", Unavailable, "server-error"),
        ("rate_limit_error", Throttled, "rate-limited"),
        ("timeout_error", Unavailable, "upstream-timeout"),
        ("invalid_request_error", Rejected, "invalid-request"),
        ("authentication_error", AzureError, "sign-in-needed"),
        ("permission_error", AzureError, "missing-role"),
        ("not_found_error", AzureError, "not-found"),
        ("billing_error", Rejected, "billing"),
        ("request_too_large", Rejected, "too-large"),
        ("an_error_of_tomorrow", Unavailable, "server-error"),
        (None, Unavailable, "server-error"),
        (7, Unavailable, "server-error"),
    ],
)
def test_an_error_event_ends_the_stream_by_its_type(type_: object, error: type[AzureError], kind: str) -> None:
    event = {"type": "error", "error": {"type": type_, "message": "Sorry\x00"}, "request_id": "req_body"}
    events, reader = read(START, text("a"), event, text("b"), STOP)
    assert text_of(events) == "a"
    failure = reader.failure
    assert isinstance(failure, error)
    assert (failure.kind, failure.phase, failure.status) == (kind, "stream", 200)
    assert (failure.request_id, failure.message, reader.finished) == ("req_body", "Sorry", False)


@pytest.mark.parametrize("where", [0, 1, 2, 3])
def test_an_error_event_anywhere_keeps_what_came_before(where: int) -> None:
    whole: list[dict[str, Any]] = [START, text("a"), {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}]
    whole.insert(where, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    events, reader = read(*whole, STOP)
    assert len(events) == where
    assert isinstance(reader.failure, Overloaded)


def test_an_error_event_keeps_the_ids_of_the_headers_and_notes_another_in_the_body() -> None:
    headers = httpx.Headers({"request-id": "req_header", "apim-request-id": "apim"})
    reader = MessageReader(Circumstances(headers))
    read({"type": "error", "error": {"type": "api_error"}, "request_id": "req_body"}, reader=reader)
    failure = reader.failure
    assert failure is not None
    assert (failure.request_id, failure.body_request_id, failure.apim_request_id) == ("req_header", "req_body", "apim")


def test_an_error_that_echoes_the_key_does_not_show_it() -> None:
    at = Circumstances(sent=PrivateHeaders({"api-key": "sentinel-key", "x-api-key": "sentinel-key"}))
    for payload in ({"type": "error", "error": {"message": "sentinel-key"}}, frame("sentinel-key")):
        _, reader = read(payload, reader=MessageReader(at))
        assert "sentinel-key" not in f"{reader.failure} {vars(reader.failure)} {reader.failure!r}"


FLAWED: dict[str, tuple[list[Any], str]] = {
    "delta without index": ([text("x", None)], ""),
    "delta with an index in words": ([text("x", "0")], ""),
    "delta with a negative index": ([text("x", -1)], ""),
    "delta with a huge index": ([text("x", 10**9)], ""),
    "delta with a true index": ([text("x", True)], ""),
    "delta for a block that never started": ([text("x", 7)], "x"),
    "delta without a delta": ([{"type": "content_block_delta", "index": 0}], ""),
    "delta without a type": ([{"type": "content_block_delta", "index": 0, "delta": {"text": "x"}}], ""),
    "delta of a type that is a list": ([{"type": "content_block_delta", "index": 0, "delta": {"type": ["x"]}}], ""),
    "text that is a number": ([text(7)], ""),
    "text that is absent": ([{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}}], ""),
    "stop of no block": ([{"type": "content_block_stop", "index": 4}], ""),
    "start without index": ([{"type": "content_block_start"}], ""),
    "two message_start": ([START], ""),
    "text after the end": ([STOP, text("x")], ""),
    "two ends": ([STOP, STOP], ""),
}


@pytest.mark.parametrize("name", FLAWED)
def test_an_odd_event_is_noted_and_does_not_end_the_stream(name: str) -> None:
    payloads, expected = FLAWED[name]
    events, reader = read(START, BLOCK, *payloads)
    assert text_of(events) == expected
    assert reader.failure is None
    assert reader.flaws
    assert sum(isinstance(event, Finished) for event in events) <= 1


def test_a_delta_before_everything_is_read_and_noted() -> None:
    events, reader = read(text("x"))
    assert text_of(events) == "x"
    assert reader.flaws == ["a delta outside its block"]


def test_flaws_do_not_fill_the_memory() -> None:
    _, reader = read(*[text("x", -1)] * 500)
    assert len(reader.flaws) == 20


def test_what_is_new_is_ignored_without_a_note() -> None:
    events, reader = read(
        START, {"type": "a_new_event"}, "event: ping\ndata: not json\n\n", {"type": "ping"}, {"type": 7},
        "data: {}\n\n",
        {"type": "content_block_start", "index": 0, "content_block": {"type": "a_new_block"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "a_new_delta"}},
    )  # fmt: skip
    assert [type(event) for event in events] == [MessageStarted, BlockStarted, UnknownDelta]
    assert (reader.flaws, reader.failure) == ([], None)


def test_the_type_in_the_data_counts_where_a_proxy_dropped_the_event_name() -> None:
    events, _ = read(*(f"data: {json.dumps(payload)}\n\n" for payload in (START, BLOCK, text("x"), STOP)))
    assert text_of(events) == "x"


@pytest.mark.parametrize(
    "data",
    ["not json", "7", "[]", "null", '"text"', "true", "NaN", '{"index": NaN}', '{"a": Infinity}', "[" * 100_000,
     '{"a":' * 2_000 + "1" + "}" * 2_000, "{", '{"type":"content_block_delta"', "{}}", "\\ud800", "1e999"],
)  # fmt: skip
def test_a_frame_that_is_no_json_object_ends_the_stream(data: str) -> None:
    events, reader = read(START, text("a"), frame(data), text("b"))
    assert text_of(events) == "a"
    failure = reader.failure
    assert isinstance(failure, Unreadable)
    assert (failure.kind, failure.phase) == ("protocol", "stream")
    assert len(failure.message) < 1_000
    assert failure.message.isascii()


def test_a_block_nested_beyond_reason_ends_the_stream() -> None:
    nested: Any = 1
    for _ in range(100):
        nested = [nested]
    _, reader = read({"type": "content_block_start", "index": 0, "content_block": {"type": "x", "input": nested}})
    assert isinstance(reader.failure, Unreadable)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (r'"a\u0000b"', "a\ufffdb"),
        (r'"a\ud800b"', "a\ufffdb"),
        (r'"\udc00\ud800"', "\ufffd\ufffd"),
        (r'"\ud83c\udf89"', "🎉"),
        ('"a\u2028b\u2029c\u0085d"', "a\u2028b\u2029c\u0085d"),
        (r'"\u2028\n\r\t\u001b"', "\u2028\n\r\t\x1b"),
        ('"<script>alert(1)</script>"', "<script>alert(1)</script>"),
        ('""', ""),
    ],
)
def test_text_is_kept_exactly_but_for_what_no_database_stores(raw: str, expected: str) -> None:
    data = f'{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":{raw}}}}}'
    events, reader = read(BLOCK, frame(data))
    assert text_of(events) == expected
    assert reader.failure is None


def test_invalid_utf8_is_replaced() -> None:
    data = b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\xffb"}}\n\n'
    assert text_of(MessageReader().read(EventParser().feed(data))) == "a\ufffdb"


def test_the_last_of_duplicate_keys_and_a_huge_number_do_no_harm() -> None:
    head = f'{{"type":"x","type":"content_block_delta","index":0,"n":{"9" * 300},'
    data = head + '"delta":{"type":"text_delta","text":"ok"}}'
    events, reader = read(BLOCK, frame(data))
    assert (text_of(events), reader.failure) == ("ok", None)


@pytest.mark.parametrize("size", [1_000_000, 4_000_000])
def test_megabytes_of_text_in_one_event_are_read(size: int) -> None:
    events, _ = read(BLOCK, text("x" * size))
    assert len(text_of(events)) == size


def test_a_block_is_cleaned_to_its_depth() -> None:
    block = '{"type":"tool_use","input":{"a\\u0000":["\\u0000",1e5]}}'
    data = f'{{"type":"content_block_start","index":0,"content_block":{block}}}'
    events, _ = read(f"data: {data}\n\n")
    assert events == [BlockStarted(0, "tool_use", {"type": "tool_use", "input": {"a\ufffd": ["\ufffd", 1e5]}})]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "index", "delta", "message", "usage", "content_block", "error", "text", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)
TYPES = st.sampled_from(
    ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error", "x"]
)


@given(st.lists(st.tuples(TYPES, JSON), max_size=6))
@settings(max_examples=400, deadline=None)
def test_no_json_makes_it_stumble(payloads: list[tuple[str, Any]]) -> None:
    reader = MessageReader()
    for name, payload in payloads:
        body = {**payload, "type": name} if isinstance(payload, dict) else payload
        events = reader.read([(name, json.dumps(body).encode())])
        for event in events:
            assert "\x00" not in repr(event)
            repr(event).encode()


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_it_stumble(data: bytes) -> None:
    parser, reader = EventParser(), MessageReader()
    reader.read(parser.feed(b"data: " + data + b"\n\n"))
    reader.read([("x", data)])
    assert not reader.finished or b"message_stop" in data
