"""Tools answered by hand, answers held to a schema, answers that go on: through the running console to the sandbox."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys

import pytest

from console.playground import snippets
from tests.console_process import Stream
from tests.playground.test_taking import environment

SCHEMA = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
TOOLS = json.dumps(
    [{"name": name, "description": "Looks", "input_schema": SCHEMA} for name in ("get_weather", "get_tide")]
)
ANSWER = {"type": "object", "properties": {"title": {"type": "string"}, "n": {"type": "integer"}},
          "required": ["title", "n"], "additionalProperties": False}  # fmt: skip
ANTHROPIC = "claude-opus-4-8-anthropic"


@pytest.fixture
def talk(console, person):
    return Talk(person)


class Talk:
    """A conversation whose exchanges are looked at as the wire had them."""

    def __init__(self, person) -> None:
        self.person, self.path, self.console = person, person.new_conversation(), person.console

    def say(self, message: str, deployment: str = "claude-steady", **settings: str) -> Stream:
        return self.person.ask(message, deployment, conversation=self.path, **settings).to_the_end()

    def call(self, message: str = "Use get_weather and get_tide for Seoul.") -> Stream:
        return self.say(message, advanced="1", tools=TOOLS)

    def press(self, stream: Stream, act: str, **fields: str):
        return self.person.post(f"/playground/exchanges/{stream.exchange_id}/{act}/", **fields)

    def go_on(self, stream: Stream, act: str, **fields: str) -> Stream:
        return self.person.watch(self.press(stream, act, **fields)).to_the_end()

    def wire(self, stream: Stream) -> dict:
        page = self.person.page(f"/playground/exchanges/{stream.exchange_id}/code/?language=json")
        code = re.search(r'<div class="prose code-page">.*?<pre[^>]*>(.*?)</pre>', page, re.DOTALL)
        return json.loads(html.unescape(re.sub(r"<[^>]+>", "", code[1])))

    def messages(self, stream: Stream) -> list:
        return self.wire(stream)["request"]["messages"]


def test_calls_are_answered_by_hand_in_one_message_and_claude_goes_on(talk, azure):
    azure.switch("speed", tokens_per_second=40, first_token=0.3)  # slow enough to be watched
    first = talk.call()
    assert [name for name, _id, _data in first.events].count("calls") > 1
    assert 'name="result-2"' in first.named("answer")[-1]
    assert talk.wire(first)["response"]["stop_reason"] == "tool_use"
    second = talk.go_on(first, "results", **{"result-1": "18 °C", "result-2": "no such <b>place</b>", "error-2": "on"})
    assert "18 °C / no such" in second.text
    said, called, answered = talk.messages(second)
    assert said["content"] == "Use get_weather and get_tide for Seoul."
    calls = [block for block in called["content"] if block["type"] == "tool_use"]
    assert [(call["name"], list(call["input"])) for call in calls] == [
        ("get_weather", ["place"]),
        ("get_tide", ["place"]),
    ]
    assert answered["content"] == [
        {"type": "tool_result", "tool_use_id": calls[0]["id"], "content": "18 °C"},
        {"type": "tool_result", "tool_use_id": calls[1]["id"], "content": "no such <b>place</b>", "is_error": True},
    ]
    page = talk.person.page(talk.path)
    assert page.count("Claude calls the tool") == 2
    assert "no such &lt;b&gt;place" in page
    assert "Answer differently" in page
    exported = talk.person.page(f"{talk.path}conversation.md")
    assert "Tool calls: `get_tide`\n\n```json\n" in exported
    assert "Result of `get_tide` (error)\n\n```\nno such <b>place</b>\n```" in exported
    assert [call["name"] for call in exported_exchanges(talk)[0]["tool_calls"]] == ["get_weather", "get_tide"]


def test_results_are_kept_by_regenerate_and_branch_and_can_be_given_differently(talk, console):
    first = talk.call()
    second = talk.go_on(first, "results", **{"result-1": "18 °C", "result-2": "high"})
    again = newest(talk, second, "again")
    assert talk.messages(again) == talk.messages(second)
    other = newest(talk, first, "results", **{"result-1": "4 °C", "result-2": "low"})
    assert [block["content"] for block in talk.messages(other)[-1]["content"]] == ["4 °C", "low"]
    assert "3/3" in talk.person.page(talk.path)
    branched = talk.press(second, "branch").headers["HX-Redirect"]
    third = talk.person.ask("And tomorrow?", "claude-steady", conversation=branched).to_the_end()
    assert [turn["role"] for turn in talk.messages(third)] == ["user", "assistant"] * 2 + ["user"]
    assert talk.wire(third)["request"]["tools"] == json.loads(TOOLS)


def exported_exchanges(talk: Talk) -> list:
    return json.loads(talk.person.page(f"{talk.path}conversation.json"))["exchanges"]


def newest(talk: Talk, stream: Stream, act: str, **fields: str) -> Stream:
    """Press something that answers with another version, and wait for it."""
    response = talk.press(stream, act, **fields)
    assert response.status_code == 201, response.text
    exchange = response.headers["HX-Redirect"].partition("#exchange-")[2]
    return Stream(talk.person, f"/playground/exchanges/{exchange}/stream/").to_the_end()


def test_a_message_instead_of_results_tells_claude_that_nobody_answered(talk):
    talk.call()
    second = talk.say("Never mind. What is a tide?")
    content = talk.messages(second)[-1]["content"]
    assert [block["type"] for block in content] == ["tool_result", "tool_result", "text"]
    assert all(block["is_error"] for block in content[:2])
    assert second.exchange()["state"] == "succeeded"


def test_thinking_goes_back_untouched_in_a_tool_loop(talk):
    # The sandbox refuses blocks whose signature does not fit.
    first = talk.say(
        "Which weather does get_weather see in Seoul today, by the hour?", "claude-thinks", advanced="1", tools=TOOLS,
        thinking="adaptive",
    )  # fmt: skip
    second = talk.go_on(first, "results", **{"result-1": "rain"})
    assert second.exchange()["state"] == "succeeded"
    assert talk.messages(second)[1]["content"][0]["signature"].startswith("EqQB")


def test_calls_that_broke_off_wait_for_nothing(talk):
    stream = talk.say("Use get_weather for Seoul.", max_tokens="14", advanced="1", tools=TOOLS)
    assert stream.exchange()["stop_reason"] == "max_tokens"
    assert "result-1" not in stream.named("answer")[-1]
    assert "HX-Redirect" in talk.press(stream, "results", **{"result-1": "rain"}).headers
    assert talk.say("And now?").exchange()["state"] == "succeeded"


@pytest.mark.slow
def test_the_python_of_a_tool_loop_runs_as_it_stands(talk, azure):
    first = talk.call()
    second = talk.go_on(first, "results", **{"result-1": "18 °C", "result-2": "high"})
    body = talk.wire(second)["request"]
    kept = {name: value for name, value in body.items() if name not in ("model", "stream", "metadata")}
    call = snippets.Call(
        base_url=azure.foundry().rstrip("/"), resource="contoso-foundry", deployment="claude-steady",
        scope="", api_version="2026-10-21", body=kept, by_key=True,
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippets.python(call)], env=environment(azure, by_key=True),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "18 °C / high" in done.stdout, done.stderr


def test_a_schema_makes_json_that_is_laid_out_and_checked(talk):
    stream = talk.say("A title for a talk on tides", ANTHROPIC, advanced="1", answer_schema=json.dumps(ANSWER))
    assert json.loads(stream.exchange()["answer"])["n"] == 27
    assert "Valid JSON that fits the schema." in stream.ending
    assert talk.wire(stream)["request"]["output_config"]["format"] == {"type": "json_schema", "schema": ANSWER}
    assert "Valid JSON" in talk.person.page(talk.path)


def test_where_the_hosting_has_no_schema_nothing_is_sent(talk, azure):
    response = talk.person.send(
        "A title", "claude-steady", conversation=talk.path, advanced="1", answer_schema=json.dumps(ANSWER)
    )
    assert response.status_code == 409
    assert "hosted on Azure" in response.text
    assert azure.posts("claude-steady") == 0


def test_a_forced_tool_is_refused_early_where_the_model_refuses_it(talk, azure):
    fields = {"advanced": "1", "tools": TOOLS, "tool_choice": "tool:get_tide"}
    response = talk.person.send("Hello", "claude-steady", conversation=talk.path, **fields)
    assert response.status_code == 409
    assert "cannot be made to call a tool" in response.text
    stream = talk.say("Hello", "claude-tools", **fields)
    assert talk.wire(stream)["request"]["tool_choice"] == {"type": "tool", "name": "get_tide"}
    assert "get_tide" in stream.ending


@pytest.mark.parametrize("deployment", ["claude-cut-off", "claude-breaks-midway", "claude-short"])
def test_a_text_that_ended_early_goes_on_when_asked(talk, deployment):
    first = talk.say("How do tides work?", deployment)
    assert "Continue" in first.ending
    response = talk.press(first, "continuation")
    second = talk.person.watch(response).to_the_end()
    assert [turn["content"] for turn in talk.messages(second)][0::2] == [
        "How do tides work?", "Go on exactly where you stopped.",
    ]  # fmt: skip
    # Pressed once more it is the same.
    assert talk.press(first, "continuation").headers["HX-Redirect"].endswith(second.exchange_id)


def test_a_model_that_takes_a_beginning_goes_on_by_itself(talk):
    whole = talk.say("How do tides work, in a word or two?", "claude-haiku-4-5").exchange()["answer"]
    talk.path = talk.person.new_conversation()
    first = talk.say("How do tides work, in a word or two?", "claude-haiku-4-5", max_tokens="20")
    second = talk.go_on(first, "continuation")
    assert talk.messages(second)[-1] == {"role": "assistant", "content": first.exchange()["answer"].rstrip()}
    assert second.exchange()["message"] == ""
    third = talk.say("And then?", "claude-haiku-4-5", max_tokens="900")
    asked, answered, _now = talk.messages(third)
    assert asked["role"] == "user"
    assert whole.startswith(answered["content"])
    assert len(answered["content"]) > len(first.exchange()["answer"])


def test_a_turn_that_paused_goes_back_as_it_is(talk):
    first = talk.say("How do tides work?", "claude-pause")
    assert "pauses here" in first.ending
    second = talk.go_on(first, "continuation")
    assert second.exchange()["stop_reason"] == "end_turn"
    assert talk.messages(second)[-1]["role"] == "assistant"


def test_a_complete_answer_does_not_go_on(talk, azure):
    first = talk.say("How do tides work?")
    before = azure.posts("claude-steady")
    assert "HX-Redirect" in talk.press(first, "continuation").headers
    assert azure.posts("claude-steady") == before
