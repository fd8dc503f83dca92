"""Watching all columns over one connection, stopping one or all, and what is done once they have answered."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from console.accounts.gates import ConsoleRequest, may
from console.compare import choosing, columns
from console.compare.models import Column, Comparison
from console.playground import lane, shown


@require_GET
@may("talk")
def stream(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Watch a round (`?round=1` is the first): granted to the lane in front of Django (lane.py). Starts no work."""
    found = get_object_or_404(Comparison.objects.of(request.person), pk=pk)
    number = request.GET.get("round", "")
    if not (number.isascii() and number.isdigit() and len(number) < 6 and columns.watched(found.pk, int(number))):
        raise Http404
    granted = HttpResponse(content_type="text/event-stream")
    granted[lane.GRANT_HEADER.decode()] = lane.sign(shown.grant(request, found))
    return granted


@require_POST
@may("talk")
def stop_all(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Comparison.objects.of(request.person), pk=pk)
    choosing.stop(found.columns.all())
    return after_stop(request, pk)


@require_POST
@may("talk")
def stop(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Stop one column; the others go on."""
    column = own(request, pk)
    choosing.stop([column])
    return after_stop(request, column.comparison_id)


def after_stop(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return HttpResponse(status=HTTPStatus.NO_CONTENT) if request.htmx else redirect("compare:comparison", pk)


@require_POST
@may("talk")
def better(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """This one is better: a blind comparison tells its names."""
    column = own(request, pk)
    choosing.find_better(column)
    # An address that differs from the one the browser is on, or it would only move to the fragment.
    there = f"{reverse('compare:comparison', args=[column.comparison_id])}?better={column.letter}"
    return to(request, f"{there}#column-{column.position}")


@require_POST
@may("talk")
def reveal(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Tell the names of a blind comparison without choosing."""
    found = get_object_or_404(Comparison.objects.of(request.person), pk=pk)
    choosing.reveal(found)
    return redirect("compare:comparison", pk)


@require_POST
@may("talk")
def keep(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Carry on with one column in the playground."""
    return to(request, reverse("playground:conversation", args=[choosing.keep(own(request, pk)).pk]))


def to(request: ConsoleRequest, address: str) -> HttpResponse:
    """Send the browser on; what a stream has drawn asks through htmx, which has the form's token."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def own(request: ConsoleRequest, pk: UUID) -> Column:
    """One column of the person's own comparisons; 404 for anybody else's."""
    mine = Column.objects.filter(comparison__owner=request.person)
    return get_object_or_404(mine.select_related("comparison", "conversation"), pk=pk)
