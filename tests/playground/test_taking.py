"""Exchanges as code and as the wire had them, conversations as files."""

from __future__ import annotations

import os
import subprocess
import sys
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.playground import attachments, said, snippets
from console.playground.attachments import File
from console.playground.models import Conversation, Exchange, State
from tests import files
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record
from tests.sandbox_process import SandboxProcess

NASTY = "It's \"quoted\" \\ $HOME `id`\n한국어 \u2028 </script> {brace} 'end'"


def call(azure: SandboxProcess | None = None, *, by_key: bool = True, **body: object) -> snippets.Call:
    base = azure.foundry().rstrip("/") if azure else "https://contoso-foundry.services.ai.azure.com/anthropic"
    whole = {"max_tokens": 200, "messages": [{"role": "user", "content": NASTY}], **body}
    return snippets.Call(
        base_url=base, resource="contoso-foundry", deployment="claude-steady", scope="https://ai.azure.com/.default",
        api_version="2023-06-01", body=whole, by_key=by_key,
    )  # fmt: skip


def environment(azure: SandboxProcess, *, by_key: bool) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    if by_key:
        return {**kept, "ANTHROPIC_FOUNDRY_API_KEY": azure.keys()[0]}
    identity = {name: value for name, value in azure.environment.items() if name.startswith("IDENTITY_")}
    # Nothing but the managed identity is there to be asked.
    return {**kept, **identity, "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}


def run(code: list[str], azure: SandboxProcess, *, by_key: bool, ids: str = "request-id: req_") -> str:
    done = subprocess.run(
        code, env=environment(azure, by_key=by_key), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ids in done.stdout
    assert "apim-request-id: " in done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("by_key", [True, False])
def test_the_python_runs_as_it_stands(azure, by_key):
    settings = {"system": NASTY, "thinking": {"type": "adaptive", "display": "summarized"}}
    code = snippets.python(call(azure, by_key=by_key, **settings))
    before = azure.posts("claude-steady")
    assert len(run([sys.executable, "-W", "error", "-c", code], azure, by_key=by_key).splitlines()) > 3
    assert azure.posts("claude-steady") == before + 1


@pytest.mark.slow
def test_the_curl_runs_as_it_stands(azure):
    text = run(["bash", "-euc", snippets.curl(call(azure))], azure, by_key=True)
    assert "event: message_stop" in text


@pytest.fixture
def with_files(tmp_path, monkeypatch) -> dict[str, object]:
    """The fields of a body with two attachments, whose files lie where code is run."""
    names = "it's a heron.png", "왜가리 $HOME.pdf"
    for name, data in zip(names, (files.png(padding=200_000), files.pdf()), strict=True):
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    known = [File("1", "image/png", names[0], 9), File("2", "application/pdf", names[1], 9)]
    return {"messages": [{"role": "user", "content": attachments.content(NASTY, known, attachments.named)}]}


@pytest.mark.slow
def test_code_with_attachments_reads_them_from_files(azure, with_files):
    shown = call(azure, **with_files)
    run([sys.executable, "-W", "error", "-c", snippets.python(shown)], azure, by_key=True)
    text = run(["bash", "-euc", snippets.curl(shown)], azure, by_key=True)
    assert "event: message_stop" in text


def test_code_of_every_language_reads_attachments(with_files):
    typescript, csharp = snippets.typescript(call(**with_files)), snippets.csharp(call(**with_files))
    assert '"data": readFileSync("it\'s a heron.png").toString("base64")' in typescript
    assert 'File.ReadAllBytes("왜가리 $HOME.pdf")' in csharp
    assert "MediaType = MediaType.ImagePng" in csharp


@pytest.mark.parametrize("by_key", [True, False])
@pytest.mark.parametrize("language", snippets.LANGUAGES)
def test_no_code_holds_a_key_and_all_name_the_deployment(language, by_key):
    code = snippets.LANGUAGES[language][1](call(by_key=by_key))
    assert "claude-steady" in code
    assert ("ANTHROPIC_FOUNDRY_API_KEY" in code) is by_key
    assert "contoso-foundry" in code


def test_csharp_takes_every_setting():
    thinking = {"type": "enabled", "budget_tokens": 1024}
    code = snippets.csharp(call(system=NASTY, thinking=thinking, output_config={"effort": "high"}))
    assert "Thinking = new ThinkingConfigEnabled { BudgetTokens = 1024 }," in code
    assert 'OutputConfig = new() { Effort = "high" },' in code
    assert "\u2028" not in code
    assert code.count("Role = Role.User") == 1


def test_csharp_says_tools_as_json():
    tool = {"name": "look_up", "input_schema": {"type": "object"}}
    code = snippets.csharp(call(tools=[tool]))
    assert "using System.Text.Json;" in code
    assert "FromRawUnchecked" in code
    assert '\\"input_schema\\"' in code
    assert "\u2028" not in code


@pytest.fixture
def exchange(db) -> Exchange:
    talk = Conversation.objects.create(
        owner=make_user(("Playground",)), title="왜가리 / Herons", spoken_at=timezone.now()
    )
    record = make_record(request_id="req_011CQtaking", input_tokens=5, output_tokens=7)
    made = talk.exchanges.create(
        message=NASTY, answer="In trees.", state=State.SUCCEEDED, call_id=uuid4(), submission_id="a",
        settings={"max_tokens": 4096}, deployment="claude-steady", resource="contoso-foundry", record_id=record.pk,
    )  # fmt: skip
    Conversation.objects.filter(pk=talk.pk).update(tip=made.pk)
    return Exchange.objects.select_related("conversation").get(pk=made.pk)


@pytest.mark.parametrize("query", ["", "?language=nonsense", *(f"?language={name}" for name in snippets.LANGUAGES)])
def test_every_language_has_its_page(exchange, query):
    client = signed_in_client(exchange.conversation.owner)
    page = client.get(reverse("playground:code", args=[exchange.pk]) + query).text
    assert "claude-steady" in page
    assert "code-block" in page


def test_request_and_response_are_shown_as_they_were(exchange):
    page = signed_in_client(exchange.conversation.owner).get(
        reverse("playground:code", args=[exchange.pk]) + "?language=json"
    )
    assert "req_011CQtaking" in page.text
    wire = said.wire(exchange, None)
    assert wire["request"]["messages"][-1] == {"role": "user", "content": NASTY}
    assert wire["response"]["content"] == [{"type": "text", "text": "In trees."}]


def test_a_resource_without_an_address_has_no_code(exchange):
    Exchange.objects.filter(pk=exchange.pk).update(resource="no address!")
    page = signed_in_client(exchange.conversation.owner).get(reverse("playground:code", args=[exchange.pk])).text
    assert "makes no address" in page


def test_a_conversation_becomes_a_markdown_file(exchange):
    client = signed_in_client(exchange.conversation.owner)
    response = client.get(reverse("playground:markdown", args=[exchange.conversation_id]))
    assert "In trees." in response.text
    assert "req_011CQtaking" in response.text
    assert "filename*=UTF-8''%EC%99%9C" in response["Content-Disposition"]
    assert response["Content-Disposition"].isascii()


def test_a_conversation_becomes_json_with_all_versions(exchange):
    talk = exchange.conversation
    talk.exchanges.create(message="other", state=State.FAILED, call_id=uuid4(), submission_id="b")
    data = signed_in_client(talk.owner).get(reverse("playground:data", args=[talk.pk])).json()
    assert [one["message"] for one in data["exchanges"]] == [NASTY, "other"]
    assert data["tip"] == str(exchange.pk)


@pytest.mark.parametrize("name", ["markdown", "data"])
def test_nobody_takes_the_conversation_of_somebody_else(exchange, name):
    client = signed_in_client(make_user(("Playground",)))
    assert client.get(reverse(f"playground:{name}", args=[exchange.conversation_id])).status_code == 404
