"""The inventory's one writer: reads ARM as the console and brings the rows in line, piece by piece as answers come.

What could not be read is left as it was and said so; nothing is called gone that was not looked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from django.conf import settings
from django.utils import timezone

from console.azure.arm import SUBSCRIPTION_ID, Arm, ScopeFailure
from console.azure.arm_models import models_in
from console.azure.errors import AzureError
from console.azure.shapes import AccountRead, Subscription, SubscriptionRead
from console.inventory import connected, keys, writing
from console.inventory.models import Resource
from console.inventory.status import TASK
from console.inventory.words import NOTHING_TO_READ_AS, ONLY_CONNECTED
from console.jobs import queue
from console.jobs.models import Job
from console.jobs.queue import Asker, JobFailed, Skip
from console.web import wire
from console.web.desk import at_desk

log = logging.getLogger(__name__)

# Accounts written together, and seconds after which fewer will do, so that progress is seen.
TOGETHER = 100
PATIENCE = 1.0

Tell = Callable[[int, int], None]


@dataclass(slots=True)
class Tally:
    """What a running sync has met. Subscriptions by id; accounts are counted."""

    names: dict[str, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    unread: dict[str, AzureError] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)
    accounts: int = 0
    read: int = 0
    deployments: int = 0

    @property
    def subscriptions(self) -> set[str]:
        return self.listed | self.unread.keys()

    def sentence(self) -> str:
        """What the job's page says it found and what it could not read."""
        found = f"Read {self.deployments} deployments on {self.accounts} resources; subscriptions: {len(self.listed)}."
        if self.unread:
            found += f" Could not read: {self.named(self.unread)}."
        if self.partly:
            found += f" Some deployments could not be read in: {self.named(self.partly)}."
        return found

    def named(self, ids: Iterable[str]) -> str:
        return ", ".join(sorted(self.names.get(each, each) for each in ids))


def begin(asker: Asker, *, slot: str | None = None) -> Job:
    """Ask for a sync; the one that waits or runs already is returned instead."""
    return queue.begin(TASK, asker=asker, subject="Inventory", slot=slot)


def run(job: Job, tell: Tell | None = None) -> str:
    """Run one sync to its end and return what it found. `tell` hears how many of how many resources are read.

    Raises JobFailed when nothing could be read, and Skip when there is nothing to read as: no identity of the
    console's own and no resource connected by the settings.
    """
    at = timezone.now()
    resource = connected.ensure(at)
    tally = Tally()
    try:
        asyncio.run(follow(Progress(job, tell), tally, at))
    except AzureError as error:
        return without_arm(error, resource)
    writing.note_partly(tally.partly)
    writing.note_not_listed(tally.subscriptions)
    connected.ensure(at)
    keys.forget_moved()
    if tally.unread and not tally.listed:
        raise JobFailed(f"No subscription could be read. {tally.sentence()}")
    return tally.sentence()


@dataclass(slots=True)
class Progress:
    """Says how far the sync is, to the job's row and to whoever listens."""

    job: Job
    tell: Tell | None

    def say(self, done: int, total: int) -> None:
        queue.report(self.job, done, total)
        if self.tell is not None:
            self.tell(done, total)


async def follow(progress: Progress, tally: Tally, at: datetime) -> None:
    """Ask ARM for everything and hand what comes to the desk. Raises AzureError when nothing can be asked."""
    waiting: list[AccountRead] = []
    since = monotonic()
    async with wire.open_arm() as arm:
        subscriptions = await chosen(arm)
        tally.names = {each.id: each.name for each in subscriptions if each.name}
        await at_desk(writing.write_names, [each for each in subscriptions if each.name])
        async with aclosing(arm.survey([each.id for each in subscriptions])) as pieces:
            async for piece in pieces:
                match piece:
                    case AccountRead():
                        waiting.append(piece)
                    case SubscriptionRead():
                        await at_desk(write_subscription, piece, tally, at)
                    case ScopeFailure():
                        await at_desk(write_failure, piece, tally)
                if len(waiting) >= TOGETHER or monotonic() - since > PATIENCE:
                    await at_desk(write_deployments, waiting, progress, tally, at)
                    waiting, since = [], monotonic()
        await at_desk(write_deployments, waiting, progress, tally, at)
        await follow_retirements(arm)


async def follow_retirements(arm: Arm) -> None:
    """Ask until when the models in use are served. It is an extra: what ARM does not tell stays as it was known."""
    for subscription_id, location in await at_desk(writing.places_of_claude):
        try:
            models = await models_in(arm, subscription_id, location.replace(" ", "").lower())
        except (AzureError, ValueError) as error:
            log.info("sync: no retirement dates for %s in %s: %s", subscription_id, location, error)
        else:
            await at_desk(writing.write_retirements, subscription_id, location, models)


async def chosen(arm: Arm) -> list[Subscription]:
    """The subscriptions to read: those the settings name, else all the console sees.

    Where the settings name them the list is a convenience, for their names: it may fail. Raises AzureError, or
    JobFailed when the settings name what is no subscription ID.
    """
    limit = {each.lower(): Subscription(each) for each in settings.AZURE_SUBSCRIPTION_IDS}
    if not all(SUBSCRIPTION_ID.fullmatch(each) for each in limit):
        raise JobFailed("AZURE_SUBSCRIPTION_IDS names something that is no subscription ID.")
    try:
        listed = {each.id.lower(): each for each in await arm.subscriptions()}
    except AzureError as error:
        if not limit or error.kind.startswith("identity-"):
            raise
        listed = {}
    if limit:
        return [listed.get(key, named) for key, named in limit.items()]
    return [each for each in listed.values() if SUBSCRIPTION_ID.fullmatch(each.id)]


def write_subscription(piece: SubscriptionRead, tally: Tally, at: datetime) -> None:
    writing.write_subscription(piece, at)
    tally.listed.add(piece.subscription.id)
    tally.accounts += len(piece.accounts)


def write_deployments(reads: list[AccountRead], progress: Progress, tally: Tally, at: datetime) -> None:
    """Some resources' deployments, and how far the sync is."""
    writing.write_deployments(reads, at)
    tally.read += len(reads)
    tally.deployments += sum(len(read.deployments) for read in reads)
    progress.say(tally.read, tally.accounts)


def write_failure(failure: ScopeFailure, tally: Tally) -> None:
    """Note what could not be read; the tenant's list was read before, so its second failure costs only names."""
    log.warning("sync: %s: %s", failure.scope, failure.error)
    _, _, subscription_id, *below = [*failure.scope.split("/"), "", ""]
    if not subscription_id:
        return
    if any(below):
        tally.partly |= {each for each in tally.listed if each.lower() == subscription_id.lower()}
        tally.read += 1
        writing.note_deployments_unread(failure.scope)
    else:
        writing.note_unread(subscription_id, failure.error)
        tally.unread[subscription_id] = failure.error


def without_arm(error: AzureError, resource: Resource | None) -> str:
    """End a sync that could not ask ARM anything. Raises JobFailed, or Skip where no identity is set up at all."""
    log.warning("sync: %s", error)
    if error.kind == "identity-missing":
        if resource is None:
            raise Skip(NOTHING_TO_READ_AS)
        return ONLY_CONNECTED
    raise JobFailed(f"Azure could not be read: {error}")
