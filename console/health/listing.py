"""The table of every Claude deployment's health: what a reader may ask of it, its rows, and the open incidents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.health.history import days_of, latency_by_hour, strip_days
from console.health.models import Incident
from console.health.present import Present, id_in, presents
from console.health.words import Words, incident_words
from console.inventory.models import Deployment, health_goes_stale
from console.inventory.words import HEALTH
from console.web import charts
from console.web.text import storable

ORDER = ("name", "id")
# The chips, what needs somebody first. "never" is what no check has looked at yet.
STATES = ("ill", "degraded", "unknown", "stale", "never", "well")
LONGEST = 200  # characters of a search
MOST_WORDS = 8
MOST_INCIDENTS = 6
# Columns of deployments and their resources that may be large and are not shown.
HIDDEN = tuple(f"{of}{name}" for of in ("", "resource__") for name in ("details", "tags", "words"))


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for; "" and None ask for nothing."""

    q: str = ""
    state: str = ""
    resource: UUID | None = None

    def __bool__(self) -> bool:
        return self != Filters()


def read(query: Mapping[str, str]) -> Filters:
    """Filters from a URL. What is unknown or over-long asks for nothing."""
    q, state = query.get("q", "").strip(), query.get("state", "")
    return Filters(
        q if len(q) <= LONGEST and storable(q) else "",
        state if state in STATES else "",
        id_in(query.get("resource", "")),
    )


def found(filters: Filters) -> QuerySet[Deployment]:
    """The deployments, unordered, with resource and state; sort them by ORDER."""
    rows = Deployment.objects.live().claude().select_related("resource", "state_of_health").defer(*HIDDEN)
    if filters.resource:
        rows = rows.filter(resource_id=filters.resource)
    return rows.filter(in_state(filters.state), worded(filters.q))


def in_state(state: str) -> Q:
    """The verdict as it is shown: one that has gone stale counts as stale alone."""
    match state:
        case "":
            return Q()
        case "never":
            return Q(health_at=None)
        case "stale":
            return Q(health_at__lt=health_goes_stale())
    return Q(health=state, health_at__gte=health_goes_stale())


def worded(text: str) -> Q:
    """Every word must stand somewhere in the deployment's names, its resource's, or their tags."""
    condition = Q()
    for word in text.lower().split()[:MOST_WORDS]:
        named = Q(name__icontains=word) | Q(resource__name__icontains=word)
        condition &= named | Q(words__contains=word) | Q(resource__words__contains=word)
    return condition


def tally() -> dict[str, int]:
    """How many deployments are in each state of STATES; one query."""
    shown = Case(
        When(health_at=None, then=Value("never")),
        When(health_at__lt=health_goes_stale(), then=Value("stale")),
        default=F("health"),
    )
    counted = Deployment.objects.live().claude().order_by().annotate(shown=shown).values_list("shown")
    return dict(counted.annotate(number=Count("id")))


def sentence(counts: Mapping[str, int]) -> str:
    """The state of everything in one sentence."""
    total = sum(counts.values())
    if not total:
        return _("There is no Claude deployment to check yet.")
    if counts.get("well") == total:
        return ngettext("The one deployment is well.", "All %(total)d deployments are well.", total) % {"total": total}
    parts = [f"{counts[state]} {str(state_word(state)).lower()}" for state in STATES if counts.get(state)]
    return ngettext("%(total)d deployment: %(parts)s.", "%(total)d deployments: %(parts)s.", total) % {
        "total": total, "parts": ", ".join(parts),
    }  # fmt: skip


def state_word(state: str) -> Words:
    return HEALTH["" if state == "never" else state].word


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    deployment: Deployment
    present: Present
    strip: SafeString
    sparkline: SafeString


def rows(deployments: Collection[Deployment], now: datetime) -> list[Row]:
    """The lines of a page: four queries, however many there are."""
    keys = [deployment.pk for deployment in deployments]
    days, latencies = days_of(keys, now), latency_by_hour(keys, now)
    alive = presents(deployments)
    return [
        Row(
            deployment,
            present,
            charts.strip(strip_days(days[present.id], told=("warn", "bad")), title=_("Last 90 days"), compact=True),
            charts.sparkline(latencies[present.id], title=_("Latency of the last 24 hours")),
        )
        for deployment, present in zip(deployments, alive, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class OpenIncident:
    deployment: Deployment
    incident: Incident
    reason: str


def open_incidents() -> list[OpenIncident]:
    """Those that are going on, on deployments that still exist; the newest first, one more than is shown."""
    live = Q(deployment__gone_at=None, deployment__resource__gone_at=None)
    going_on = Incident.objects.filter(live, closed_at=None).select_related("deployment__resource")
    newest = going_on.defer(*(f"deployment__{name}" for name in HIDDEN)).order_by("-opened_at", "-id")
    return [
        OpenIncident(incident.deployment, incident, incident_words(incident))
        for incident in newest[: MOST_INCIDENTS + 1]
    ]
