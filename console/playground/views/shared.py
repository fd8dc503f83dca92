"""Sharing a conversation: the link is made, listed, taken back; and what colleagues see under it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.playground import sharing
from console.playground.forms import ShareForm
from console.playground.models import Conversation, Exchange, Share
from console.playground.settle import html_of
from console.playground.views.taking import records_of


@require_POST
@may("talk")
def share(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Make a link; this answer is the only one that shows it."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    form = ShareForm(request.POST)
    if not form.is_valid() or found.tip is None:
        messages.error(request, _("Choose how long the link is to hold."))
        return redirect("playground:conversation", found.pk)
    try:
        made, token = sharing.share(request.person, found, **form.cleaned_data)
    except sharing.TooMany:
        messages.error(request, _("You have as many open links as one person may. Take one back first."))
        return redirect("playground:shares")
    link = request.build_absolute_uri(reverse("playground:shared", args=[token]))
    return listed(request, made=made, link=link, status=HTTPStatus.CREATED)


@require_safe
@may("talk")
def shares(request: ConsoleRequest) -> HttpResponse:
    """The person's links: open ones, and those that ended lately."""
    return listed(request)


def listed(
    request: ConsoleRequest, *, made: Share | None = None, link: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    context = {"shares": sharing.of(request.person), "made": made, "link": link, "now": timezone.now()}
    return render(request, "playground/shares.html", context, status=status)


@require_POST
@may("talk")
def revoke(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take a link back."""
    found = get_object_or_404(Share.objects.filter(conversation__owner=request.person), pk=pk)
    sharing.take_back(request.person, found)
    messages.success(request, _("The link does not work any more."))
    return redirect("playground:shares")


@require_safe
@may("talk")
def shared(request: ConsoleRequest, token: str) -> HttpResponse:
    """What a colleague shared: to read, with nothing to press."""
    found = sharing.opened(request.person, token)
    if found is None:
        return render(request, "playground/share_gone.html", status=HTTPStatus.NOT_FOUND)
    rows = sharing.shown(found)
    records = records_of(rows)
    context = {
        "share": found,
        "items": [(row, html(row), records.get(row.record_id)) for row in rows],
        "most": sharing.MOST_SHOWN,
    }
    response = render(request, "playground/shared.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def html(row: Exchange) -> str:
    # The HTML was made by web.markdown.render, the one sanitiser.
    return mark_safe(row.answer_html or (html_of(row.answer) if row.answer else ""))  # noqa: S308
