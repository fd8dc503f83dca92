"""ARM's JSON to our shapes. Every property may be absent, null or of another type: all are read with defaults."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from console.azure.cleaning import json_count, json_list, json_object, json_text
from console.azure.shapes import Account, Hosting, ModelDeployment, RateLimit, Subscription

MOST_ENTRIES = 100
LONGEST_NAME = 260
DATED_VERSION = re.compile(r"20\d{6}", re.ASCII)


def read_subscription(item: Mapping[str, object]) -> Subscription:
    identity = _name(item.get("subscriptionId")) or _name(item.get("id")).rpartition("/")[2]
    return Subscription(
        identity, _name(item.get("displayName")) or identity, _name(item.get("state")), _name(item.get("tenantId"))
    )


def read_account(item: Mapping[str, object]) -> Account:
    """A Cognitive Services account; its `id` must have been checked. Source: azure-facts 3.4."""
    arm_id = str(item["id"])
    _, _, subscription_id, _, resource_group, *_, name = arm_id.split("/")
    properties = json_object(item.get("properties"))
    network = json_object(properties.get("networkAcls"))
    system = json_object(item.get("systemData"))
    local_auth_disabled = properties.get("disableLocalAuth")
    return Account(
        arm_id=arm_id,
        name=_name(item.get("name")) or name,
        subscription_id=subscription_id,
        resource_group=resource_group,
        kind=_name(item.get("kind")),
        location=_name(item.get("location")),
        sku=_name(json_object(item.get("sku")).get("name")),
        state=_name(properties.get("provisioningState")),
        subdomain=_name(properties.get("customSubDomainName")),
        endpoint=json_text(properties.get("endpoint")),
        endpoints=_texts(properties.get("endpoints")),
        public_network_access=_name(properties.get("publicNetworkAccess")),
        network_default_action=_name(network.get("defaultAction")),
        network_bypass=_name(network.get("bypass")),
        ip_rules=tuple(
            _name(json_object(rule).get("value")) for rule in json_list(network.get("ipRules"))[:MOST_ENTRIES]
        ),
        virtual_network_rule_count=len(json_list(network.get("virtualNetworkRules"))),
        private_endpoint_count=len(json_list(properties.get("privateEndpointConnections"))),
        local_auth_disabled=local_auth_disabled if isinstance(local_auth_disabled, bool) else None,
        identity_type=_name(json_object(item.get("identity")).get("type")),
        tags=_texts(item.get("tags")),
        created_at=_moment(system.get("createdAt")) or _moment(properties.get("dateCreated")),
        created_by=_name(system.get("createdBy")),
        modified_at=_moment(system.get("lastModifiedAt")),
        modified_by=_name(system.get("lastModifiedBy")),
    )


def read_deployment(item: Mapping[str, object], account_arm_id: str) -> ModelDeployment:
    """A deployment of an account. Source: azure-facts 3.6."""
    name = _name(item.get("name")).rpartition("/")[2]
    properties = json_object(item.get("properties"))
    model = json_object(properties.get("model"))
    sku = json_object(item.get("sku"))
    system = json_object(item.get("systemData"))
    capabilities = _texts(properties.get("capabilities"))
    dynamic = properties.get("dynamicThrottlingEnabled")
    model_format, version = _name(model.get("format")), _name(model.get("version"))
    return ModelDeployment(
        arm_id=json_text(item.get("id")) or f"{account_arm_id}/deployments/{name}",
        name=name,
        model_format=model_format,
        model=_name(model.get("name")),
        model_version=version,
        model_publisher=_name(model.get("publisher")),
        hosting=_hosting(model_format, version, capabilities),
        sku=_name(sku.get("name")),
        capacity=json_count(sku.get("capacity")),
        current_capacity=json_count(properties.get("currentCapacity")),
        state=_name(properties.get("deploymentState")),
        provisioning_state=_name(properties.get("provisioningState")),
        rate_limits=_rate_limits(properties),
        version_upgrade_option=_name(properties.get("versionUpgradeOption")),
        rai_policy=_name(properties.get("raiPolicyName")),
        service_tier=_name(properties.get("serviceTier")),
        spillover_deployment=_name(properties.get("spilloverDeploymentName")),
        dynamic_throttling=dynamic if isinstance(dynamic, bool) else None,
        capabilities=capabilities,
        tags=_texts(item.get("tags")),
        created_at=_moment(system.get("createdAt")),
        created_by=_name(system.get("createdBy")),
        modified_at=_moment(system.get("lastModifiedAt")),
        modified_by=_name(system.get("lastModifiedBy")),
    )


def _hosting(model_format: str, version: str, capabilities: Mapping[str, str]) -> Hosting:
    """Where an Anthropic model runs: by `hostedOn` where the catalogue says it, else by version (azure-facts 1.10)."""
    if model_format.casefold() != "anthropic":
        return "unknown"
    stated = capabilities.get("hostedOn", "").casefold()
    if stated == "azure" or (not stated and version == "2"):
        return "azure"
    if stated == "anthropic" or (not stated and (version == "1" or DATED_VERSION.fullmatch(version))):
        return "anthropic"
    return "unknown"


def _rate_limits(properties: Mapping[str, object]) -> tuple[RateLimit, ...]:
    limits = []
    for entry in map(json_object, json_list(properties.get("rateLimits"))[:MOST_ENTRIES]):
        count, period = _number(entry.get("count")), _number(entry.get("renewalPeriod"))
        if count is not None and period is not None:
            limits.append(RateLimit(_name(entry.get("key")), count, period))
    return tuple(limits)


def _name(value: object) -> str:
    return json_text(value, LONGEST_NAME)


def _texts(value: object) -> dict[str, str]:
    """An object of short texts, at most `MOST_ENTRIES`."""
    entries = list(json_object(value).items())[:MOST_ENTRIES]
    return {_name(key): json_text(text, 500) for key, text in entries if isinstance(text, str)}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 10**12 else None


def _moment(value: object) -> datetime | None:
    """An ISO 8601 time, in UTC where it names no zone; None for what is none."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
