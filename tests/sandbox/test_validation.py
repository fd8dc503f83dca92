"""What the Messages API refuses with 400, case by case."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 60).decode()
TOOL = {"name": "look_up", "input_schema": {"type": "object"}}
USE = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks) if blocks else "hello"}


def text(value: str = "hello", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG, **source}}


def thinking(value: str, signature: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": value, "signature": signature}


ASSISTANT = {"role": "assistant", "content": "Yes"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
    ({"max_tokens": -1}, "max_tokens: must be greater than or equal to 0"),
    ({"max_tokens": 200_000}, "200000 > 128000, which is the maximum allowed"),
    ({"temperature": 0.5}, "temperature: Extra inputs are not permitted"),
    ({"top_p": 0.5}, "top_p: Extra inputs are not permitted"),
    ({"top_k": 5}, "top_k: Extra inputs are not permitted"),
    ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ({"stream": "yes"}, "stream: Input should be a valid boolean"),
    ({"stop_sequences": ["  "]}, "stop_sequences: each stop sequence"),
    ({"metadata": {"user_id": "a@contoso.com"}}, "metadata.user_id"),
    ({"messages": None}, "messages: Field required"),
    ({"messages": "hello"}, "messages: Input should be a valid list"),
    ({"messages": []}, "messages: at least one message is required"),
    ({"messages": ["hello"]}, "messages.0: Input should be a valid dictionary"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role: Input should be"),
    ({"messages": [{"role": "user"}]}, "messages.0.content: Field required"),
    ({"messages": [{"role": "user", "content": " "}]}, "user messages must have non-empty content"),
    ({"messages": [{"role": "user", "content": []}]}, "user messages must have non-empty content"),
    ({"messages": [user(text(""))]}, "text content blocks must be non-empty"),
    ({"messages": [user({"type": "video"})]}, "Input tag 'video'"),
    ({"messages": [ASSISTANT, user()]}, 'first message must use the "user" role'),
    ({"messages": [user(), ASSISTANT]}, "does not support assistant message prefill"),
    ({"messages": [user(image(media_type="image/tiff"))]}, "media_type: Input should be one of"),
    ({"messages": [user(image(data="not base64!"))]}, "invalid base64 data"),
    ({"messages": [user(image(media_type="image/webp"))]}, "appears to be a image/png image"),
    ({"messages": [user(image(data="AAAA"))]}, "Could not process image"),
    ({"messages": [user(image(data="AAAA" * 1_400_000))]}, "image exceeds 5 MB maximum"),
    (
        {"messages": [user({**image(media_type="application/pdf"), "type": "document"})]},
        "The PDF specified was not valid",
    ),
    ({"messages": [user(image(type="file", file_id="f"))]}, "files are not supported"),
    ({"messages": [user(text(citations=[{"type": "x"}]))]}, "citations: Extra inputs are not permitted"),
    ({"messages": [user(), {"role": "assistant", "content": [{"type": "document"}]}, user()]}, "Input tag 'document'"),
    ({"messages": [user(RESULT)]}, "unexpected `tool_use_id`"),
    ({"messages": [user(), {"role": "assistant", "content": [USE]}, user()]}, "without `tool_result` blocks"),
    (
        {"messages": [user(), {"role": "assistant", "content": [thinking("x", "EqQBxx")]}, user()]},
        "Invalid `signature`",
    ),
    ({"system": 5}, "system: Input should be a valid string or list"),
    ({"system": [{"type": "image"}]}, "system.0"),
    ({"thinking": {"type": "sometimes"}}, "thinking: Input tag must be one of"),
    ({"thinking": {"type": "enabled", "budget_tokens": 100}}, "greater than or equal to 1024"),
    ({"thinking": {"type": "enabled", "budget_tokens": 4000}}, "must be greater than `thinking.budget_tokens`"),
    ({"output_config": {"effort": "extreme"}}, "output_config.effort: Input should be"),
    ({"tools": [{"input_schema": {}}]}, "tools.0.name: Field required"),
    ({"tools": [{"name": "x"}]}, "tools.0.custom.input_schema: Field required"),
    ({"tool_choice": {"type": "auto"}}, "may only be specified while providing tools"),
    ({"tools": [TOOL], "tool_choice": {"type": "any"}}, '"any" is not supported for this model'),
    ({"tools": [TOOL], "tool_choice": {"type": "perhaps"}}, "tool_choice: Input tag must be one of"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_it_is_refused_in_the_apis_words(
    sandbox: SandboxProcess, web: httpx.Client, changed: dict[str, Any], message: str
) -> None:
    answer = post(sandbox, web, **changed)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("model", "changed", "message"),
    [
        ("claude-opus-5-5", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, '"thinking.type.enabled" is not'),
        ("claude-haiku-4-5", {"thinking": {"type": "adaptive"}}, "adaptive thinking is not supported on this model"),
        ("claude-opus-5-5", {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "above high"),
        ("claude-sonnet-4-6", {"output_config": {"effort": "xhigh"}}, "'xhigh' is not supported"),
        ("claude-haiku-4-5", {"output_config": {"effort": "low"}}, "'low' is not supported"),
        ("claude-haiku-4-5", {"max_tokens": 64_001}, "64001 > 64000"),
    ],
)
def test_models_differ_in_what_they_accept(
    sandbox: SandboxProcess, web: httpx.Client, model: str, changed: dict[str, Any], message: str
) -> None:
    answer = post(sandbox, web, model=model, **{"max_tokens": 4000, **changed})
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("claude-steady", {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}),
    ("claude-steady", {"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "max"}}),
    ("claude-steady", {"system": [text("Be brief.")], "metadata": {"user_id": "b6c1"}}),
    ("claude-steady", {"messages": [user(text(), image())]}),
    ("claude-steady", {"messages": [user(text(), image(type="url", url="https://example.com/a.png"))]}),
    ("claude-steady", {"messages": [user(), ASSISTANT, {"role": "system", "content": "Now briefly."}, user()]}),
    ("claude-steady", {"tools": [TOOL], "messages": [user(), {"role": "assistant", "content": [USE]}, user(RESULT)]}),
    ("claude-steady", {"max_tokens": 0}),
    ("claude-haiku-4-5", {"messages": [user(), ASSISTANT]}),
    ("claude-opus-4-8-anthropic", {"messages": [user(text(), image(type="file", file_id="file_1"))]}),
]


@pytest.mark.parametrize(("model", "changed"), ACCEPTED)
def test_it_is_accepted(sandbox: SandboxProcess, web: httpx.Client, model: str, changed: dict[str, Any]) -> None:
    answer = post(sandbox, web, model=model, **changed)
    assert (answer.status_code, answer.json().get("error")) == (200, None)


@pytest.mark.parametrize(
    ("version", "model", "status"),
    [
        (None, "claude-steady", 400),
        ("2024-01-01", "claude-steady", 400),
        ("2026-10-21", "claude-haiku-4-5", 400),
        ("2023-06-01", "claude-haiku-4-5", 200),
        ("2023-06-01", "claude-steady", 400),
    ],
)
def test_sampling_depends_on_version_and_model(
    sandbox: SandboxProcess, web: httpx.Client, version: str | None, model: str, status: int
) -> None:
    headers = {"api-key": sandbox.keys()[0]} | ({"anthropic-version": version} if version else {})
    answer = post(sandbox, web, headers=headers, model=model, temperature=0.2)
    assert answer.status_code == status
    if version is None:
        assert answer.json()["error"]["message"] == "anthropic-version: header is required"


def test_counting_takes_no_max_tokens(sandbox: SandboxProcess, web: httpx.Client) -> None:
    assert post(sandbox, web, path="v1/messages/count_tokens", max_tokens=None).status_code == 200
    answer = post(sandbox, web, path="v1/messages/count_tokens")
    assert answer.json()["error"]["message"] == "max_tokens: Extra inputs are not permitted"


def test_a_prompt_longer_than_the_context_is_refused(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = post(sandbox, web, model="claude-haiku-4-5", messages=[{"role": "user", "content": "word " * 200_000}])
    assert "prompt is too long" in answer.json()["error"]["message"]


def test_altered_thinking_is_noticed(sandbox: SandboxProcess, web: httpx.Client) -> None:
    asked = {"role": "user", "content": "Think about the tides and the moon, please."}
    first = post(sandbox, web, model="claude-thinks", max_tokens=900, messages=[asked]).json()["content"]
    whole = [asked, {"role": "assistant", "content": first}, user()]
    assert post(sandbox, web, messages=whole).status_code == 200
    first[0]["thinking"] += " Secretly altered."
    assert post(sandbox, web, messages=whole).status_code == 400
