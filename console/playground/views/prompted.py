"""Beginning a conversation with a saved prompt, from the library's pages."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from console.accounts.gates import ConsoleRequest, may
from console.playground import rules, shown
from console.playground.prompted import recommended
from console.prompts import finding
from console.prompts.filling import TooLong, filled, values


@require_POST
@may("talk")
def prompted(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Put the filled prompt into the person's empty conversation, ready to be sent."""
    version = finding.one(request.person, pk)
    if version is None:
        raise Http404
    try:
        text = filled(version.text, values(version.variables, request.POST))
    except TooLong:
        messages.warning(request, _("With these values the text is longer than a message can be."))
        return redirect("prompts:prompt", pk)
    fresh = shown.empty_conversation(request.person)
    fresh.draft = text
    choices = rules.choices(request.person)
    if best := recommended(choices, version.prompt.deployment, shown.usual(request.person, choices)):
        fresh.deployment_id = str(best.id)
    fresh.save(update_fields=["draft", "deployment_id"])
    return redirect("playground:conversation", fresh.pk)
