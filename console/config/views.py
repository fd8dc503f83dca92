"""Pages that draw on every room: the overview, the settings page, and the answers for machines."""

from __future__ import annotations

from django.contrib import messages
from django.db import connection
from django.db.utils import Error as DatabaseFault
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from console.accounts.gates import ConsoleRequest, may, person_of, signed_in
from console.config import kept
from console.config import metrics as scrape
from console.config.overview import gather
from console.config.shown_settings import groups
from console.jobs import purging, queue
from console.playground.answer import answers
from console.playground.shown import STARTERS
from console.web.paging import page

REPORTS = 50  # of a page


@require_safe
@signed_in
def overview(request: ConsoleRequest) -> HttpResponse:
    """What this person needs first."""
    return render(request, "overview.html", {"overview": gather(request.person), "starters": STARTERS})


@require_safe
@may("manage")
def settings_page(request: ConsoleRequest) -> HttpResponse:
    """How this console is set up; no secret is shown."""
    return render(request, "settings.html", {"groups": groups(), "kept": kept.kinds(kept.form())})


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage")
def retention(request: ConsoleRequest) -> HttpResponse:
    """For how long requests, conversations and attachments are kept, and what each run has deleted."""
    form = kept.form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        purging.change(request.person, form.cleaned_data)
        messages.success(request, _("Saved. It holds from the next run on."))
        return redirect("retention")
    every = bool(request.GET.get("every"))
    context = {
        "kinds": kept.kinds(form),
        "page": page(kept.reports(every=every), order=("-id",), cursor=request.GET.get("cursor", ""), size=REPORTS),
        "labels": kept.LABELS,
        "every": every,
        "lost_before": timezone.now() - purging.LOST_AFTER,
    }
    return render(request, "retention.html", context, status=400 if form.is_bound else 200)


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and a worker has run within two minutes: one bare word either way.

    Who is signed in as Support or Admin reads below it what was looked at.
    """
    word, facts = readiness()
    person = person_of(request)
    if person is None or not {"support", "manage"} & set(person.acts):
        facts = []
    return HttpResponse("\n".join([word, *facts]), status=200 if word == "ok" else 503, content_type="text/plain")


def readiness() -> tuple[str, list[str]]:
    """The word for machines, and a line for each thing that was looked at."""
    here = f"answers under way in this process: {answers.count}"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        beat = queue.last_beat()
    except DatabaseFault as fault:
        return "database", [f"database: {connection.vendor} does not answer ({type(fault).__name__})", here]
    age = timezone.now() - beat if beat else None
    seen = "has not been seen yet" if age is None else f"last seen {int(age.total_seconds())} s ago"
    word = "ok" if age is not None and age <= queue.SILENCE else "worker"
    return word, [f"database: {connection.vendor} answers", f"worker: {seen}", here]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Counts and ages for Prometheus, no names."""
    return HttpResponse(scrape.text(), content_type=CONTENT_TYPE_LATEST)
