"""What each deployment does by its name, on the wire."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from console.sandbox.estate import SCENES
from console.sandbox.scenes import EVERY, scene_of
from tests.sandbox.test_data_plane import AI, VERSION, post
from tests.sandbox_process import SandboxProcess

QUESTION = [{"role": "user", "content": "Explain how a bridge carries its load, and why some fail."}]


def stream(sandbox: SandboxProcess, web: httpx.Client, model: str, **changed: Any) -> tuple[list[Any], bool]:
    """The events as they came, and whether the connection broke."""
    body = {"model": model, "max_tokens": 8000, "messages": QUESTION, "stream": True, **changed}
    headers = {"Authorization": f"Bearer {sandbox.token(AI)}", **VERSION}
    data, broke = b"", False
    try:
        with web.stream("POST", sandbox.foundry() + "v1/messages", json=body, headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert {"request-id", "apim-request-id"} <= answer.headers.keys()
            for part in answer.iter_raw():
                data += part
    except httpx.RemoteProtocolError:
        broke = True
    return [parse(one) for one in data.decode().split("\n\n") if one], broke


def parse(event: str) -> Any:
    name, _, data = event.partition("\n")
    assert name.startswith("event: ")
    try:
        body = json.loads(data.removeprefix("data: "))
    except ValueError:
        return {"type": "garbled"}
    assert body["type"] == name.removeprefix("event: ")
    return body


def kinds(events: list[Any]) -> list[str]:
    return [event["type"] for event in events]


def text_of(events: list[Any]) -> str:
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    return "".join(delta.get("text", "") for delta in deltas)


@pytest.mark.parametrize(
    ("deployment", "scene"),
    [
        ("claude-slow", "claude-slow"),
        ("Claude-Slow-EU", "claude-slow"),
        ("claude-slowly", "claude-steady"),
        ("claude-throttled-day-2", "claude-throttled-day"),
        ("claude-throttled-eu", "claude-throttled"),
        ("claude-cut-off-hard", "claude-cut-off-hard"),
        ("claude-opus-5-5", "claude-steady"),
    ],
)
def test_the_longest_name_decides(deployment: str, scene: str) -> None:
    assert scene_of(deployment).name == scene


def test_every_scene_has_its_deployment() -> None:
    assert {scene.name for scene in EVERY} == {one.name for one in SCENES}


@pytest.mark.parametrize("operation", ["v1/messages", "v1/messages/count_tokens"])
@pytest.mark.parametrize(
    ("model", "status", "retry_after", "by_model"),
    [
        ("claude-throttled", 429, "7", False),
        ("claude-throttled-day", 429, "86400", False),
        ("claude-throttled-bare", 429, None, False),
        ("claude-throttled-model", 429, "7", True),
        ("claude-overloaded", 529, None, True),
        ("claude-forbidden", 401, None, False),
        ("claude-missing", 404, None, False),
        ("claude-retired", 410, None, False),
        ("claude-broken", 500, None, False),
        ("claude-html", 502, None, False),
    ],
)
def test_a_refusing_scene_refuses_counting_too(
    sandbox: SandboxProcess,
    web: httpx.Client,
    operation: str,
    model: str,
    status: int,
    retry_after: str | None,
    by_model: bool,
) -> None:
    most = None if operation.endswith("count_tokens") else 8
    answer = post(sandbox, web, path=operation, model=model, max_tokens=most)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert ("request-id" in answer.headers) == by_model
    if model == "claude-html":
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("model", ["claude-breaks-midway", "claude-cut-off", "claude-refuses", "claude-empty"])
def test_counting_works_where_only_streams_fail(sandbox: SandboxProcess, web: httpx.Client, model: str) -> None:
    answer = post(sandbox, web, path="v1/messages/count_tokens", model=model, max_tokens=None)
    assert answer.json()["input_tokens"] > 0


@pytest.mark.parametrize(
    ("model", "ends", "broke"),
    [
        ("claude-steady", ["content_block_stop", "message_delta", "message_stop"], False),
        ("claude-overloaded-midway", ["content_block_delta", "error"], False),
        ("claude-breaks-midway", ["content_block_delta", "error"], False),
        ("claude-cut-off", ["content_block_delta"], False),
        ("claude-cut-off-hard", ["content_block_delta"], True),
        ("claude-cut-off-late", ["content_block_stop", "message_delta"], False),
        ("claude-garbled", ["content_block_delta", "garbled"], False),
        ("claude-empty", [], False),
    ],
)
def test_how_a_stream_ends(
    sandbox: SandboxProcess, web: httpx.Client, model: str, ends: list[str], broke: bool
) -> None:
    events, broken = stream(sandbox, web, model)
    assert kinds(events)[len(events) - len(ends) :] == ends
    assert broken == broke
    assert ("message_stop" in kinds(events)) == (model == "claude-steady")
    ending = "finished" if model == "claude-steady" else "broken"
    assert sandbox.counters()["streams"] == {"opened": 1, ending: 1}


@pytest.mark.parametrize(
    ("model", "kind"), [("claude-overloaded-midway", "overloaded_error"), ("claude-breaks-midway", "api_error")]
)
def test_the_error_event_names_its_type(sandbox: SandboxProcess, web: httpx.Client, model: str, kind: str) -> None:
    events, _ = stream(sandbox, web, model)
    assert events[-1]["error"]["type"] == kind
    assert len(text_of(events)) > 50


@pytest.mark.parametrize(
    ("model", "status"),
    [("claude-overloaded-midway", 529), ("claude-breaks-midway", 500), ("claude-empty", 200), ("claude-garbled", 200)],
)
def test_stream_faults_without_a_stream(sandbox: SandboxProcess, web: httpx.Client, model: str, status: int) -> None:
    answer = post(sandbox, web, model=model, max_tokens=800, messages=QUESTION)
    assert answer.status_code == status
    if status == 200:
        with pytest.raises(ValueError, match="Expecting|Unterminated|delimiter"):
            answer.json()


@pytest.mark.parametrize("model", ["claude-cut-off", "claude-cut-off-hard"])
def test_a_cut_document_breaks_the_connection(sandbox: SandboxProcess, web: httpx.Client, model: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox, web, model=model, max_tokens=800, messages=QUESTION)


def test_thinking_comes_first_and_is_signed(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-thinks")
    starts = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert starts == ["thinking", "text"]
    deltas = [event["delta"]["type"] for event in events if event["type"] == "content_block_delta"]
    assert deltas.count("signature_delta") == 1
    assert deltas.index("signature_delta") == deltas.index("text_delta") - 1
    usage = events[-2]["usage"]
    assert usage["output_tokens_details"]["thinking_tokens"] == deltas.count("thinking_delta")


def test_omitted_thinking_has_only_its_signature(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-thinks", thinking={"type": "adaptive", "display": "omitted"})
    deltas = [event["delta"]["type"] for event in events if event["type"] == "content_block_delta"]
    assert "thinking_delta" not in deltas
    assert deltas[0] == "signature_delta"


def test_a_refusal_is_a_200_with_details(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-refuses")
    delta = events[-2]["delta"]
    assert (delta["stop_reason"], delta["stop_details"]["category"]) == ("refusal", "general_harms")
    assert (text_of(events), events[-2]["usage"]["output_tokens"]) == ("", 0)
    midway, _ = stream(sandbox, web, "claude-refuses-midway")
    assert midway[-2]["delta"]["stop_reason"] == "refusal"
    assert len(text_of(midway)) > 50


def test_short_stops_at_max_tokens(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-short")
    assert events[-2]["delta"]["stop_reason"] == "max_tokens"
    assert events[-2]["usage"]["output_tokens"] == 24


def test_long_is_thousands_of_tokens(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-long")
    assert events[-2]["usage"]["output_tokens"] > 4000


def test_tools_arrive_as_json_in_parts(sandbox: SandboxProcess, web: httpx.Client) -> None:
    schema = {"type": "object", "properties": {"place": {"type": "string"}, "days": {"type": "integer"}}}
    events, _ = stream(sandbox, web, "claude-tools", tools=[{"name": "forecast", "input_schema": schema}])
    parts = [e["delta"]["partial_json"] for e in events if e.get("delta", {}).get("type") == "input_json_delta"]
    assert parts[0] == ""
    assert set(json.loads("".join(parts))) == {"place", "days"}
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


def test_a_paused_turn_goes_on_when_sent_back(sandbox: SandboxProcess, web: httpx.Client) -> None:
    first = post(sandbox, web, model="claude-pause", max_tokens=800, messages=QUESTION).json()
    assert first["stop_reason"] == "pause_turn"
    more = [*QUESTION, {"role": "assistant", "content": first["content"]}]
    second = post(sandbox, web, model="claude-pause", max_tokens=800, messages=more).json()
    assert second["stop_reason"] == "end_turn"
    whole = post(sandbox, web, max_tokens=800, messages=QUESTION).json()["content"][0]["text"]
    assert first["content"][0]["text"] + second["content"][0]["text"] == whole


def test_recovers_fails_once_for_each_call(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answers = [post(sandbox, web, model="claude-recovers", messages=QUESTION) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [529, 200, 529, 200]
    assert answers[0].headers["retry-after"] == "1"


def test_hard_text_arrives_whole(sandbox: SandboxProcess, web: httpx.Client) -> None:
    events, _ = stream(sandbox, web, "claude-unicode")
    text = text_of(events)
    for part in ("\u2028", "\u202e", "\x00", "👩\u200d👩", "<script>", "hx-get", "javascript:"):
        assert part in text


def test_slow_takes_three_seconds_at_any_speed(sandbox: SandboxProcess, web: httpx.Client) -> None:
    began = time.monotonic()
    events, _ = stream(sandbox, web, "claude-slow", max_tokens=3)
    assert 3.0 < time.monotonic() - began < 5.0
    assert kinds(events)[-1] == "message_stop"


def test_silent_sends_nothing(sandbox: SandboxProcess, web: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token(AI)}", **VERSION}
    body = {"model": "claude-silent", "max_tokens": 5, "messages": QUESTION}
    with pytest.raises(httpx.ReadTimeout):
        web.post(sandbox.foundry() + "v1/messages", json=body, headers=headers, timeout=0.5)
    assert sandbox.counters()["streams"] == {"silent": 1}


def test_pings_bring_no_answer(sandbox: SandboxProcess, web: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token(AI)}", **VERSION}
    body = {"model": "claude-pings", "max_tokens": 5, "messages": QUESTION, "stream": True}
    with web.stream("POST", sandbox.foundry() + "v1/messages", json=body, headers=headers) as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(4)] == ["event: ping", 'data: {"type": "ping"}', "", "event: ping"]


def test_a_stop_sequence_ends_the_answer(sandbox: SandboxProcess, web: httpx.Client) -> None:
    whole = post(sandbox, web, max_tokens=800, messages=QUESTION).json()["content"][0]["text"]
    found = post(sandbox, web, max_tokens=800, messages=QUESTION, stop_sequences=["## "]).json()
    assert (found["stop_reason"], found["stop_sequence"]) == ("stop_sequence", "## ")
    assert found["content"][0]["text"] == whole.partition("## ")[0]
