"""Watching an answer arrive, and stopping it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from console.accounts.gates import ConsoleRequest, may
from console.playground import lane, settle, shown
from console.playground.answer import answers
from console.playground.live import Live, Place
from console.playground.models import Exchange
from console.web.events import event


@require_GET
@may("talk")
def stream(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Watch an answer. One that is under way is granted to the lane in front of Django (lane.py); one that has
    ended is sent from the database. Starts no work.
    """
    exchange = get_object_or_404(Exchange.objects.filter(conversation__owner=request.person), pk=pk)
    if exchange.is_live:
        granted = HttpResponse(content_type="text/event-stream")
        granted[lane.GRANT_HEADER.decode()] = lane.sign(shown.grant(request, exchange))
        return granted
    live = Live(exchange.answer)
    live.close()
    place = Place.parse(request.headers.get("Last-Event-ID") or request.GET.get("after", ""))
    frames, place = live.since(place, afresh=True)
    ending = settle.ending(exchange.pk, language=request.LANGUAGE_CODE)
    body = event("status", "") + frames + event("answer", ending, id=str(place)) + event("done", "", id=str(place))
    response = HttpResponse(body, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"], response["X-Accel-Buffering"] = "no-store, no-transform", "no"
    return response


@require_POST
@may("talk")
def stop(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Stop an answer, in whichever process it is under way."""
    exchange = get_object_or_404(Exchange.objects.filter(conversation__owner=request.person), pk=pk)
    Exchange.objects.filter(pk=exchange.pk).update(stop_asked=True)
    answers.stop(exchange.pk)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect("playground:conversation", exchange.conversation_id)
