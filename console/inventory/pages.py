"""What the pages of one resource, one deployment and an empty inventory say: plain values for their templates."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext as _

from console.azure.errors import Rejected
from console.inventory import address, facts, keys, sample
from console.inventory.facts import Fact
from console.inventory.forms import CHOICES
from console.inventory.models import CalledAs, Deployment, Resource, Subscription
from console.inventory.status import SyncStatus
from console.inventory.words import HOSTED_ON, RESIDENCY, Badge, Words, fault_sentence, health_badge, state_badge

PORTAL = "https://portal.azure.com/#resource"
READER = "Reader"
# The role that lets an identity call Claude (azure-facts 6.1).
CALLER = "Foundry User"
MOST_DEPLOYMENTS = 500


@dataclass(frozen=True, slots=True)
class DeploymentLine:
    """One deployment in its resource's table."""

    deployment: Deployment
    hosted_on: Words
    state: Badge | None
    health: Badge | None


@dataclass(frozen=True, slots=True)
class Connection:
    """How calls to a resource are made. The key itself is not in here, only what may be shown of it."""

    called_as: str
    choices: list[tuple[str, Words]]
    sentence: str
    base_url: str
    key_hint: str
    key_moved: bool
    key_from_settings: bool
    assign_role: str


@dataclass(frozen=True, slots=True)
class ResourcePage:
    subscription: Subscription | None
    state: Badge | None
    facts: list[Fact]
    tags: list[tuple[str, str]]
    deployments: list[DeploymentLine]
    connection: Connection
    portal_url: str
    # Why the last sync could not read its subscription; "" when it could.
    unread: Words
    has_claude: bool
    # One sentence for each kind of hosting its Claude deployments have.
    residency: list[Words]


def resource_page(resource: Resource) -> ResourcePage:
    """Two queries: its deployments, and its subscription with what the last sync could not read."""
    deployments = list(resource.deployments.order_by(F("gone_at").asc(nulls_first=True), "name")[:MOST_DEPLOYMENTS])
    claude = [each for each in deployments if each.is_claude and each.gone_at is None]
    subscription = Subscription.objects.filter(pk=resource.subscription_id).first()
    return ResourcePage(
        subscription=subscription,
        state=state_badge(resource.state, gone=resource.gone_at is not None),
        facts=facts.of_resource(resource, subscription.name if subscription else ""),
        tags=sorted(resource.tags.items()),
        deployments=[deployment_line(deployment) for deployment in deployments],
        connection=connection_of(resource),
        portal_url=portal_url(resource),
        unread=fault_sentence(subscription.fault_kind) if subscription and subscription.fault_kind else "",
        has_claude=bool(claude),
        residency=[RESIDENCY[hosting] for hosting in RESIDENCY if any(each.hosting == hosting for each in claude)],
    )


def deployment_line(deployment: Deployment) -> DeploymentLine:
    gone = deployment.gone_at is not None
    return DeploymentLine(
        deployment,
        hosted_on=HOSTED_ON.get(deployment.hosting, ""),
        state=state_badge(deployment.state, gone=gone),
        health=health_badge(deployment.health_shown) if deployment.is_claude and not gone else None,
    )


def connection_of(resource: Resource) -> Connection:
    moved = resource.sealed_key is not None and address.host(resource.subdomain) != resource.key_host
    return Connection(
        called_as=resource.called_as,
        choices=CHOICES,
        sentence=called_as_sentence(resource),
        base_url=base_url(resource),
        key_hint=resource.key_hint,
        key_moved=moved,
        key_from_settings=resource.sealed_key is None and keys.comes_from_settings(resource),
        assign_role=sample.assign_role(CALLER, resource.arm_id) if resource.arm_id.startswith("/") else "",
    )


def called_as_sentence(resource: Resource) -> str:
    return {
        CalledAs.CONSOLE: _("Calls are made as the console: Azure checks the role of the console's own identity."),
        CalledAs.PERSON: _(
            "Calls are made as the person who asks: Azure checks that person's role. Health checks have no person, "
            "so they are made as the console."
        ),
        CalledAs.KEY: _("Calls are made with an API key: Azure does not know who asked."),
    }[CalledAs(resource.called_as)]


def base_url(resource: Resource) -> str:
    """Where calls go; "" for a resource whose name makes no address."""
    try:
        return address.base_url(resource.subdomain)
    except Rejected:
        return ""


def portal_url(resource: Resource) -> str:
    """The resource in the Azure portal; "" for one that ARM has not shown."""
    return f"{PORTAL}{resource.arm_id}" if resource.arm_id.startswith("/subscriptions/") else ""


@dataclass(frozen=True, slots=True)
class DeploymentPage:
    state: Badge | None
    health: Badge | None
    facts: list[Fact]
    tags: list[tuple[str, str]]
    residency: Words
    base_url: str
    curl: str
    is_gone: bool
    other_name: bool


def deployment_page(deployment: Deployment) -> DeploymentPage:
    """Load the deployment with its resource; asks the database for nothing more."""
    resource = deployment.resource
    gone = bool(deployment.gone_at or resource.gone_at)
    url = base_url(resource) if deployment.is_claude else ""
    return DeploymentPage(
        state=state_badge(deployment.state, gone=gone),
        health=health_badge(deployment.health_shown) if deployment.is_claude and not gone else None,
        facts=facts.of_deployment(deployment),
        tags=sorted(deployment.tags.items()),
        residency=RESIDENCY.get(deployment.hosting, "") if deployment.is_claude else "",
        base_url=url,
        curl=sample.curl(url, deployment.name, resource.called_as) if url else "",
        is_gone=gone,
        other_name=bool(deployment.model) and deployment.model.lower() != deployment.name.lower(),
    )


@dataclass(frozen=True, slots=True)
class NextStep:
    """What an empty inventory asks its reader to do; `command` may be run as it stands once ids are filled in."""

    title: str
    text: str
    command: str = ""


def next_step(status: SyncStatus) -> NextStep:
    """The first thing to do while there is nothing to show."""
    if status.live:
        return NextStep(_("Azure is being read"), _("Resources appear here as soon as the sync is through."))
    command = sample.assign_role(READER, f"/subscriptions/{known_subscription(status)}")
    if status.last is None:
        return NextStep(
            _("Nothing has been read from Azure yet"),
            _(
                "Give the console's own identity the role Reader on each subscription it shall show, then press "
                "“Sync now”. Or connect one resource by key with ANTHROPIC_FOUNDRY_RESOURCE, no role needed."
            ),
            command,
        )
    return NextStep(
        _("Azure shows the console no Foundry resource"),
        _(
            "The console's own identity sees only subscriptions it has a role on. Ask an owner of the subscription to "
            "give it the role Reader; it takes up to 5 minutes to work. Then press “Sync now”."
        ),
        command,
    )


def known_subscription(status: SyncStatus) -> str:
    named = [*settings.AZURE_SUBSCRIPTION_IDS, *(each.subscription_id for each in status.subscriptions)]
    return named[0] if named else "<subscription ID>"
