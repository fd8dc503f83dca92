"""The one table of resources and deployments: what a reader may ask of it, and its rows. Page and export read it here.

A row is a deployment beside its resource; a resource without deployments is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import BooleanField, Case, CharField, F, FilteredRelation, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from console.inventory.models import Resource, claude, ends_soon, health_goes_stale, shown_health, soon
from console.inventory.words import HOSTED_ON, Badge, Words, health_badge, state_badge
from console.web.text import storable

ORDER = ("name", "id", "deployment_name")
LONGEST = 200  # characters of one filter's value
MOST_WORDS = 8

CLOSED = {
    "presence": frozenset({"live", "gone", "all"}),
    "family": frozenset({"claude", "other"}),
    "hosting": frozenset({"azure", "anthropic"}),
    "retires": frozenset({"soon"}),
    "health": frozenset({"well", "degraded", "ill", "unknown", "stale", "never"}),
}

_PLAIN = ("model_format", "model", "model_version", "hosting", "capacity", "health", "health_at", "retires_on")
# The deployment's columns under names of their own: a filter on an annotation uses the same join, one on a relation
# of many would make a second.
DEPLOYMENT = {
    "deployment_id": F("found__id"),
    "deployment_name": Coalesce("found__name", Value(""), output_field=CharField()),
    "claude": Case(When(claude("found__"), then=True), default=False, output_field=BooleanField()),
    "deployment_words": F("found__words"),
    "deployment_sku": F("found__sku"),
    "deployment_state": F("found__state"),
    "deployment_first_seen": F("found__first_seen"),
    "deployment_last_seen": F("found__last_seen"),
    "deployment_gone_at": F("found__gone_at"),
    **{name: F(f"found__{name}") for name in _PLAIN},
}
COLUMNS = (
    "id", "name", "subscription_id", "resource_group", "location", "state", "public_network_access",
    "local_auth_disabled", "deployments_unread", "first_seen", "last_seen", "gone_at",
    *(name for name in DEPLOYMENT if "words" not in name),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; "" asks for nothing. `presence` is "live", "gone" or "all"."""

    q: str = ""
    presence: str = "live"
    family: str = ""
    subscription: str = ""
    location: str = ""
    model: str = ""
    hosting: str = ""
    state: str = ""
    health: str = ""
    retires: str = ""

    @property
    def any(self) -> bool:
        """Whether the list is narrowed at all."""
        return self != Filters()

    def query(self, **changes: str) -> str:
        """The query string of these filters with some changed; what is at its default is left out."""
        return urlencode(replace(self, **changes).chosen())

    def chosen(self) -> dict[str, str]:
        """The filters that are not at their default."""
        plain = Filters()
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value != getattr(plain, name)}

    @property
    def others(self) -> list[tuple[str, str]]:
        """All but the search, for the search's form to keep."""
        return [(name, value) for name, value in self.chosen().items() if name != "q"]

    @property
    def exported(self) -> str:
        """The query string of an export that holds just what the page shows."""
        return urlencode({"presence": self.presence, **self.chosen()})


def read(query: Mapping[str, str], *, presence: str = "live") -> Filters:
    """Filters from a URL. What is unknown or over-long asks for nothing; `presence` is what its absence means."""
    asked = {field.name: query.get(field.name, "").strip() for field in fields(Filters)}
    sound = {name: value for name, value in asked.items() if acceptable(name, value)}
    return Filters(**{"presence": presence, **sound})


def acceptable(name: str, value: str) -> bool:
    return value in CLOSED[name] if name in CLOSED else bool(value) and len(value) <= LONGEST and storable(value)


def rows(filters: Filters) -> QuerySet[Resource, dict[str, Any]]:
    """The rows, unordered, as dicts of COLUMNS; sort them by ORDER."""
    condition = Q(deployments__gone_at=None) if filters.presence == "live" else Q()
    joined = Resource.objects.annotate(found=FilteredRelation("deployments", condition=condition)).annotate(
        **DEPLOYMENT
    )
    found: QuerySet[Resource, dict[str, Any]] = joined.filter(
        present(filters.presence), narrowed(filters), worded(filters.q)
    ).values(*COLUMNS)
    return found


def present(presence: str) -> Q:
    match presence:
        case "live":
            return Q(gone_at=None)
        case "gone":
            return Q(gone_at__isnull=False) | Q(deployment_gone_at__isnull=False)
    return Q()


def narrowed(filters: Filters) -> Q:
    """Every filter that names a value; each is one known column."""
    plain = {
        "subscription_id": filters.subscription,
        "location__iexact": filters.location,
        "model__iexact": filters.model,
        "hosting": filters.hosting,
    }
    condition = Q(**{column: value for column, value in plain.items() if value})
    if filters.state:
        condition &= Q(deployment_state__iexact=filters.state) | Q(deployment_id=None, state__iexact=filters.state)
    if filters.family:
        condition &= Q(claude=filters.family == "claude", deployment_id__isnull=False)
    if filters.retires:
        condition &= Q(retires_on__lte=soon())
    return condition & healthy(filters.health) if filters.health else condition


def healthy(health: str) -> Q:
    """The verdict as it is shown: one that has gone stale counts as stale alone."""
    if health == "never":
        return Q(health_at=None, claude=True)
    if health == "stale":
        return Q(health_at__lt=health_goes_stale())
    return Q(health=health, health_at__gte=health_goes_stale())


def worded(text: str) -> Q:
    """Every word must stand somewhere in the row's own words or its resource's."""
    condition = Q()
    for word in text.lower().split()[:MOST_WORDS]:
        condition &= Q(words__contains=word) | Q(deployment_words__contains=word)
    return condition


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `id` is the deployment's and None for a resource without any."""

    resource_id: UUID
    resource: str
    subscription_id: str
    subscription: str
    resource_group: str
    location: str
    resource_badge: Badge | None
    id: UUID | None
    name: str
    model: str
    model_version: str
    hosted_on: Words
    sku: str
    capacity: int | None
    state: Badge | None
    health: Badge | None
    health_at: datetime | None
    is_claude: bool
    is_gone: bool
    # The day, where it is near.
    retires_on: date | None
    # The last sync was not told the resource's deployments.
    is_unread: bool
    # The row above is of the same resource.
    repeats: bool = False


def table(page: Sequence[Mapping[str, Any]], subscriptions: Mapping[str, str]) -> list[Row]:
    """The rows of one page; `subscriptions` gives names by id."""
    before = [None, *(values["id"] for values in page)]
    made = (row(values, subscriptions) for values in page)
    return [replace(each, repeats=each.resource_id == above) for each, above in zip(made, before, strict=False)]


def row(values: Mapping[str, Any], subscriptions: Mapping[str, str]) -> Row:
    """A row for the page from a dict of `rows`."""
    gone = bool(values["gone_at"] or values["deployment_gone_at"])
    is_claude = values["claude"]
    health = shown_health(values["health"] or "", values["health_at"])
    # A resource that is simply fine needs no badge of its own beside its deployments.
    fine = values["state"].lower() in ("", "succeeded") and not values["gone_at"]
    return Row(
        resource_id=values["id"],
        resource=values["name"],
        subscription_id=values["subscription_id"],
        subscription=subscriptions.get(values["subscription_id"]) or values["subscription_id"],
        resource_group=values["resource_group"],
        location=values["location"],
        resource_badge=None if fine else state_badge(values["state"], gone=bool(values["gone_at"])),
        id=values["deployment_id"],
        name=values["deployment_name"],
        model=values["model"] or "",
        model_version=values["model_version"] or "",
        hosted_on=HOSTED_ON.get(values["hosting"] or "", ""),
        sku=values["deployment_sku"] or "",
        capacity=values["capacity"],
        state=state_badge(values["deployment_state"] or "", gone=gone) if values["deployment_id"] else None,
        health=health_badge(health) if is_claude and not gone else None,
        health_at=values["health_at"],
        is_claude=is_claude,
        is_gone=gone,
        retires_on=values["retires_on"] if ends_soon(values["retires_on"]) and not gone else None,
        is_unread=values["deployments_unread"],
    )
