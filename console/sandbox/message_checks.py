"""What the Messages API refuses inside a conversation: roles, blocks, tool pairs, altered thinking."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from console.sandbox.thinking import is_authentic
from console.sandbox.wire import JSON, invalid

ROLES = ("user", "assistant", "system")
BLOCKS = {
    "user": {"text", "image", "document", "search_result", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use", "document"}
    | {
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
    },
    "system": {"text"},
}
IMAGE_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
MOST_IMAGE = 5 * 1024 * 1024  # bytes of base64


def check_message(number: int, message: Any, *, strict: bool, hosted_by_azure: bool) -> None:
    """One message; `strict` is API version 2026-10-21."""
    where = f"messages.{number}"
    if not isinstance(message, dict):
        raise invalid(f"{where}: Input should be a valid dictionary")
    role = message.get("role")
    if role not in ROLES:
        raise invalid(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
    content = message.get("content")
    if content is None:
        raise invalid(f"{where}.content: Field required")
    if isinstance(content, str):
        if not content.strip():
            raise invalid(f"{where}: {role} messages must have non-empty content")
        return
    if not isinstance(content, list):
        raise invalid(f"{where}.content: Input should be a valid list")
    if not content:
        raise invalid(f"{where}: {role} messages must have non-empty content")
    for index, block in enumerate(content):
        check_block(f"{where}.content.{index}", role, block, strict=strict, hosted_by_azure=hosted_by_azure)


def check_block(where: str, role: str, block: Any, *, strict: bool, hosted_by_azure: bool) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(kind, str) or kind not in BLOCKS[role] or (kind == "document" and role == "assistant" and strict):
        raise invalid(f"{where}.type: Input tag '{str(kind)[:40]}' found using 'type' does not match an expected tag")
    check_shape(f"{where}.{kind}", block)
    match kind:
        case "text":
            check_text(where, role, block, strict=strict)
        case "image":
            check_image(where, block.get("source"), hosted_by_azure=hosted_by_azure)
        case "document":
            check_document(where, block.get("source"), hosted_by_azure=hosted_by_azure)
        case "thinking":
            if not is_authentic(str(block.get("thinking", "")), str(block.get("signature", ""))):
                raise invalid(f"{where}: Invalid `signature` in `thinking` block")
        case "tool_use":
            check_named(where, block, "id", "name")
        case "tool_result":
            check_named(where, block, "tool_use_id")


def check_shape(where: str, block: JSON) -> None:
    """What any block may carry beside its own."""
    mark = block.get("cache_control")
    if mark is not None and (not isinstance(mark, dict) or mark.get("type") != "ephemeral"):
        raise invalid(f"{where}.cache_control: Input tag must be 'ephemeral'")
    if block.get("title") is not None and not isinstance(block["title"], str):
        raise invalid(f"{where}.title: Input should be a valid string")


def check_text(where: str, role: str, block: JSON, *, strict: bool) -> None:
    if not isinstance(block.get("text"), str):
        raise invalid(f"{where}.text: Field required")
    if not block["text"].strip():
        raise invalid("messages: text content blocks must be non-empty")
    if strict and role == "user" and block.get("citations"):
        raise invalid(f"{where}.citations: Extra inputs are not permitted")


def check_image(where: str, source: Any, *, hosted_by_azure: bool) -> None:
    kind = source_kind(where, source, ("base64", "url", "file"), hosted_by_azure=hosted_by_azure)
    if kind != "base64":
        return
    if source.get("media_type") not in IMAGE_TYPES:
        allowed = ", ".join(f"'{name}'" for name in IMAGE_TYPES)
        raise invalid(f"{where}.image.source.base64.media_type: Input should be one of {allowed}")
    if not is_base64(source.get("data")):
        raise invalid(f"{where}.image.source.base64: invalid base64 data")
    if len(source["data"]) > MOST_IMAGE:
        size = f"{len(source['data'])} bytes > {MOST_IMAGE} bytes"
        raise invalid(f"{where}.image.source.base64: image exceeds 5 MB maximum: {size}")
    looks_like = image_type(base64.b64decode(source["data"][:32]))
    if not looks_like:
        raise invalid(f"{where}.image.source.base64.data: Could not process image")
    if looks_like != source["media_type"]:
        raise invalid(
            f"{where}.image.source.base64.data: The image was specified using the {source['media_type']} media type, "
            f"but the image appears to be a {looks_like} image"
        )


def check_document(where: str, source: Any, *, hosted_by_azure: bool) -> None:
    kinds = ("base64", "text", "content", "url", "file")
    kind = source_kind(where, source, kinds, hosted_by_azure=hosted_by_azure)
    if kind == "text" and not isinstance(source.get("data"), str):
        raise invalid(f"{where}.document.source.text.data: Field required")
    if kind == "base64" and source.get("media_type") != "application/pdf":
        raise invalid(f"{where}.document.source.base64.media_type: Input should be 'application/pdf'")
    if kind == "base64" and not is_base64(source.get("data")):
        raise invalid(f"{where}.document.source.base64: invalid base64 data")
    if kind == "base64" and not base64.b64decode(source["data"][:8]).startswith(b"%PDF-"):
        raise invalid(f"{where}.document.source.base64.data: The PDF specified was not valid.")


def source_kind(where: str, source: Any, kinds: tuple[str, ...], *, hosted_by_azure: bool) -> str:
    kind = source.get("type") if isinstance(source, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise invalid(f"{where}.source: Input tag must be one of {', '.join(kinds)}")
    if kind == "file" and hosted_by_azure:
        raise invalid(f"{where}.source: files are not supported for models hosted on Azure.")
    return str(kind)


def image_type(head: bytes) -> str:
    """What the first bytes say; empty for no picture that is taken."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    signs = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    return next((name for sign, name in signs.items() if head.startswith(sign)), "")


def is_base64(data: Any) -> bool:
    try:
        return isinstance(data, str) and bool(base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        return False


def check_named(where: str, block: JSON, *names: str) -> None:
    for name in names:
        if not isinstance(block.get(name), str) or not block[name]:
            raise invalid(f"{where}.{name}: Field required")


def check_system(system: list[Any]) -> None:
    for index, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text" or not isinstance(block.get("text"), str):
            raise invalid(f"system.{index}: Input should be a text block")
        check_shape(f"system.{index}", block)


def check_tool_pairs(messages: list[JSON]) -> None:
    """Each tool_use is answered in the next message, each tool_result answers one of the message before."""
    before: list[str] = []
    for number, message in enumerate(messages):
        answered = ids(message, "tool_result", "tool_use_id")
        strange = [one for one in answered if one not in before]
        if strange:
            raise invalid(
                f"messages.{number}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{strange[0][:60]}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                "previous message."
            )
        open_ids = [one for one in before if one not in answered]
        if open_ids:
            raise invalid(
                f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{open_ids[0][:60]}."
            )
        before = ids(message, "tool_use", "id")


def ids(message: JSON, kind: str, name: str) -> list[str]:
    content = message["content"]
    return [block[name] for block in content if block["type"] == kind] if isinstance(content, list) else []
