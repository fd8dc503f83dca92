"""What can be read of the estate: subscriptions, accounts, deployments, projects, Resource Graph."""

from __future__ import annotations

from aiohttp import web

from console.sandbox.arm_shapes import account_json, deployment_json, project_json, subscription_json
from console.sandbox.armcall import ArmCall
from console.sandbox.wire import JSON, arm_error, json_response
from console.sandbox.world import Account

SUBSCRIPTIONS_PAGE = 3
DEPLOYMENTS_PAGE = 20
GRAPH_PAGE = 1000


async def subscriptions(call: ArmCall) -> web.Response:
    """Only those in which the caller has a role; none is an empty list, not a refusal."""
    every = call.sandbox.world.subscriptions(call.principal)
    return call.page(every, subscription_json, size=SUBSCRIPTIONS_PAGE)


async def subscription(call: ArmCall) -> web.Response:
    return json_response(subscription_json(call.subscription))


async def accounts(call: ArmCall) -> web.Response:
    """All accounts of a subscription or of one of its resource groups, Foundry resources and others mixed."""
    call.throttle()
    here = call.subscription
    found = call.sandbox.world.accounts(here)
    group = call.values.get("group", "").lower()
    if group:
        found = (one for one in found if one.group.lower() == group)
    return call.page(found, account_json, size=here.page_size, empty_first=here.opens_with_empty_page)


async def deleted_accounts(call: ArmCall) -> web.Response:
    return json_response({"value": []})


async def account(call: ArmCall) -> web.Response:
    return json_response(account_json(call.account))


async def deployments(call: ArmCall) -> web.Response:
    account = call.account
    found = call.sandbox.world.deployments(account)
    return call.page(found, lambda one: deployment_json(account, one), size=DEPLOYMENTS_PAGE)


async def deployment(call: ArmCall) -> web.Response:
    return json_response(deployment_json(call.account, call.deployment))


async def projects(call: ArmCall) -> web.Response:
    account = call.account
    return call.page(account.projects, lambda name: project_json(account, name), size=DEPLOYMENTS_PAGE)


async def project(call: ArmCall) -> web.Response:
    account = call.account
    if call.values["project"] not in account.projects:
        raise arm_error(404, "ResourceNotFound", f"The project '{call.values['project'][:64]}' was not found.")
    return json_response(project_json(account, call.values["project"]))


async def resource_graph(call: ArmCall) -> web.Response:
    """Accounts that the caller sees; of the query only the `kind` filter is understood.

    Source: azure-facts 3.10
    """
    body = await call.body()
    query = str(body.get("query", "")).lower()
    if "microsoft.cognitiveservices/accounts" not in query:
        raise arm_error(400, "BadRequest", "The sandbox answers queries on microsoft.cognitiveservices/accounts only.")
    start, size = graph_page(call, body.get("options"))
    every = visible_accounts(call, body.get("subscriptions"))
    found = [one for one in every if "aiservices" not in query or one.is_foundry]
    data = [graph_row(one) for one in found[start : start + size]]
    answer: JSON = {"totalRecords": len(found), "count": len(data), "resultTruncated": "false", "data": data}
    if start + size < len(found):
        answer["$skipToken"] = call.token_of(start + size)
    headers = {"x-ms-user-quota-remaining": "12", "x-ms-user-quota-resets-after": "00:00:05"}
    return json_response({**answer, "facets": []}, headers=headers)


def graph_page(call: ArmCall, options: object) -> tuple[int, int]:
    """Where the page starts and how many rows it may hold."""
    chosen = options if isinstance(options, dict) else {}
    top = chosen.get("$top", GRAPH_PAGE)
    if not isinstance(top, int) or not 1 <= top <= GRAPH_PAGE:
        raise arm_error(400, "BadRequest", f"$top must be from 1 to {GRAPH_PAGE}.")
    return call.start_of(chosen.get("$skipToken")), top


def visible_accounts(call: ArmCall, wanted: object) -> list[Account]:
    chosen = {str(one).lower() for one in wanted} if isinstance(wanted, list) else set()
    every = call.sandbox.world.subscriptions(call.principal)
    return [
        account
        for one in every
        if not one.forbidden and (not chosen or one.id in chosen)
        for account in call.sandbox.world.accounts(one)
    ]


def graph_row(account: Account) -> JSON:
    """Resource Graph lower-cases types and adds the subscription and group as columns."""
    shown = account_json(account)
    id_parts = shown["id"].split("/")
    return {
        **shown,
        "type": shown["type"].lower(),
        "subscriptionId": id_parts[2],
        "resourceGroup": account.group.lower(),
    }
