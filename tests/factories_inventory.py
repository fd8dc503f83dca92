"""Rows of the inventory for tests: plain functions with defaults."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from django.utils import timezone

from console.inventory.models import Deployment, Resource, Subscription

PRODUCTION = "11111111-0000-4000-8000-000000000001"
_numbers = count(1)


def make_subscription(name: str = "Production", subscription_id: str = PRODUCTION, **row: object) -> Subscription:
    return Subscription.objects.create(
        subscription_id=subscription_id, name=name, **{"state": "Enabled", "synced_at": timezone.now(), **row}
    )


def arm_id(name: str, *, group: str = "rg-ai", subscription_id: str = PRODUCTION) -> str:
    provider = "providers/microsoft.cognitiveservices/accounts"
    return f"/subscriptions/{subscription_id}/resourcegroups/{group}/{provider}/{name}".lower()


def make_resource(name: str = "", **row: object) -> Resource:
    """A healthy resource ARM has shown; without a name each is called differently."""
    name = name or f"contoso-{next(_numbers)}"
    now = timezone.now()
    facts: dict[str, object] = {
        "arm_id": arm_id(name, subscription_id=str(row.get("subscription_id", PRODUCTION))),
        "subdomain": name.lower(),
        "subscription_id": PRODUCTION,
        "resource_group": "rg-ai",
        "location": "eastus2",
        "kind": "AIServices",
        "sku": "S0",
        "state": "Succeeded",
        "public_network_access": "Enabled",
        "local_auth_disabled": False,
        "words": f"{name} rg-ai eastus2 production".lower(),
        "first_seen": now,
        "last_seen": now,
    }
    return Resource.objects.create(name=name, **{**facts, **row})


def make_deployment(
    name: str = "claude-steady", resource: Resource | None = None, *, health_at: datetime | None = None, **row: object
) -> Deployment:
    """A Claude deployment that is ready; on a resource of its own unless one is given."""
    now = timezone.now()
    facts: dict[str, object] = {
        "model_format": "Anthropic",
        "model": "claude-sonnet-5-5",
        "model_version": "2",
        "hosting": "azure",
        "sku": "GlobalStandard",
        "capacity": 25,
        "requests_per_minute": 25,
        "tokens_per_minute": 25_000,
        "state": "Succeeded",
        "words": f"{name} {row.get('model', 'claude-sonnet-5-5')}".lower(),
        "first_seen": now,
        "last_seen": now,
    }
    return Deployment.objects.create(
        resource=resource or make_resource(), name=name, health_at=health_at, **{**facts, **row}
    )
