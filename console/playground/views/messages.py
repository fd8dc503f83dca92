"""Sending a message: committed first, then answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from console.accounts.gates import ConsoleRequest, may
from console.azure.errors import AzureError
from console.inventory.models import Deployment
from console.playground import ask, attachments, shown
from console.playground.forms import MessageForm
from console.playground.models import Conversation
from console.playground.views.conversations import SHOWN_EXCHANGES, composer, conversations
from console.web import problems
from console.web.row_addresses import address


@require_POST
@may("talk")
def exchanges(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """Send a message: commit it, start its answer, show both."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    return deliver(request, found, request.POST)


@dataclass(frozen=True, slots=True)
class Wordless:
    """What is sent without words of the person's: answers to the tool calls of `parent`, or that it goes on."""

    parent: UUID | None
    results: tuple[dict[str, Any], ...] = ()
    continues: bool = False


def deliver(
    request: ConsoleRequest, found: Conversation, data: Mapping[str, object], wordless: Wordless | None = None
) -> HttpResponseBase:
    """Send what `data` says into this conversation, and answer the browser."""
    form = MessageForm(data, wordless=wordless is not None)
    if not form.is_valid():
        return not_sent(request, found, shown.form_problem(form), HTTPStatus.BAD_REQUEST)
    deployment: Deployment = form.cleaned_data["deployment"]
    first, tip = not found.title, found.tip
    said = wordless or Wordless(parent_of(found, form))
    try:
        message = ask.Message(
            form.cleaned_data["message"], said.parent, form.cleaned_data["submission_id"],
            ask.files(found, form.cleaned_data["attachments"]), said.results, said.continues,
            was_draft=wordless is None and form.cleaned_data["replaces"] is None,
        )  # fmt: skip
        exchange = ask.send(request.person, found, message, deployment=deployment, how=form.how(found))
    except ask.NotSent as refusal:
        problem = problems.explain(refusal.kind)
        problem = replace(problem, why=refusal.words or problem.why)
        return refusal.told_in(not_sent(request, found, problem, refusal.status))
    except AzureError as error:
        problem = problems.explain_error(error, place=shown.place_of(deployment.resource))
        return not_sent(request, found, problem, HTTPStatus.CONFLICT)
    there = f"{address('playground:conversation', found.pk)}#exchange-{exchange.pk}"
    if not request.htmx:
        return redirect(there)
    last = f"exchange-{tip}" if tip else ""
    if said.parent != tip or "afresh" in data or data.get("seen", last) != last:
        # Another version: what followed the old one is not on the page any more. Or a page that ends before the last
        # message, and be it because another tab has sent it: the new one does not stand below it. An address that
        # differs from the one it is on, or the browser would only move to the fragment.
        afresh = there.replace("#", f"?at={exchange.pk}#")
        return HttpResponse(status=HTTPStatus.CREATED, headers={"HX-Redirect": afresh})
    context: dict[str, object] = {
        "item": shown.exchange(request, exchange),
        "conversation": found,
        "submission_id": uuid4().hex,
        "first": first,
    }
    response = render(request, "playground/_sent.html", context, status=HTTPStatus.CREATED)
    if first:
        # A reload comes back to this conversation, not to another empty one.
        response["HX-Replace-Url"] = address("playground:conversation", found.pk)
    return response


def parent_of(conversation: Conversation, form: MessageForm) -> UUID | None:
    """What the message follows: what is shown last, or what the replaced one followed."""
    replaced = form.cleaned_data["replaces"]
    if replaced is None:
        return conversation.tip
    return get_object_or_404(conversation.exchanges.only("conversation", "parent"), pk=replaced).parent


def not_sent(
    request: ConsoleRequest, conversation: Conversation, problem: problems.Problem, status: int
) -> HttpResponse:
    """Why nothing was sent, beside the composer; what was typed stays in it."""
    if request.htmx:
        response = render(request, "web/_problem.html", {"problem": problem}, status=status)
        response["HX-Retarget"], response["HX-Reswap"] = "#composer-problem", "innerHTML"
        return response
    edited = shown.said_before(conversation, request.POST.get("replaces", ""))
    context = {
        "conversation": conversation,
        "transcript": shown.transcript(request, conversation, size=SHOWN_EXCHANGES),
        "replaces": edited,
        "files": attachments.in_composer(conversation, edited),
        "problem": problem,
        "draft": request.POST.get("message", ""),
        **composer(request, conversation),
        **conversations(request),
    }
    return render(request, "playground/conversation.html", context, status=status)
