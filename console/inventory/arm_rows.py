"""From what ARM showed to rows: every text bounded and storable, every number one the column holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from console.azure.shapes import Account, ModelDeployment, RateLimit, Subscription
from console.inventory.models import Deployment, Resource
from console.web.text import clean

MOST_TAGS = 50  # what ARM allows on a resource
MOST_LISTED = 50
LONGEST = 300  # characters of one value in `details` or `tags`
LARGEST = 2_147_483_647  # of an integer column


def arm_key(arm_id: str) -> str:
    """ARM's ids differ in case from one answer to the next; rows keep them in lower case."""
    return clean(arm_id.lower(), 400)


def resource_row(account: Account, subscription: Subscription, at: datetime) -> Resource:
    """A new or refreshed row; `first_seen` counts only if it is new."""
    tags = strings(account.tags, MOST_TAGS)
    named = account.name, account.subdomain, account.resource_group, account.location, account.sku, account.state
    return Resource(
        arm_id=arm_key(account.arm_id),
        name=clean(account.name, 200),
        # Where ARM keeps silent, the subdomain is the name, as it nearly always is (azure-facts 1.1).
        subdomain=clean((account.subdomain or account.name).lower(), 100),
        subscription_id=clean(subscription.id, 64),
        resource_group=clean(account.resource_group, 100),
        location=clean(account.location, 60),
        kind=clean(account.kind, 40),
        sku=clean(account.sku, 40),
        state=clean(account.state, 40),
        public_network_access=clean(account.public_network_access, 20),
        network_default_action=clean(account.network_default_action, 20),
        local_auth_disabled=account.local_auth_disabled,
        details=resource_details(account),
        tags=tags,
        words=words(*named, subscription.name, subscription.id, *texts(tags)),
        first_seen=at,
        last_seen=at,
    )


def resource_details(account: Account) -> dict[str, object]:
    return present(
        {
            "endpoints": strings(account.endpoints or ({"Endpoint": account.endpoint} if account.endpoint else {})),
            "identity": clean(account.identity_type, LONGEST),
            "network_bypass": clean(account.network_bypass, LONGEST),
            "ip_rules": [clean(rule, 60) for rule in account.ip_rules[:MOST_LISTED]],
            "virtual_networks": account.virtual_network_rule_count,
            "private_endpoints": account.private_endpoint_count,
            **times(account),
        }
    )


def deployment_row(shown: ModelDeployment, resource_id: UUID, at: datetime) -> Deployment:
    """A new or refreshed row; `first_seen` counts only if it is new."""
    tags = strings(shown.tags, MOST_TAGS)
    return Deployment(
        resource_id=resource_id,
        name=clean(shown.name, 200),
        model_format=clean(shown.model_format, 60),
        model=clean(shown.model, 100),
        model_version=clean(shown.model_version, 40),
        hosting="" if shown.hosting == "unknown" else shown.hosting,
        sku=clean(shown.sku, 60),
        capacity=whole(shown.capacity),
        requests_per_minute=per_minute(shown.rate_limits, "request"),
        tokens_per_minute=per_minute(shown.rate_limits, "token"),
        state=clean(shown.provisioning_state or shown.state, 40),
        details=deployment_details(shown),
        tags=tags,
        words=words(shown.name, shown.model, shown.model_version, shown.model_format, shown.sku, *texts(tags)),
        first_seen=at,
        last_seen=at,
    )


def deployment_details(shown: ModelDeployment) -> dict[str, object]:
    return present(
        {
            "publisher": clean(shown.model_publisher, LONGEST),
            "running_state": clean(shown.state, LONGEST),
            "upgrade": clean(shown.version_upgrade_option, LONGEST),
            "rai_policy": clean(shown.rai_policy, LONGEST),
            "service_tier": clean(shown.service_tier, LONGEST),
            "spillover": clean(shown.spillover_deployment, LONGEST),
            "capabilities": strings(shown.capabilities),
            **times(shown),
        }
    )


def times(shown: Account | ModelDeployment) -> dict[str, object]:
    return {
        "created_at": shown.created_at.isoformat() if shown.created_at else "",
        "created_by": clean(shown.created_by, LONGEST),
        "modified_at": shown.modified_at.isoformat() if shown.modified_at else "",
        "modified_by": clean(shown.modified_by, LONGEST),
    }


def present(values: Mapping[str, object]) -> dict[str, object]:
    """Only what was said: a page shows no empty lines, and a row stays small."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def strings(values: Mapping[str, str], most: int = MOST_LISTED) -> dict[str, str]:
    return {clean(str(name), LONGEST): clean(str(value), LONGEST) for name, value in list(values.items())[:most]}


def texts(tags: Mapping[str, str]) -> Iterable[str]:
    """Tags as a search may name them: key, value, and `key:value`."""
    return (f"{name}:{value} {name} {value}" for name, value in tags.items())


def words(*parts: str) -> str:
    return clean(" ".join(part for part in parts if part).lower(), 8000)


def whole(value: float | None) -> int | None:
    """A number the column holds, or nothing."""
    return int(value) if value is not None and 0 <= value <= LARGEST else None


def per_minute(limits: Iterable[RateLimit], key: str) -> int | None:
    """ARM's limit of `key` as a number a minute; its periods are mostly 60 seconds, seldom 10 or 1."""
    for limit in limits:
        if limit.key.lower() == key and limit.renewal_period > 0:
            return whole(limit.count * 60 / limit.renewal_period)
    return None
