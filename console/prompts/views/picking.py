"""What the message box asks for: prompts that fit what is typed behind "/", and one of them, filled."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from console.accounts.gates import ConsoleRequest, may
from console.prompts import finding
from console.prompts.filling import TooLong, filled, values
from console.prompts.views.library import seen


@require_GET
@may("talk")
def pick(request: ConsoleRequest) -> HttpResponse:
    """The options of the list below what is typed; nothing at all where nothing fits."""
    picked = finding.picked(request.person, request.GET.get("q", "").strip().lstrip("/"))
    return render(request, "prompts/_options.html", {"picked": picked})


@require_http_methods(["GET", "POST"])
@may("talk")
def fill(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """GET: the dialog that asks for the variables. POST: the text with them, and where it is best sent."""
    version = seen(request, pk)
    if request.method == "GET":
        return render(request, "prompts/_dialog.html", {"version": version, "prompt": version.prompt})
    try:
        text = filled(version.text, values(version.variables, request.POST))
    except TooLong:
        words = _("With these values the text is longer than a message can be.")
        return JsonResponse({"problem": words}, status=HTTPStatus.BAD_REQUEST)
    return JsonResponse({"text": text, "deployment": version.prompt.deployment})
