"""ARM over real sockets: paging, hosts, throttling, partial failure, properties that are not there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from console.azure.arm import Arm, ScopeFailure
from console.azure.errors import AzureError, Forbidden, Rejected, SignInNeeded, Throttled, Unavailable, Unreadable
from console.azure.http import Clocks, Http
from console.azure.shapes import Account, AccountRead, ModelDeployment, RateLimit, Subscription, SubscriptionRead
from tests.azure.disclosure import assert_not_shown
from tests.azure.wire import Exchange, serving

TOKEN = "sentinel-arm-token"
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
CLOCKS = Clocks(connect=2.0, first_byte=5.0, idle=5.0, total=10.0)
QUICK = Clocks(connect=1.0, first_byte=0.5, idle=0.5, total=1.0)
ARM_IDS = {"x-ms-request-id": "r-1", "x-ms-correlation-request-id": "corr-1"}
A = "/subscriptions/sub-a/resourceGroups/rg-ai/providers/Microsoft.CognitiveServices/accounts/contoso"

Answer = tuple[int, dict[str, str], object]
Handler = Callable[[str, dict[str, str], int], Answer | Awaitable[Answer]]


async def token() -> str:
    return TOKEN


@asynccontextmanager
async def arm(handler: Handler, **options: Any) -> Any:
    """An Arm whose server answers each (path, query, count of this URL) by `handler`."""
    counts: dict[str, int] = {}

    async def script(exchange: Exchange) -> None:
        while True:
            await exchange.read()
            url = exchange.head.split(b" ")[1].decode()
            counts[url] = counts.get(url, 0) + 1
            if exchange.header("authorization") != f"Bearer {TOKEN}":
                await exchange.answer("401 x", {}, b"")
                continue
            parts = urlsplit(url)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            answer = handler(parts.path, query, counts[url])
            status, headers, body = answer if isinstance(answer, tuple) else await answer
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            await exchange.answer(f"{status} x", {"content-type": "application/json", **ARM_IDS, **headers}, raw)

    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        client = Arm(http, server.url, token, **{"clocks": CLOCKS, **options})
        client.server, client.counts = server, counts  # type: ignore[attr-defined]
        yield client


def page(*items: object, next_link: object = None) -> Answer:
    return 200, {}, {"value": list(items), **({"nextLink": next_link} if next_link is not None else {})}


def account(name: str = "contoso", kind: str = "AIServices", sub: str = "sub-a", **properties: Any) -> dict[str, Any]:
    arm_id = f"/subscriptions/{sub}/resourceGroups/rg-ai/providers/Microsoft.CognitiveServices/accounts/{name}"
    return {"id": arm_id, "name": name, "kind": kind, "properties": properties}


def deployment(name: str, version: str = "2", **properties: Any) -> dict[str, Any]:
    model = {"format": "Anthropic", "name": "claude-opus-5", "version": version}
    return {"id": f"{A}/deployments/{name}", "name": name, "properties": {"model": model, **properties}}


# ---- Lists -----------------------------------------------------------------------------------------------------


async def test_subscriptions_are_listed_with_their_version() -> None:
    def handler(path: str, query: dict[str, str], _: int) -> Answer:
        assert (path, query) == ("/subscriptions", {"api-version": "2022-12-01"})
        item = {"subscriptionId": "sub-a", "displayName": "Example", "state": "Warned", "tenantId": "t"}
        return page(item, {"id": "/subscriptions/sub-b"}, "no subscription")

    async with arm(handler) as client:
        assert await client.subscriptions() == [
            Subscription("sub-a", "Example", "Warned", "t"), Subscription("sub-b", "sub-b"),
        ]  # fmt: skip


async def test_only_foundry_resources_are_accounts_in_any_case() -> None:
    items = [account("a", "AIServices"), account("b", "aiservices"), account("c", "OpenAI"), account("d", "")]

    async with arm(lambda path, query, _: page(*items, account("e") | {"kind": None})) as client:
        assert [found.name for found in await client.accounts("sub-a")] == ["a", "b"]


async def test_pages_are_followed_empty_ones_too_and_repeats_dropped() -> None:
    def handler(path: str, query: dict[str, str], _: int) -> Answer:
        assert query["api-version"] == "2026-05-01"
        at = int(query.get("$skiptoken", "0"))
        pages = [[account("a")], [], [account("b"), account("A")], [account("c")]]
        link = f"{client.endpoint}{path}?api-version=2026-05-01&$skiptoken={at + 1}" if at < 3 else ""
        return page(*pages[at], next_link=link)

    async with arm(handler) as client:
        assert sorted(found.name.lower() for found in await client.accounts("sub-a")) == ["a", "b", "c"]


@pytest.mark.parametrize("link", [None, "", False])
async def test_no_next_link_is_the_end(link: object) -> None:
    async with arm(lambda path, query, _: (200, {}, {"value": [account()], "nextLink": link})) as client:
        assert len(await client.accounts("sub-a")) == 1


@pytest.mark.parametrize(
    "link",
    ["http://127.0.0.1:{trap}/steal", "http://localhost:{port}/x", "https://127.0.0.1:{port}/x", "//127.0.0.1:{trap}/",
     "http://evil@127.0.0.1:{port}/x", "http://127.0.0.1:{port}@127.0.0.1:{trap}/", "/subscriptions", "x", 7, ["x"],
     {"a": 1}, "http://127.0.0.1:{port}\r\n.evil/", "http://[", "ftp://127.0.0.1:{port}/"],
)  # fmt: skip
async def test_a_next_link_to_anywhere_else_keeps_the_token_home(link: object) -> None:
    async def steal(exchange: Exchange) -> None:
        await exchange.read_head()

    async with serving(steal) as trap:

        def handler(path: str, query: dict[str, str], _: int) -> Answer:
            port = str(client.server.port)
            text = link.replace("{trap}", str(trap.port)).replace("{port}", port) if isinstance(link, str) else link
            return page(account(), next_link=text)

        async with arm(handler) as client:
            with pytest.raises(Unreadable) as refused:
                await client.accounts("sub-a")
            assert refused.value.kind == "paging"
            assert trap.connections == 0
            assert sum(client.counts.values()) == 1


async def test_pages_in_a_circle_are_not_taken_for_a_list() -> None:
    def handler(path: str, query: dict[str, str], _: int) -> Answer:
        return page(account(), next_link=f"{client.endpoint}{path}?api-version=2026-05-01")

    async with arm(handler) as client:
        with pytest.raises(Unreadable) as refused:
            await client.accounts("sub-a")
        assert refused.value.kind == "paging"
        assert sum(client.counts.values()) <= 2


async def test_a_hundred_pages_are_enough() -> None:
    def handler(path: str, query: dict[str, str], _: int) -> Answer:
        at = int(query.get("at", "0"))
        return page(next_link=f"{client.endpoint}{path}?at={at + 1}")

    async with arm(handler) as client:
        with pytest.raises(Unreadable):
            await client.accounts("sub-a")
        assert sum(client.counts.values()) == 100


@pytest.mark.parametrize(
    "body", [b"<html>portal", b"{", b"[]", b'"x"', b'{"value": {}}', b'{"value": "x"}', b"\x1f\x8b"]
)
async def test_a_page_that_is_none_is_unreadable(body: bytes) -> None:
    async with arm(lambda path, query, _: (200, {}, body)) as client:
        with pytest.raises(Unreadable) as refused:
            await client.accounts("sub-a")
    assert refused.value.correlation_id == "corr-1"


@pytest.mark.parametrize("body", [{}, {"value": None}, {"value": []}, {"value": [None, 7, "x", [], {}]}])
async def test_a_page_without_items_is_an_empty_list(body: object) -> None:
    async with arm(lambda path, query, _: (200, {}, body)) as client:
        assert await client.accounts("sub-a") == []


async def test_five_thousand_deployments_with_odd_names_are_read() -> None:
    items = [deployment(f"<b>{n}</b>" + "n" * 190) for n in range(5_000)]
    async with arm(lambda path, query, _: page(*items)) as client:
        found = await client.deployments(A)
    assert len(found) == 5_000
    assert found[0].name.startswith("b>")  # what follows the last slash, never a path


@pytest.mark.parametrize("given", ["", "..", "a/b", "a?b", "a%2fb", "a b", "한글", "a" * 65])
async def test_what_is_no_subscription_is_not_asked_for(given: str) -> None:
    async with arm(lambda path, query, _: page()) as client:
        with pytest.raises(Rejected):
            await client.accounts(given)
        assert client.counts == {}


@pytest.mark.parametrize(
    "given",
    ["", "/", A + "/x", A + "?x", A + "/../y", A.replace("rg-ai", ".."), A.replace("rg-ai", "a/b"), A.removeprefix("/"),
     A.replace("rg-ai", "a%2fb"), A.replace("contoso", "a b"), A.replace("CognitiveServices", "Compute")],
)  # fmt: skip
async def test_what_is_no_account_is_not_asked_for(given: str) -> None:
    async with arm(lambda path, query, _: page()) as client:
        with pytest.raises(Rejected):
            await client.deployments(given)
        assert client.counts == {}


async def test_a_resource_group_may_have_letters_of_any_script() -> None:
    arm_id = A.replace("rg-ai", "그룹_(x).y")

    def handler(path: str, query: dict[str, str], _: int) -> Answer:
        return page({**account(), "id": arm_id}) if path.endswith("/accounts") else page(deployment("d"))

    async with arm(handler) as client:
        (found,) = await client.accounts("sub-a")
        assert (found.arm_id, found.resource_group) == (arm_id, "그룹_(x).y")
        assert len(await client.deployments(found.arm_id)) == 1


# ---- What is in them -----------------------------------------------------------------------------------------------

FULL_ACCOUNT = {
    "id": A, "name": "contoso", "type": "Microsoft.CognitiveServices/accounts", "kind": "AIServices",
    "location": "eastus2", "sku": {"name": "S0"}, "tags": {"env": "prod", "n": 7},
    "identity": {"type": "SystemAssigned", "principalId": "p"},
    "systemData": {"createdBy": "a@contoso.com", "createdAt": "2026-02-01T08:00:00Z", "lastModifiedBy": "b@contoso.com",
                   "lastModifiedAt": "2026-02-01T09:00:00.1234567Z"},
    "properties": {
        "endpoint": "https://contoso.cognitiveservices.azure.com/",
        "endpoints": {"AI Foundry API": "https://contoso.services.ai.azure.com/"},
        "customSubDomainName": "contoso", "provisioningState": "Succeeded", "publicNetworkAccess": "Disabled",
        "disableLocalAuth": True,
        "networkAcls": {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "203.0.113.0/24"}],
                        "virtualNetworkRules": [{}, {}]},
        "privateEndpointConnections": [{"id": "pe1"}],
    },
}  # fmt: skip


async def test_an_account_is_read_whole() -> None:
    async with arm(lambda path, query, _: page(FULL_ACCOUNT)) as client:
        (found,) = await client.accounts("sub-a")
    assert found == Account(
        arm_id=A, name="contoso", subscription_id="sub-a", resource_group="rg-ai", kind="AIServices",
        location="eastus2", sku="S0", state="Succeeded", subdomain="contoso",
        endpoint="https://contoso.cognitiveservices.azure.com/",
        endpoints={"AI Foundry API": "https://contoso.services.ai.azure.com/"}, public_network_access="Disabled",
        network_default_action="Deny", network_bypass="None", ip_rules=("203.0.113.0/24",),
        virtual_network_rule_count=2, private_endpoint_count=1, local_auth_disabled=True,
        identity_type="SystemAssigned", tags={"env": "prod"},
        created_at=datetime(2026, 2, 1, 8, tzinfo=UTC), created_by="a@contoso.com",
        modified_at=datetime(2026, 2, 1, 9, 0, 0, 123456, UTC), modified_by="b@contoso.com",
    )  # fmt: skip


FULL_DEPLOYMENT = {
    "id": f"{A}/deployments/claude", "name": "claude", "sku": {"name": "GlobalStandard", "capacity": 25},
    "tags": {"a": "b"},
    "systemData": {"createdBy": "a", "createdAt": "2026-03-01T10:00:00Z", "lastModifiedAt": "2026-03-01T10:00+01:00"},
    "properties": {
        "model": {"format": "Anthropic", "name": "claude-haiku-4-5", "version": "2", "publisher": "Anthropic"},
        "versionUpgradeOption": "NoAutoUpgrade", "raiPolicyName": "Microsoft.DefaultV2", "currentCapacity": 20,
        "capabilities": {"chatCompletion": "true"}, "provisioningState": "Succeeded", "deploymentState": "Paused",
        "rateLimits": [{"key": "request", "renewalPeriod": 60, "count": 25}, {"key": "token", "count": -1}, 7],
        "serviceTier": "Default", "spilloverDeploymentName": "other", "dynamicThrottlingEnabled": False,
    },
}  # fmt: skip


async def test_a_deployment_is_read_whole() -> None:
    async with arm(lambda path, query, _: page(FULL_DEPLOYMENT)) as client:
        (found,) = await client.deployments(A)
    assert found == ModelDeployment(
        arm_id=f"{A}/deployments/claude", name="claude", model_format="Anthropic", model="claude-haiku-4-5",
        model_version="2", model_publisher="Anthropic", hosting="azure", sku="GlobalStandard", capacity=25,
        current_capacity=20, state="Paused", provisioning_state="Succeeded",
        rate_limits=(RateLimit("request", 25, 60),), version_upgrade_option="NoAutoUpgrade",
        rai_policy="Microsoft.DefaultV2", service_tier="Default",
        spillover_deployment="other", dynamic_throttling=False, capabilities={"chatCompletion": "true"},
        tags={"a": "b"}, created_at=datetime(2026, 3, 1, 10, tzinfo=UTC), created_by="a",
        modified_at=datetime(2026, 3, 1, 9, tzinfo=UTC),
    )  # fmt: skip
    assert found.is_claude


WEIRD: list[Any] = [None, 7, "x", [], {}, [None], {"a": None}, True, -1, 1.5, "\x00<b>", "9" * 500]


@pytest.mark.parametrize("weird", WEIRD, ids=repr)
async def test_any_property_may_be_absent_or_anything(weird: Any) -> None:
    accounts = [{**FULL_ACCOUNT, key: weird} for key in FULL_ACCOUNT if key not in ("id", "kind")]
    accounts += [{**FULL_ACCOUNT, "properties": {key: weird}} for key in FULL_ACCOUNT["properties"]]  # type: ignore[attr-defined]
    deployments = [{**FULL_DEPLOYMENT, key: weird} for key in FULL_DEPLOYMENT if key != "name"]
    deployments += [{**FULL_DEPLOYMENT, "properties": {key: weird}} for key in FULL_DEPLOYMENT["properties"]]  # type: ignore[attr-defined]
    for number, item in enumerate([*accounts, *deployments]):
        item["id"] = item["id"] if "kind" in item else f"{A}/deployments/{number}"
    for number, item in enumerate(accounts):
        item["id"] = f"{A}{number}"

    async with arm(lambda path, query, _: page(*(deployments if "deployments" in path else accounts))) as client:
        found: list[Any] = [*await client.accounts("sub-a"), *await client.deployments(A)]
    assert len(found) == len(accounts) + len(deployments)
    assert "\x00" not in repr(found).replace("\\x00", "\x00")


@pytest.mark.parametrize(
    ("model_format", "version", "capabilities", "hosting"),
    [
        ("Anthropic", "2", {}, "azure"),
        ("anthropic", "2", {}, "azure"),
        ("Anthropic", "1", {}, "anthropic"),
        ("Anthropic", "20251001", {}, "anthropic"),
        ("Anthropic", "3", {}, "unknown"),
        ("Anthropic", "", {}, "unknown"),
        ("Anthropic", "1", {"hostedOn": "azure"}, "azure"),
        ("Anthropic", "2", {"hostedOn": "anthropic"}, "anthropic"),
        ("Anthropic", "2", {"hostedOn": "elsewhere"}, "unknown"),
        ("OpenAI", "2", {}, "unknown"),
    ],
)
async def test_the_version_says_where_a_claude_model_runs(
    model_format: str, version: str, capabilities: dict[str, str], hosting: str
) -> None:
    item = deployment("d", model={"format": model_format, "name": "x", "version": version}, capabilities=capabilities)
    async with arm(lambda path, query, _: page(item)) as client:
        assert (await client.deployments(A))[0].hosting == hosting


@pytest.mark.parametrize(
    ("model", "claude"),
    [({"format": "Anthropic", "name": "x"}, True), ({"name": "claude-opus-5"}, True), ({"name": "gpt-5"}, False),
     ({"format": "OpenAI", "name": "claude-like"}, False), ({}, False)],
)  # fmt: skip
async def test_a_claude_deployment_is_known_by_format_or_name(model: dict[str, str], claude: bool) -> None:
    async with arm(lambda path, query, _: page(deployment("d", model=model))) as client:
        assert (await client.deployments(A))[0].is_claude is claude


# ---- Throttling and faults -----------------------------------------------------------------------------------------


async def test_it_waits_where_arm_asks_for_it_and_goes_on() -> None:
    def handler(path: str, query: dict[str, str], count: int) -> Answer:
        return (429, {"retry-after": "0.05"}, {"error": {"code": "TooManyRequests"}}) if count < 3 else page(account())

    async with arm(handler) as client:
        assert len(await client.accounts("sub-a")) == 1
        assert sum(client.counts.values()) == 3


@pytest.mark.parametrize(("headers", "requests"), [({"retry-after": "86400"}, 1), ({"retry-after": "0.01"}, 4)])
async def test_it_waits_only_so_long_and_so_often(headers: dict[str, str], requests: int) -> None:
    async with arm(lambda path, query, _: (429, headers, {"error": {"code": "TooManyRequests"}})) as client:
        with pytest.raises(Throttled) as caught:
            await client.accounts("sub-a")
        assert sum(client.counts.values()) == requests
    assert (caught.value.correlation_id, caught.value.kind) == ("corr-1", "rate-limited")
    assert_not_shown(caught.value, TOKEN)


async def test_a_wait_without_a_length_grows_and_stays_under_the_limit() -> None:
    async with arm(lambda path, query, _: (429, {}, b""), longest_wait=0.5) as client:
        with pytest.raises(Throttled):
            await client.accounts("sub-a")
        assert sum(client.counts.values()) == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (500, "x", Unavailable),
        (403, "AuthorizationFailed", Forbidden),
        (401, "ExpiredAuthenticationToken", SignInNeeded),
    ],
)
async def test_other_errors_are_not_asked_again(status: int, code: str, error: type[AzureError]) -> None:
    async with arm(lambda path, query, _: (status, {}, {"error": {"code": code, "message": "m"}})) as client:
        with pytest.raises(error) as caught:
            await client.accounts("sub-a")
        assert sum(client.counts.values()) == 1
    assert caught.value.correlation_id == "corr-1"
    assert_not_shown(caught.value, TOKEN)


# ---- The survey ----------------------------------------------------------------------------------------------------


async def survey(client: Arm, *args: Any, **options: Any) -> list[Any]:
    return [result async for result in client.survey(*args, **options)]


def tenant(path: str, query: dict[str, str], _: int) -> Answer:
    """Three subscriptions: one whole, one forbidden, one where an account cannot be read."""
    match path.split("/")[1:]:
        case ["subscriptions"]:
            return page(*({"subscriptionId": f"sub-{name}"} for name in "abc"))
        case ["subscriptions", "sub-b", *_]:
            return 403, {}, {"error": {"code": "AuthorizationFailed", "message": "no"}}
        case ["subscriptions", sub, "providers", *_]:
            return page(account(f"one-{sub}", sub=sub), account(f"two-{sub}", sub=sub))
        case [*_, "two-sub-c", "deployments"]:
            return 500, {}, b"<html>"
    return page(deployment("d1"), deployment("d2"))


async def test_one_forbidden_scope_hides_no_other() -> None:
    seen: list[tuple[int, int]] = []
    async with arm(tenant) as client:
        results = await survey(client, progress=lambda done, total: seen.append((done, total)))
    read = {result.subscription.id: len(result.accounts) for result in results if isinstance(result, SubscriptionRead)}
    accounts = {result.account.name: len(result.deployments) for result in results if isinstance(result, AccountRead)}
    failed = {result.scope: result.error.kind for result in results if isinstance(result, ScopeFailure)}
    assert read == {"sub-a": 2, "sub-c": 2}
    assert accounts == {"one-sub-a": 2, "two-sub-a": 2, "one-sub-c": 2}
    assert failed == {"/subscriptions/sub-b": "missing-role", account("two-sub-c", sub="sub-c")["id"]: "gateway-html"}
    assert seen[-1] == (7, 7)
    assert [done for done, _ in seen] == list(range(1, 8))


async def test_a_limit_keeps_to_its_subscriptions_in_any_case_and_says_what_is_not_there() -> None:
    async with arm(tenant) as client:
        results = await survey(client, ["SUB-A", "sub-b", "sub-a", "not-listed"])
        assert sum(path.startswith("/subscriptions/sub-c") for path in client.counts) == 0
    assert {r.subscription.id for r in results if isinstance(r, SubscriptionRead)} >= {"sub-a", "not-listed"}
    assert [r.scope for r in results if isinstance(r, ScopeFailure)] == ["/subscriptions/sub-b"]


async def test_a_limit_is_read_even_where_subscriptions_cannot_be_listed() -> None:
    def handler(path: str, query: dict[str, str], count: int) -> Answer:
        return (403, {}, b"") if path == "/subscriptions" else tenant(path, query, count)

    async with arm(handler) as client:
        results = await survey(client, ["sub-a"])
        assert [result.scope for result in results if isinstance(result, ScopeFailure)] == ["/subscriptions"]
        assert sum(isinstance(result, AccountRead) for result in results) == 2
        with pytest.raises(Forbidden):
            await survey(client)


async def test_a_malformed_subscription_is_a_failure_of_its_own() -> None:
    async with arm(tenant) as client:
        results = await survey(client, ["../evil", "sub-a"])
    assert [result.scope for result in results if isinstance(result, ScopeFailure)] == ["/subscriptions/../evil"]
    assert sum(isinstance(result, AccountRead) for result in results) == 2


async def test_without_a_token_nothing_is_asked() -> None:
    async def missing() -> str:
        raise SignInNeeded("no identity", kind="identity-missing", phase="connect")

    async with arm(tenant) as client:
        client.token = missing
        for limit in (None, ["sub-a"]):
            with pytest.raises(SignInNeeded):
                await survey(client, limit)
        assert client.counts == {}


async def test_no_subscription_is_an_empty_survey() -> None:
    async with arm(lambda path, query, _: page()) as client:
        assert await survey(client) == []


async def test_at_most_so_many_requests_run_at_once() -> None:
    running, most = 0, 0

    async def handler(path: str, query: dict[str, str], count: int) -> Answer:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        if path == "/subscriptions":
            return page(*({"subscriptionId": f"sub-{n}"} for n in range(12)))
        sub = path.split("/")[2]
        return page() if "deployments" in path else page(*(account(f"{n}-{sub}", sub=sub) for n in range(3)))

    async with arm(handler) as client:
        results = await survey(client, concurrency=4)
    assert len(results) == 12 + 36
    assert most == 4


async def test_a_slow_subscription_does_not_hold_the_others_back() -> None:
    async def handler(path: str, query: dict[str, str], count: int) -> Answer:
        if "sub-b" in path:
            await asyncio.sleep(3)
        return tenant(path, query, count)

    started = asyncio.get_running_loop().time()
    async with arm(handler, clocks=QUICK) as client:
        results = await survey(client)
        assert asyncio.get_running_loop().time() - started < 2.5
    assert isinstance(results[0], SubscriptionRead)
    failures = [result for result in results if isinstance(result, ScopeFailure)]
    assert {failure.error.kind for failure in failures} == {"first-byte-timeout", "gateway-html"}


async def test_leaving_a_survey_early_leaves_nothing_running() -> None:
    async with arm(tenant) as client:
        before = len(asyncio.all_tasks())
        results = client.survey()
        await anext(results)
        await results.aclose()
        assert len(asyncio.all_tasks()) <= before + 3  # the server's own, one a connection


async def test_progress_may_wait() -> None:
    seen = []

    async def tell(done: int, total: int) -> None:
        await asyncio.sleep(0)
        seen.append(done)

    async with arm(tenant) as client:
        await survey(client, progress=tell)
    assert seen == [1, 2, 3, 4, 5, 6, 7]
