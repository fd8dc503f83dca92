"""One checked request to the model: its parts, its size in tokens, its cache marks."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from console.sandbox import tokenizer
from console.sandbox.caching import LOOKS_BACK, Breakpoint
from console.sandbox.wire import JSON

PER_MESSAGE, PER_REQUEST, TOOL_PREAMBLE = 4, 3, 290  # tokens
IMAGE_BYTES_PER_TOKEN, DOCUMENT_BYTES_PER_TOKEN = 500, 40
MOST_IMAGE_TOKENS = 4_800


@dataclass(frozen=True)
class Prompt:
    """`body` has passed `validation.check`, so its shapes can be relied on."""

    body: JSON

    @cached_property
    def messages(self) -> list[tuple[str, list[JSON]]]:
        """Pairs of role and blocks; text alone counts as one block."""
        return [(one["role"], blocks_of(one["content"])) for one in self.body["messages"]]

    @property
    def tools(self) -> list[JSON]:
        return [tool for tool in self.body.get("tools") or [] if "input_schema" in tool]

    @property
    def streams(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def max_tokens(self) -> int:
        return int(self.body["max_tokens"])

    @property
    def stop_sequences(self) -> list[str]:
        return list(self.body.get("stop_sequences") or [])

    @property
    def thinking(self) -> JSON:
        return self.body.get("thinking") or {}

    @property
    def effort(self) -> str:
        return str((self.body.get("output_config") or {}).get("effort") or "")

    @property
    def schema(self) -> JSON | None:
        """The JSON schema that the answer must follow, if one was given."""
        wanted = (self.body.get("output_config") or {}).get("format") or {}
        return wanted.get("schema") if wanted.get("type") == "json_schema" else None

    @property
    def tool_choice(self) -> str:
        return str((self.body.get("tool_choice") or {}).get("type") or "auto")

    @cached_property
    def asked(self) -> list[str]:
        """What the person wrote, turn by turn; tool results are no turn."""
        texts = [text_of(blocks) for role, blocks in self.messages if role == "user"]
        return [text for text in texts if text]

    @property
    def question(self) -> str:
        return self.asked[-1] if self.asked else ""

    @property
    def system(self) -> str:
        return text_of(blocks_of(self.body.get("system") or []))

    @property
    def attachments(self) -> list[JSON]:
        """Images and documents of the last message."""
        return [block for block in self.messages[-1][1] if block["type"] in ("image", "document")]

    @property
    def tool_results(self) -> list[JSON]:
        """Results in the last message: the model's turn goes on."""
        return [block for block in self.messages[-1][1] if block["type"] == "tool_result"]

    @property
    def continues(self) -> bool:
        """The last message is the assistant's own: a prefill or a paused turn."""
        return self.messages[-1][0] == "assistant"

    def digest(self) -> str:
        """The same for the same request, whatever the stream flag."""
        kept = {name: value for name, value in self.body.items() if name not in ("stream", "metadata")}
        return hashlib.sha256(compact(kept).encode("utf-8", "surrogatepass")).hexdigest()

    def parts(self) -> Iterator[tuple[str, int, int]]:
        """Text, tokens and cache life (0: no mark) of each part in the order that caching goes by."""
        for tool in self.body.get("tools") or []:
            yield compact(tool), tokenizer.count(compact(tool)), life_of(tool)
        for block in blocks_of(self.body.get("system") or []):
            yield block_part(block)
        for role, blocks in self.messages:
            for block in blocks:
                text, tokens, life = block_part(block)
                yield role + text, tokens, life

    @cached_property
    def input_tokens(self) -> int:
        """All input tokens, cached or not."""
        own = sum(tokens for _, tokens, _ in self.parts())
        return own + self.overhead

    @property
    def overhead(self) -> int:
        preamble = TOOL_PREAMBLE if self.body.get("tools") else 0
        return PER_REQUEST + PER_MESSAGE * len(self.messages) + preamble

    def breakpoints(self) -> list[Breakpoint]:
        """The cache marks, shortest prefix first; a mark on the request itself sits at its end."""
        marks: list[Breakpoint] = []
        digest = hashlib.sha256(str(self.body.get("model")).encode())
        tokens, automatic = 0, life_of(self.body)
        ends: deque[tuple[str, int]] = deque(maxlen=LOOKS_BACK)  # of the blocks so far, newest first
        parts = list(self.parts())
        for number, (text, size, own) in enumerate(parts, 1):
            digest.update(text.encode("utf-8", "surrogatepass"))
            tokens += size
            if life := own or (automatic if number == len(parts) else 0):
                marks.append(Breakpoint(digest.hexdigest(), tokens, life, tuple(ends)))
            ends.appendleft((digest.hexdigest(), tokens))
        return marks


def blocks_of(content: Any) -> list[JSON]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def text_of(blocks: list[JSON]) -> str:
    return "\n".join(block["text"] for block in blocks if block["type"] == "text").strip()


def life_of(part: JSON) -> int:
    """Seconds that the part's cache mark asks for, 0 without a mark."""
    mark = part.get("cache_control")
    if not isinstance(mark, dict):
        return 0
    return 3600 if mark.get("ttl") == "1h" else 300


def block_part(block: JSON) -> tuple[str, int, int]:
    bare = {name: value for name, value in block.items() if name != "cache_control"}
    return compact(bare), block_tokens(block), life_of(block)


def block_tokens(block: JSON) -> int:
    match block["type"]:
        case "text":
            return tokenizer.count(block["text"])
        case "image":
            data = (block.get("source") or {}).get("data", "")
            return min(MOST_IMAGE_TOKENS, 85 + len(data) // IMAGE_BYTES_PER_TOKEN) if data else 1_500
        case "document":
            source = block.get("source") or {}
            if source.get("type") == "text":
                return tokenizer.count(source.get("data", ""))
            return 250 + len(source.get("data", "")) // DOCUMENT_BYTES_PER_TOKEN
        case _:
            return tokenizer.count(compact(block))


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
