"""Pages of this room: the table, a resource, a deployment, the export, and the button that asks for a sync."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.inventory import chips, export, listing, pages
from console.inventory import connection as connections
from console.inventory import sync as syncing
from console.inventory.forms import ConnectionForm
from console.inventory.models import Deployment, Resource
from console.inventory.status import sync_status
from console.jobs.queue import Asker
from console.web import paging

PAGE = 50  # rows


@require_safe
@may("look")
def inventory(request: ConsoleRequest) -> HttpResponse:
    """Every resource and deployment, filtered by the address."""
    filters = listing.read(request.GET)
    status = sync_status()
    page = paging.page(listing.rows(filters), order=listing.ORDER, cursor=request.GET.get("cursor", ""), size=PAGE)
    context = {
        "filters": filters,
        "groups": chips.groups(filters, status.names),
        "page": page,
        "rows": listing.table(page.rows, status.names),
        "status": status,
        "next_step": pages.next_step(status) if not page.rows and not filters.any else None,
    }
    return render(request, "inventory/_rows.html" if request.htmx else "inventory/list.html", context)


@require_safe
@may("support")
def export_csv(request: ConsoleRequest) -> StreamingHttpResponse:
    """The table as a file; without a filter on it, what is gone is in it too."""
    filters = listing.read(request.GET, presence="all")
    audit.note(request.person, "export", "inventory", filters=filters.query())
    response = StreamingHttpResponse(export.csv_lines(filters), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="inventory.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@may("look")
def sync(request: ConsoleRequest) -> HttpResponseBase:
    """POST asks for a sync; GET shows how far it is, for the page that waits."""
    if request.method == "POST":
        return begin_sync(request)
    return sync_state(request)


@may("sync")
def begin_sync(request: ConsoleRequest) -> HttpResponse:
    syncing.begin(Asker("person", request.person.label, request.person.key))
    return sync_state(request)


def sync_state(request: ConsoleRequest) -> HttpResponse:
    if not request.htmx:
        return redirect("inventory:list")
    status = sync_status()
    response = render(request, "inventory/_sync.html", {"status": status})
    if not status.live:
        response["HX-Trigger"] = "inventory-synced"
    return response


@require_safe
@may("look")
def resource(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return resource_page(request, get_object_or_404(Resource, pk=pk))


def resource_page(request: ConsoleRequest, resource: Resource, form: ConnectionForm | None = None) -> HttpResponse:
    context = {"resource": resource, "page": pages.resource_page(resource), "form": form}
    return render(request, "inventory/resource.html", context, status=422 if form else 200)


@require_POST
@may("manage")
def connection(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Choose how this resource is called; a refused form comes back with the reason and without the key."""
    resource = get_object_or_404(Resource, pk=pk)
    form = ConnectionForm(request.POST)
    if form.is_valid():
        try:
            connections.choose(resource, **form.cleaned_data, person=request.person)
        except connections.CannotCall as refused:
            form.add_error("key", str(refused))
    if not form.is_valid():
        return resource_page(request, resource, form)
    messages.success(request, _("Saved. The next call to this resource is made this way."))
    return redirect("inventory:resource", pk)


@require_POST
@may("manage")
def key_removal(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    connections.remove_key(get_object_or_404(Resource, pk=pk), person=request.person)
    messages.success(request, _("The stored key is gone from this console. Azure still accepts it elsewhere."))
    return redirect("inventory:resource", pk)


@require_safe
@may("look")
def deployment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    deployment = get_object_or_404(Deployment.objects.select_related("resource"), pk=pk)
    return render(
        request, "inventory/deployment.html", {"deployment": deployment, "page": pages.deployment_page(deployment)}
    )


@require_safe
@may("look")
def limits(request: ConsoleRequest) -> HttpResponse:
    """What Azure allows a deployment (`resource`, `deployment`) in a minute: a line beside what the log's page counted.

    Without HTMX it leads to the deployment's page, which says the same.
    """
    names = {"name": request.GET.get("deployment", "")[:200], "resource__name": request.GET.get("resource", "")[:200]}
    found = Deployment.objects.filter(**names).first()
    if request.htmx:
        return render(request, "inventory/_limits.html", {"deployment": found})
    return redirect("inventory:deployment", found.pk) if found else redirect("inventory:list")
