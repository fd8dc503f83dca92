"""Taking it elsewhere: an exchange as code or as the wire had it, a conversation as a file."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from console.accounts.gates import ConsoleRequest, may
from console.azure.errors import AzureError
from console.playground import said, snippets
from console.playground.models import Conversation, Exchange
from console.playground.path import MOST, Tree
from console.playground.views.afterwards import own
from console.requestlog.models import RequestRecord
from console.web.markdown import render as rendered

# More backquotes than any code has in a row.
FENCE = "`" * 40


@require_GET
@may("talk")
def code(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The call as code in a chosen language, signed in by key or by Entra, or its request and response as JSON."""
    exchange = own(request, pk)
    language = request.GET.get("language", "")
    by_key = {"key": True, "entra": False}.get(request.GET.get("auth", ""))
    context: dict[str, object] = {
        "exchange": exchange,
        "conversation": exchange.conversation,
        "json": language == "json",
    }
    if language == "json":
        record = RequestRecord.objects.filter(pk=exchange.record_id).first() if exchange.record_id else None
        text, colours = json.dumps(said.wire(exchange, record), ensure_ascii=False, indent=2), "json"
    else:
        language = language if language in snippets.LANGUAGES else "python"
        _label, write, colours = snippets.LANGUAGES[language]
        try:
            call = said.call_of(exchange, by_key=by_key)
        except AzureError:
            return render(request, "playground/code.html", {**context, "languages": languages(language)})
        context["by_key"] = call.by_key
        text = write(call)
    # The Markdown renderer is the one sanitiser.
    context["code"] = mark_safe(rendered(f"{FENCE}{colours}\n{text}\n{FENCE}"))  # noqa: S308
    return render(request, "playground/code.html", {**context, "languages": languages(language), "language": language})


def languages(chosen: str) -> list[tuple[str, str, bool]]:
    every = [*((name, label) for name, (label, _write, _colours) in snippets.LANGUAGES.items()), ("json", "JSON")]
    return [(name, label, name == chosen) for name, label in every]


@require_GET
@may("talk")
def answer(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One answer as Claude wrote it."""
    return HttpResponse(own(request, pk).answer, content_type="text/markdown; charset=utf-8")


@require_GET
@may("talk")
def markdown(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The shown version of a conversation as a Markdown file."""
    conversation = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    way = Tree(conversation).path(conversation.tip)
    rows = [row for row in conversation.exchanges.order_by("id")[:MOST] if row.pk in set(way)]
    text = said.markdown(conversation, rows, records_of(rows))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = said.file_name(conversation, "md")
    return response


@require_GET
@may("talk")
def data(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """A whole conversation, with all versions, as JSON."""
    conversation = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    rows = list(conversation.exchanges.order_by("id")[:MOST])
    response = JsonResponse(
        said.data(conversation, rows, records_of(rows)), json_dumps_params={"ensure_ascii": False, "indent": 2}
    )
    response["Content-Disposition"] = said.file_name(conversation, "json")
    return response


def records_of(rows: list[Exchange]) -> dict[object, RequestRecord]:
    ids = [row.record_id for row in rows if row.record_id]
    found: dict[object, RequestRecord] = {}
    for start in range(0, len(ids), 500):
        found.update(RequestRecord.objects.in_bulk(ids[start : start + 500]))
    return found
