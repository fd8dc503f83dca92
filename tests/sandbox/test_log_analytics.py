"""Microsoft's own client for Azure's logs against the sandbox, and ours around it."""

from __future__ import annotations

import base64
import gzip
import re
import socket
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryStatus

from console.azure import errors, log_analytics
from console.azure.log_analytics import LogAnalytics, Span, portal_url, query_for
from console.sandbox.people import guid
from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess

LOGS = "https://api.loganalytics.io"
NOW = datetime.now(UTC)
SPAN = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))


class Credential:
    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.token, int(NOW.timestamp()) + 3600)


def official(sandbox: SandboxProcess) -> LogsQueryClient:
    return LogsQueryClient(
        Credential(sandbox.token(LOGS)), endpoint=sandbox.environment["LOG_ANALYTICS_ENDPOINT"], retry_total=0
    )


def ours(sandbox: SandboxProcess, workspace: str = "workspace", **changed: Any) -> LogAnalytics:
    def token(scope: str) -> str:
        assert scope == f"{LOGS}/.default"
        return sandbox.token(LOGS)

    options = {"endpoint": sandbox.environment["LOG_ANALYTICS_ENDPOINT"], "token": token, **changed}
    return LogAnalytics(workspace_id=guid(workspace), **options)


def test_the_official_client_finds_a_request(sandbox: SandboxProcess, web: httpx.Client) -> None:
    apim = post(sandbox, web).headers["apim-request-id"]
    with official(sandbox) as client:
        found = client.query_workspace(
            sandbox.environment["LOG_ANALYTICS_WORKSPACE_ID"],
            query_for(apim, SPAN),
            timespan=(SPAN.since, SPAN.until),
            enforce_https=False,
        )
    assert found.status == LogsQueryStatus.SUCCESS
    (table,) = found.tables
    ((row,),) = [table.rows]
    assert (row["CorrelationId"], row["ResultSignature"], row["deployment"]) == (apim, "200", "claude-steady")
    assert isinstance(row["TimeGenerated"], datetime)


def test_the_official_client_reads_its_errors(sandbox: SandboxProcess) -> None:
    with official(sandbox) as client, pytest.raises(HttpResponseError) as raised:
        client.query_workspace(guid("workspace-closed"), "AzureDiagnostics", timespan=None, enforce_https=False)
    assert (raised.value.status_code, raised.value.error.code) == (403, "InsufficientAccessError")


def test_a_request_is_found_by_its_id_in_any_case(sandbox: SandboxProcess, web: httpx.Client) -> None:
    apim = post(sandbox, web).headers["apim-request-id"]
    (row,) = ours(sandbox).look_up(apim.upper(), SPAN)
    assert (row.correlation_id, row.status, row.deployment, row.resource) == (
        apim, "200", "claude-steady", "CONTOSO-FOUNDRY",
    )  # fmt: skip
    assert row.at is not None
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert row.duration_ms is not None
    assert ours(sandbox).look_up(guid("nothing"), SPAN) == []
    assert ours(sandbox, "workspace-empty").look_up(apim, SPAN) == []


@pytest.mark.parametrize(
    ("workspace", "error", "code"),
    [
        ("workspace-closed", errors.Forbidden, "InsufficientAccessError"),
        ("workspace-none", errors.Missing, "WorkspaceNotFoundError"),
        ("workspace-without-logs", errors.Rejected, "BadArgumentError"),
        ("workspace-busy", errors.Throttled, "TooManyRequests"),
    ],
)
def test_refusals_are_ours(sandbox: SandboxProcess, workspace: str, error: type[errors.AzureError], code: str) -> None:
    with pytest.raises(error) as raised:
        ours(sandbox, workspace).look_up(guid("any"), SPAN)
    assert raised.value.code == code
    assert raised.value.kind in errors.KINDS
    if error is errors.Throttled:
        assert raised.value.retry_after == 5.0


def test_a_token_that_is_not_taken_is_no_secret_in_the_error(sandbox: SandboxProcess) -> None:
    token = sandbox.token("https://ai.azure.com")
    with pytest.raises(errors.SignInNeeded) as raised:
        ours(sandbox, token=lambda scope: token).look_up(guid("any"), SPAN)
    chain: BaseException | None = raised.value
    while chain is not None:
        assert token not in repr(chain)
        chain = chain.__cause__ or chain.__context__


def test_nobody_there_and_nobody_answering(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_analytics, "READ", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(errors.TimedOut):
            ours(sandbox, endpoint=f"http://127.0.0.1:{port}").look_up(guid("any"), SPAN)
    with pytest.raises(errors.Unreachable):
        ours(sandbox, endpoint=f"http://127.0.0.1:{port}").look_up(guid("any"), SPAN)


def test_the_proxy_of_the_environment_is_not_used(
    sandbox: SandboxProcess, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    apim = post(sandbox, web).headers["apim-request-id"]
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert len(ours(sandbox).look_up(apim, SPAN)) == 1


def test_the_query_asks_for_ten_minutes_and_one_id() -> None:
    at = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
    query = query_for(
        "0f8fad5b-d9cb-469f-a165-70867728950e", Span(at - timedelta(minutes=5), at + timedelta(minutes=5))
    )
    assert "between (datetime(2026-11-22T00:57:03Z) .. datetime(2026-11-22T01:07:03Z))" in query
    assert 'CorrelationId =~ "0f8fad5b-d9cb-469f-a165-70867728950e"' in query


@pytest.mark.parametrize("text", ["", 'x" | take 1 //', "a b", "x" * 200, "id\n"])
def test_what_is_no_id_never_gets_into_a_query(text: str) -> None:
    with pytest.raises(ValueError, match="not an ID"):
        query_for(text, SPAN)


def test_the_portal_opens_the_query_itself_where_the_workspace_is_known() -> None:
    workspace = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/logs"
    link = portal_url("AzureDiagnostics | take 1", tenant_id="t-1", workspace=workspace)
    found = re.search(r"#@t-1/blade/.+/resourceId/([^/]+)/source/LogsBlade.AnalyticsShareLinkToQuery/q/([^/]+)$", link)
    assert found is not None
    assert unquote(found[1]) == workspace
    assert gzip.decompress(base64.b64decode(unquote(unquote(found[2])))) == b"AzureDiagnostics | take 1"
    assert portal_url("anything").endswith("/~/logs")
