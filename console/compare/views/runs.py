"""A run of a prompt set: its progress and results, one answer in full, the whole as CSV."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.compare import choosing, columns, grid, running
from console.compare.models import LETTERS, Cell, Run
from console.playground import shown
from console.requestlog.models import RequestRecord
from console.web import problems


def own(request: ConsoleRequest, pk: UUID) -> Run:
    return get_object_or_404(Run.objects.of_person(request.person).select_related("of", "owner"), pk=pk)


@require_safe
@may("talk")
def run(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The grid, which asks for itself again while the run is under way."""
    found = own(request, pk)
    problem = problems.explain(found.reason) if found.reason else None
    context = {
        "run": found,
        "done": grid.done(found),
        "heads": grid.heads(found),
        "page": grid.rows_of(found, cursor=request.GET.get("cursor", "")),
        "problem": replace(problem, why=found.words or problem.why) if problem else None,
    }
    return render(request, "compare/_run.html" if request.htmx else "compare/run.html", context)


@require_POST
@may("talk")
def cancellation(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    running.cancel(own(request, pk))
    return redirect("compare:run", pk)


@require_POST
@may("talk")
def continuation(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Go on where it was stopped: what was asked is not asked again."""
    if not running.go_on(own(request, pk)):
        messages.warning(request, _("One run at a time: wait for the other one, or cancel it."))
    return redirect("compare:run", pk)


@require_GET
@may("talk")
def results(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """All of it as CSV, streamed; the audit log hears of it."""
    found = own(request, pk)
    audit.note(request.person, "export", "prompt-set-run.csv", run=str(found.pk))
    name = f"results-{timezone.now():%Y-%m-%d-%H%M}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(grid.csv_lines(found), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@may("talk")
def cell(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One answer in full."""
    found = own_cell(request, pk)
    exchange = (
        found.conversation.exchanges.filter(submission_id=found.run.pk.hex).first() if found.conversation else None
    )
    record = RequestRecord.objects.filter(pk=exchange.record_id).first() if exchange and exchange.record_id else None
    context = {
        "cell": found,
        "letter": LETTERS[found.column],
        "item": shown.exchange(request, exchange, record) if exchange else None,
        "name": columns.name_of(exchange, record) if exchange else None,
        "column": found.run.columns[found.column],
        "problem": problems.explain(found.reason) if found.reason else None,
    }
    return render(request, "compare/cell.html", context)


@require_POST
@may("talk")
def keep(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Carry on with one answer in the playground."""
    found = own_cell(request, pk)
    if found.conversation is None:
        return redirect("compare:cell", pk)
    choosing.list_it(found.conversation)
    return redirect("playground:conversation", found.conversation.pk)


def own_cell(request: ConsoleRequest, pk: UUID) -> Cell:
    """One cell of the person's own runs; 404 for anybody else's."""
    mine = Cell.objects.filter(run__owner=request.person)
    return get_object_or_404(mine.select_related("run__of", "conversation"), pk=pk)
