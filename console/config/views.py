"""Pages that draw on every room: the overview, the settings page, and the answers for machines."""

from __future__ import annotations

from django.db import connection
from django.db.utils import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from console.accounts.gates import ConsoleRequest, may, signed_in
from console.config import metrics as scrape
from console.config.overview import gather
from console.config.shown_settings import groups
from console.jobs import queue
from console.playground.shown import STARTERS


@require_safe
@signed_in
def overview(request: ConsoleRequest) -> HttpResponse:
    """What this person needs first."""
    return render(request, "overview.html", {"overview": gather(request.person), "starters": STARTERS})


@require_safe
@may("manage")
def settings_page(request: ConsoleRequest) -> HttpResponse:
    """How this console is set up; no secret is shown."""
    return render(request, "settings.html", {"groups": groups()})


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and a worker has run within two minutes; one bare word either way."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beat = queue.last_beat()
    except DatabaseFault:
        return HttpResponse("database", status=503, content_type="text/plain")
    if beat is None or timezone.now() - beat > queue.SILENCE:
        return HttpResponse("worker", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts and ages for Prometheus, no names."""
    return HttpResponse(scrape.text(), content_type=CONTENT_TYPE_LATEST)
