"""Prompts as files: export, and import from other programs."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.prompts import export, finding, importing, writing
from console.prompts.forms import ImportForm
from console.prompts.views.library import seen


@require_http_methods(["GET", "HEAD", "POST"])
@may("talk")
def imports(request: ConsoleRequest) -> HttpResponse:
    """Read a file of prompts; all of them become this person's own, or none."""
    if request.method != "POST":
        return render(request, "prompts/import.html")
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return refused(request, [_("Choose a file first.")])
    try:
        count = writing.create_all(request.person, importing.read(form.cleaned_data["file"].read()))
    except importing.NotUnderstood as refusal:
        return refused(request, refusal.problems)
    except writing.TooMany:
        return refused(request, [_("With these you would have more than 1,000 prompts. Delete some first.")])
    said = ngettext("%(count)d prompt imported.", "%(count)d prompts imported.", count) % {"count": count}
    messages.success(request, said)
    return redirect("prompts:list")


def refused(request: ConsoleRequest, problems: list[str] | tuple[str, ...]) -> HttpResponse:
    return render(request, "prompts/import.html", {"problems": problems}, status=HTTPStatus.BAD_REQUEST)


@require_GET
@may("talk")
def export_all(request: ConsoleRequest) -> HttpResponse:
    """Everything the list shows, as one file."""
    search = request.GET.get("q", "").strip()[: finding.LONGEST_SEARCH]
    versions = finding.found(request.person, search, request.GET.get("reach", "")).order_by("-id")
    audit.note(request.person, "export", "prompts")
    return download(export.as_json(versions[: export.MOST_EXPORTED]), "prompts.json")


@require_GET
@may("talk")
def export_one(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return download(export.as_json([seen(request, pk)]), "prompt.json")


def download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
