"""A plan as bytes: one JSON document, or server-sent events from cheap templates.

Source: azure-facts 2.4, 2.5
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from console.sandbox.plan import Block, Plan
from console.sandbox.wire import JSON

# A string's fast path: no encoder object for each event, and text goes out as UTF-8 as Anthropic sends it.
quote = json.JSONEncoder(ensure_ascii=False).encode
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
GARBLED = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_de\n\n'
DELTAS = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


def event(name: str, body: JSON) -> bytes:
    return f"event: {name}\ndata: {compact(body)}\n\n".encode("utf-8", "replace")


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def start_event(plan: Plan) -> bytes:
    message: JSON = {
        "id": plan.id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": plan.model,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**plan.usage_in, "output_tokens": 1},
    }
    return event("message_start", {"type": "message_start", "message": message})


def block_start(index: int, block: Block) -> bytes:
    shapes: dict[str, JSON] = {
        "text": {"type": "text", "text": ""},
        "thinking": {"type": "thinking", "thinking": "", "signature": ""},
        "tool_use": {**block.tool, "type": "tool_use", "caller": {"type": "direct"}, "input": {}},
        "server_tool_use": {**block.tool, "type": "server_tool_use", "caller": {"type": "direct"}, "input": {}},
    }
    shape = shapes.get(block.kind) or whole_block(block)
    body = {"type": "content_block_start", "index": index, "content_block": shape}
    return event("content_block_start", body)


def deltas(index: int, block: Block) -> Iterator[bytes]:
    """One event for each token of the block."""
    if block.kind == "web_search_tool_result":
        return
    if block.kind in ("tool_use", "server_tool_use"):
        yield tool_delta(index, "")
        for part in block.pieces:
            yield tool_delta(index, part)
        return
    kind, field = DELTAS[block.kind]
    before = (
        f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{index},'
        f'"delta":{{"type":"{kind}","{field}":'
    )
    if block.shown:
        for piece in block.pieces:
            yield f"{before}{quote(piece)}}}}}\n\n".encode("utf-8", "replace")


def citation_delta(index: int, citation: JSON) -> bytes:
    delta = {"type": "citations_delta", "citation": citation}
    return event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta})


def tool_delta(index: int, part: str) -> bytes:
    delta = {"type": "input_json_delta", "partial_json": part}
    return event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta})


def block_end(index: int, block: Block) -> bytes:
    """The sources of a text, the signature of a thinking block, if it has one, and the block's stop."""
    stop = event("content_block_stop", {"type": "content_block_stop", "index": index})
    if block.kind != "thinking":
        return b"".join(citation_delta(index, one) for one in block.citations) + stop
    delta = {"type": "signature_delta", "signature": block.signature}
    return event("content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}) + stop


def end_event(plan: Plan) -> bytes:
    """`message_delta`: its usage is the final one, not an addition."""
    delta = {
        "stop_reason": plan.stop_reason,
        "stop_sequence": plan.stop_sequence,
        "stop_details": plan.stop_details,
    }
    return event("message_delta", {"type": "message_delta", "delta": delta, "usage": plan.usage()})


def error_event(error_type: str, message: str) -> bytes:
    body = {"type": "error", "error": {"type": error_type, "message": message}}
    return f"event: error\ndata: {json.dumps(body)}\n\n".encode()


def whole_message(plan: Plan) -> JSON:
    return {
        "id": plan.id,
        "type": "message",
        "role": "assistant",
        "model": plan.model,
        "content": [whole_block(block) for block in plan.blocks],
        "stop_reason": plan.stop_reason,
        "stop_sequence": plan.stop_sequence,
        "stop_details": plan.stop_details,
        "container": None,
        "usage": plan.usage(),
    }


def whole_block(block: Block) -> JSON:
    match block.kind:
        case "thinking":
            text = block.text if block.shown else ""
            return {"type": "thinking", "thinking": text, "signature": block.signature}
        case "tool_use" | "server_tool_use" | "web_search_tool_result":
            return {**block.tool, "type": block.kind, "caller": {"type": "direct"}}
        case _:
            return {"type": "text", "text": block.text, "citations": list(block.citations) or None}
