"""The inventory of the sandbox's Azure, written by the same hands as a sync: ARM's JSON, our reading, our writing."""

from __future__ import annotations

from datetime import datetime, timedelta

from console.azure import arm_shapes as reading
from console.azure.shapes import Account as Shown
from console.azure.shapes import AccountRead, Subscription, SubscriptionRead
from console.config.sample_world import faults
from console.inventory import writing
from console.inventory.models import Deployment, Resource
from console.sandbox import arm_shapes as arm
from console.sandbox.estate import ACCOUNTS, SUBSCRIPTIONS
from console.sandbox.people import MANAGED_IDENTITY
from console.sandbox.world import Account
from console.sandbox.world import Subscription as SandboxSubscription

# When the console was set up, and when somebody added the deployments for failure drills.
KNOWN_FOR = timedelta(days=96)
DRILLS_FOR = timedelta(days=26)
LAST_SYNC = timedelta(minutes=6)


def create(now: datetime) -> list[Deployment]:
    """Write subscriptions, resources and deployments; returns the deployments with their resources."""
    at = now - LAST_SYNC
    writing.write_names(shape(one) for one in SUBSCRIPTIONS)
    for one in SUBSCRIPTIONS:
        if one.forbidden:
            writing.note_unread(one.id, faults.unreadable(one, MANAGED_IDENTITY.oid))
        else:
            writing.write_subscription(SubscriptionRead(shape(one), accounts_in(one)), at)
    writing.write_deployments([deployments_of(account) for account in readable()], at)
    Resource.objects.update(first_seen=now - KNOWN_FOR)
    Deployment.objects.update(first_seen=now - KNOWN_FOR)
    Deployment.objects.filter(words__contains="failure drill").update(first_seen=now - DRILLS_FOR)
    return list(Deployment.objects.select_related("resource").order_by("resource__name", "name"))


def shape(one: SandboxSubscription) -> Subscription:
    return reading.read_subscription(arm.subscription_json(one))


def readable() -> list[Account]:
    """The Foundry resources of subscriptions the console may read."""
    open_ones = {one.name for one in SUBSCRIPTIONS if not one.forbidden}
    return [account for account in ACCOUNTS if account.is_foundry and account.subscription in open_ones]


def accounts_in(one: SandboxSubscription) -> tuple[Shown, ...]:
    return tuple(read(account) for account in readable() if account.subscription == one.name)


def read(account: Account) -> Shown:
    return reading.read_account(arm.account_json(account))


def deployments_of(account: Account) -> AccountRead:
    listed = [arm.deployment_json(account, one) for one in account.deployments]
    arm_id = arm.account_id(account)
    return AccountRead(read(account), tuple(reading.read_deployment(one, arm_id) for one in listed))
