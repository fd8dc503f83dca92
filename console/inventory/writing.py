"""What ARM showed, written into rows in batches. Only `sync` calls this; nothing here touches the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from console.azure import shapes
from console.azure.arm_models import CatalogModel
from console.azure.errors import AzureError
from console.azure.shapes import AccountRead, SubscriptionRead
from console.inventory import connected
from console.inventory.arm_rows import arm_key, deployment_row, resource_row
from console.inventory.models import Deployment, Resource, Subscription
from console.web.text import clean

BATCH = 500  # rows of one transaction: no other writer waits long

RESOURCE_FIELDS = [
    "name", "subdomain", "subscription_id", "resource_group", "location", "kind", "sku", "state",
    "public_network_access", "network_default_action", "local_auth_disabled", "details", "tags", "words", "last_seen",
    "gone_at",
]  # fmt: skip
DEPLOYMENT_FIELDS = [
    "model_format", "model", "model_version", "hosting", "sku", "capacity", "requests_per_minute",
    "tokens_per_minute", "state", "details", "tags", "words", "last_seen", "gone_at",
]  # fmt: skip

# Subscriptions times locations; Claude is offered in a handful of them.
MOST_PLACES = 50

Item = TypeVar("Item")


def write_names(subscriptions: Iterable[shapes.Subscription]) -> None:
    """What the subscriptions are called, those included that cannot be read."""
    rows = {
        each.id: Subscription(
            subscription_id=clean(each.id, 64), name=clean(each.name, 200), state=clean(each.state, 30)
        )
        for each in subscriptions
    }
    Subscription.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=["subscription_id"], update_fields=["name", "state"]
    )


def write_subscription(read: SubscriptionRead, at: datetime) -> None:
    """A subscription whose resources were all listed: those not among them are gone. `at` is when the sync began."""
    rows = {arm_key(account.arm_id): resource_row(account, read.subscription, at) for account in read.accounts}
    connected.adopt({row.subdomain: key for key, row in rows.items()}, at)
    for some in batches(rows.values()):
        Resource.objects.bulk_create(
            some, update_conflicts=True, unique_fields=["arm_id"], update_fields=RESOURCE_FIELDS
        )
    subscription_id = clean(read.subscription.id, 64)
    mark_gone(Resource.objects.filter(subscription_id=subscription_id, last_seen__lt=at), at)
    note_subscription(subscription_id, synced_at=at, fault_kind="", fault="")


def mark_gone(resources: QuerySet[Resource], at: datetime) -> None:
    """These resources and their deployments are gone since `at`; what was gone before keeps its time."""
    for some in batches(resources.filter(gone_at=None).values_list("pk", flat=True)):
        Deployment.objects.filter(resource_id__in=some, gone_at=None).update(gone_at=at)
        Resource.objects.filter(pk__in=some).update(gone_at=at)


def write_deployments(reads: Sequence[AccountRead], at: datetime) -> None:
    """Accounts whose deployments were all listed: those not among them are gone."""
    keys = [arm_key(read.account.arm_id) for read in reads]
    ids = dict(Resource.objects.filter(arm_id__in=keys).values_list("arm_id", "pk"))
    known = names_known(list(ids.values()))
    rows: dict[tuple[UUID, str], Deployment] = {}
    for key, read in zip(keys, reads, strict=True):
        for shown in read.deployments if key in ids else ():
            row = deployment_row(shown, ids[key], at)
            same = ids[key], row.name.lower()
            row.name = known.get(same, row.name)
            rows[same] = row
    for some in batches(rows.values()):
        Deployment.objects.bulk_create(
            some, update_conflicts=True, unique_fields=["resource", "name"], update_fields=DEPLOYMENT_FIELDS
        )
    left = Deployment.objects.filter(resource_id__in=list(ids.values()), gone_at=None, last_seen__lt=at)
    left.update(gone_at=at)
    Resource.objects.filter(pk__in=list(ids.values()), deployments_unread=True).update(deployments_unread=False)


def note_deployments_unread(arm_id: str) -> None:
    """This account did not tell its deployments; those that are known stay."""
    Resource.objects.filter(arm_id=arm_key(arm_id)).update(deployments_unread=True)


def places_of_claude() -> list[tuple[str, str]]:
    """Where live Claude deployments are, as (subscription id, location): whose models' retirement is worth asking."""
    rows = Deployment.objects.live().claude().exclude(resource__location="").order_by()
    places = rows.values_list("resource__subscription_id", "resource__location").distinct()[:MOST_PLACES]
    return [(subscription_id, location) for subscription_id, location in places if subscription_id]


def write_retirements(subscription_id: str, location: str, models: Iterable[CatalogModel]) -> None:
    """Until when the models of one place are served. A model the catalogue does not name keeps what was known."""
    days = {(each.format.lower(), each.name.lower(), each.version): each.retires_on for each in models}
    here = Deployment.objects.filter(resource__subscription_id=subscription_id, resource__location=location)
    used = here.order_by().values_list("model_format", "model", "model_version", "retires_on").distinct()
    for format_, name, version, known in list(used):
        key = format_.lower(), name.lower(), version
        if key in days and days[key] != known:
            same = here.filter(model_format=format_, model=name, model_version=version)
            same.update(retires_on=days[key])


def names_known(resource_ids: Sequence[UUID]) -> dict[tuple[UUID, str], str]:
    """How each deployment is spelled in its row: ARM may change a name's case, which makes no other deployment."""
    rows = Deployment.objects.filter(resource_id__in=resource_ids).values_list("resource_id", "name")
    return {(resource_id, name.lower()): name for resource_id, name in rows}


def note_unread(subscription_id: str, error: AzureError) -> None:
    """This subscription, or some of it, could not be read: nothing of it is changed but the reason."""
    named = f"{error.message} ({error.correlation_id})" if error.correlation_id else error.message
    note_subscription(clean(subscription_id, 64), fault_kind=error.kind[:40], fault=clean(named, 1000))


def note_partly(subscription_ids: Iterable[str]) -> None:
    """Listed, but some of their resources did not tell their deployments."""
    found = Subscription.objects.filter(subscription_id__in=list(subscription_ids))
    found.update(fault_kind="partly", fault="")


def note_not_listed(subscription_ids: Iterable[str]) -> None:
    """Subscriptions known from before that this sync did not meet: left out by the settings, or no longer shown."""
    unmet = Subscription.objects.exclude(subscription_id__in=list(subscription_ids))
    if settings.AZURE_SUBSCRIPTION_IDS:
        left_out = unmet.exclude(subscription_id__in=settings.AZURE_SUBSCRIPTION_IDS)
        left_out.update(fault_kind="left-out", fault="")
        unmet = unmet.filter(subscription_id__in=settings.AZURE_SUBSCRIPTION_IDS)
    unmet.update(fault_kind="not-listed", fault="")


def note_subscription(subscription_id: str, **facts: object) -> None:
    Subscription.objects.update_or_create(subscription_id=subscription_id, defaults=facts)


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    remaining = iter(items)
    while some := list(islice(remaining, BATCH)):
        yield some
