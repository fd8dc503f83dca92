"""The doctor's checks of the world outside: Entra, the console's own identity, ARM, and each connected resource."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from console.azure.arm import Arm
from console.azure.entra import authority_for
from console.azure.entra_wire import DISCOVERY_PATH
from console.azure.errors import AzureError, Forbidden, Missing, Rejected, SignInNeeded
from console.azure.foundry import ApiKey, Bearer, Foundry, Target
from console.azure.http import Clocks, PrivateHeaders
from console.azure.identity import credential_kind
from console.azure.log_analytics import Span
from console.azure.shapes import Subscription
from console.config import doctor_here, required
from console.config.doctor_remedies import REGISTRATION, told
from console.config.findings import NETWORK, Check, Finding, away
from console.health.checks import PROBE
from console.inventory import address, calling, connected
from console.inventory.models import Deployment
from console.requestlog import azure_log as requestlog
from console.web import wire
from console.web.desk import at_desk
from console.web.problems import Place

ARM = "Azure Resource Manager"
LOG = "Azure's log"
CLOCKS = Clocks(connect=5.0, first_byte=8.0, idle=8.0, total=9.0)
# What our own checks of tokens forgive.
MOST_SKEW = 120
GIVE_READER = (
    "Give it Reader: az role assignment create --assignee <client ID> --role Reader --scope /subscriptions/<ID>"
)
# Subscriptions and resources looked at; a doctor is not a sync.
MOST = 50


async def entra() -> list[Finding]:
    """Entra can be read, is our tenant's, agrees on the time, and takes the app registration's secret."""
    if not settings.ENTRA_TENANT_ID:
        return []
    url = authority_for(settings.ENTRA_AUTHORITY, settings.ENTRA_TENANT_ID) + DISCOVERY_PATH
    try:
        async with wire.new_http(urlsplit(url).hostname or "") as http:
            answer = await http.json("GET", url, headers=PrivateHeaders(), clocks=CLOCKS)
        await asyncio.to_thread(wire.entra().check)
    except AzureError as error:
        return [away("Entra", "ENTRA_AUTHORITY", error) if error.kind in NETWORK else told("Entra", error)]
    where = urlsplit(url).netloc
    found = [Finding("Entra", f"{where} answers, its issuer is this tenant, its signing keys can be read")]
    return [*found, clock(answer.at.headers.get("date", "")), *await app_registration()]


def clock(date: str) -> Finding:
    """Our clock against the time Entra says: tokens are refused when they differ."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return Finding("Clock", "Entra did not say what time it is, so it was not compared")
    skew = (datetime.now(UTC) - theirs).total_seconds()
    if abs(skew) > MOST_SKEW:
        said = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Entra."
        return Finding("Clock", said, "Set the clock right (NTP): sign-ins fail while it is wrong.")
    return Finding("Clock", f"within {abs(skew):.0f} s of Entra's")


async def app_registration() -> list[Finding]:
    """The app registration's secret or certificate is accepted."""
    if not settings.ENTRA_CLIENT_ID or not (settings.ENTRA_CLIENT_SECRET or settings.ENTRA_CLIENT_CERTIFICATE):
        return []
    if any(fault.name.startswith("ENTRA_") for fault in required.faults()):
        return []  # told among the settings
    name = "App registration"
    try:
        await asyncio.to_thread(wire.entra().prove_registration)
    except AzureError as error:
        # Any other refusal means that the secret was accepted.
        if error.kind in REGISTRATION or not error.code:
            return [told(name, error)]
        return [Finding(name, f"its secret is accepted (a token of its own is not given: {error.kind})")]
    return [Finding(name, "its secret is accepted")]


async def identity() -> list[Finding]:
    """The console's own identity gives tokens for the control plane and for the data plane."""
    kind = credential_kind(wire.own_environment())
    if kind is None and connected.name() and settings.ANTHROPIC_FOUNDRY_API_KEY:
        return [Finding("Own identity", "none; only the resource of ANTHROPIC_FOUNDRY_RESOURCE can be called, by key")]
    if kind is None:
        return [told("Own identity", SignInNeeded(kind="identity-missing"))]
    return [
        await token_for(f"Own identity, {ARM}", wire.arm_scope(), kind),
        await token_for("Own identity, Foundry", settings.FOUNDRY_TOKEN_SCOPE, kind),
    ]


async def token_for(what: str, scope: str, kind: str) -> Finding:
    try:
        await wire.own_tokens().get(scope)
    except AzureError as error:
        return told(what, error)
    return Finding(what, f"{kind} gives a token for {scope}")


async def arm() -> list[Finding]:
    """The subscriptions the identity sees, and which of them it cannot read."""
    if credential_kind(wire.own_environment()) is None:
        return []
    async with wire.open_arm() as client:
        try:
            found = await client.subscriptions()
        except AzureError as error:
            # What is wrong with the identity is told in its own lines.
            return [] if error.kind.startswith("identity-") else [away(ARM, "ARM_ENDPOINT", error)]
        wanted = {each.lower() for each in settings.AZURE_SUBSCRIPTION_IDS}
        chosen = [one for one in found if not wanted or one.id.lower() in wanted]
        if not chosen:
            return [Finding(ARM, "the identity sees no subscription.", GIVE_READER)]
        return read_or_not(chosen, await read_all(client, chosen[:MOST]))


async def read_all(client: Arm, subscriptions: Sequence[Subscription]) -> list[int | AzureError]:
    """How many Foundry resources each subscription holds, or why it cannot be read."""

    async def read(one: Subscription) -> int | AzureError:
        try:
            return len(await client.accounts(one.id))
        except AzureError as error:
            return error

    return await asyncio.gather(*(read(one) for one in subscriptions))


def read_or_not(subscriptions: Sequence[Subscription], answers: Sequence[int | AzureError]) -> list[Finding]:
    """One line for what can be read. That some cannot is said; it is wrong only when none can."""
    counts = [answer for answer in answers if isinstance(answer, int)]
    unread = [(one, error) for one, error in zip(subscriptions, answers, strict=False) if isinstance(error, AzureError)]
    if not counts:
        return [told(f"{ARM}, subscription {one.name}", error) for one, error in unread]
    said = f"{len(subscriptions)} subscriptions, {sum(counts)} Foundry resources"
    if unread:
        said += "; not readable: " + ", ".join(f"{one.name} ({error.kind})" for one, error in unread)
    return [Finding(ARM, said)]


async def azure_log() -> list[Finding]:
    """The workspace of diagnostic logs can be asked; only where one is configured."""
    workspace = wire.log_analytics()
    if workspace is None:
        return []
    now = datetime.now(UTC)
    try:
        await asyncio.to_thread(workspace.look_up, str(UUID(int=0)), Span(now - timedelta(minutes=1), now))
    except Forbidden as error:
        said = f"workspace {workspace.workspace_id} may not be read ({error.message[:100]})."
        return [Finding(LOG, said, f"Give the console's identity the role: {requestlog.give_reader()}")]
    except (Missing, Rejected) as error:
        said = f"workspace {workspace.workspace_id} does not answer the query ({error.message[:100]})."
        return [Finding(LOG, said, "Correct LOG_ANALYTICS_WORKSPACE_ID, or send the category RequestResponse to it.")]
    except AzureError as error:
        return [away(LOG, "LOG_ANALYTICS_ENDPOINT", error)]
    return [Finding(LOG, f"workspace {workspace.workspace_id} can be asked")]


async def resources() -> list[Finding]:
    """One free token count on each resource that is called, with the credential it is called with."""
    async with wire.open_foundry() as foundry:
        known = await at_desk(known_resources)
        return list(await asyncio.gather(*(reached(foundry, one) for one in known)))


@dataclass(frozen=True, slots=True)
class Known:
    """A resource that is called: how, or why it cannot be."""

    name: str
    target: Target | AzureError
    place: Place


def known_resources() -> list[Known]:
    """The resource of the settings, and those of the inventory; none while the database has no tables."""
    found = settings_resource()
    if not doctor_here.database_is_ready():
        return found
    return [*found, *(inventory_resource(row) for row in one_of_each())]


def settings_resource() -> list[Known]:
    name, deployments = connected.name(), settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS
    if not name or not deployments:
        return []
    key = settings.ANTHROPIC_FOUNDRY_API_KEY
    credential = ApiKey(key) if key else Bearer(calling.as_console)
    try:
        target: Target | AzureError = Target(address.base_url(name), deployments[0], credential)
    except AzureError as error:
        target = error
    return [Known(name, target, Place(resource=name))]


def one_of_each() -> list[Deployment]:
    """A finished Claude deployment of every resource, one that was well if there is one."""
    rows = Deployment.objects.live().claude().select_related("resource").filter(state__in=["", "Succeeded"])
    # What the settings connect is looked at by itself; what they connected before goes with the next start.
    rows = rows.exclude(resource__arm_id__startswith=connected.PREFIX)
    best: dict[str, Deployment] = {}
    for row in rows.exclude(resource__subdomain=connected.name()).order_by("resource__name", "name")[:2000]:
        found = best.setdefault(row.resource.name, row)
        if found.health != "well" and row.health == "well":
            best[row.resource.name] = row
    return list(best.values())[:MOST]


def inventory_resource(row: Deployment) -> Known:
    resource = row.resource
    place = Place(resource=resource.name, subscription_id=resource.subscription_id, scope=resource.arm_id)
    try:
        plan = calling.plan(row, None)
    except AzureError as error:
        return Known(resource.name, error, place)
    return Known(resource.name, Target(plan.base_url, plan.deployment, calling.credential(plan)), place)


async def reached(foundry: Foundry, known: Known) -> Finding:
    """One token count: the name resolves, TLS holds, the credential is let in, the deployment is there."""
    what = f"Resource {known.name}"
    if isinstance(known.target, AzureError):
        return told(what, known.target, known.place)
    try:
        counted = await foundry.count_tokens(known.target, PROBE, clocks=CLOCKS)
    except AzureError as error:
        called_as = "key" if isinstance(known.target.credential, ApiKey) else "console"
        return told(f"{what}, deployment {known.target.deployment}", error, known.place, called_as)
    return Finding(what, f"{known.target.deployment} answers in {counted.duration_ms:.0f} ms")


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Entra", entra),
    ("Own identity", identity),
    (ARM, arm),
    (LOG, azure_log),
    ("Resources", resources),
)
