"""The hooks that the help shows, as they stand there, with the real packages: what they report is found in the log."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import AnthropicFoundry, AsyncAnthropicFoundry

from console.requestlog import applications
from console.requestlog.models import RequestRecord
from console.web import handbook
from console.web.desk import at_desk
from tests.factories import make_user
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = handbook._FOLDER / "examples"
HELLO: Any = [{"role": "user", "content": "Explain tides to a child, please."}]
CALL: Any = {"model": "claude-steady", "max_tokens": 20, "messages": HELLO}


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess() as running:
        yield running


@pytest.fixture
def hooks(live_server, monkeypatch):
    """The example files as modules of a program that reports to a running console; its sender waits for `flush`."""
    _application, key = applications.add(make_user(("Admin",)), name="tides", entra_app_id=None)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONSOLE_URL", live_server.url)
    monkeypatch.setenv("CONSOLE_KEY", key)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    modules = {name: importlib.import_module(name) for name in ("report", "report_httpx", "report_anthropic")}
    modules["report"].reporter.ended.set()
    yield modules
    modules["report"].reporter.rows.clear()
    for name in modules:
        del sys.modules[name]


def reported(hooks: dict[str, Any]) -> list[RequestRecord]:
    hooks["report"].reporter.flush()
    assert not hooks["report"].reporter.rows
    return list(RequestRecord.objects.order_by("pk"))


def foundry(sandbox: SandboxProcess, hooks: dict[str, Any], client: type = AnthropicFoundry, **options: Any) -> Any:
    middleware = [hooks["report_anthropic"].Reporting("contoso-foundry")]
    common = {"base_url": sandbox.foundry(), "api_key": sandbox.keys()[0], "max_retries": 0}
    return client(**{**common, "middleware": middleware, **options})


def test_the_sdk_reports_every_attempt_with_its_own_ids(sandbox, hooks):
    with foundry(sandbox, hooks) as client:
        raw = client.messages.with_raw_response.create(**CALL)
        with client.messages.stream(**CALL) as stream:
            streamed = stream.request_id
            stream.until_done()
        with pytest.raises(anthropic.NotFoundError):
            client.messages.create(**CALL | {"model": "claude-missing"})
    whole, stream_row, missing = reported(hooks)
    assert (whole.request_id, whole.apim_request_id) == (raw.request_id, raw.headers["apim-request-id"])
    assert (whole.deployment, whole.resource, whole.operation) == ("claude-steady", "contoso-foundry", "messages")
    assert whole.output_tokens == raw.parse().usage.output_tokens
    assert (whole.outcome, whole.application, whole.client) == (
        "succeeded", "tides", f"anthropic {anthropic.__version__}",
    )  # fmt: skip
    assert (stream_row.request_id, stream_row.output_tokens) == (streamed, None)
    assert (missing.http_status, missing.outcome) == (404, "failed")
    assert missing.apim_request_id
    assert {one["apim_request_id"] for one in sandbox.requests()} >= {whole.apim_request_id, missing.apim_request_id}


def test_attempts_that_the_sdk_repeats_share_their_call(sandbox, hooks):
    sandbox.switch("fault", plane="foundry", match="claude-steady", status=529, times=1)
    with foundry(sandbox, hooks, max_retries=1) as client:
        client.messages.create(**CALL)
    first, second = reported(hooks)
    assert (first.http_status, second.http_status) == (529, 200)
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.call_id == second.call_id
    assert first.apim_request_id != second.apim_request_id


async def test_the_async_sdk_reports_too(sandbox, hooks):
    async with foundry(sandbox, hooks, AsyncAnthropicFoundry) as client:
        await client.messages.create(**CALL)
    (row,) = await at_desk(reported, hooks)
    assert row.output_tokens > 0


def test_nobody_there_is_reported_without_ids(hooks, sandbox):
    with (
        foundry(sandbox, hooks, base_url="http://127.0.0.1:9/anthropic/") as client,
        pytest.raises(anthropic.APIConnectionError),
    ):
        client.messages.create(**CALL)
    (row,) = reported(hooks)
    assert (row.outcome, row.http_status, row.error_type) == ("failed", None, "APIConnectionError")


def request(sandbox: SandboxProcess, **changed: Any) -> dict[str, Any]:
    headers = {"api-key": sandbox.keys()[0], "anthropic-version": "2026-10-21"}
    return {"url": f"{sandbox.foundry()}v1/messages", "json": CALL, "headers": headers, **changed}


def test_httpx_reports_what_it_sent_and_what_it_could_not_send(sandbox, hooks):
    reporting = hooks["report_httpx"].Reporting
    with httpx.Client(transport=reporting("contoso-foundry")) as client:
        answer = client.post(**request(sandbox))
        with pytest.raises(httpx.ConnectError):
            client.post(**request(sandbox, url="http://127.0.0.1:9/v1/messages"))
    sent, unsent = reported(hooks)
    assert (sent.request_id, sent.apim_request_id) == (
        answer.headers["request-id"], answer.headers["apim-request-id"],
    )  # fmt: skip
    assert (sent.http_status, sent.deployment, sent.outcome) == (200, "claude-steady", "succeeded")
    assert (unsent.outcome, unsent.error_type, unsent.http_status) == ("failed", "ConnectError", None)


async def test_async_httpx_reports_too(sandbox, hooks):
    transport = hooks["report_httpx"].AsyncReporting("contoso-foundry")
    async with httpx.AsyncClient(transport=transport) as client:
        answer = await client.post(**request(sandbox))
    (row,) = await at_desk(reported, hooks)
    assert row.apim_request_id == answer.headers["apim-request-id"]


def test_what_cannot_be_sent_waits_and_what_is_refused_does_not(hooks, monkeypatch, caplog):
    reporter = hooks["report"].reporter
    row = {"started_at": "2026-11-22T00:00:00Z", "resource": "r", "deployment": "d", "call_id": "no guid"}
    reporter.add(row)
    reporter.flush()
    assert (list(reporter.rows), RequestRecord.objects.count()) == ([], 0)
    assert "must be a GUID" in caplog.text
    monkeypatch.setenv("CONSOLE_URL", "http://127.0.0.1:9")
    reporter.add(row)
    reporter.flush()
    assert list(reporter.rows) == [row]


def test_the_help_shows_the_very_files():
    for language in ("en", "ko"):
        text = handbook.page("applications", language).text
        for path in EXAMPLES.glob("*.py"):
            assert path.read_text().count("\n") <= 64
            assert f"{{{{ {path.name} }}}}" not in text
    assert handbook.example("report.py").startswith('```python\n"""Sends rows to the console')
