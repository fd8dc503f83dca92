"""Azure's own figures: one believable answer, one empty, one 429 of each."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from console.sandbox.people import guid
from tests.sandbox.test_arm import Arm, account, subscription
from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess

LOGS = "https://api.loganalytics.io"
DAY = "2026-11-21T00:00:00Z/2026-11-22T00:00:00Z"


@pytest.fixture
def arm(sandbox: SandboxProcess, web: httpx.Client) -> Arm:
    return Arm(sandbox, web)


def metrics(arm: Arm, name: str = "contoso-foundry", group: str = "rg-ai-prod", **query: str) -> httpx.Response:
    options = {"metricnames": "ModelRequests,TotalTokens", "timespan": DAY, "api-version": "2024-02-01", **query}
    url = f"{account(name, group)}/providers/Microsoft.Insights/metrics?{httpx.QueryParams(options)}"
    return arm.call(url)


def test_metrics_have_a_series_for_each_claude_deployment(arm: Arm) -> None:
    found = metrics(arm).json()
    requests, tokens = found["value"]
    assert (requests["name"]["value"], tokens["name"]["localizedValue"]) == ("ModelRequests", "Total Tokens")
    names = [one["metadatavalues"][0]["value"] for one in requests["timeseries"]]
    assert "claude-steady" in names
    assert "gpt-5-mini" not in names
    points = requests["timeseries"][0]["data"]
    assert (len(points), points[0]["timeStamp"]) == (24, "2026-11-21T00:00:00Z")
    assert 0 < len([one for one in points if "total" in one]) < 24
    assert metrics(arm).json() == found


def test_metrics_are_empty_without_traffic(arm: Arm) -> None:
    value = metrics(arm, "contoso-broken", "rg-ai-lab").json()["value"]
    assert [one["timeseries"] for one in value] == [[], []]


def test_metrics_are_throttled_for_one_account(arm: Arm) -> None:
    answer = metrics(arm, "contoso-private")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")


@pytest.mark.parametrize(
    "query",
    [{"metricnames": "Nonsense"}, {"timespan": "yesterday"}, {"timespan": "2026-11-21T00:00:00Z/2020-01-01T00:00:00Z"}],
)
def test_a_wrong_metrics_query_is_a_400(arm: Arm, query: dict[str, str]) -> None:
    assert metrics(arm, **query).status_code == 400


def cost(arm: Arm, name: str) -> httpx.Response:
    path = f"{subscription(name)}/providers/Microsoft.CostManagement/query?api-version=2025-03-01"
    return arm.call(path, "POST", json={"type": "ActualCost", "timeframe": "MonthToDate"})


def test_cost_is_one_meter_a_day(arm: Arm) -> None:
    found = cost(arm, "Production").json()["properties"]
    names = [column["name"] for column in found["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in found["rows"]]
    assert {row["Meter"] for row in rows} == {"Claude Consumption Unit"}
    assert all(20260101 < row["UsageDate"] < 20990101 and row["Cost"] > 0 for row in rows)


def test_cost_may_be_empty_or_throttled(arm: Arm) -> None:
    assert cost(arm, "Development").status_code == 204
    busy = cost(arm, "Korea Central AI")
    assert busy.status_code == 429
    assert busy.headers["x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after"] == "30"


def logs(sandbox: SandboxProcess, web: httpx.Client, workspace: str, query: str, **who: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.token(**{'resource': LOGS, **who})}"}
    url = f"{sandbox.url}/loganalytics/v1/workspaces/{guid(workspace)}/query"
    return web.post(url, json={"query": query, "timespan": "PT24H"}, headers=headers)


def test_logs_find_a_request_by_its_correlation_id(sandbox: SandboxProcess, web: httpx.Client) -> None:
    apim = post(sandbox, web).headers["apim-request-id"]
    post(sandbox, web)
    table = logs(sandbox, web, "workspace", f'AzureDiagnostics | where CorrelationId == "{apim}"').json()["tables"][0]
    names = [column["name"] for column in table["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in table["rows"]]
    assert [(row["CorrelationId"], row["deployment"], row["ResultSignature"]) for row in rows] == [
        (apim, "claude-steady", "200")
    ]
    other = logs(sandbox, web, "workspace", 'AzureDiagnostics | where CorrelationId =~ "0f8fad5b"').json()["tables"][0]
    assert other["rows"] == []


@pytest.mark.parametrize(
    ("workspace", "query", "who", "status"),
    [
        ("workspace-empty", "AzureDiagnostics", {}, 200),
        ("workspace-busy", "AzureDiagnostics", {}, 429),
        ("workspace-none", "AzureDiagnostics", {}, 404),
        ("workspace", "Heartbeat", {}, 400),
        ("workspace", "AzureDiagnostics", {"resource": "https://ai.azure.com"}, 401),
    ],
)
def test_other_answers_of_the_logs(
    sandbox: SandboxProcess, web: httpx.Client, workspace: str, query: str, who: dict[str, str], status: int
) -> None:
    answer = logs(sandbox, web, workspace, query, **who)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["tables"][0]["rows"] == []
