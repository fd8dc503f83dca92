"""What exists in the sandbox's Azure: subscriptions, resources, deployments, and how to find them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from console.sandbox import catalog
from console.sandbox.people import Principal, guid

SCALE_NAME = "scale-{:04d}"


@dataclass(frozen=True)
class Deployment:
    """One model deployment. `version` "2" is hosted on Azure, "1" or a date on Anthropic."""

    name: str
    model: str
    version: str = "2"
    sku: str = "GlobalStandard"
    capacity: int = 100
    state: str = "Succeeded"
    tags: dict[str, str] = field(default_factory=dict, hash=False)
    created_at: str = "2026-03-01T10:00:00Z"
    created_by: str = "ada@contoso.example"
    bare: bool = False

    @property
    def format(self) -> str:
        model = catalog.find(self.model)
        return model.format if model else "Anthropic"

    @property
    def is_claude(self) -> bool:
        return self.format == "Anthropic"


@dataclass(frozen=True)
class Account:
    """One Cognitive Services account; a Foundry resource when `kind` is AIServices. `bare` leaves properties out."""

    name: str
    subscription: str
    group: str
    location: str = "eastus2"
    kind: str = "AIServices"
    state: str = "Succeeded"
    keys_allowed: bool = True
    public: bool = True
    bare: bool = False
    tags: dict[str, str] = field(default_factory=dict, hash=False)
    projects: tuple[str, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    created_at: str = "2026-02-01T08:00:00Z"

    @property
    def is_foundry(self) -> bool:
        return self.kind.lower() == "aiservices"


@dataclass(frozen=True)
class Subscription:
    """One subscription. `forbidden` ones are listed but answer 403; `throttles` answers 429 first, then gives in."""

    name: str
    state: str = "Enabled"
    page_size: int = 5
    opens_with_empty_page: bool = False
    forbidden: bool = False
    throttles: bool = False
    quota_id: str = "EnterpriseAgreement_2014-09-01"

    @property
    def id(self) -> str:
        return subscription_id(self.name)


def subscription_id(name: str) -> str:
    return guid(f"subscription-{name}")


SCALE_SUBSCRIPTION = Subscription("Scale test", page_size=100)


class World:
    """The sample estate plus what was changed since the start."""

    def __init__(
        self,
        subscriptions: tuple[Subscription, ...],
        accounts: tuple[Account, ...],
        *,
        key_seed: str,
        scale: int = 0,
    ) -> None:
        self.key_seed = key_seed.encode()
        self.fixed_subscriptions = subscriptions
        self.fixed_accounts = {account.name.lower(): account for account in accounts}
        self.reset(scale=scale)

    def reset(self, *, scale: int = 0, per_resource: int = 10) -> None:
        self.scale, self.per_resource = scale, per_resource
        self.changed: dict[str, dict[str, Deployment | None]] = {}
        self.key_generations: dict[tuple[str, int], int] = {}

    def subscriptions(self, principal: Principal) -> list[Subscription]:
        """Those in which `principal` has some role."""
        return [one for one in self.every_subscription() if sees(principal, one)]

    def every_subscription(self) -> list[Subscription]:
        return [*self.fixed_subscriptions, *([SCALE_SUBSCRIPTION] if self.scale else [])]

    def subscription(self, subscription_id: str, principal: Principal) -> Subscription | None:
        wanted = subscription_id.lower()
        return next((one for one in self.subscriptions(principal) if one.id == wanted), None)

    def accounts(self, subscription: Subscription) -> Iterator[Account]:
        if subscription is SCALE_SUBSCRIPTION:
            return (self.scaled(number) for number in range(self.scale))
        return (one for one in self.fixed_accounts.values() if one.subscription == subscription.name)

    def account(self, name: str) -> Account | None:
        """By name or custom subdomain, which are the same here and unique in all of Azure."""
        wanted = name.lower()
        if wanted.startswith("scale-") and wanted[6:].isdigit() and int(wanted[6:]) < self.scale:
            return self.scaled(int(wanted[6:]))
        return self.fixed_accounts.get(wanted)

    def scaled(self, number: int) -> Account:
        """The account with this number of a world too large to keep in memory."""
        deployments = tuple(
            Deployment(f"claude-steady-{index:02d}", "claude-haiku-5-5") for index in range(self.per_resource)
        )
        group = f"rg-scale-{number // 50:02d}"
        return Account(SCALE_NAME.format(number), SCALE_SUBSCRIPTION.name, group, deployments=deployments)

    def deployments(self, account: Account) -> list[Deployment]:
        changed = self.changed.get(account.name.lower(), {})
        kept = {one.name.lower(): one for one in account.deployments}
        merged = {**kept, **changed}
        return [one for one in merged.values() if one is not None]

    def deployment(self, account: Account, name: str) -> Deployment | None:
        wanted = name.lower()
        changed = self.changed.get(account.name.lower(), {})
        if wanted in changed:
            return changed[wanted]
        return next((one for one in account.deployments if one.name.lower() == wanted), None)

    def put(self, account: Account, deployment: Deployment) -> None:
        self.changed.setdefault(account.name.lower(), {})[deployment.name.lower()] = deployment

    def remove(self, account: Account, name: str) -> None:
        self.changed.setdefault(account.name.lower(), {})[name.lower()] = None

    def settle(self, account: Account, name: str, state: str) -> None:
        """A deployment that was being made is now in `state`; one that was deleted meanwhile stays away."""
        deployment = self.deployment(account, name)
        if deployment is not None:
            self.put(account, replace(deployment, state=state))

    def key(self, account: Account, number: int) -> str:
        """Key 1 or 2 of a resource: 84 letters and digits, as Azure's own; another one after each regeneration."""
        generation = self.key_generations.get((account.name, number), 0)
        text = f"{account.name}/{number}/{generation}".encode()
        digest = hmac.new(self.key_seed, text, hashlib.sha512).digest()
        return base64.b32encode(digest).decode().rstrip("=")[:84]

    def keys(self, account: Account) -> tuple[str, str]:
        return self.key(account, 1), self.key(account, 2)

    def regenerate_key(self, account: Account, number: int) -> None:
        self.key_generations[account.name, number] = self.key_generations.get((account.name, number), 0) + 1


def sees(principal: Principal, subscription: Subscription) -> bool:
    return principal.in_home_tenant and ("*" in principal.sees or subscription.name in principal.sees)
