"""What one message will be, before the first byte leaves: blocks, stop reason, usage."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

from console.sandbox import tokenizer
from console.sandbox.answers import Question, answer, long_answer, phrases_for
from console.sandbox.caching import CacheUse
from console.sandbox.catalog import Model
from console.sandbox.hard_text import HARD_TEXT
from console.sandbox.prompt import Prompt, compact, text_of
from console.sandbox.scenes import Scene
from console.sandbox.thinking import OMITTED, signature_of, thoughts
from console.sandbox.wire import JSON

BlockKind = Literal["thinking", "text", "tool_use", "server_tool_use", "web_search_tool_result"]
SEARCHES = re.compile(r"search|look up|latest|news|today|검색|찾아|최신|뉴스|오늘", re.IGNORECASE)


@dataclass(frozen=True)
class Block:
    """One content block; `pieces` are what its deltas carry, one token each. `shown` False leaves thoughts out.

    `tool` are the fields of a block that calls a tool or holds a result.
    """

    kind: BlockKind
    pieces: tuple[str, ...]
    tool: JSON = field(default_factory=dict)
    signature: str = ""
    shown: bool = True
    citations: tuple[JSON, ...] = ()

    @property
    def text(self) -> str:
        return "".join(self.pieces)


@dataclass(frozen=True)
class Plan:
    """One whole message. `usage_in` holds the input side of `usage`."""

    id: str
    model: str
    blocks: list[Block]
    stop_reason: str
    usage_in: JSON
    stop_sequence: str | None = None
    stop_details: JSON | None = None

    @property
    def output_tokens(self) -> int:
        return sum(len(block.pieces) for block in self.blocks)

    @property
    def thinking_tokens(self) -> int:
        return sum(len(block.pieces) for block in self.blocks if block.kind == "thinking")

    def usage(self) -> JSON:
        """Final usage, input side included."""
        details = {"thinking_tokens": self.thinking_tokens}
        whole = {**self.usage_in, "output_tokens": self.output_tokens, "output_tokens_details": details}
        searches = sum(block.kind == "server_tool_use" for block in self.blocks)
        hosted = {"server_tool_use": {"web_search_requests": searches, "web_fetch_requests": 0}}
        return {**whole, **hosted} if searches else whole


def make_plan(prompt: Prompt, scene: Scene, model: Model, cache: CacheUse) -> Plan:
    """The message that this scene gives to this prompt: the same for the same prompt, but for its id."""
    question = question_of(prompt)
    blocks, stop_reason = compose(prompt, scene, model, question)
    stop_details = None
    if stop_reason == "refusal":
        explanation = phrases_for(question).refusal
        stop_details = {"type": "refusal", "category": "general_harms", "explanation": explanation}
    plan = Plan(message_id(prompt), model.name, blocks, stop_reason, usage_in(prompt, cache), None, stop_details)
    return limit(stop_at_sequence(plan, prompt.stop_sequences), prompt, scene)


def question_of(prompt: Prompt) -> Question:
    asked = prompt.asked
    return Question(
        prompt.question,
        turn=max(1, len(asked)),
        before=asked[-2] if len(asked) > 1 else "",
        system=prompt.system,
        attachments=tuple(attachment_name(block) for block in prompt.attachments),
    )


def attachment_name(block: JSON) -> str:
    source = block.get("source") or {}
    size = -(-len(source.get("data", "")) * 3 // 4 // 1024)
    kind = block.get("title") or source.get("media_type") or block["type"]
    return f"{kind} ({size} KB)" if size else str(kind)


def compose(prompt: Prompt, scene: Scene, model: Model, question: Question) -> tuple[list[Block], str]:
    """The blocks and why the message stops, before any limit."""
    if scene.refuses == "at once":
        return [Block("text", ())], "refusal"
    thinking = [thinking_block(prompt, question)] if thinks(prompt, scene, model) else []
    if calls_tool(prompt, scene):
        return [*thinking, *tool_blocks(prompt, question)], "tool_use"
    pieces = pieces_of(prompt, scene, question)
    if searches(prompt):
        return [*thinking, *search_blocks(prompt, question, pieces)], "end_turn"
    if prompt.continues and not scene.pauses:
        pieces = going_on(prompt, pieces)
    if scene.refuses == "midway":
        return [*thinking, Block("text", pieces[: len(pieces) // 3])], "refusal"
    if scene.pauses and not prompt.continues:
        return [*thinking, Block("text", pieces[: len(pieces) // 2])], "pause_turn"
    if scene.pauses:
        pieces = pieces[len(pieces) // 2 :]
    return [*thinking, Block("text", pieces)], "end_turn"


def thinks(prompt: Prompt, scene: Scene, model: Model) -> bool:
    """Asked to, or always. Adaptive thinking leaves short questions alone unless the effort is high."""
    mode = prompt.thinking.get("type")
    if mode == "disabled":
        return False
    if scene.thinks or mode in ("enabled", "between_tools") or (mode is None and model.always_thinks):
        return True
    return mode == "adaptive" and (len(prompt.question) > 40 or prompt.effort in ("high", "xhigh", "max"))


def thinking_block(prompt: Prompt, question: Question) -> Block:
    text = thoughts(question.text, question.language, question.topic)
    shown = prompt.thinking.get("display") != OMITTED
    return Block("thinking", tokenizer.pieces(text), signature=signature_of(text), shown=shown)


def calls_tool(prompt: Prompt, scene: Scene) -> bool:
    """When forced, when the scene is about tools, or when the question names one; never twice in a row."""
    if not prompt.tools or prompt.tool_choice == "none" or prompt.tool_results:
        return False
    named = any(tool["name"].lower() in prompt.question.lower() for tool in prompt.tools)
    return scene.uses_tools or named or prompt.tool_choice in ("any", "tool")


def tool_blocks(prompt: Prompt, question: Question) -> list[Block]:
    tools = chosen_tools(prompt)
    names = "`, `".join(tool["name"] for tool in tools)
    lead = Block("text", tokenizer.pieces(phrases_for(question).tool_lead.format(tool=names)))
    return [lead, *(tool_call(prompt, question, tool, number) for number, tool in enumerate(tools))]


def tool_call(prompt: Prompt, question: Question, tool: JSON, number: int) -> Block:
    value = instance_of(tool["input_schema"], question)
    # The id belongs to the request, so that the same request gives the same answer.
    made = {"id": "toolu_01" + id_of(prompt, number), "name": tool["name"], "input": value}
    return Block("tool_use", json_pieces(value), tool=made)


def json_pieces(value: Any) -> tuple[str, ...]:
    text = compact(value)
    return tuple(text[at : at + 12] for at in range(0, len(text), 12))


def id_of(prompt: Prompt, number: int) -> str:
    return sha256(f"{prompt.digest()}{number or ''}".encode()).hexdigest()[:22]


def chosen_tools(prompt: Prompt) -> list[JSON]:
    """The tool that is forced, else those the question names, all at once unless that is forbidden, else the first."""
    choice = prompt.body.get("tool_choice") or {}
    text = prompt.question.lower()
    by_name = [tool for tool in prompt.tools if tool["name"] == choice.get("name")]
    mentioned = [tool for tool in prompt.tools if tool["name"].lower() in text]
    wanted = by_name or mentioned or prompt.tools[:1]
    return wanted[:1] if choice.get("disable_parallel_tool_use") else wanted


def searches(prompt: Prompt) -> bool:
    """Whether the web is searched: the tool is there, and the question sounds like it."""
    hosted = [str(tool.get("type", "")) for tool in prompt.body.get("tools") or []]
    return any(kind.startswith("web_search_") for kind in hosted) and bool(SEARCHES.search(prompt.question))


def search_blocks(prompt: Prompt, question: Question, pieces: tuple[str, ...]) -> list[Block]:
    """A search, what it found, and the answer with its source (azure-facts 2.4, 2.5; anthropic 2.12, types)."""
    key, url = "srvtoolu_01" + id_of(prompt, 0), "https://tides.example/about"
    title = f"About {question.topic}"
    call = {"id": key, "name": "web_search", "input": {"query": question.topic}}
    found = {
        "type": "web_search_result",
        "url": url,
        "title": title,
        "encrypted_content": "RXhhbXBsZQ==",
        "page_age": None,
    }
    source = {
        "type": "web_search_result_location", "url": url, "title": title, "encrypted_index": "RXhhbXBsZQ==",
        "cited_text": f"What is known of {question.topic}.",
    }  # fmt: skip
    return [
        Block("server_tool_use", json_pieces(call["input"]), tool=call),
        Block("web_search_tool_result", (), tool={"tool_use_id": key, "content": [found]}),
        Block("text", pieces, citations=(source,)),
    ]


def going_on(prompt: Prompt, pieces: tuple[str, ...]) -> tuple[str, ...]:
    """What comes after the beginning that was given; the whole where it is another one."""
    begun = text_of(prompt.messages[-1][1])
    text = "".join(pieces)
    return tokenizer.pieces(text[len(begun) :]) if begun and text.startswith(begun) else pieces


def instance_of(schema: Any, question: Question, name: str = "", depth: int = 0) -> Any:
    """A value that fits a JSON schema, made from the question."""
    if not isinstance(schema, dict) or depth > 8:
        return question.topic
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return choices[0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    makers: dict[str, Callable[[], Any]] = {
        "integer": lambda: least_of(schema, len(question.text)),
        "number": lambda: float(least_of(schema, len(question.text))),
        "boolean": lambda: True,
        "null": lambda: None,
        "array": lambda: [instance_of(schema.get("items"), question, name, depth + 1)],
        "object": lambda: object_of(schema, question, depth),
    }
    maker = makers.get(kind if isinstance(kind, str) else "")
    if maker is None and "properties" in schema:
        maker = makers["object"]
    return maker() if maker else question.topic or name


def least_of(schema: JSON, otherwise: int) -> int:
    least = schema.get("minimum")
    return least if isinstance(least, int) else otherwise


def object_of(schema: JSON, question: Question, depth: int) -> JSON:
    found, required = schema.get("properties"), schema.get("required")
    properties = found if isinstance(found, dict) else {}
    wanted = [str(name) for name in required] if isinstance(required, list) and required else list(properties)
    return {name: instance_of(properties.get(name), question, name, depth + 1) for name in wanted}


def pieces_of(prompt: Prompt, scene: Scene, question: Question) -> tuple[str, ...]:
    if prompt.schema is not None:
        return tokenizer.pieces(compact(instance_of(prompt.schema, question)))
    if prompt.tool_results:
        return tokenizer.pieces(after_tool(prompt, question))
    return spoken(question, scene.text)


@lru_cache(maxsize=32)
def spoken(question: Question, text: Literal["plain", "long", "unicode"]) -> tuple[str, ...]:
    """Kept for a while: under load many streams say the same, and a long answer is thousands of pieces."""
    if text == "unicode":
        return tokenizer.pieces(f"**{question.topic}**\n\n{HARD_TEXT}")
    return tokenizer.pieces(long_answer(question) if text == "long" else answer(question))


def after_tool(prompt: Prompt, question: Question) -> str:
    phrases = phrases_for(question)
    contents = [result.get("content") or "" for result in prompt.tool_results]
    text = " / ".join(one if isinstance(one, str) else compact(one) for one in contents)
    return phrases.tool_done.format(result=" ".join(text.split())[:400], topic=question.topic or phrases.nothing)


def message_id(prompt: Prompt) -> str:
    return "msg_01" + sha256(b"message" + prompt.digest().encode()).hexdigest()[:22]


def usage_in(prompt: Prompt, cache: CacheUse) -> JSON:
    """What was read from the cache and written to it is not counted as plain input."""
    return {
        "input_tokens": max(0, prompt.input_tokens - cache.read - cache.written),
        "cache_creation_input_tokens": cache.written,
        "cache_read_input_tokens": cache.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": cache.written_5m,
            "ephemeral_1h_input_tokens": cache.written_1h,
        },
        "service_tier": "standard",
        "inference_geo": "global",
    }


def stop_at_sequence(plan: Plan, sequences: list[str]) -> Plan:
    """Cut the text before the first stop sequence that occurs in it."""
    if not sequences or not plan.blocks or plan.blocks[-1].kind != "text":
        return plan
    text = plan.blocks[-1].text
    found = [(text.find(one), one) for one in sequences if one in text]
    if not found:
        return plan
    at, sequence = min(found)
    cut = Block("text", tokenizer.pieces(text[:at]))
    return replace(plan, blocks=[*plan.blocks[:-1], cut], stop_reason="stop_sequence", stop_sequence=sequence)


def limit(plan: Plan, prompt: Prompt, scene: Scene) -> Plan:
    """Cut everything after `max_tokens`, or after what the scene allows."""
    left = prompt.max_tokens if scene.most_tokens is None else min(prompt.max_tokens, scene.most_tokens)
    if plan.output_tokens <= left:
        return plan
    blocks = []
    for block in plan.blocks:
        if left <= 0:
            break
        blocks.append(replace(block, pieces=block.pieces[:left]))
        left -= len(block.pieces)
    return replace(plan, blocks=blocks, stop_reason="max_tokens", stop_sequence=None)
