"""What the overview shows a person: what is missing, what they were doing, what is ill, what failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import User
from console.azure.identity import credential_kind
from console.health.models import Incident
from console.health.words import reason
from console.inventory import connected
from console.inventory.keys import comes_from_settings
from console.inventory.models import CalledAs, Deployment, Resource, health_goes_stale
from console.inventory.status import SyncStatus, sync_status
from console.inventory.words import HEALTH
from console.inventory.words import Badge as HealthBadge
from console.playground.models import Conversation
from console.requestlog.models import Outcome, RequestRecord, Source
from console.requestlog.words import Badge, outcome_badge
from console.web import wire
from console.web.cards import card_of
from console.web.ids import first_id_at

SHOWN = 6
FAILED = (Outcome.FAILED, Outcome.TRUNCATED, Outcome.UNKNOWN_BILLING)
FAILURES_SINCE = timedelta(hours=24)
# The order in which states are told: what needs somebody first.
STATES = ("ill", "degraded", "unknown", "stale", "", "well")


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many deployments are in one state, with the list of them behind it."""

    number: int
    badge: HealthBadge
    url: str


@dataclass(frozen=True, slots=True)
class Troubled:
    """A deployment that does not answer as it should."""

    id: UUID
    name: str
    resource: str
    badge: HealthBadge
    reason: str
    since: datetime | None
    incident: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed lately."""

    record: RequestRecord
    badge: Badge
    reason: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something an administrator has still to set up."""

    title: str
    text: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class Overview:
    counts: list[StateCount]
    troubled: list[Troubled]
    sync: SyncStatus
    tasks: list[Task] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(count.number for count in self.counts)

    def in_state(self, state: str) -> int:
        return sum(count.number for count in self.counts if count.badge is HEALTH[state])

    @property
    def sentence(self) -> str:
        """The state of things in one sentence."""
        well, ill = self.in_state("well"), self.in_state("ill")
        numbers = {"well": well, "ill": ill, "total": self.total}
        if not self.total:
            return _("There is no Claude deployment to look at yet.")
        if well == self.total:
            return ngettext("The one deployment is well.", "All %(total)d deployments are well.", self.total) % numbers
        if self.in_state("stale") + self.in_state("") == self.total and self.in_state("stale"):
            return _("The last health checks are too old to believe.")
        if not ill:
            return _("%(well)d of %(total)d deployments are well.") % numbers
        return (
            ngettext(
                "%(well)d of %(total)d deployments are well, %(ill)d is ill.",
                "%(well)d of %(total)d deployments are well, %(ill)d are ill.",
                ill,
            )
            % numbers
        )


def gather(person: User) -> Overview:
    """Everything this person's roles let them need, in at most eight queries."""
    counts, sync = health_counts(), sync_status()
    return Overview(
        counts=counts,
        troubled=troubled(),
        sync=sync,
        tasks=list(tasks(counts, sync)) if "manage" in person.acts else [],
        conversations=recent_conversations(person) if "talk" in person.acts else [],
        failures=recent_failures(person) if "support" in person.acts else [],
    )


def health_counts() -> list[StateCount]:
    shown = Case(
        When(Q(health="") | Q(health_at=None), then=Value("")),
        When(health_at__lt=health_goes_stale(), then=Value("stale")),
        default=F("health"),
    )
    found = Deployment.objects.live().claude().annotate(shown=shown).values_list("shown").annotate(number=Count("id"))
    numbers = dict(found.order_by())
    address = reverse("health:list")
    return [
        StateCount(numbers[state], HEALTH[state], f"{address}?state={state or 'never'}")
        for state in STATES
        if numbers.get(state)
    ]


def troubled() -> list[Troubled]:
    """The ill ones first; what changed last comes before what everybody knows."""
    ill = Deployment.objects.live().claude().filter(health__in=("ill", "degraded"), health_at__gte=health_goes_stale())
    rows = ill.annotate(
        degraded=Case(When(health="ill", then=Value(0)), default=Value(1)),
        incident=Exists(Incident.objects.filter(deployment=OuterRef("pk"), closed_at=None)),
    ).order_by("degraded", F("state_of_health__since").desc(nulls_last=True), "id")
    state = ("state_of_health__rung", "state_of_health__kind", "state_of_health__since")
    return [
        Troubled(pk, name, resource, HEALTH[health], str(reason(rung or "", kind or "")), since, incident)
        for pk, name, resource, health, incident, rung, kind, since in rows.values_list(
            "id", "name", "resource__name", "health", "incident", *state
        )[:SHOWN]
    ]


def recent_conversations(person: User) -> list[Conversation]:
    own = Conversation.objects.of(person).listed().exclude(title="")
    return list(own.only("id", "title", "spoken_at").order_by("-spoken_at", "-id")[:SHOWN])


def recent_failures(person: User) -> list[Failure]:
    since = first_id_at(timezone.now() - FAILURES_SINCE)
    # Not those of health checks: what a check found stands in the card of health.
    seen = RequestRecord.objects.seen_by(person).filter(source=Source.PLAYGROUND)
    failed = seen.filter(outcome__in=FAILED, id__gte=since).order_by("-id")
    return [
        Failure(record, outcome_badge(record.outcome), str(card_of(record.kind, record.called_as).title))
        for record in failed[:SHOWN]
    ]


def tasks(counts: list[StateCount], sync: SyncStatus) -> Iterator[Task]:
    """What is not set up yet, the first thing first; nothing when all is well."""
    inventory = reverse("inventory:list")
    if credential_kind(wire.own_environment()) is None and not connected.name():
        text = _(
            "Without one it can read nothing from Azure. Give it a managed identity, or connect a resource by key."
        )
        yield Task(_("The console has no identity of its own"), text, reverse("settings"), _("See the settings"))
    if sync.failed:
        yield Task(_("The last sync failed"), sync.failed.error, inventory, _("Open the inventory"))
    elif sync.as_of is None and not sync.live:
        text = _("Press “Sync now” in the inventory. The console then reads which Claude deployments there are.")
        yield Task(_("The inventory has not been read yet"), text, inventory, _("Open the inventory"))
    if sync.unread:
        names = ", ".join(each.name for each in sync.unread[:3])
        title = ngettext(
            "%(count)d subscription cannot be read", "%(count)d subscriptions cannot be read", len(sync.unread)
        )
        yield Task(title % {"count": len(sync.unread)}, names, inventory, _("See why"))
    if sync.as_of and not counts:
        text = _("Deploy a Claude model in Foundry, or give the console's identity the role Reader where there is one.")
        yield Task(_("There is no Claude deployment"), text, reverse("web:help_page", args=["inventory"]), _("How to"))
    yield from missing_keys()


def missing_keys() -> Iterator[Task]:
    keyless = Resource.objects.live().filter(called_as=CalledAs.KEY, sealed_key=None).order_by("name")[:SHOWN]
    for resource in keyless:
        if not comes_from_settings(resource):
            title = _("%(resource)s waits for its key") % {"resource": resource.name}
            text = _("It is to be called by key, but none is stored.")
            yield Task(title, text, reverse("inventory:resource", args=[resource.pk]), _("Store the key"))
