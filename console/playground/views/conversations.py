"""Conversations: the list, one of them with its composer, its title and its end."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.playground import ask, attachments, listing, prompted, rules, shown, spending
from console.playground.answer import answers
from console.playground.forms import TitleForm
from console.playground.listing import Listing
from console.playground.models import Conversation
from console.prompts import finding
from console.prompts.models import PromptVersion

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


def show(request: ConsoleRequest, conversation: Conversation, *, listed: Listing | None = None) -> HttpResponse:
    """One conversation: what was said, and the composer."""
    prompt = prompted.asked_for(request.person, request.GET.get("prompt", ""))
    if prompt and prompt.variables:  # its own page asks for them; js/prompts.js does without that page
        return redirect(reverse("prompts:prompt", args=[prompt.prompt_id]) + "#use")
    before, at = request.GET.get("before", ""), request.GET.get("at", "")
    transcript = shown.transcript(request, conversation, before=before, at=at, size=SHOWN_EXCHANGES)
    template = "playground/_transcript.html" if request.htmx else "playground/conversation.html"
    edited = shown.said_before(conversation, request.GET.get("again", ""))
    context = {
        "conversation": conversation,
        "transcript": transcript,
        "live": next((item.exchange for item in transcript.exchanges if item.exchange.is_live), None),
        "replaces": edited,
        "files": attachments.in_composer(conversation, edited),
        "draft": edited.message if edited else prompt.text if prompt else "",
        **composer(request, conversation, prompt),
        **({"conversations": listed} if listed else conversations(request)),
    }
    return render(request, template, context)


def composer(
    request: ConsoleRequest, conversation: Conversation, prompt: PromptVersion | None = None
) -> dict[str, object]:
    """What the form needs: the deployments to choose from, the chosen one, and what its model allows."""
    choices = rules.choices(request.person)
    wanted = request.GET.get("deployment", "") or conversation.deployment_id
    chosen = next((choice for choice in choices if str(choice.id) == wanted), None)
    if chosen is None:
        chosen = shown.usual(request.person, choices)
    if prompt and prompt.prompt.deployment:
        chosen = prompted.recommended(choices, prompt.prompt.deployment, chosen) or chosen
    return {
        "choices": shown.grouped(choices),
        "chosen": chosen,
        "starters": shown.STARTERS,
        "saved_starters": partial(finding.starters, request.person),  # asked for by the empty screen alone
        "options": shown.options(
            chosen.model if chosen else "", conversation, ask.find_deployment(str(chosen.id)) if chosen else None
        ),
        "submission_id": uuid4().hex,
        "estimates": settings.TOKEN_ESTIMATE,
        "attach_limits": attachments.limits(),
        **guard_rails(request),
    }


def guard_rails(request: ConsoleRequest) -> dict[str, object]:
    """The administrator's notice unless it was put away, and what is used of the limits where there are any."""
    said, limits = rules.notice(), rules.known().rules
    limited = limits.tokens_per_day is not None or limits.dollars_per_month is not None
    return {
        "notice": said if said and request.COOKIES.get("notice") != said.key else None,
        "limits": limits,
        "used": spending.used_by(request.person) if limited else None,
    }


def conversations(request: ConsoleRequest) -> dict[str, object]:
    folder = request.GET.get("folder", "")[:60]
    return {"conversations": listing.listing(request.person, cursor=request.GET.get("older", ""), folder=folder)}


@require_POST
@may("talk")
def search(request: ConsoleRequest) -> HttpResponse:
    """Conversations in which something was said. By POST: what people look for is as private as what they said."""
    words = request.POST.get("words", "").strip()[:200]
    older = request.POST.get("older", "")
    found = listing.search(request.person, words, cursor=older) if words else listing.listing(request.person)
    if request.htmx:
        return render(request, "playground/_conversations.html", {"conversations": found})
    return show(request, shown.empty_conversation(request.person), listed=found)


@require_GET
@may("talk")
def options(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The settings that the chosen deployment's model allows; what is chosen already stays chosen where it can."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    deployment = ask.find_deployment(request.GET.get("deployment", ""))
    found.thinking = request.GET.get("thinking", found.thinking)
    found.effort = request.GET.get("effort", found.effort)
    found.server_tools = request.GET.getlist("server_tools") or found.server_tools
    context = {"options": shown.options(deployment.model if deployment else "", found, deployment)}
    return render(request, "playground/_options_by_model.html", context)


@require_POST
@may("talk")
def title(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Rename a conversation, put it into a folder, pin it."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    form = TitleForm(request.POST)
    if form.is_valid():
        form.keep(found)
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


@require_POST
@may("talk")
def draft(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Keep what is being written, for another tab, another device or another day."""
    with transaction.atomic():
        # Locked: a message that is being committed in this moment is seen once it is.
        found = get_object_or_404(Conversation.objects.of(request.person).select_for_update(), pk=pk)
        # The browser may have sent the message meanwhile: then this is no draft any more.
        if not found.exchanges.filter(submission_id=request.POST.get("submission_id", "")).exists():
            found.draft = request.POST.get("message", "")[: settings.BODY_LIMIT]
            found.save(update_fields=["draft"])
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
