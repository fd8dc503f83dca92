"""What could be deployed and how much of it is left: models, quota, capacity.

Source: azure-facts 3.8
"""

from __future__ import annotations

from aiohttp import web

from console.sandbox import catalog
from console.sandbox.armcall import ArmCall
from console.sandbox.wire import JSON, arm_error, json_response

CLAUDE_LOCATIONS = ("eastus2", "swedencentral")
PAGE = 100
MARKETPLACE = "Microsoft"


async def location_models(call: ArmCall) -> web.Response:
    """Models of one region, each in the wrapper that says for which kind of account."""
    every = models_in(call.values["location"].lower())
    return call.page(every, lambda one: {"kind": "AIServices", "skuName": "S0", "model": one}, size=PAGE)


async def account_models(call: ArmCall) -> web.Response:
    """The same without the wrapper."""
    return call.page(models_in(call.account.location), lambda one: one, size=PAGE)


def models_in(location: str) -> list[JSON]:
    here = [model for model in catalog.MODELS if not model.is_claude or location in CLAUDE_LOCATIONS]
    return [model_json(model, version) for model in here for version in model.versions]


def model_json(model: catalog.Model, version: str) -> JSON:
    capabilities = {model.capability: "true"}
    if model.is_claude:
        capabilities["hostedOn"] = hosted_on(version)
    return {
        "name": model.name,
        "format": model.format,
        "version": version,
        "capabilities": capabilities,
        "deprecation": {"inference": model.retires},
        "isDefaultVersion": version == model.default_version,
        "lifecycleStatus": model.lifecycle,
        "maxCapacity": 1_000_000,
        "skus": [sku_json(model, version, name) for name in sku_names(model, version)],
        "systemData": {
            "createdAt": "2026-09-01T00:00:00Z",
            "createdBy": MARKETPLACE,
            "createdByType": "Application",
        },
    }


def hosted_on(version: str) -> str:
    return "azure" if version == "2" else "anthropic"


def sku_names(model: catalog.Model, version: str) -> tuple[str, ...]:
    """The US data zone is only for models that Azure hosts."""
    return ("GlobalStandard", "DataZoneStandard") if model.is_claude and version == "2" else ("GlobalStandard",)


def sku_json(model: catalog.Model, version: str, name: str) -> JSON:
    return {
        "name": name,
        "capacity": {"default": 10, "maximum": 1_000_000},
        "usageName": usage_name(model, version, name),
        "rateLimits": [{"key": "request", "renewalPeriod": 60, "count": 1}],
    }


def usage_name(model: catalog.Model, version: str, sku: str) -> str:
    """The quota's name tells the hosting apart by its end."""
    hosted = ".Azure" if model.is_claude and version == "2" else ""
    family = "AIServices" if model.is_claude else "OpenAI"
    return f"{family}.{sku}.{model.name}{hosted}"


async def location_usages(call: ArmCall) -> web.Response:
    """Quota of one region: used and allowed capacity for each model and hosting."""
    used = used_capacity(call)
    rows = [account_count(call)]
    for model in catalog.MODELS:
        for version in model.versions:
            for sku in sku_names(model, version):
                name = usage_name(model, version, sku)
                rows.append(usage_row(name, f"{model.name} ({sku})", used.get(name, 0), model.quota))
    return call.page(rows, lambda row: row, size=PAGE)


def used_capacity(call: ArmCall) -> dict[str, int]:
    """Capacity in use in this subscription by quota name; only this region's accounts count."""
    used: dict[str, int] = {}
    world = call.sandbox.world
    for account in world.accounts(call.subscription):
        if account.location == call.values.get("location", account.location).lower():
            for one in world.deployments(account):
                model = catalog.find(one.model)
                if model:
                    name = usage_name(model, one.version, one.sku)
                    used[name] = used.get(name, 0) + one.capacity
    return used


def account_count(call: ArmCall) -> JSON:
    count = sum(1 for _ in call.sandbox.world.accounts(call.subscription))
    return usage_row("AccountCount", "Cognitive Services total account limit", count, 500)


def usage_row(name: str, shown: str, used: int, limit: int) -> JSON:
    return {
        "name": {"value": name, "localizedValue": shown},
        "currentValue": used,
        "limit": limit,
        "unit": "Count",
        "scopeType": "Global",
        "scopeId": "Global",
    }


async def account_usages(call: ArmCall) -> web.Response:
    """Usage of one account: how many deployments it has."""
    count = len(call.sandbox.world.deployments(call.account))
    row = usage_row("DeploymentCount", "Deployments", count, 200)
    return json_response({"value": [{**row, "scopeType": "Regional", "scopeId": call.account.location}]})


async def deployment_skus(call: ArmCall) -> web.Response:
    deployment = call.deployment
    model = catalog.find(deployment.model)
    names = sku_names(model, deployment.version) if model else (deployment.sku,)
    kind = "Microsoft.CognitiveServices/accounts/deployments"
    rows = [
        {"resourceType": kind, "sku": {"name": name}, "capacity": {"minimum": 1, "maximum": 1_000_000, "default": 10}}
        for name in names
    ]
    return json_response({"value": rows})


async def capacities(call: ArmCall) -> web.Response:
    """How much of one model and version can still be deployed, for each region."""
    query = call.request.query
    model = catalog.find(query.get("modelName", ""))
    version = query.get("modelVersion", "")
    if model is None or version not in model.versions:
        raise arm_error(400, "InvalidModel", "modelFormat, modelName and modelVersion must name a known model.")
    wanted = call.values.get("location", "").lower()
    used = used_capacity(call)
    rows = []
    for location in [wanted] if wanted else CLAUDE_LOCATIONS:
        for sku in sku_names(model, version):
            left = max(0, model.quota - used.get(usage_name(model, version, sku), 0))
            rows.append(capacity_row(model, version, sku, location, left))
    return json_response({"value": rows})


def capacity_row(model: catalog.Model, version: str, sku: str, location: str, left: int) -> JSON:
    return {
        "name": sku,
        "type": "Microsoft.CognitiveServices/locations/models/skuCapacities",
        "location": location,
        "properties": {
            "model": {"format": model.format, "name": model.name, "version": version},
            "skuName": sku,
            "availableCapacity": left,
            "scopeType": "Global",
            "scopeId": "Global",
        },
    }
