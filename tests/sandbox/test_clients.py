"""The official SDK against the sandbox: sync and async, streamed and whole, by key and by token."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from tests.sandbox_process import SandboxProcess

FOUNDRY = "https://ai.azure.com"
HELLO: Any = [{"role": "user", "content": "Explain tides to a child, please."}]


def options(sandbox: SandboxProcess, by: str, resource: str = "contoso-foundry") -> dict[str, Any]:
    common = {"base_url": sandbox.foundry(resource), "max_retries": 0}
    if by == "key":
        return {**common, "api_key": sandbox.keys(resource)[0]}
    token = sandbox.token(FOUNDRY)
    return {**common, "azure_ad_token_provider": lambda: token}


def make_client(sandbox: SandboxProcess, by: str = "token", resource: str = "contoso-foundry") -> AnthropicFoundry:
    return AnthropicFoundry(**options(sandbox, by, resource))


@pytest.mark.parametrize("by", ["key", "token"])
def test_a_whole_message(sandbox: SandboxProcess, by: str) -> None:
    with make_client(sandbox, by) as client:
        raw = client.messages.with_raw_response.create(model="claude-steady", max_tokens=500, messages=HELLO)
    message = raw.parse()
    assert raw.request_id == message._request_id
    assert raw.request_id.startswith("req_")
    assert len(raw.headers["apim-request-id"]) == 36
    assert (message.stop_reason, message.model) == ("end_turn", "claude-sonnet-5-5")
    assert "tides" in message.content[0].text
    assert message.usage.output_tokens > 20


@pytest.mark.parametrize("by", ["key", "token"])
def test_a_streamed_message(sandbox: SandboxProcess, by: str) -> None:
    with (
        make_client(sandbox, by) as client,
        client.messages.stream(model="claude-steady", max_tokens=500, messages=HELLO) as stream,
    ):
        assert stream.request_id.startswith("req_")
        assert stream.response.headers["apim-request-id"]
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert (kinds[0], kinds[-1]) == ("message_start", "message_stop")
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == kinds.count("text")


@pytest.mark.parametrize("by", ["key", "token"])
async def test_the_async_client(sandbox: SandboxProcess, by: str) -> None:
    async with AsyncAnthropicFoundry(**options(sandbox, by)) as client:
        whole = await client.messages.create(model="claude-steady", max_tokens=500, messages=HELLO)
        async with client.messages.stream(model="claude-steady", max_tokens=500, messages=HELLO) as stream:
            streamed = await stream.get_final_message()
    assert whole.content[0].text == streamed.content[0].text
    assert whole.usage.output_tokens == streamed.usage.output_tokens


def test_raw_events_come_in_order(sandbox: SandboxProcess) -> None:
    with make_client(sandbox) as client:
        events = list(client.messages.create(model="claude-steady", max_tokens=9, messages=HELLO, stream=True))
    kinds = [event.type for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("content_block_delta") == 9
    assert events[-2].delta.stop_reason == "max_tokens"


def test_tokens_are_counted_without_an_answer(sandbox: SandboxProcess) -> None:
    with make_client(sandbox) as client:
        counted = client.messages.count_tokens(model="claude-steady", messages=HELLO).input_tokens
        message = client.messages.create(model="claude-steady", max_tokens=5, messages=HELLO)
    assert counted == message.usage.input_tokens
    assert sandbox.posts("claude-steady", operation="count_tokens") == 1


@pytest.mark.parametrize(
    ("deployment", "error", "status"),
    [
        ("claude-throttled", anthropic.RateLimitError, 429),
        ("claude-overloaded", anthropic.OverloadedError, 529),
        ("claude-forbidden", anthropic.AuthenticationError, 401),
        ("claude-missing", anthropic.NotFoundError, 404),
        ("claude-broken", anthropic.InternalServerError, 500),
        ("claude-retired", anthropic.APIStatusError, 410),
        ("claude-html", anthropic.InternalServerError, 502),
    ],
)
def test_faults_become_the_sdks_own_errors(sandbox: SandboxProcess, deployment: str, error: Any, status: int) -> None:
    with make_client(sandbox) as client:
        with pytest.raises(error) as caught:
            client.messages.create(model=deployment, max_tokens=5, messages=HELLO)
        with pytest.raises(error):
            client.messages.count_tokens(model=deployment, messages=HELLO)
    assert caught.value.status_code == status
    assert caught.value.response.headers["apim-request-id"]


def test_an_error_event_is_an_error_with_status_200(sandbox: SandboxProcess) -> None:
    with (
        make_client(sandbox) as client,
        client.messages.stream(model="claude-overloaded-midway", max_tokens=500, messages=HELLO) as stream,
        pytest.raises(anthropic.APIStatusError) as caught,
    ):
        stream.until_done()
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")


def test_a_cut_stream_raises_nothing(sandbox: SandboxProcess) -> None:
    with (
        make_client(sandbox) as client,
        client.messages.stream(model="claude-cut-off", max_tokens=500, messages=HELLO) as stream,
    ):
        kinds = [event.type for event in stream]
        assert stream.get_final_message().stop_reason is None
    assert "message_stop" not in kinds


def test_the_sdk_recovers_by_its_own_retry(sandbox: SandboxProcess) -> None:
    with make_client(sandbox) as client:
        patient = client.with_options(max_retries=1)
        message = patient.messages.create(model="claude-recovers", max_tokens=500, messages=HELLO)
    assert message.stop_reason == "end_turn"
    assert [one["status"] for one in sandbox.requests()] == [529, 200]
    assert [one["attempt"] for one in sandbox.requests()] == ["0", "1"]


def test_thinking_and_tools_survive_a_loop(sandbox: SandboxProcess) -> None:
    tools: Any = [
        {"name": "get_weather", "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}}}
    ]
    thinking: Any = {"type": "adaptive"}
    asked: Any = [{"role": "user", "content": "What is the weather in Seoul today, and do I need an umbrella?"}]
    with make_client(sandbox) as client:
        common = {"model": "claude-tools", "max_tokens": 900, "tools": tools, "thinking": thinking}
        first = client.messages.create(messages=asked, **common)
        call = first.content[-1]
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 °C and raining"}
        back = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
        second = client.messages.create(messages=back, **common)
    assert [block.type for block in first.content] == ["thinking", "text", "tool_use"]
    assert (first.stop_reason, call.name) == ("tool_use", "get_weather")
    assert "18 °C and raining" in second.content[-1].text


def test_two_tools_are_called_at_once_and_answered_together(sandbox: SandboxProcess) -> None:
    schema: Any = {"type": "object", "properties": {"place": {"type": "string"}}}
    tools: Any = [{"name": name, "input_schema": schema} for name in ("get_weather", "get_tide", "get_time")]
    asked: Any = [{"role": "user", "content": "Use get_weather and get_tide for Seoul."}]
    with make_client(sandbox) as client:
        common = {"model": "claude-steady", "max_tokens": 900, "tools": tools}
        with client.messages.stream(messages=asked, **common) as stream:
            first = stream.get_final_message()
        calls = [block for block in first.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": f"of {call.name}"} for call in calls]
        back = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
        second = client.messages.create(messages=back, **common)
    assert [call.name for call in calls] == ["get_weather", "get_tide"]
    assert len({call.id for call in calls}) == 2
    assert "of get_weather / of get_tide" in second.content[-1].text


def test_the_web_is_searched_where_the_hosting_has_it(sandbox: SandboxProcess) -> None:
    tools: Any = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]
    asked: Any = [{"role": "user", "content": "What is the latest news about tides?"}]
    with make_client(sandbox) as client:
        with client.messages.stream(
            model="claude-opus-4-8-anthropic", max_tokens=900, messages=asked, tools=tools
        ) as stream:
            found = stream.get_final_message()
        with pytest.raises(anthropic.BadRequestError, match="hosted on Azure"):
            client.messages.create(model="claude-steady", max_tokens=900, messages=asked, tools=tools)
    assert [block.type for block in found.content] == ["server_tool_use", "web_search_tool_result", "text"]
    assert found.content[0].input == {"query": "What is the latest news about tides"}
    assert found.content[2].citations[0].url == found.content[1].content[0].url
    assert found.usage.server_tool_use.web_search_requests == 1


def test_an_answer_goes_on_where_its_beginning_ends(sandbox: SandboxProcess) -> None:
    with make_client(sandbox) as client:
        common = {"model": "claude-haiku-4-5", "max_tokens": 900}
        whole = client.messages.create(messages=HELLO, **common).content[0].text
        begun: Any = {"role": "assistant", "content": whole[:60].rstrip()}
        rest = client.messages.create(messages=[*HELLO, begun], **common).content[0].text
    assert begun["content"] + rest == whole


def test_a_structured_answer_follows_its_schema(sandbox: SandboxProcess) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}, "n": {"type": "integer"}}}
    config: Any = {"format": {"type": "json_schema", "schema": schema}}
    with make_client(sandbox) as client:
        found = client.messages.create(
            model="claude-opus-4-8-anthropic", max_tokens=200, messages=HELLO, output_config=config
        )
        with pytest.raises(anthropic.BadRequestError, match="hosted on Azure"):
            client.messages.create(model="claude-steady", max_tokens=200, messages=HELLO, output_config=config)
    assert found.content[0].text == '{"n":33,"title":"Explain tides to a child, please"}'


def test_beta_calls_reach_the_same_place(sandbox: SandboxProcess) -> None:
    with make_client(sandbox) as client:
        found = client.beta.messages.create(
            model="claude-steady", max_tokens=5, messages=HELLO, betas=["context-1m-2025-08-07"]
        )
    assert found.stop_reason == "max_tokens"
