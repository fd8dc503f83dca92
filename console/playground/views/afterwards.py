"""After an answer: once more, another version of it, a branch, what the person thinks of it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from console.accounts.gates import ConsoleRequest, may
from console.playground import ask, branch, compared, path, rules, settle, shown, toolcalls
from console.playground.attachments import files_of
from console.playground.forms import OpinionForm
from console.playground.models import Exchange
from console.playground.views.messages import Wordless, deliver
from console.web.row_addresses import address


def own(request: ConsoleRequest, pk: UUID) -> Exchange:
    """One of the person's own exchanges, with its conversation; 404 for anybody else's."""
    mine = Exchange.objects.filter(conversation__owner=request.person)
    return get_object_or_404(mine.select_related("conversation"), pk=pk)


def place(exchange: Exchange) -> str:
    return f"{address('playground:conversation', exchange.conversation_id)}?at={exchange.pk}#exchange-{exchange.pk}"


def to(request: ConsoleRequest, there: str) -> HttpResponse:
    """Send the browser on; what a stream has drawn asks through htmx, which has the page's token."""
    return HttpResponseClientRedirect(there) if request.htmx else redirect(there)


@require_GET
@may("talk")
def choices(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The deployments that may answer the same message once more."""
    exchange = own(request, pk)
    context = {
        "exchange": exchange,
        "choices": shown.grouped(rules.choices(request.person)),
        "submission_id": uuid4().hex,
    }
    return render(request, "playground/_again.html", context)


@require_POST
@may("talk")
def again(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """Answer the same message once more, as another version: by the same deployment or by a chosen one."""
    exchange = own(request, pk)
    data = {
        "message": exchange.message,
        "attachments": [file.id for file in files_of(exchange)],
        "replaces": str(exchange.pk),
        "deployment": request.POST.get("deployment") or exchange.deployment_id,
        "submission_id": request.POST.get("submission_id") or uuid4().hex,
    }
    wordless = Wordless(exchange.parent, tuple(exchange.results), exchange.continues)
    return deliver(request, exchange.conversation, data, wordless if exchange.results or exchange.continues else None)


@require_POST
@may("talk")
def results(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """Answer the tool calls an answer ended with, all of them in one message; Claude goes on in the same turn."""
    exchange = own(request, pk)
    found = toolcalls.results(exchange, request.POST)
    if not found:
        messages.warning(request, _("This answer waits for no tool."))
        return to(request, place(exchange))
    data = {
        "message": "",
        "deployment": exchange.deployment_id,
        "submission_id": request.POST.get("submission_id") or uuid4().hex,
    }
    return deliver(request, exchange.conversation, data, Wordless(exchange.pk, tuple(found)))


@require_POST
@may("talk")
def continuation(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """Go on with an answer that ended before its end: by itself where the model takes a beginning, or when asked to."""
    exchange = own(request, pk)
    if not settle.may_go_on(exchange):
        messages.warning(request, _("This answer is complete, or there is nothing of it to go on with."))
        return to(request, place(exchange))
    by_itself = ask.goes_on_by_itself(exchange)
    data = {
        "message": "" if by_itself else _("Go on exactly where you stopped."),
        "deployment": exchange.deployment_id,
        # The same answer goes on once, however often that is pressed.
        "submission_id": f"continue-{exchange.pk.hex}",
    }
    return deliver(request, exchange.conversation, data, Wordless(exchange.pk, continues=by_itself))


@require_POST
@may("talk")
def version(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Show this version of its turn, with what was said after it."""
    exchange = own(request, pk)
    path.show(exchange.conversation, exchange)
    return redirect(place(exchange))


@require_GET
@may("talk")
def versions(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Two versions of one turn beside each other, with what differs marked."""
    exchange = own(request, pk)
    context = {
        "conversation": exchange.conversation,
        "exchange": exchange,
        "comparison": compared.versions(exchange, request.GET.get("with", "")),
    }
    return render(request, "playground/versions.html", context)


@require_POST
@may("talk")
def branched(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """A new conversation with everything said up to here."""
    exchange = own(request, pk)
    if exchange.is_live:
        messages.warning(request, _("Wait for the answer, then branch."))
        return to(request, place(exchange))
    made = branch.branch(exchange)
    messages.success(request, _("This is a new conversation with what was said so far. The old one stays as it was."))
    return to(request, address("playground:conversation", made.pk))


@require_POST
@may("talk")
def opinion(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Keep a thumb and a note with an answer."""
    exchange = own(request, pk)
    form = OpinionForm(request.POST)
    thumbed = "thumb" in request.POST and request.POST.get("note", "").strip() == exchange.note
    if form.is_valid():
        form.keep(exchange)
    elif not request.htmx:
        messages.warning(request, _("A note has at most 2,000 characters; the old one stays."))
    if not request.htmx:
        return redirect(place(exchange))
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.BAD_REQUEST
    context = {"exchange": exchange, "opinion": form, "thumbed": thumbed}
    return render(request, "playground/_opinion.html", context, status=status)
