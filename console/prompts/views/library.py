"""The library: the list, one prompt with its versions, writing and deleting."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.prompts import finding, writing
from console.prompts.changes import changes
from console.prompts.forms import PromptForm
from console.prompts.models import PromptVersion
from console.prompts.words import REACHES, seen_by
from console.web.paging import page

A_PAGE = 40
SHOWN_VERSIONS = 50


@require_safe
@may("talk")
def prompts(request: ConsoleRequest) -> HttpResponse:
    """What this person sees, last changed first; narrowed by a search and by whose it is."""
    search = request.GET.get("q", "").strip()[: finding.LONGEST_SEARCH]
    reach = request.GET.get("reach", "")
    versions = finding.found(request.person, search, reach).defer("text")
    shown = page(versions, order=("-id",), cursor=request.GET.get("cursor", ""), size=A_PAGE)
    context = {
        "page": shown,
        "prompts": [(version, seen_by(version.prompt)) for version in shown.rows],
        "search": search,
        "reach": reach if reach in REACHES else "",
        "reaches": REACHES.items(),
    }
    return render(request, "prompts/_rows.html" if request.htmx else "prompts/list.html", context)


def seen(request: ConsoleRequest, pk: UUID) -> PromptVersion:
    """The newest version of this prompt, or 404: also for one that only others see."""
    version = finding.one(request.person, pk)
    if version is None:
        raise Http404
    return version


@require_safe
@may("talk")
def prompt(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One prompt: its text, the form for its variables, and its versions with what each changed."""
    newest = seen(request, pk)
    versions = list(newest.prompt.versions.order_by("-number").defer("text")[:SHOWN_VERSIONS])
    version = chosen(newest, request.GET.get("version", ""))
    context = {
        "version": version,
        "changes": changes(version) if "version" in request.GET and "whole" not in request.GET else None,
        "newest": newest,
        "prompt": newest.prompt,
        "seen_by": seen_by(newest.prompt),
        "versions": versions,
        "may_edit": writing.may_edit(request.person, newest.prompt),
        "may_settle": writing.may_settle(request.person, newest.prompt),
    }
    return render(request, "prompts/prompt.html", context)


def chosen(newest: PromptVersion, number: str) -> PromptVersion:
    """The version with this number, or the newest."""
    if not number.isascii() or not number.isdigit() or len(number) > 6:
        return newest
    return newest.prompt.versions.filter(number=int(number)).first() or newest


@require_http_methods(["GET", "HEAD", "POST"])
@may("talk")
def new(request: ConsoleRequest) -> HttpResponse:
    """Write a new prompt."""
    if request.method != "POST":
        return render(request, "prompts/form.html", {"form": PromptForm(user=request.person)})
    form = PromptForm(request.POST, user=request.person)
    try:
        if form.is_valid():
            return saved(request, writing.create(request.person, form.draft()).pk)
    except IntegrityError:  # somebody took the name between the check and now
        form.add_error("slug", _("Another prompt has this name already."))
    except writing.TooMany:
        form.add_error(None, _("You have 1,000 prompts, and more are not kept. Delete some first."))
    return render(request, "prompts/form.html", {"form": form}, status=HTTPStatus.BAD_REQUEST)


@require_http_methods(["GET", "HEAD", "POST"])
@may("talk")
def edit(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Change a prompt; a changed text is another version."""
    newest = seen(request, pk)
    if not writing.may_edit(request.person, newest.prompt):
        raise PermissionDenied
    form = PromptForm(request.POST if request.method == "POST" else None, user=request.person, version=newest)
    if request.method == "POST":
        try:
            if form.is_valid():
                return saved(request, writing.change(request.person, newest.prompt, form.draft()).pk)
        except IntegrityError:
            form.add_error("slug", _("Another prompt has this name already."))
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "prompts/form.html", {"form": form, "prompt": newest.prompt}, status=status)


def saved(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    messages.success(request, _("The prompt is saved."))
    return redirect("prompts:prompt", pk)


@require_POST
@may("talk")
def variables(request: ConsoleRequest) -> HttpResponse:
    """The fields of the variables a text has while it is being written; nothing is saved."""
    return render(request, "prompts/_variables.html", {"form": PromptForm(request.POST, user=request.person)})


@require_POST
@may("talk")
def deletion(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Delete a prompt with all its versions."""
    prompt = seen(request, pk).prompt
    if not writing.may_settle(request.person, prompt):
        raise PermissionDenied
    audit.note(request.person, "prompt-deleted", str(prompt.pk), reach=prompt.reach)
    prompt.delete()
    messages.success(request, _("The prompt is deleted."))
    return redirect("prompts:list")
