"""The usage page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from console.accounts.gates import ConsoleRequest, may
from console.usage.figures import DEFAULT, PERIODS, usage
from console.usage.pictures import draw


@require_safe
@may("look")
def page(request: ConsoleRequest) -> HttpResponse:
    """How much was used by whom, on which deployment, when, and how much of it failed."""
    used = usage(PERIODS.get(request.GET.get("period", ""), DEFAULT), request.person)
    return render(request, "usage/page.html", {"usage": used, "pictures": draw(used), "periods": PERIODS.values()})
