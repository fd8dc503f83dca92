"""Attachments of a composer: taking one in, removing it, and giving its bytes to the person whose it is."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.playground import attachments
from console.playground.attachments import NotAttached
from console.playground.models import Attachment, Conversation


@require_POST
@may("talk")
def attach(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take in one file for the next message, and show what it is or why it was not taken."""
    found = get_object_or_404(Conversation.objects.of(request.person), pk=pk)
    sent = request.FILES.get("file")
    name = (sent.name or "") if sent else ""
    try:
        if sent is None:
            raise NotAttached(_("Choose a file first."))
        if (sent.size or 0) > attachments.MOST_PDF:  # before its bytes are looked at
            raise NotAttached(attachments.too_large(attachments.MOST_PDF))
        file = attachments.attach(request.person, found, name, sent.read())
    except NotAttached as refusal:
        if not request.htmx:
            messages.warning(request, refusal.words)
            return redirect("playground:conversation", found.pk)
        context = {"name": attachments.readable(name), "words": refusal.words}
        return render(request, "playground/_not_attached.html", context, status=HTTPStatus.BAD_REQUEST)
    if not request.htmx:
        return redirect("playground:conversation", found.pk)
    return render(request, "playground/_attachment.html", {"file": file}, status=HTTPStatus.CREATED)


@require_POST
@may("talk")
def removal(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Take an attachment out of the composer; one that was sent before stays with what was said."""
    found = get_object_or_404(Attachment.objects.of(request.person).bare(), pk=pk)
    attachments.remove(found)
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return redirect("playground:conversation", found.conversation_id)


@require_safe
@may("talk")
def attachment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The bytes, as what they were recognised to be: a picture is shown, a PDF saved. web.headers sandboxes both."""
    return bytes_of(get_object_or_404(Attachment.objects.of(request.person), pk=pk))


def bytes_of(found: Attachment) -> HttpResponse:
    file = attachments.file_of(found)
    data = attachments.opened(found)
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type=file.media_type)
    how = "inline" if file.is_image else "attachment"
    ending = file.media_type.rsplit("/", 1)[-1]
    response["Content-Disposition"] = f"{how}; filename=\"attachment.{ending}\"; filename*=UTF-8''{quote(file.name)}"
    return response
