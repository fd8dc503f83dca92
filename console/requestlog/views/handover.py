"""Pages that hand requests over to Microsoft Support: the bundle of one or several, and Azure's log beside our row."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from console.accounts.gates import ConsoleRequest, may
from console.requestlog import azure_log
from console.requestlog import bundle as bundles
from console.requestlog.models import RequestRecord
from console.requestlog.reading import said_of
from console.requestlog.ticket import LANGUAGES, as_file, language_of, zone_of
from console.web import errors as faults

NO_ID = gettext_lazy(
    "“%(said)s” cannot be looked up in Azure's log. An apim-request-id looks like 0f8fad5b-d9cb-469f-a165-70867728950e."
)


@require_safe
@may("look")
def bundle(request: ConsoleRequest) -> HttpResponse:
    """Everything support asks for about the chosen requests, to copy or to take as a file."""
    attempts = chosen(request)
    language, ids = language_of(request), asked_ids(request)
    calls, query = len({one.call_id for one in attempts}), address_of(ids)
    context = {
        "text": bundles.written(attempts, "txt", zone=zone_of(request), language=language) if attempts else "",
        "calls": calls,
        "lost": len(set(ids) - {one.pk for one in attempts}),
        "language": language,
        "languages": [(code, name, f"?{query}&lang={code}") for code, name in LANGUAGES.items()],
        "forms": [(form, f"{reverse(f'requestlog:bundle_{form}')}?{query}&lang={language}") for form in bundles.FORMS],
        "without": f"?{query}&lang={language}",
        "with": said_of(attempts[-1], request.person) if calls == 1 else "",
    }
    return render(request, "requestlog/bundle.html", context)


@require_safe
@may("look")
def bundle_file(request: ConsoleRequest, form: str) -> HttpResponse:
    """The same as a file."""
    attempts = chosen(request)
    if not attempts:
        raise Http404
    return as_file(bundles.written(attempts, form, zone=zone_of(request), language=language_of(request)), form)


def chosen(request: ConsoleRequest) -> list[RequestRecord]:
    """All attempts of the chosen requests' calls, of those this person may see."""
    ids = asked_ids(request)
    return bundles.attempts_of(request.person, ids) if ids else []


def asked_ids(request: HttpRequest) -> list[UUID]:
    return list(dict.fromkeys(read_ids(request.GET.getlist("id"))))[: bundles.MOST_REQUESTS]


def read_ids(texts: list[str]) -> Iterator[UUID]:
    for text in texts:
        try:
            yield UUID(text)
        except ValueError:
            continue


def address_of(ids: list[UUID]) -> str:
    query = QueryDict(mutable=True)
    query.setlist("id", list(map(str, ids)))
    return query.urlencode()


@require_safe
@may("support")
def azure_log_page(request: ConsoleRequest) -> HttpResponse:
    """What Azure's own log has under one apim-request-id; asked only here, so that no other page waits for it."""
    asked_id = request.GET.get("id", "").strip()
    try:
        asked = azure_log.question(request.person, asked_id)
    except ValueError:
        return faults.answer(request, 400, _("This is no apim-request-id"), NO_ID % {"said": asked_id[:60]})
    context = {
        "question": asked,
        "configured": azure_log.is_configured(),
        "answer": azure_log.look_up(asked) if azure_log.is_configured() else None,
    }
    template = "requestlog/_azure_log.html" if request.htmx else "requestlog/azure_log.html"
    return render(request, template, context)
