"""Accounts, deployments and projects as ARM writes them.

Source: azure-facts 3.3, 3.4, 3.6, 3.9
"""

from __future__ import annotations

from hashlib import sha256

from console.sandbox.people import TENANT_ID, guid
from console.sandbox.wire import JSON
from console.sandbox.world import Account, Deployment, Subscription, subscription_id

ACCOUNT_TYPE = "Microsoft.CognitiveServices/accounts"


def subscription_json(one: Subscription) -> JSON:
    return {
        "id": f"/subscriptions/{one.id}",
        "subscriptionId": one.id,
        "tenantId": TENANT_ID,
        "displayName": one.name,
        "state": one.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": one.quota_id,
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
    }


def account_id(account: Account) -> str:
    group = f"/subscriptions/{subscription_id(account.subscription)}/resourceGroups/{account.group}"
    return f"{group}/providers/{ACCOUNT_TYPE}/{account.name}"


def account_json(account: Account) -> JSON:
    """With everything, or with nothing that may be absent."""
    core: JSON = {
        "id": account_id(account),
        "name": account.name,
        "type": ACCOUNT_TYPE,
        "kind": account.kind,
        "location": account.location,
    }
    if account.bare:
        return {**core, "properties": {}}
    return {
        **core,
        "etag": f'"{etag(account.name)}"',
        "sku": {"name": "S0"},
        "tags": account.tags,
        "identity": {
            "type": "SystemAssigned",
            "principalId": guid(f"principal-{account.name}"),
            "tenantId": TENANT_ID,
        },
        "systemData": system_data("ada@contoso.example", account.created_at),
        "properties": account_properties(account),
    }


def account_properties(account: Account) -> JSON:
    properties: JSON = {
        "endpoint": f"https://{account.name}.cognitiveservices.azure.com/",
        "endpoints": endpoints(account.name) if account.is_foundry else {},
        "internalId": etag(account.name) * 2,
        "customSubDomainName": account.name,
        "provisioningState": account.state,
        "dateCreated": account.created_at.replace("Z", ".1234567Z"),
        "publicNetworkAccess": "Enabled" if account.public else "Disabled",
        "disableLocalAuth": not account.keys_allowed,
        "networkAcls": {
            "defaultAction": "Allow" if account.public else "Deny",
            "bypass": "None",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
        "privateEndpointConnections": [] if account.public else [private_endpoint(account)],
        "restrictOutboundNetworkAccess": False,
        "capabilities": [{"name": "VirtualNetworks"}, {"name": "CustomerManagedKey"}],
        "callRateLimit": {"rules": []},
        "apiProperties": {},
        "isMigrated": False,
    }
    if account.is_foundry:
        properties["allowProjectManagement"] = True
        properties["associatedProjects"] = list(account.projects)
        if account.projects:
            properties["defaultProject"] = account.projects[0]
    return properties


def endpoints(name: str) -> JSON:
    return {
        "AI Foundry API": f"https://{name}.services.ai.azure.com/",
        "OpenAI Language Model Instance API": f"https://{name}.openai.azure.com/",
        "Azure AI Model Inference API": f"https://{name}.services.ai.azure.com/",
    }


def private_endpoint(account: Account) -> JSON:
    group = account_id(account).partition("/providers/")[0]
    return {
        "id": f"{account_id(account)}/privateEndpointConnections/pe1",
        "properties": {
            "privateEndpoint": {"id": f"{group}/providers/Microsoft.Network/privateEndpoints/pe-{account.name}"},
            "privateLinkServiceConnectionState": {"status": "Approved", "description": "", "actionsRequired": "None"},
            "groupIds": ["account"],
            "provisioningState": "Succeeded",
        },
    }


def deployment_id(account: Account, name: str) -> str:
    return f"{account_id(account)}/deployments/{name}"


def deployment_json(account: Account, one: Deployment) -> JSON:
    core: JSON = {
        "id": deployment_id(account, one.name),
        "name": one.name,
        "type": f"{ACCOUNT_TYPE}/deployments",
    }
    model = {"format": one.format, "name": one.model, "version": one.version}
    if one.bare:
        return {**core, "properties": {"model": {"name": one.model}}}
    return {
        **core,
        "etag": f'"{etag(f"{account.name}/{one.name}/{one.state}/{one.capacity}")}"',
        "sku": {"name": one.sku, "capacity": one.capacity},
        "tags": one.tags,
        "systemData": system_data(one.created_by, one.created_at),
        "properties": {
            "model": model,
            "versionUpgradeOption": "OnceNewDefaultVersionAvailable",
            "raiPolicyName": "Microsoft.DefaultV2",
            "currentCapacity": one.capacity,
            "capabilities": {capability_of(one): "true"},
            "provisioningState": one.state,
            "deploymentState": "Running",
            "rateLimits": rate_limits(one.capacity),
        },
    }


def capability_of(one: Deployment) -> str:
    return "embeddings" if "embedding" in one.model else "chatCompletion"


def rate_limits(capacity: int) -> list[JSON]:
    """Capacity N means N requests and N thousand tokens a minute."""
    return [
        {"key": "request", "renewalPeriod": 60, "count": capacity},
        {"key": "token", "renewalPeriod": 60, "count": capacity * 1000},
    ]


def project_json(account: Account, name: str) -> JSON:
    return {
        "name": f"{account.name}/{name}",
        "type": f"{ACCOUNT_TYPE}/projects",
        "id": f"{account_id(account)}/projects/{name}",
        "location": account.location,
        "etag": f'"{etag(name)}"',
        "tags": account.tags,
        "properties": {
            "displayName": name,
            "description": "",
            "isDefault": name == account.projects[0],
            "provisioningState": "Succeeded",
            "endpoints": {
                "AI Foundry API": f"https://{account.name}.services.ai.azure.com/api/projects/{name}",
            },
        },
    }


def system_data(who: str, when: str) -> JSON:
    return {
        "createdBy": who,
        "createdByType": "User",
        "createdAt": when,
        "lastModifiedBy": who,
        "lastModifiedByType": "User",
        "lastModifiedAt": when,
    }


def etag(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
