"""Pages of the request log: the list with its search, one attempt and what people do about it, exports, errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may, signed_in
from console.requestlog import azure_log, casework, listing, saving
from console.requestlog.around import around
from console.requestlog.export import FORMATS
from console.requestlog.filters import CHOICES, Filters, read
from console.requestlog.finding import COLUMNS, columns_of
from console.requestlog.models import Outcome, RequestRecord
from console.requestlog.pasted import LONGEST_TEXT
from console.requestlog.reading import read_record
from console.requestlog.ticket import language_of, zone_of
from console.requestlog.trend import trend
from console.requestlog.walking import news as count_news
from console.requestlog.walking import walk
from console.web import errors as faults
from console.web.cards import SECTIONS
from console.web.ids import first_id_at
from console.web.paging import Page
from console.web.problems import catalogue, variants
from console.web.templatetags.console_tags import count

PAGE = 50  # rows
MOST_NEWS = 99  # newer rows that are counted


@require_http_methods(["GET", "HEAD", "POST"])
@may("look")
def records(request: ConsoleRequest) -> HttpResponse:
    """The log, newest first, narrowed by the address; a search that hits exactly one row opens it.

    A paste may be long and may hold anything, so the page's form posts it, and only its ids go into the address.
    """
    filters = read(request.GET.dict() | ({"q": request.POST.get("q", "")} if request.method == "POST" else {}))
    if request.method == "POST" and len(filters.q) == LONGEST_TEXT:
        messages.warning(request, _("Only the first %(count)s characters were read.") % {"count": count(LONGEST_TEXT)})
    if request.method == "POST" and filters.found:
        return redirect(address(filters))
    walked = walk(filters, request.person, request.GET.get("cursor", ""), PAGE)
    noted = listing.tickets(walked.page.rows, filters, request.person)
    if filters.found and is_only(walked.page):
        return opened(request, walked.page.rows[0], filters, noted)
    search = listing.search(walked.page, filters, request.person, noted)
    if search and len(search.people) == 1:
        return redirect(f"{reverse('requestlog:list')}?{urlencode({'person': search.people[0][2]})}")
    context = {
        "page": walked.page,
        "walked": walked,
        "rows": listing.rows(walked.page.rows, filters, noted),
        "filters": filters,
        "search": search,
        "sentence": listing.sentence(walked, filters, request.person),
        "live": any(not one.is_over for one in walked.page.rows),
        "following": request.GET.get("live") == "on" and not request.GET.get("cursor"),
        "news": news_address(request, filters, walked.page.rows),
        "columns": get_text_list([str(label) for label in COLUMNS.values()], _("and")),
    }
    if request.htmx:
        return render(request, "requestlog/_rows.html", context)
    return render(request, "requestlog/list.html", context | around_the_list(request, filters) | dict(CHOICES))


def around_the_list(request: ConsoleRequest, filters: Filters) -> dict[str, object]:
    """What the whole page has beside its rows; none of it is asked for again while they change."""
    return {
        "names": listing.names(request.person),
        "chips": listing.chips(filters),
        "trend": trend(filters, request.person, timezone.now()),
        "saved": saving.views(request.person),
        "query": request.GET.urlencode(),
    }


def news_address(request: ConsoleRequest, filters: Filters, rows: Sequence[RequestRecord]) -> str:
    """Where the first page asks for rows newer than its newest; "" for other pages and for searches."""
    if filters.q or request.GET.get("cursor"):
        return ""
    query = QueryDict(mutable=True)
    query.update({**filters.values, "after": str(rows[0].pk if rows else first_id_at(timezone.now()))})
    if request.GET.get("live") == "on":
        query["live"] = "on"
    return f"{reverse('requestlog:news')}?{query.urlencode()}"


@require_GET
@may("look")
def news(request: ConsoleRequest) -> HttpResponse:
    """How many rows are newer than the newest one of a page (`?after=`); a page that follows is told to read again."""
    try:
        after = UUID(request.GET.get("after", ""))
    except ValueError:
        return faults.answer(request, 400, _("This is no place in the log"), _("Open the log again."))
    found = count_news(read(request.GET), request.person, after, MOST_NEWS)
    following = request.GET.get("live") == "on"
    response = render(request, "requestlog/_news.html", {"found": found, "following": following, "after": after})
    if following and found.count:
        response["HX-Trigger"] = "requests-came"
    return response


def address(filters: Filters) -> str:
    """Where the rows of these filters are shown, with nothing of a paste but its ids."""
    query = QueryDict(mutable=True)
    query.update(dict(filters.values))
    query["q"] = filters.ids
    return f"{reverse('requestlog:list')}?{query.urlencode()}"


def is_only(shown: Page[RequestRecord]) -> bool:
    return len(shown.rows) == 1 and not shown.next_cursor and not shown.previous_cursor


def opened(request: ConsoleRequest, only: RequestRecord, filters: Filters, noted: Mapping[UUID, str]) -> HttpResponse:
    """Open the one row that was found, and say as what it carries the id."""
    matched = get_text_list([str(label) for label in columns_of(only, filters.found, noted)], _("and"))
    messages.info(request, _("Found by its %(columns)s.") % {"columns": matched})
    target = reverse("requestlog:detail", args=[only.pk])
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)


@require_safe
@may("look")
def record(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One attempt: how it ended, how far it got, whose fault that is, and both ids."""
    visible = RequestRecord.objects.seen_by(request.person)
    one = get_object_or_404(visible, pk=pk)
    return shown(request, one)


def shown(
    request: ConsoleRequest, one: RequestRecord, *, tried: dict[str, str] | None = None, refusal: str = ""
) -> HttpResponse:
    """The page of one attempt, or its body for HTMX, which leaves what people write about it alone.

    `tried` is a form about it that could not be taken, `refusal` why.
    """
    zone, language = zone_of(request), language_of(request)
    beside = around(one, request.person)
    context = {
        "record": one,
        "reading": read_record(one, [attempt for attempt, _badge in beside.attempts], request.person, zone, language),
        "language": language,
        "around": beside,
        "looks_at_once": azure_log.is_configured() and one.outcome != Outcome.SUCCEEDED,
    }
    if request.htmx:
        return render(request, "requestlog/_record.html", context)
    if "support" in request.person.acts:
        context |= {"casework": casework.read(one.pk, request.person, tried), "refusal": refusal}
    return render(request, "requestlog/detail.html", context, status=400 if refusal else 200)


@require_POST
@may("support")
def case(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Write a note, or change state, assignee or ticket of a request; what cannot be taken stays in the form."""
    one = get_object_or_404(RequestRecord.objects.seen_by(request.person), pk=pk)
    try:
        written = casework.write(one.pk, request.person, request.POST.dict())
    except casework.NotWritten as refusal:
        return shown(request, one, tried=request.POST.dict(), refusal=str(refusal))
    messages.info(request, _("Written down.") if written else _("Nothing was changed."))
    return redirect(f"{reverse('requestlog:detail', args=[one.pk])}#case")


@require_POST
@may("look")
def views(request: ConsoleRequest) -> HttpResponse:
    """Save the filters that are on under a name."""
    query = request.POST.get("query", "")
    try:
        saved = saving.save(
            request.person, name=request.POST.get("name", ""), query=query, shared="shared" in request.POST
        )
    except saving.NotSaved as refusal:
        messages.warning(request, str(refusal))
        return redirect(f"{reverse('requestlog:list')}?{saving.kept(query)}")
    messages.success(request, _("Saved as “%(name)s”.") % {"name": saved.name})
    return redirect(f"{reverse('requestlog:list')}?{saved.query}")


@require_POST
@may("look")
def removal(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Forget saved filters of one's own."""
    saving.remove(request.person, pk)
    messages.info(request, _("The saved view is gone."))
    return redirect("requestlog:list")


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
    return render(request, "requestlog/error.html", {"problem": problem, "variants": variants(slug)})
