"""The page of applications that report their calls, for administrators."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from console.accounts.gates import ConsoleRequest, may
from console.requestlog import applications
from console.requestlog.applications import NewApplication
from console.requestlog.models import Application


@require_http_methods(["GET", "HEAD", "POST"])
@may("manage")
def listed(request: ConsoleRequest) -> HttpResponse:
    """Every application; a POST makes one, and its answer is the only page that ever shows the key."""
    form = NewApplication(request.POST if request.method == "POST" else None)
    made, key = None, ""
    if request.method == "POST" and form.is_valid():
        try:
            made, key = applications.add(request.person, **form.cleaned_data)
            form = NewApplication()
        except IntegrityError:  # another administrator was a moment quicker; now the form sees it
            form = NewApplication(request.POST)
    context = {
        "form": form,
        "made": made,
        "key": key,
        "applications": Application.objects.order_by("revoked_at", "name")[: applications.MOST],
        "address": request.build_absolute_uri("/api/requests"),
    }
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "requestlog/applications.html", context, status=status)


@require_POST
@may("manage")
def revocation(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Revoke one; what it has reported stays."""
    application = get_object_or_404(Application, pk=pk)
    applications.revoke(request.person, application)
    messages.success(request, _("%(name)s may not report any more.") % {"name": application.name})
    return redirect("applications:list")
