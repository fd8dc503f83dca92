"""What engineers type: tools and schemas with clear sentences; what an administrator allows; when a prompt is kept."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.playground import ask, caching, rules, said, structured, toolcalls, tooling
from console.playground.forms import MessageForm
from console.playground.models import Ability, Conversation, Exchange, State
from console.prices import book
from console.prices.models import Price, Rate
from tests.factories import ada, make_user, signed_in_client
from tests.factories_inventory import make_deployment
from tests.factories_requestlog import make_record

pytestmark = pytest.mark.django_db
SCHEMA = {"type": "object", "properties": {}}
TOOL = {"name": "look_up", "input_schema": SCHEMA}


@pytest.fixture(autouse=True)
def fresh_rules():
    rules.forget()
    yield
    rules.forget()
    book.forget()


@pytest.fixture
def conversation() -> Conversation:
    return Conversation.objects.create(owner=make_user(("Playground",)), title="Herons", spoken_at=timezone.now())


def exchange(conversation: Conversation, **row: object) -> Exchange:
    whole = {"message": "Hi", "state": State.SUCCEEDED, "call_id": uuid4(), "submission_id": uuid4().hex, **row}
    return conversation.exchanges.create(**whole)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "This is no JSON: see line 1, column 2."),
        ("NaN", "This is no JSON."),
        ("[" * 40 + "]" * 40, "nested too deep"),
        ('[{"name": "\\u0000"}]', "cannot be kept"),
        ("[1]", "Tool 1 is no object"),
        ('{"name": "two words", "input_schema": {"type": "object"}}', "Tool 1 needs a “name”"),
        ('{"name": "web_search", "input_schema": {"type": "object"}}', "tool of the hosting"),
        ('{"name": "a", "inputs": {}}', "a field “inputs”"),
        ('{"name": "a", "description": 1, "input_schema": {"type": "object"}}', "has to be text"),
        ('{"name": "a"}', "needs an “input_schema”"),
        ('{"name": "a", "input_schema": {"type": "string"}}', "needs an “input_schema”"),
        (json.dumps([TOOL, TOOL]), "Two tools are called “look_up”"),
        (json.dumps([{**TOOL, "name": f"t{n}"} for n in range(21)]), "At most 20 tools"),
        (" " + "[" * tooling.LONGEST, "too long"),
    ],
)
def test_wrong_tools_are_named_in_a_sentence(text, words):
    with pytest.raises(tooling.NotTaken) as refused:
        tooling.tools_of(text)
    assert words in refused.value.words


def test_tools_are_a_list_or_one_alone():
    assert tooling.tools_of(json.dumps(TOOL)) == tooling.tools_of(json.dumps([TOOL])) == [TOOL]
    assert tooling.tools_of("  ") == []


@pytest.mark.parametrize("text", ["[]", '"text"', '{"type": "object", "properties": {}}'])
def test_a_schema_has_to_hold_claude(text):
    with pytest.raises(tooling.NotTaken):
        tooling.schema_of(text)


def form(conversation: Conversation, **fields: object) -> MessageForm:
    deployment = make_deployment()
    return MessageForm({"message": "Hi", "deployment": str(deployment.pk), "submission_id": "a1", **fields})


def test_a_form_without_the_advanced_part_leaves_it_as_it_is(conversation):
    conversation.tools, conversation.tool_choice = [TOOL], "tool:look_up"
    sent = form(conversation)
    assert sent.is_valid(), sent.errors
    assert (sent.how(conversation).tools, sent.how(conversation).tool_choice) == ([TOOL], "tool:look_up")
    emptied = form(conversation, advanced="1", tools="", tool_choice="tool:look_up")
    assert emptied.is_valid(), emptied.errors
    assert (emptied.how(conversation).tools, emptied.how(conversation).tool_choice) == ([], "")


def test_what_was_typed_wrong_is_said_and_nothing_is_sent(conversation):
    client = signed_in_client(conversation.owner, HX_REQUEST="true")
    fields = {
        "message": "Hi",
        "deployment": str(make_deployment().pk),
        "submission_id": "a1",
        "advanced": "1",
        "tools": "{",
    }
    response = client.post(reverse("playground:exchanges", args=[conversation.pk]), fields)
    assert response.status_code == 400
    assert "Tools: This is no JSON: see line 1, column 2." in response.text
    assert not conversation.exchanges.exists()


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("", None),
        ("any", {"type": "any"}),
        ("none", {"type": "none"}),
        ("tool:look_up", {"type": "tool", "name": "look_up"}),
    ],
)
def test_a_choice_is_sent_as_the_api_takes_it(choice, sent):
    body = tooling.body_of({"tools": [TOOL], "tool_choice": choice, "server_tools": []})
    assert body.get("tool_choice") == sent
    assert body["tools"] == [TOOL]


def test_server_tools_are_off_until_an_administrator_allows_them():
    deployment = make_deployment(hosting="anthropic")
    how = {"tools": [], "tool_choice": "", "answer_schema": None, "server_tools": ["web_search"]}
    assert "“Search the web” is not allowed" in tooling.objection(deployment, how)
    client = signed_in_client(ada())
    client.post(reverse("rails:abilities"), {"deployment": str(deployment.pk), "server_tools": ["web_search"]})
    assert tooling.objection(deployment, how) == ""
    assert tooling.body_of(how)["tools"][0]["type"] == "web_search_20250305"
    assert AuditEntry.objects.filter(act="deployment-abilities-set").count() == 1
    assert "Search the web" in client.get(reverse("rails:rails")).text
    client.post(reverse("rails:abilities"), {"deployment": str(deployment.pk)})
    assert not Ability.objects.exists()
    refused = client.post(reverse("rails:abilities"), {"deployment": str(uuid4()), "server_tools": ["web_search"]})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("hosting", "said", "has"),
    [
        ("azure", None, False),
        ("azure", True, True),
        ("anthropic", None, True),
        ("anthropic", False, False),
        ("", None, True),
    ],
)
def test_structured_output_is_as_the_hosting_or_the_administrator_has_it(hosting, said, has):
    deployment = make_deployment(hosting=hosting)
    rules.allow(ada(), deployment, said, [])
    assert tooling.has_structured(deployment) is has


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ('{"n": 1, "on": true, "list": [{"n": 2}]}', ""),
        ('{"n": "1"}', "$.n"),
        ('{"n": true}', "$.n"),
        ('{"n": 1.0}', ""),
        ("{}", "$.n"),
        ('{"n": 1, "more": 1}', "$.more"),
        ('{"n": 1, "list": [{"n": 2}, {"n": null}]}', "$.list[1].n"),
        ('{"n": 1, "kind": "c"}', "$.kind"),
        ('{"n": 1, "either": 1}', "$.either"),
    ],
)
def test_an_answer_that_leaves_its_schema_says_where(answer, wrong):
    schema = {
        "type": "object", "required": ["n"], "additionalProperties": False,
        "properties": {
            "n": {"type": "integer"}, "on": {"type": "boolean"}, "kind": {"enum": ["a", "b"]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/inner"}},
            "either": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "$defs": {"inner": {"type": "object", "properties": {"n": {"type": "integer"}}}},
    }  # fmt: skip
    found = structured.of(Exchange(answer=answer, settings={"output_config": {"format": {"schema": schema}}}))
    assert found is not None
    assert (found.is_json, found.wrong) == (True, wrong)


def test_a_schema_that_refers_to_itself_comes_to_an_end():
    schema = {"$ref": "#"}
    assert structured.misfit({"a": 1}, schema, schema) == ""


def test_json_that_broke_off_is_none(conversation):
    row = exchange(conversation, answer='{"n": 1', settings={"output_config": {"format": {"schema": {}}}})
    assert structured.of(row) == structured.Structured("", is_json=False, wrong="")


def test_results_whose_calls_are_out_of_reach_are_left_out(conversation, monkeypatch):
    call = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
    result = {"tool_use_id": "toolu_1", "name": "look_up", "content": "found", "is_error": False}
    first = exchange(conversation, content=[call], stop_reason="tool_use")
    second = exchange(conversation, parent=first.pk, message="", results=[result], answer="Done.")
    assert [turn["role"] for turn in ask.earlier_turns(conversation, second.pk, str)] == ["user", "assistant"] * 2
    monkeypatch.setattr(ask, "MOST_TURNS", 1)
    assert ask.earlier_turns(conversation, second.pk, str) == []


def test_an_upstreams_links_and_errors_are_text(conversation):
    use = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "tides"}}
    bad = {"type": "web_search_result", "url": "javascript:alert(1)", "title": "<b>"}
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [bad]}
    assert toolcalls.uses([use, found])[0].links == [("<b>", "")]
    failed = {**found, "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}}
    assert toolcalls.uses([use, failed])[0].failed == "max_uses_exceeded"


# ---- Keeping prompts ----


def body(conversation: Conversation, text: str, parent: Exchange | None = None) -> dict[str, object]:
    message = ask.Message(text, parent.pk if parent else None, "a1")
    return ask.request_body(conversation.owner, conversation, message, ask.Settings())


def test_long_prompts_of_quick_conversations_are_kept(conversation, settings):
    long = "Tides follow the moon. " * 1000
    assert "cache_control" not in body(conversation, "Short")
    assert body(conversation, long)["cache_control"] == {"type": "ephemeral"}
    first = exchange(
        conversation, answer="Yes", finished_at=timezone.now(), message=long, settings=body(conversation, long)
    )
    assert "cache_control" in body(conversation, "And?", first)
    assert caching.could_read(first, body(conversation, "And?", first))
    assert not caching.could_read(first, {**body(conversation, "And?", first), "system": "Be brief"})
    settings.PROMPT_CACHING = False
    assert "cache_control" not in body(conversation, long)


def test_a_conversation_that_paused_is_not_kept(conversation):
    ago = timezone.now() - timedelta(minutes=6)
    record = make_record(input_tokens=9000)
    first = exchange(conversation, answer="Yes", finished_at=ago, record_id=record.pk)
    assert "cache_control" not in body(conversation, "And?", first)
    first.finished_at = timezone.now()
    first.save()
    assert "cache_control" in body(conversation, "And?", first)


# ---- The receipt ----


def test_the_receipt_says_all_of_it(conversation):
    now = timezone.now()
    dear = {"input": "3", "output": "15", "cache_read": "0.3", "cache_write_5m": "3.75"}
    Price.objects.create(model="claude-sonnet-5-5", from_date=now.date() - timedelta(days=2), **dear)
    Rate.objects.create(currency="KRW", from_date=now.date() - timedelta(days=2), per_usd=1400)
    book.forget()
    record = make_record(
        deployment="claude-steady", model="claude-sonnet-5-5", hosting="anthropic", input_tokens=1200,
        output_tokens=900, cache_read_input_tokens=5000, cache_creation_input_tokens=300, thinking_tokens=70,
        ttft_ms=300, duration_ms=3300,
        request_id="req_1", apim_request_id="0f8fad5b-d9cb-469f-a165-70867728950e", started_at=now,
    )  # fmt: skip
    row = exchange(conversation, answer="Yes", deployment="claude-steady", record_id=record.pk, finished_at=now,
                   tool_uses={"web_search_requests": 2})  # fmt: skip
    Conversation.objects.filter(pk=conversation.pk).update(tip=row.pk)
    page = signed_in_client(conversation.owner).get(reverse("playground:conversation", args=[conversation.pk])).text
    receipt = page.partition('<footer class="receipt"')[2].partition("</footer>")[0]
    for words in (
        "claude-steady", "(claude-sonnet-5-5)", "Hosted on Anthropic", "1,200 tokens in, 900 out", "5,000 from cache",
        "300 into cache", "70 for thinking", "2 web searches", "first word after", "300 tokens/s", "req_1",
        "0f8fad5b-d9cb", "?language=json",
    ):  # fmt: skip
        assert words in receipt, words
    assert re.search(r"\$0\.0\d+ \(₩\d+\)", receipt)
    assert said.wire(row, record)["response"]["usage"]["cache_creation_input_tokens"] == 300
