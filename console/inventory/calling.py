"""How a deployment's data plane is called: its address, and whose right is used. Playground and health ask here.

`plan` reads the row and runs where the database may be used; `target` gets the credential and runs on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections

from console.accounts import tokens
from console.accounts.models import User
from console.azure.errors import AzureError, SignInNeeded
from console.azure.foundry import ApiKey, Bearer, Target
from console.inventory import address, keys
from console.inventory.models import CalledAs, Deployment, shown_health
from console.web import wire

# More deployments than anybody scrolls through; keeps a page's list bounded.
MOST_CHOICES = 2000


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Everything a call needs to know, read from the row once. `user` is set only when the call is made as them."""

    deployment_id: UUID
    deployment: str
    resource: str
    base_url: str
    called_as: str
    subscription_id: str = ""
    region: str = ""
    hosting: str = ""
    model: str = ""
    key: str = field(default="", repr=False)
    user: User | None = field(default=None, repr=False)

    def facts(self) -> dict[str, str]:
        """What the request log says about where a call went: keyword arguments of its `Facts`."""
        return {
            "resource": self.resource,
            "deployment": self.deployment,
            "subscription_id": self.subscription_id,
            "region": self.region,
            "hosting": self.hosting,
            "model": self.model,
            "called_as": self.called_as,
        }


def plan(deployment: Deployment, user: User | None) -> CallPlan:
    """Decide how this deployment is called for `user`, or for a job when there is none.

    A job has no person: what is called "as the person" is called as the console then. Load the deployment with its
    resource. Raises AzureError when the resource's name makes no address or its key is missing.
    """
    resource = deployment.resource
    base_url = address.base_url(resource.subdomain)
    called_as = CalledAs(resource.called_as)
    if called_as is CalledAs.PERSON and user is None:
        called_as = CalledAs.CONSOLE
    return CallPlan(
        deployment_id=deployment.pk,
        deployment=deployment.name,
        resource=resource.name,
        base_url=base_url,
        called_as=called_as,
        subscription_id=resource.subscription_id,
        region=resource.location,
        hosting=deployment.hosting,
        model=deployment.model,
        key=keys.key_for(resource) if called_as is CalledAs.KEY else "",
        user=user if called_as is CalledAs.PERSON else None,
    )


async def target(plan: CallPlan) -> Target:
    """Where and as whom the client library calls. Bearer tokens are asked for at each call, so they never go stale."""
    return Target(base_url=plan.base_url, deployment=plan.deployment, credential=credential(plan))


def credential(plan: CallPlan) -> ApiKey | Bearer:
    if plan.called_as == CalledAs.KEY:
        return ApiKey(plan.key)
    return Bearer(as_person(plan.user) if plan.user else as_console)


async def as_console() -> str:
    """A token of the console's own identity for the data plane."""
    return await wire.own_tokens().get(settings.FOUNDRY_TOKEN_SCOPE)


def forget_own_token() -> None:
    """Drop the console's kept token, so that the next call gets a fresh one: Azure has just refused it."""
    wire.own_tokens().forget(settings.FOUNDRY_TOKEN_SCOPE)


def remember_challenge(plan: CallPlan, error: AzureError) -> None:
    """Keep what Azure asks of whoever called as themselves: their next sign-in then brings it."""
    if plan.user is not None and isinstance(error, SignInNeeded) and error.claims:
        tokens.remember(plan.user, error, settings.FOUNDRY_TOKEN_SCOPE, None)


def as_person(user: User) -> Callable[[], Awaitable[str]]:
    """A function that gets this person's delegated token; it may ask Entra, so it runs in a thread of its own."""

    async def get() -> str:
        return await asyncio.to_thread(delegated_token, user)

    return get


def delegated_token(user: User) -> str:
    try:
        return tokens.token_for(user, settings.FOUNDRY_TOKEN_SCOPE)
    finally:
        close_old_connections()  # the thread goes back to its pool without a connection


@dataclass(frozen=True, slots=True)
class Choice:
    """A deployment a person may talk to. `health` is as shown: "" for never checked, "stale" for too old."""

    id: UUID
    deployment: str
    resource: str
    model: str
    model_version: str
    hosting: str
    state: str
    health: str
    health_at: datetime | None

    @property
    def ready(self) -> bool:
        """ARM says nothing against a call; a deployment that is still being made is shown, not chosen."""
        return self.state.lower() in ("", "succeeded")


def choices(user: User) -> list[Choice]:
    """The live Claude deployments `user` may talk to, by deployment and resource name; one query."""
    if "talk" not in user.acts:
        return []
    columns = "id", "name", "resource__name", "model", "model_version", "hosting", "state", "health", "health_at"
    rows = Deployment.objects.live().claude().order_by("name", "resource__name", "id").values_list(*columns)
    return [
        Choice(pk, name, resource, model, version, hosting, state, shown_health(health, at), at)
        for pk, name, resource, model, version, hosting, state, health, at in rows[:MOST_CHOICES]
    ]
