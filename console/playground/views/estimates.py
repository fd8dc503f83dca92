"""What the message in the composer would cost, while it is being written."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from console.accounts.gates import ConsoleRequest, may
from console.playground import ask, rules
from console.playground import estimate as estimates
from console.playground.forms import MessageForm
from console.playground.models import Conversation
from console.playground.views.messages import parent_of


@require_POST
@may("talk")
def estimate(request: ConsoleRequest, pk: UUID) -> HttpResponseBase:
    """Count this message and everything before it as Send would send it; an empty answer where that cannot be said."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return HttpResponse()
    try:
        files = ask.files(found, form.cleaned_data["attachments"])
    except ask.NotSent:
        return HttpResponse()
    message = ask.Message(form.cleaned_data["message"], parent_of(found, form), submission_id="", files=files)
    deployment = form.cleaned_data["deployment"]
    if not rules.may_use(request.person, deployment.pk):
        return HttpResponse()
    asked = estimates.question(request.person, found, message, deployment=deployment, how=form.how(found))
    if asked is None:
        return HttpResponse()
    # Waits on the loop: a slow count holds up no page.
    return StreamingHttpResponse(estimates.line(asked), content_type="text/html; charset=utf-8")
