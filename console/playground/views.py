"""The playground's doors: conversations, sending, watching, stopping."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.azure.errors import AzureError
from console.inventory import calling
from console.inventory.models import Deployment
from console.playground import ask, lane, settle, shown
from console.playground.answer import answers
from console.playground.forms import MessageForm, TitleForm
from console.playground.live import Live, Place
from console.playground.models import Conversation, Exchange
from console.web import problems
from console.web.events import event
from console.web.paging import page

SHOWN_CONVERSATIONS = 40
SHOWN_EXCHANGES = 50


@require_safe
@may("talk")
def start(request: ConsoleRequest) -> HttpResponse:
    """The list of conversations beside an empty one, ready to write in."""
    if request.htmx:
        return render(request, "playground/_conversations.html", conversations(request))
    return show(request, shown.empty_conversation(request.person))


@require_safe
@may("talk")
def new(request: ConsoleRequest) -> HttpResponse:
    """The address of the person's empty conversation: there is at most one."""
    fresh = shown.empty_conversation(request.person)
    query = request.GET.urlencode()
    return redirect(reverse("playground:conversation", args=[fresh.pk]) + (f"?{query}" if query else ""))


@require_safe
@may("talk")
def conversation(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return show(request, get_object_or_404(Conversation.objects.of(request.person), pk=pk))


def show(request: ConsoleRequest, conversation: Conversation) -> HttpResponse:
    """One conversation: what was said, and the composer."""
    earlier = page(
        conversation.exchanges.all(), order=("-id",), cursor=request.GET.get("before", ""), size=SHOWN_EXCHANGES
    )
    exchanges = shown.exchanges(request, list(reversed(earlier.rows)))
    template = "playground/_transcript.html" if request.htmx else "playground/conversation.html"
    context = {
        "conversation": conversation,
        "exchanges": exchanges,
        "earlier_cursor": earlier.next_cursor,
        "live": next((item.exchange for item in exchanges if item.exchange.is_live), None),
        "draft": shown.said_before(conversation, request.GET.get("again", "")),
        **composer(request, conversation),
        **conversations(request),
    }
    return render(request, template, context)


def composer(request: ConsoleRequest, conversation: Conversation) -> dict[str, object]:
    """What the form needs: the deployments to choose from, the chosen one, and what its model allows."""
    choices = calling.choices(request.person)
    wanted = request.GET.get("deployment", "") or conversation.deployment_id
    chosen = next((choice for choice in choices if str(choice.id) == wanted), None)
    if chosen is None:
        chosen = shown.usual(request.person, choices)
    return {
        "choices": shown.grouped(choices),
        "chosen": chosen,
        "starters": shown.STARTERS,
        "options": shown.options(chosen.model if chosen else "", conversation),
        "submission_id": uuid4().hex,
    }


def conversations(request: ConsoleRequest) -> dict[str, object]:
    own = Conversation.objects.of(request.person).exclude(title="")
    cursor = request.GET.get("older", "")
    return {"conversations": page(own, order=("-spoken_at", "-id"), cursor=cursor, size=SHOWN_CONVERSATIONS)}


@require_GET
@may("talk")
def options(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The settings that the chosen deployment's model allows."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    deployment = ask.find_deployment(request.GET.get("deployment", ""))
    context = {"options": shown.options(deployment.model if deployment else "", found)}
    return render(request, "playground/_options.html", context)


@require_POST
@may("talk")
def exchanges(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Send a message: commit it, start its answer, show both."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return not_sent(request, found, shown.form_problem(form), HTTPStatus.BAD_REQUEST)
    deployment: Deployment = form.cleaned_data["deployment"]
    first = not found.title
    try:
        exchange = ask.send(
            request.person,
            found,
            message=form.cleaned_data["message"],
            deployment=deployment,
            submission_id=form.cleaned_data["submission_id"],
            how=form.how(found),
        )
    except ask.NotSent as refusal:
        return not_sent(request, found, problems.explain(refusal.kind), refusal.status)
    except AzureError as error:
        problem = problems.explain_error(error, place=shown.place_of(deployment.resource))
        return not_sent(request, found, problem, HTTPStatus.CONFLICT)
    if not request.htmx:
        return redirect(f"{reverse('playground:conversation', args=[found.pk])}#exchange-{exchange.pk}")
    context: dict[str, object] = {
        "item": shown.exchange(request, exchange),
        "conversation": found,
        "submission_id": uuid4().hex,
        "first": first,
        **(conversations(request) if first else {}),
    }
    response = render(request, "playground/_sent.html", context, status=HTTPStatus.CREATED)
    if first:
        # A reload comes back to this conversation, not to another empty one.
        response["HX-Replace-Url"] = reverse("playground:conversation", args=[found.pk])
    return response


def not_sent(
    request: ConsoleRequest, conversation: Conversation, problem: problems.Problem, status: int
) -> HttpResponse:
    """Why nothing was sent, beside the composer; what was typed stays in it."""
    if request.htmx:
        response = render(request, "web/_problem.html", {"problem": problem}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#composer-problem", "innerHTML"
        return response
    context = {
        "conversation": conversation,
        "exchanges": shown.exchanges(request, list(conversation.exchanges.order_by("id")[:SHOWN_EXCHANGES])),
        "problem": problem,
        "draft": request.POST.get("message", ""),
        **composer(request, conversation),
        **conversations(request),
    }
    return render(request, "playground/conversation.html", context, status=status)


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


@require_POST
@may("talk")
def title(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Rename a conversation."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    form = TitleForm(request.POST)
    if form.is_valid():
        found.title = form.cleaned_data["title"]
        found.save(update_fields=["title"])
    else:
        messages.warning(request, _("A title needs 1 to 120 characters; the old one stays."))
    return redirect("playground:conversation", found.pk)


@require_POST
@may("talk")
def deletion(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Delete a conversation with everything said in it. The request log keeps its rows; they hold no text."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    for exchange_id in found.exchanges.live().values_list("pk", flat=True):
        answers.stop(exchange_id)
    audit.note(request.person, "conversation-deleted", str(found.pk))
    found.delete()
    messages.success(request, _("The conversation is deleted."))
    return redirect("playground:list")
