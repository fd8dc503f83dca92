"""What can be changed: deployments, and the keys of an account.

Source: azure-facts 3.5, 3.7
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web

from console.sandbox import catalog
from console.sandbox.arm_shapes import deployment_json
from console.sandbox.armcall import ArmCall
from console.sandbox.operations import Operation
from console.sandbox.wire import JSON, arm_error, json_response
from console.sandbox.world import Deployment

CLAUDE_SKUS = ("GlobalStandard", "DataZoneStandard")
PROVIDER_FIELDS = ("industry", "organizationName", "countryCode")
Settle = Callable[[], None]
BUSY = "Another operation is in progress on the account. Please retry after it has finished."


async def put_deployment(call: ArmCall) -> web.Response:
    """Create (201) or change (200) one; it is `Creating` until the operation ends."""
    call.require_managing("accounts/deployments/write")
    account, wanted = call.account, read_deployment(call, await call.body())
    existing = call.sandbox.world.deployment(account, wanted.name)
    error = None
    if "fail" in wanted.name.lower():
        error = {"code": "DeploymentFailed", "message": "The deployment could not be made."}
    final = "Failed" if error else "Succeeded"
    world = call.sandbox.world
    operation = start(call, lambda: world.settle(account, wanted.name, final), error=error)
    world.put(account, replace(wanted, state="Accepted" if existing else "Creating"))
    shown = deployment_json(account, replace(wanted, state="Accepted" if existing else "Creating"))
    return json_response(shown, status=200 if existing else 201, headers=poll_headers(call, operation))


def read_deployment(call: ArmCall, body: JSON) -> Deployment:
    """The deployment that a PUT describes. Raises ARM's refusal for one that cannot be."""
    properties, sku = part(body, "properties"), part(body, "sku")
    asked = part(properties, "model")
    model = catalog.find(str(asked.get("name", "")))
    if model is None or str(asked.get("version", model.default_version)) not in model.versions:
        named = ",".join(f"{key}:{asked.get(key)}"[:80] for key in ("format", "name", "version"))
        text = f"The model '{named}' of account deployment is not supported."
        raise arm_error(400, "DeploymentModelNotSupported", text)
    if model.lifecycle == "Deprecated":
        raise arm_error(400, "ServiceModelDeprecated", f"The model '{model.name}' has been deprecated.")
    if model.is_claude:
        check_provider_data(properties)
    capacity = sku.get("capacity", 1)
    check_sku(model, str(sku.get("name", "")), capacity)
    return Deployment(
        call.values["deployment"],
        model.name,
        str(asked.get("version", model.default_version)),
        sku=str(sku["name"]),
        capacity=capacity,
        tags=part(body, "tags"),
        created_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        created_by=call.principal.username or call.principal.oid,
    )


def part(body: JSON, name: str) -> JSON:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def check_provider_data(properties: JSON) -> None:
    given = part(properties, "modelProviderData")
    if not all(isinstance(given.get(name), str) and given[name] for name in PROVIDER_FIELDS):
        how = "all of its fields are needed" if given else "was not provided"
        text = (
            f"ModelProviderData is required for Anthropic model deployments but {how}. "
            "Please provide all required fields: industry, organizationName, and countryCode."
        )
        raise arm_error(400, "InvalidModelProviderData", text)


def check_sku(model: catalog.Model, sku: str, capacity: object) -> None:
    if not sku or (model.is_claude and sku not in CLAUDE_SKUS):
        raise arm_error(400, "InvalidResourceProperties", f"The specified SKU '{sku[:40]}' is not supported.")
    if not isinstance(capacity, int) or isinstance(capacity, bool) or capacity < 1:
        raise arm_error(400, "InvalidResourceProperties", "The capacity must be a positive whole number.")
    if capacity > model.quota:
        text = (
            f"This operation requires {capacity} new capacity in quota {model.name}, which is bigger than the current "
            f"available capacity {model.quota}."
        )
        raise arm_error(400, "InsufficientQuota", text)


async def patch_deployment(call: ArmCall) -> web.Response:
    """Change the capacity or the tags."""
    call.require_managing("accounts/deployments/write")
    account, deployment, body = call.account, call.deployment, await call.body()
    capacity = part(body, "sku").get("capacity", deployment.capacity)
    model = catalog.find(deployment.model)
    if model:
        check_sku(model, deployment.sku, capacity)
    changed = replace(deployment, capacity=capacity, tags=part(body, "tags") or deployment.tags)
    call.sandbox.world.put(account, changed)
    return json_response(deployment_json(account, changed))


async def delete_deployment(call: ArmCall) -> web.Response:
    """202 and gone once the operation ends; 204 when there was nothing."""
    call.require_managing("accounts/deployments/delete")
    account, name, world = call.account, call.values["deployment"], call.sandbox.world
    existing = world.deployment(account, name)
    if existing is None:
        return web.Response(status=204)
    operation = start(call, lambda: world.remove(account, name))
    world.put(account, replace(existing, state="Deleting"))
    headers = poll_headers(call, operation)
    return web.Response(status=202, headers={**headers, "Location": headers["Azure-AsyncOperation"]})


def start(call: ArmCall, settle: Settle, *, error: JSON | None = None) -> Operation:
    operation = call.sandbox.operations.start(call.account.name, settle, error=error)
    if operation is None:
        raise arm_error(409, "RequestConflict", BUSY)
    return operation


def poll_headers(call: ArmCall, operation: Operation) -> dict[str, str]:
    base = str(call.request.url.origin())
    path = f"/arm/subscriptions/{call.subscription.id}/providers/Microsoft.CognitiveServices/locations/"
    version = call.request.query["api-version"]
    url = f"{base}{path}{call.account.location}/operations/{operation.id}?api-version={version}"
    return {"Azure-AsyncOperation": url, "Retry-After": "1"}


async def operation(call: ArmCall) -> web.Response:
    found = call.sandbox.operations.find(call.values["operation"])
    if found is None:
        raise arm_error(404, "OperationNotFound", "The operation could not be found.")
    headers = {} if found.over else {"Retry-After": "1"}
    return json_response(found.as_json(), headers=headers)


async def list_keys(call: ArmCall) -> web.Response:
    call.require_managing("accounts/listKeys/action")
    return keys_of(call)


async def regenerate_key(call: ArmCall) -> web.Response:
    call.require_managing("accounts/regenerateKey/action")
    number = {"key1": 1, "key2": 2}.get(str((await call.body()).get("keyName", "")).lower())
    if number is None:
        raise arm_error(400, "InvalidKeyName", "The keyName must be Key1 or Key2.")
    call.sandbox.world.regenerate_key(call.account, number)
    return keys_of(call)


def keys_of(call: ArmCall) -> web.Response:
    account = call.account
    if not account.keys_allowed:
        text = "Failed to list key. disableLocalAuth is set to be true."
        raise arm_error(400, "BadRequest", text)
    key1, key2 = call.sandbox.world.keys(account)
    return json_response({"key1": key1, "key2": key2}, headers={"Cache-Control": "no-store"})
