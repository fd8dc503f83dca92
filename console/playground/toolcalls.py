"""Tool calls of an answer: what Claude wants to know, what a person answers, and how both go into the next request.

Source: azure-facts 2.3 (tool loops), 2.4 and 2.5 (blocks); what an answer holds came from an upstream and is read so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext as _

from console.playground.models import Exchange, State
from console.web.text import clean

Blocks = list[dict[str, object]]

LONGEST_RESULT = 200_000
# What is shown of a call's input or a server tool's result, in characters.
LONGEST_SHOWN = 20_000
UNANSWERED = "Nobody answered this call."


@dataclass(frozen=True, slots=True)
class Called:
    """One tool call: its number from 1, the API's id, the tool's name and its input as JSON text."""

    number: int
    id: str
    name: str
    input: str
    result: Mapping[str, Any] | None = None  # what was answered, where that is known


@dataclass(frozen=True, slots=True)
class Asked:
    """The calls an answer ended with. `waits`: nobody has answered them in the version that is shown."""

    exchange_id: UUID
    calls: list[Called]
    waits: bool
    submission_id: str


@dataclass(frozen=True, slots=True)
class Used:
    """One use of a server tool: its name, its input, and what came back, as links or as text."""

    name: str
    input: str
    links: list[tuple[str, str]]
    text: str
    failed: str


def calls(exchange: Exchange) -> list[Called]:
    """The calls that wait for an answer; an answer that broke off or was stopped in the middle of one has none."""
    if exchange.state != State.SUCCEEDED or exchange.stop_reason != "tool_use":
        return []
    blocks = [block for block in exchange.content if block.get("type") == "tool_use" and _text(block, "id")]
    return [
        Called(number, _text(block, "id"), _text(block, "name"), pretty(block.get("input")))
        for number, block in enumerate(blocks, 1)
    ]


def asked(exchange: Exchange, *, waits: bool) -> Asked | None:
    """What a page shows of the calls of an exchange, with a form to answer them; None when there are none."""
    found = calls(exchange)
    return Asked(exchange.pk, found, waits, uuid4().hex) if found else None


def pretty(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2) if value is not None else ""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def results(exchange: Exchange, data: Mapping[str, object]) -> list[dict[str, Any]]:
    """What a form answers to the calls of `exchange`: one result for each, in their order."""
    return [
        {
            "tool_use_id": call.id,
            "name": call.name,
            "content": clean(str(data.get(f"result-{call.number}", "")))[:LONGEST_RESULT],
            "is_error": bool(data.get(f"error-{call.number}")),
        }
        for call in calls(exchange)
    ]


# ---- Into the next request ----


def open_ids(turns: Sequence[Mapping[str, object]]) -> list[str]:
    """The ids of the calls that the last of these messages made; the next message has to answer them."""
    content = turns[-1]["content"] if turns and turns[-1]["role"] == "assistant" else None
    blocks = content if isinstance(content, list) else []
    return [str(block["id"]) for block in blocks if block.get("type") == "tool_use"]


def replied(
    turns: Sequence[Mapping[str, object]], given: Iterable[Mapping[str, Any]], content: str | Blocks
) -> str | Blocks:
    """The content of the next message: an answer to every open call, in their order, before what was said."""
    ids = open_ids(turns)
    if not ids:
        return content
    by_id = {str(one["tool_use_id"]): one for one in given}
    said: Blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return [*(_result(key, by_id.get(key)) for key in ids), *(said if content else [])]


def _result(key: str, given: Mapping[str, Any] | None) -> dict[str, object]:
    if given is None:
        return {"type": "tool_result", "tool_use_id": key, "content": UNANSWERED, "is_error": True}
    block: dict[str, object] = {"type": "tool_result", "tool_use_id": key}
    if given["content"]:
        block["content"] = given["content"]
    return {**block, "is_error": True} if given["is_error"] else block


def sent_back(content: Iterable[Mapping[str, object]]) -> Blocks:
    """An answer's blocks as the next request takes them: thinking untouched, texts that are not empty, calls."""
    return [block for one in content if (block := _sent_back(one)) is not None]


def _sent_back(block: Mapping[str, object]) -> dict[str, object] | None:
    match block.get("type"):
        case "text":
            text = _text(block, "text")
            return {"type": "text", "text": text} if text.strip() else None
        case "thinking":
            return {name: block[name] for name in ("type", "thinking", "signature") if name in block}
        case "tool_use" | "server_tool_use" as kind:
            return {"type": kind, "id": block.get("id"), "name": block.get("name"), "input": block.get("input") or {}}
    return dict(block)


# ---- Server tools ----


def uses(content: Iterable[Mapping[str, object]]) -> list[Used]:
    """What server tools did for an answer, in order."""
    blocks = list(content)
    answers = {_text(block, "tool_use_id"): block for block in blocks if block.get("tool_use_id")}
    return [
        used(block, answers.get(_text(block, "id"), {})) for block in blocks if block.get("type") == "server_tool_use"
    ]


def used(block: Mapping[str, object], answer: Mapping[str, object]) -> Used:
    content = answer.get("content")
    failed = _text(content, "error_code") if isinstance(content, dict) else ""
    found = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    links = [(_text(one, "title") or _text(one, "url"), web(_text(one, "url"))) for one in found if one.get("url")]
    text = "" if links or failed else pretty(content) if content else _("It brought nothing.")
    return Used(_text(block, "name"), pretty(block.get("input")), links, text, failed)


def web(address: str) -> str:
    """An address that may be a link; "" for any other."""
    return address if address.startswith(("https://", "http://")) and address.isprintable() else ""


def _text(block: Mapping[str, object], name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""
