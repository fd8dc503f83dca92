"""Pages of the request log: the list with its search, one attempt, the exports, the error catalogue."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may, signed_in
from console.requestlog import azure_log, listing
from console.requestlog.bundle import zone_of
from console.requestlog.export import FORMATS
from console.requestlog.filters import CHOICES, Filters, read
from console.requestlog.finding import COLUMNS, columns_of
from console.requestlog.models import Outcome, RequestRecord
from console.requestlog.reading import read_record
from console.web import errors as faults
from console.web.cards import SECTIONS
from console.web.paging import Page, page
from console.web.problems import catalogue

PAGE = 50  # rows


@require_http_methods(["GET", "HEAD", "POST"])
@may("look")
def records(request: ConsoleRequest) -> HttpResponse:
    """The log, newest first, narrowed by the address; a search that hits exactly one row opens it.

    A paste may be long and may hold anything, so the page's form posts it, and only its ids go into the address.
    """
    filters = read(request.GET.dict() | ({"q": request.POST.get("q", "")} if request.method == "POST" else {}))
    if request.method == "POST" and filters.found:
        return redirect(address(filters))
    found = filters.records(request.person)
    shown = page(found, order=("-id",), cursor=request.GET.get("cursor", ""), size=PAGE)
    if filters.found and is_only(shown):
        return opened(request, shown.rows[0], filters)
    context = {
        "page": shown,
        "rows": listing.rows(shown.rows, filters),
        "filters": filters,
        "search": listing.search(shown, filters),
        "sentence": listing.sentence(shown, filters, request.person),
        "live": any(not one.is_over for one in shown.rows),
        "columns": get_text_list([str(label) for label in COLUMNS.values()], _("and")),
    }
    if request.htmx:
        return render(request, "requestlog/_rows.html", context)
    return render(request, "requestlog/list.html", context | {"names": listing.names(request.person), **CHOICES})


def address(filters: Filters) -> str:
    """Where the rows of these filters are shown, with nothing of a paste but its ids."""
    query = QueryDict(mutable=True)
    query.update(dict(filters.values))
    query["q"] = " ".join(one.written for one in filters.found)
    return f"{reverse('requestlog:list')}?{query.urlencode()}"


def is_only(shown: Page[RequestRecord]) -> bool:
    return len(shown.rows) == 1 and not shown.next_cursor and not shown.previous_cursor


def opened(request: ConsoleRequest, only: RequestRecord, filters: Filters) -> HttpResponse:
    """Open the one row that was found, and say as what it carries the id."""
    matched = get_text_list([str(label) for label in columns_of(only, filters.found)], _("and"))
    messages.info(request, _("Found by its %(columns)s.") % {"columns": matched})
    target = reverse("requestlog:detail", args=[only.pk])
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


@require_safe
@may("look")
def record(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One attempt: how it ended, how far it got, whose fault that is, and both ids."""
    visible = RequestRecord.objects.seen_by(request.person)
    one = get_object_or_404(visible, pk=pk)
    attempts = list(visible.filter(call_id=one.call_id).order_by("attempt", "pk")[:20])
    zone = zone_of(request.COOKIES.get("zone", ""))
    context = {
        "record": one,
        "reading": read_record(one, attempts, request.person, zone),
        "looks_at_once": azure_log.is_configured() and one.outcome != Outcome.SUCCEEDED,
    }
    return render(request, "requestlog/_record.html" if request.htmx else "requestlog/detail.html", context)


@require_GET
@may("support")
def export(request: ConsoleRequest, form: str) -> HttpResponseBase:
    """The rows of the page's filters as a file, streamed; every export is written to the audit log."""
    filters = read(request.GET)
    if filters.refused:
        title = _("This export cannot be made")
        return faults.answer(request, 400, title, refusal(filters))
    ids = [one.value for one in filters.found]
    audit.note(request.person, "export", f"requests.{form}", filters=dict(filters.values), ids=ids)
    content_type, lines = FORMATS[form]
    name = f"requests-{timezone.now():%Y-%m-%d-%H%M}.{form}"
    return StreamingHttpResponse(
        lines(filters.records(request.person)),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def refusal(filters: Filters) -> str:
    said = ", ".join(filters.refused)
    return _("No filter of the log understands “%(said)s”. Correct it or leave it out.") % {"said": said}


@require_safe
@signed_in
def errors(request: ConsoleRequest) -> HttpResponse:
    """The error catalogue: every way a call can fail."""
    sections = [(title, [catalogue(slug) for slug in cards]) for title, cards in SECTIONS]
    return render(request, "requestlog/errors.html", {"sections": sections})


@require_safe
@signed_in
def error(request: ConsoleRequest, slug: str) -> HttpResponse:
    """One card of the catalogue."""
    problem = catalogue(slug)
    if problem is None:
        raise Http404
    return render(request, "requestlog/error.html", {"problem": problem})
