"""Parsed events of a Messages stream to typed events: every type of azure-facts 2.5, and every broken form of it.

Unknown events are ignored, odd ones noted in `flaws` and read as far as they make sense, broken ones end the stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeGuard

import orjson

from console.azure.cleaning import (
    clean_json,
    clean_text,
    json_count,
    json_list,
    json_object,
    json_text,
    load_json,
    one_line,
)
from console.azure.error_bodies import event_error
from console.azure.errors import AzureError, Unreadable
from console.azure.headers import Circumstances, named
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
    ThinkingDelta,
    UnknownDelta,
    Usage,
)

LARGEST_INDEX = 100_000
MOST_FLAWS = 20
TEXT_DELTAS: dict[str, tuple[Callable[[int, str], StreamEvent], str]] = {
    "text_delta": (TextDelta, "text"),
    "thinking_delta": (ThinkingDelta, "thinking"),
    "signature_delta": (SignatureDelta, "signature"),
    "input_json_delta": (InputJsonDelta, "partial_json"),
}


class MessageReader:
    """Reads one streamed message. `usage` is the usage so far, `finished` whether `message_stop` was seen.

    `failure` is set by an `error` event or a frame that is no JSON object: raise it after using the events that
    `read` returned with it. Nothing after it is read.
    """

    def __init__(self, at: Circumstances | None = None) -> None:
        self.at = replace(at or Circumstances(), phase="stream")
        self.usage = Usage()
        self.finished = False
        self.failure: AzureError | None = None
        self.flaws: list[str] = []
        self._started = False
        self._open: set[int] = set()

    def read(self, events: Iterable[tuple[str, bytes]]) -> list[StreamEvent]:
        """The typed events of these parsed ones, in order. Never raises."""
        batch: list[StreamEvent] = []
        for name, data in events:
            if self.failure is not None:
                break
            if name == "ping":
                continue
            try:
                event = self._event(name, data)
            except ValueError as error:
                self.failure = self._broken(data, str(error))
                break
            if event is not None:
                batch.append(event)
        return batch

    def _event(self, name: str, data: bytes) -> StreamEvent | None:
        try:
            parsed = orjson.loads(data)
        except orjson.JSONDecodeError:
            parsed = load_json(data)
        if not isinstance(parsed, dict):
            raise ValueError("not an object")
        kind = parsed.get("type", name)
        if self.finished:
            return self._flaw(f"{kind} after message_stop") if kind != "ping" else None
        if kind == "content_block_delta":
            return self._delta(parsed)
        return self._rarer_event(str(kind), parsed)

    def _rarer_event(self, kind: str, parsed: dict[str, object]) -> StreamEvent | None:
        match kind:
            case "message_start":
                return self._message_start(parsed)
            case "content_block_start":
                return self._block_start(parsed)
            case "content_block_stop":
                return self._block_stop(parsed)
            case "message_delta":
                return self._message_delta(parsed)
            case "message_stop":
                self.finished = True
                return Finished()
            case "error":
                self.failure = event_error(parsed, self.at)
        return None

    def _delta(self, parsed: dict[str, object]) -> StreamEvent | None:
        index, delta = parsed.get("index"), parsed.get("delta")
        if not _is_index(index) or not isinstance(delta, dict):
            return self._flaw("a delta without index or content")
        if index not in self._open:
            self._flaw("a delta outside its block")
        kind = delta.get("type")
        if not isinstance(kind, str):
            return self._flaw("a delta without type")
        if (known := TEXT_DELTAS.get(kind)) is not None:
            shape, key = known
            text = delta.get(key)
            return shape(index, clean_text(text)) if isinstance(text, str) else self._flaw(f"{kind} without text")
        if kind == "citations_delta":
            return CitationDelta(index, _clean_object(delta.get("citation")))
        return UnknownDelta(index, json_text(kind, 100))

    def _message_start(self, parsed: dict[str, object]) -> StreamEvent | None:
        if self._started:
            return self._flaw("a second message_start")
        self._started = True
        message = json_object(parsed.get("message"))
        self.usage = self.usage.overwritten_by(read_usage(message.get("usage")))
        return MessageStarted(json_text(message.get("id"), 200), json_text(message.get("model"), 200), self.usage)

    def _block_start(self, parsed: dict[str, object]) -> StreamEvent | None:
        index = parsed.get("index")
        if not _is_index(index):
            return self._flaw("a block without index")
        if not self._started:
            self._flaw("a block before message_start")
        self._open.add(index)
        block = _clean_object(parsed.get("content_block"))
        return BlockStarted(index, json_text(block.get("type"), 100), block)

    def _block_stop(self, parsed: dict[str, object]) -> StreamEvent | None:
        index = parsed.get("index")
        if not _is_index(index) or index not in self._open:
            return self._flaw("the stop of a block that is not open")
        self._open.discard(index)
        return BlockStopped(index)

    def _message_delta(self, parsed: dict[str, object]) -> StreamEvent:
        delta = json_object(parsed.get("delta"))
        self.usage = self.usage.overwritten_by(read_usage(parsed.get("usage")))
        details = delta.get("stop_details")
        return MessageChanged(
            json_text(delta.get("stop_reason"), 100) or None,
            json_text(delta.get("stop_sequence"), 1_000) or None,
            _clean_object(details) if isinstance(details, dict) else None,
            self.usage,
        )

    def _flaw(self, flaw: str) -> StreamEvent | None:
        """Note what was odd; there is no event for it."""
        if len(self.flaws) < MOST_FLAWS:
            self.flaws.append(one_line(flaw, 200))
        return None

    def _broken(self, data: bytes, why: str) -> AzureError:
        start = data[:200].decode("utf-8", "backslashreplace").encode("unicode_escape").decode("ascii")
        text = self.at.sent.hide(f"a frame that is {one_line(why, 100)}: {start}", 1_000)
        return named(Unreadable(text, status=200), self.at)


def events_of(message: Mapping[str, object], at: Circumstances) -> list[StreamEvent]:
    """The events as which a whole message would have been streamed: it is read, bounded and cleaned like one."""
    reader = MessageReader(at)
    events = reader.read(("", orjson.dumps(event)) for event in _as_streamed(message))
    if reader.failure is not None:
        raise reader.failure
    return events


def _as_streamed(message: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """What stands in the frames of azure-facts 2.5 for this message."""
    yield {"type": "message_start", "message": {name: message.get(name) for name in ("id", "model", "usage")}}
    for index, block in enumerate(map(json_object, json_list(message.get("content")))):
        deltas = list(_deltas_of(block))
        begun = {**block, **{name: _EMPTY[name] for name in _EMPTY if name in block}} if deltas else block
        yield {"type": "content_block_start", "index": index, "content_block": begun}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    why = {name: message.get(name) for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": why, "usage": message.get("usage")}
    yield {"type": "message_stop"}


# With what a block begins whose content comes in deltas.
_EMPTY: dict[str, object] = {"text": "", "thinking": "", "signature": "", "input": {}, "citations": []}


def _deltas_of(block: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """The deltas that bring a block's content; none for a block that comes whole even in a stream."""
    match block.get("type"):
        case "text":
            yield {"type": "text_delta", "text": block.get("text")}
            for citation in json_list(block.get("citations")):
                yield {"type": "citations_delta", "citation": citation}
        case "thinking":
            yield {"type": "thinking_delta", "thinking": block.get("thinking")}
            yield {"type": "signature_delta", "signature": block.get("signature")}
        case "tool_use" | "server_tool_use":
            yield {"type": "input_json_delta", "partial_json": orjson.dumps(block.get("input")).decode()}


def read_usage(value: object) -> Usage:
    """Usage from the wire. What is absent, null, negative, broken or beyond belief is None."""
    usage = json_object(value)
    hosted = json_object(usage.get("server_tool_use"))
    return Usage(
        json_count(usage.get("input_tokens")),
        json_count(usage.get("cache_creation_input_tokens")),
        json_count(usage.get("cache_read_input_tokens")),
        json_count(usage.get("output_tokens")),
        json_count(json_object(usage.get("output_tokens_details")).get("thinking_tokens")),
        json_count(hosted.get("web_search_requests")),
        json_count(hosted.get("web_fetch_requests")),
    )


def _is_index(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 <= value <= LARGEST_INDEX


def _clean_object(value: object) -> dict[str, object]:
    return json_object(clean_json(value))
