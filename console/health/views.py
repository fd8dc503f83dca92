"""Pages of this room: the health of everything, of one deployment, a badge for other rooms, and the check buttons."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.health import checks, listing, pages
from console.health.present import presents, pulse, watched_ids
from console.inventory.models import Deployment, DeploymentQuery, Resource
from console.jobs.queue import Asker
from console.requestlog.filters import moment_of
from console.web.paging import page

PAGE = 50  # rows


def known() -> DeploymentQuery:
    """Where every look-up of one deployment starts: Claude deployments with resource and state, gone ones included."""
    return Deployment.objects.claude().select_related("resource", "state_of_health").defer(*listing.HIDDEN)


@require_safe
@may("look")
def deployments(request: ConsoleRequest) -> HttpResponse:
    """Every Claude deployment. `?watch=` of a page that is open asks only for what has changed in these rows."""
    if request.htmx and "watch" in request.GET:
        return changes(request, watched_ids(request.GET["watch"], PAGE))
    filters, now = listing.read(request.GET), timezone.now()
    found = page(listing.found(filters), order=listing.ORDER, cursor=request.GET.get("cursor", ""), size=PAGE)
    rows = listing.rows(found.rows, now)
    context = {
        "page": found,
        "rows": rows,
        "pulse": pulse([row.present for row in rows]),
        "filters": filters,
        "states": [(state, listing.state_word(state)) for state in listing.STATES],
    }
    if request.htmx:
        return render(request, "health/_rows.html", context)
    resource = Resource.objects.filter(pk=filters.resource).only("name").first() if filters.resource else None
    return render(request, "health/list.html", context | overall() | {"resource": resource})


def overall() -> dict[str, object]:
    """What stands above the table: the state of everything, and what is going on."""
    counts, incidents = listing.tally(), listing.open_incidents()
    return {
        "counts": counts,
        "sentence": listing.sentence(counts),
        "incidents": incidents[: listing.MOST_INCIDENTS],
        "more_incidents": len(incidents) > listing.MOST_INCIDENTS,
    }


def changes(request: ConsoleRequest, watched: list[UUID]) -> HttpResponse:
    """The cells of these rows as they are now, and who is still to be watched; at the end, the head as well."""
    found = known().filter(pk__in=watched).order_by("name", "pk")
    now = pulse(presents(list(found)))
    return render(request, "health/_changes.html", {"pulse": now} | ({} if now.watched else overall()))


@require_safe
@may("look")
def deployment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One deployment."""
    found = get_object_or_404(known(), pk=pk)
    if request.htmx:
        return progress(request, found)
    shown = pages.deployment_page(found, timezone.now(), request.GET.get("cursor", ""))
    context = {"deployment": found, "head": pages.head(found), "shown": shown}
    return render(request, "health/deployment.html", context)


def progress(request: ConsoleRequest, found: Deployment) -> HttpResponse:
    """The line beside the button, and everything else too once the check is over."""
    head = pages.head(found)
    context: dict[str, object] = {"deployment": found, "head": head}
    if head.present.job:
        return render(request, "health/_live.html", context)
    context["shown"] = pages.deployment_page(found, timezone.now(), request.GET.get("cursor", ""))
    return render(request, "health/_settled.html", context | {"checked": pages.result(head.present)})


@require_safe
@may("look")
def badge(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The state in a word, for pages of other rooms to ask for; it follows a live check by itself."""
    found = get_object_or_404(known(), pk=pk)
    [now] = presents([found])
    return render(request, "health/_badge.html", {"present": now})


@require_safe
@may("look")
def incident(request: ConsoleRequest) -> HttpResponse:
    """Whether an incident was open on a deployment (`resource`, `deployment`) `at` a time: a line for the log's page.

    Without HTMX it leads to the deployment's page, which lists its incidents.
    """
    now = timezone.now()
    at = moment_of(request.GET.get("at", "")[:40], now)
    names = request.GET.get("resource", "")[:200], request.GET.get("deployment", "")[:200]
    found = pages.then(*names, min(at, now), now) if at else None
    if request.htmx:
        return render(request, "health/_then.html", {"then": found})
    return redirect("health:deployment", found.deployment.pk) if found else redirect("health:list")


@require_POST
@may("check")
def check(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for a check of one deployment. The list sends along which rows it watches already."""
    found = get_object_or_404(known().live(), pk=pk)
    checks.begin(found, asker(request))
    if not request.htmx:
        return redirect("health:deployment", found.pk)
    if "watch" in request.POST:
        return changes(request, [*watched_ids(request.POST["watch"], PAGE - 1), found.pk])
    return progress(request, known().get(pk=found.pk))  # a quick check may be over by now


@require_POST
@may("check")
def check_all(request: ConsoleRequest) -> HttpResponse:
    """Ask for a check of every deployment."""
    checks.begin_all(asker(request))
    messages.success(request, _("Every deployment is being checked. The rows change as results come in."))
    return redirect("health:list")


def asker(request: ConsoleRequest) -> Asker:
    return Asker("person", request.person.label, request.person.key)
