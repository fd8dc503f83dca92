"""What ARM told about a resource or a deployment, as lines for its page. What it did not tell has no line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from console.inventory.models import Deployment, Resource

Kind = Literal["text", "copy", "code", "time", "number"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. `kind` says how the value is drawn: "time" is a datetime, "number" an int, the rest text."""

    label: str
    value: object
    kind: Kind = "text"
    note: str = ""


def known(lines: Iterable[Fact]) -> list[Fact]:
    return [line for line in lines if line.value not in (None, "")]


def of_resource(resource: Resource, subscription: str) -> list[Fact]:
    """Everything about a resource; `subscription` is its name."""
    details = resource.details
    return known(
        [
            Fact(_("Subscription"), subscription),
            Fact(_("Subscription ID"), resource.subscription_id, "copy"),
            Fact(_("Resource group"), resource.resource_group),
            Fact(_("Location"), resource.location),
            Fact(_("Kind"), resource.kind),
            Fact(_("SKU"), resource.sku),
            Fact(_("State"), resource.state),
            Fact(_("Public network access"), resource.public_network_access),
            *network(resource),
            Fact(_("API keys"), keys_allowed(resource.local_auth_disabled)),
            Fact(_("Identity"), text(details, "identity")),
            *(Fact(name, address, "code") for name, address in pairs(details.get("endpoints"))),
            Fact(_("Resource ID"), resource.arm_id if resource.arm_id.startswith("/") else "", "copy"),
            *changes(details),
            *seen(resource),
        ]
    )


def network(resource: Resource) -> list[Fact]:
    details = resource.details
    rules = details.get("ip_rules")
    return [
        Fact(_("Network default"), resource.network_default_action),
        Fact(_("Network bypass"), text(details, "network_bypass")),
        Fact(_("Allowed addresses"), ", ".join(str(rule) for rule in rules) if isinstance(rules, list) else ""),
        Fact(_("Virtual network rules"), details.get("virtual_networks"), "number"),
        Fact(_("Private endpoints"), details.get("private_endpoints"), "number"),
    ]


def keys_allowed(disabled: bool | None) -> str:
    if disabled is None:
        return ""
    return _("Turned off: Entra sign-in only") if disabled else _("Allowed")


def of_deployment(deployment: Deployment) -> list[Fact]:
    """Everything about a deployment."""
    details = deployment.details
    return known(
        [
            Fact(_("Model"), deployment.model),
            Fact(_("Model version"), deployment.model_version),
            Fact(_("Model format"), deployment.model_format),
            Fact(_("Publisher"), text(details, "publisher")),
            Fact(_("SKU"), deployment.sku),
            Fact(_("Capacity"), deployment.capacity, "number"),
            Fact(_("Requests per minute"), deployment.requests_per_minute, "number"),
            Fact(_("Tokens per minute"), deployment.tokens_per_minute, "number"),
            Fact(_("State"), deployment.state),
            Fact(_("Running state"), text(details, "running_state")),
            Fact(_("Azure retires it on"), deployment.retires_on.isoformat() if deployment.retires_on else ""),
            Fact(_("Version upgrade"), upgrade(text(details, "upgrade"))),
            Fact(_("Content filter policy"), text(details, "rai_policy")),
            Fact(_("Service tier"), text(details, "service_tier")),
            Fact(_("Spills over to"), text(details, "spillover")),
            Fact(
                _("Capabilities"), ", ".join(f"{name}: {value}" for name, value in pairs(details.get("capabilities")))
            ),
            *changes(details),
            *seen(deployment),
        ]
    )


def upgrade(option: str) -> str:
    """ARM's upgrade option in words; one we do not know stays as it is."""
    return {
        "oncenewdefaultversionavailable": _("As soon as there is a new default version"),
        "oncecurrentversionexpired": _("When the present version is retired"),
        "noautoupgrade": _("Never by itself"),
    }.get(option.lower(), option)


def changes(details: Mapping[str, object]) -> list[Fact]:
    return [
        Fact(_("Created"), moment(details.get("created_at")), "time", text(details, "created_by")),
        Fact(_("Last changed"), moment(details.get("modified_at")), "time", text(details, "modified_by")),
    ]


def seen(row: Resource | Deployment) -> list[Fact]:
    return [
        Fact(_("First seen here"), row.first_seen, "time"),
        Fact(_("Last seen here"), row.last_seen, "time"),
        Fact(_("Gone since"), row.gone_at, "time"),
    ]


def text(details: Mapping[str, object], name: str) -> str:
    value = details.get(name)
    return value if isinstance(value, str) else ""


def pairs(value: object) -> list[tuple[str, str]]:
    return sorted((str(name), str(each)) for name, each in value.items()) if isinstance(value, dict) else []


def moment(value: object) -> datetime | None:
    """A time as the sync wrote it into `details`."""
    return parse_datetime(value) if isinstance(value, str) else None
