"""Azure Resource Manager: lists, pages, who sees what, refusals."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest

from console.sandbox.world import subscription_id
from tests.sandbox_process import SandboxProcess

VERSION = "2026-05-01"
PROVIDER = "/providers/Microsoft.CognitiveServices"


class Arm:
    """ARM as one principal sees it."""

    def __init__(self, sandbox: SandboxProcess, web: httpx.Client, **who: Any) -> None:
        self.base, self.web = sandbox.environment["ARM_ENDPOINT"], web
        self.headers = {"Authorization": f"Bearer {sandbox.token(**who)}"}

    def call(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        url = path if path.startswith("http") else f"{self.base}{path}"
        if "api-version" not in url:
            url += f"{'&' if '?' in url else '?'}api-version={VERSION}"
        return self.web.request(method, url, headers=self.headers, **options)

    def get(self, path: str) -> Any:
        answer = self.call(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str) -> list[list[Any]]:
        """Follows nextLink exactly as given, waits as told."""
        found: list[list[Any]] = []
        url: str | None = path
        while url:
            answer = self.call(url)
            if answer.status_code == 429:
                time.sleep(int(answer.headers["Retry-After"]))
                continue
            found.append(answer.json()["value"])
            url = answer.json().get("nextLink")
        return found

    def names(self, path: str) -> list[str]:
        return [one["name"] for page in self.pages(path) for one in page]


def subscription(name: str) -> str:
    return f"/subscriptions/{subscription_id(name)}"


def account(name: str = "contoso-foundry", group: str = "rg-ai-prod", where: str = "Production") -> str:
    return f"{subscription(where)}/resourceGroups/{group}{PROVIDER}/accounts/{name}"


@pytest.fixture
def arm(sandbox: SandboxProcess, web: httpx.Client) -> Arm:
    return Arm(sandbox, web)


def test_subscriptions_come_in_pages(arm: Arm) -> None:
    pages = arm.pages("/subscriptions")
    assert [len(page) for page in pages] == [3, 2]
    names = [one["displayName"] for page in pages for one in page]
    assert names == ["Production", "Development", "Korea Central AI", "Finance (restricted)", "Sandbox 2025"]
    assert pages[1][1]["state"] == "Disabled"


def test_the_next_link_stays_on_the_host_that_was_asked(arm: Arm, sandbox: SandboxProcess) -> None:
    link = arm.get("/subscriptions")["nextLink"]
    assert link.startswith(sandbox.environment["ARM_ENDPOINT"] + "/subscriptions?")
    assert f"api-version={VERSION}" in link


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("ada", ["Production", "Development", "Korea Central AI", "Finance (restricted)", "Sandbox 2025"]),
        ("seoyeon", ["Production", "Korea Central AI"]),
        ("ben", ["Production"]),
        ("cy", []),
        ("oscar", []),
    ],
)
def test_each_person_sees_their_subscriptions(
    sandbox: SandboxProcess, web: httpx.Client, person: str, names: list[str]
) -> None:
    pages = Arm(sandbox, web, person=person).pages("/subscriptions")
    assert [one["displayName"] for page in pages for one in page] == names


def test_accounts_of_all_kinds_come_in_pages(arm: Arm) -> None:
    pages = arm.pages(f"{subscription('Production')}{PROVIDER}/accounts")
    assert [len(page) for page in pages] == [5, 5, 1]
    kinds = {one["kind"] for page in pages for one in page}
    assert kinds > {"AIServices", "OpenAI", "SpeechServices", "TextAnalytics"}


def test_a_page_may_be_empty_and_still_lead_on(arm: Arm) -> None:
    pages = arm.pages(f"{subscription('Development')}{PROVIDER}/accounts")
    assert [len(page) for page in pages] == [0, 2]


def test_accounts_of_a_group_compare_without_case(arm: Arm) -> None:
    path = f"{subscription('Production').upper()}/RESOURCEGROUPS/RG-HANBIT-AI{PROVIDER.upper()}/ACCOUNTS"
    assert arm.names(path.replace("/SUBSCRIPTIONS", "/subscriptions")) == ["hanbit-foundry"]


@pytest.mark.parametrize(
    ("name", "group", "expected"),
    [
        ("contoso-foundry", "rg-ai-prod", ("Succeeded", "Enabled", False)),
        ("hanbit-foundry", "rg-hanbit-ai", ("Succeeded", "Enabled", True)),
        ("contoso-private", "rg-ai-prod", ("Succeeded", "Disabled", False)),
        ("contoso-broken", "rg-ai-lab", ("Failed", "Enabled", False)),
    ],
)
def test_resources_are_in_different_states(arm: Arm, name: str, group: str, expected: tuple[Any, ...]) -> None:
    found = arm.get(account(name, group))
    properties = found["properties"]
    state = properties["provisioningState"], properties["publicNetworkAccess"], properties["disableLocalAuth"]
    assert (state, properties["customSubDomainName"], found["type"]) == (
        expected,
        name,
        "Microsoft.CognitiveServices/accounts",
    )


def test_optional_properties_may_all_be_missing(arm: Arm) -> None:
    bare = account("contoso-legacy", "rg-old")
    assert arm.get(bare)["properties"] == {}
    assert arm.get(f"{bare}/deployments")["value"][0]["properties"] == {"model": {"name": "claude-haiku-5-5"}}


def test_deployments_come_in_pages(arm: Arm) -> None:
    pages = arm.pages(f"{account()}/deployments")
    every = [one for page in pages for one in page]
    assert len(pages) == 2
    assert len(every) > 24
    formats = {one["properties"]["model"]["format"] for one in every}
    assert formats == {"Anthropic", "OpenAI"}
    assert len({one["id"] for one in every}) == len(every)


def test_a_deployment_tells_its_limits_and_version(arm: Arm) -> None:
    found = arm.get(f"{account()}/deployments/claude-opus-4-8-anthropic")
    assert found["properties"]["model"] == {"format": "Anthropic", "name": "claude-opus-4-8", "version": "1"}
    assert found["properties"]["rateLimits"] == [
        {"key": "request", "renewalPeriod": 60, "count": 40},
        {"key": "token", "renewalPeriod": 60, "count": 40_000},
    ]
    assert found["sku"] == {"name": "GlobalStandard", "capacity": 40}


def test_some_deployments_are_not_ready(arm: Arm) -> None:
    path = f"{account('contoso-dev-foundry', 'rg-ai-dev', 'Development')}/deployments"
    states = {one["properties"]["provisioningState"] for page in arm.pages(path) for one in page}
    assert states == {"Succeeded", "Creating", "Failed"}


def test_one_subscription_is_forbidden(arm: Arm) -> None:
    answer = arm.call(f"{subscription('Finance (restricted)')}{PROVIDER}/accounts")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_one_subscription_throttles_once(arm: Arm, sandbox: SandboxProcess, web: httpx.Client) -> None:
    path = f"{subscription('Korea Central AI')}{PROVIDER}/accounts"
    first, second = arm.call(path), arm.call(path)
    assert (first.status_code, first.headers["Retry-After"]) == (429, "1")
    assert first.json()["error"]["code"] == "SubscriptionRequestsThrottled"
    assert second.status_code == 200
    assert Arm(sandbox, web, person="ada").call(path).status_code == 429


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subscriptions/11111111-2222-3333-4444-555555555555", 404, "SubscriptionNotFound"),
        (account("nothing"), 404, "ResourceNotFound"),
        (account(group="rg-wrong"), 404, "ResourceNotFound"),
        (account(where="Development"), 404, "ResourceNotFound"),
        (f"{account()}/deployments/nothing", 404, "DeploymentNotFound"),
        (f"{account()}/projects/nothing", 404, "ResourceNotFound"),
        (f"{account()}/nothing", 404, "InvalidResourceType"),
        (f"{account()}?api-version=", 400, "MissingApiVersionParameter"),
        (f"{account()}?api-version=latest", 400, "InvalidApiVersionParameter"),
        ("/subscriptions?$skiptoken=%21", 400, "InvalidSkipToken"),
        ("/subscriptions?$skiptoken=gICA", 400, "InvalidSkipToken"),
    ],
)
def test_what_is_not_there_is_named(arm: Arm, path: str, status: int, code: str) -> None:
    answer = arm.call(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_somebody_elses_subscription_is_forbidden(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = Arm(sandbox, web, person="ben").call(f"{subscription('Development')}{PROVIDER}/accounts")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert "ben@contoso.example" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (None, "InvalidAuthenticationToken"),
        ({"expires_in": -60}, "ExpiredAuthenticationToken"),
        ({"resource": "https://ai.azure.com"}, "InvalidAuthenticationToken"),
    ],
)
def test_a_token_is_needed(sandbox: SandboxProcess, web: httpx.Client, who: Any, code: str) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token(**who)}"} if who else {}
    answer = web.get(f"{sandbox.environment['ARM_ENDPOINT']}/subscriptions?api-version=2022-12-01", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


@pytest.mark.parametrize("path", ["/subscriptions", account(), account("nothing")])
def test_every_answer_has_arms_headers(arm: Arm, path: str) -> None:
    headers = arm.call(path).headers
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["x-ms-correlation-request-id"])
    assert headers["x-ms-routing-request-id"].startswith("KOREACENTRAL:")
    level = "tenant" if path == "/subscriptions" else "subscription"
    assert int(headers[f"x-ms-ratelimit-remaining-{level}-reads"]) > 0
    assert "apim-request-id" not in headers


def test_projects_belong_to_the_account(arm: Arm) -> None:
    assert arm.names(f"{account()}/projects") == [
        "contoso-foundry/support-assistant",
        "contoso-foundry/contract-review",
    ]
    found = arm.get(f"{account('hanbit-research', 'rg-hanbit-research', 'Korea Central AI')}/projects/번역")
    assert found["properties"]["displayName"] == "번역"


def test_models_say_where_they_are_hosted(arm: Arm) -> None:
    every = arm.get(f"{account()}/models")["value"]
    opus = {one["version"]: one for one in every if one["name"] == "claude-opus-5-5"}
    assert {version: one["capabilities"]["hostedOn"] for version, one in opus.items()} == {
        "1": "anthropic",
        "2": "azure",
    }
    assert [one["isDefaultVersion"] for one in opus.values()] == [False, True]
    usages = [sku["usageName"] for sku in opus["2"]["skus"]]
    assert usages[0] == "AIServices.GlobalStandard.claude-opus-5-5.Azure"
    location = arm.get(f"{subscription('Production')}{PROVIDER}/locations/eastus2/models")["value"]
    assert [one["model"] for one in location] == every
    korea = arm.get(f"{subscription('Production')}{PROVIDER}/locations/koreacentral/models")["value"]
    assert not [one for one in korea if one["model"]["format"] == "Anthropic"]


def test_quota_counts_what_is_deployed(arm: Arm) -> None:
    rows = arm.get(f"{subscription('Development')}{PROVIDER}/locations/eastus2/usages")["value"]
    found = {row["name"]["value"]: (row["currentValue"], row["limit"]) for row in rows}
    assert found["AIServices.GlobalStandard.claude-haiku-5-5.Azure"] == (50, 4000)
    assert found["AccountCount"] == (2, 500)
    query = "modelFormat=Anthropic&modelName=claude-haiku-5-5&modelVersion=2"
    left = arm.get(f"{subscription('Development')}{PROVIDER}/locations/eastus2/modelCapacities?{query}")["value"]
    assert left[0]["properties"]["availableCapacity"] == 3950


@pytest.mark.parametrize("path", [f"{account()}/usages", f"{account()}/deployments/claude-steady/skus"])
def test_smaller_lists_answer(arm: Arm, path: str) -> None:
    assert arm.get(path)["value"]


def test_resource_graph_finds_foundry_resources(arm: Arm) -> None:
    query = "resources | where type =~ 'microsoft.cognitiveservices/accounts' and kind =~ 'AIServices' | project id"
    body = {"query": query, "options": {"$top": 3}}
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    first = arm.call(path, "POST", json=body).json()
    second = arm.call(path, "POST", json={**body, "options": {"$top": 3, "$skipToken": first["$skipToken"]}}).json()
    assert (first["count"], first["resultTruncated"]) == (3, "false")
    assert first["data"][0]["type"] == "microsoft.cognitiveservices/accounts"
    assert not {one["id"] for one in first["data"]} & {one["id"] for one in second["data"]}
    assert "finance-foundry" not in [one["name"] for one in first["data"] + second["data"]]


def test_the_world_grows_for_scale_tests(arm: Arm, sandbox: SandboxProcess) -> None:
    sandbox.switch("scale", resources=1000, deployments=10)
    pages = arm.pages(f"{subscription('Scale test')}{PROVIDER}/accounts")
    assert [len(page) for page in pages] == [100] * 10
    last = pages[-1][-1]
    assert last["name"] == "scale-0999"
    assert len(arm.names(f"{last['id']}/deployments")) == 10


def test_throttling_can_be_switched_off(arm: Arm, sandbox: SandboxProcess) -> None:
    sandbox.switch("calm")
    assert arm.call(f"{subscription('Korea Central AI')}{PROVIDER}/accounts").status_code == 200
