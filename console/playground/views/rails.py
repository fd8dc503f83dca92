"""The page of guard rails, for administrators."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.inventory import calling
from console.playground import rules, tooling
from console.playground.forms import TALKING, AbilityForm, OpeningForm, RulesForm


@require_safe
@may("manage")
def rails(request: ConsoleRequest) -> HttpResponse:
    """The guard rails as they are."""
    return show(request)


@require_POST
@may("manage")
def change(request: ConsoleRequest) -> HttpResponse:
    """Set limits, notice and default deployment."""
    form = RulesForm(request.POST)
    if not form.is_valid():
        return show(request, form=form)
    rules.change(request.person, form.cleaned_data)
    messages.success(request, _("Saved. Every process follows within a quarter of a minute."))
    return redirect("rails:rails")


@require_POST
@may("manage")
def opening(request: ConsoleRequest) -> HttpResponse:
    """Say who may use one deployment."""
    form = OpeningForm(request.POST)
    if not form.is_valid():
        return show(request, opening_form=form)
    rules.open_to(
        request.person, form.cleaned_data["deployment"], form.cleaned_data["roles"], form.cleaned_data["groups"]
    )
    messages.success(request, _("Saved. Every process follows within a quarter of a minute."))
    return redirect("rails:rails")


@require_POST
@may("manage")
def abilities(request: ConsoleRequest) -> HttpResponse:
    """Say what one deployment can do beside talking: structured output, server tools."""
    form = AbilityForm(request.POST)
    if not form.is_valid():
        return show(request, ability_form=form)
    rules.allow(
        request.person, form.cleaned_data["deployment"], form.cleaned_data["structured"],
        form.cleaned_data["server_tools"],
    )  # fmt: skip
    messages.success(request, _("Saved. Every process follows within a quarter of a minute."))
    return redirect("rails:rails")


def show(
    request: ConsoleRequest,
    *,
    form: RulesForm | None = None,
    opening_form: OpeningForm | None = None,
    ability_form: AbilityForm | None = None,
) -> HttpResponse:
    rules.forget()  # whoever changes them sees them as they are
    known = rules.known()
    context = {
        "form": form or RulesForm(initial={name: getattr(known.rules, name) for name in rules.FIELDS}),
        "opening_form": opening_form or OpeningForm(),
        "rules": known.rules,
        "openings": sorted(known.openings.values(), key=lambda row: row.deployment),
        "ability_form": ability_form or AbilityForm(),
        "abilities": [
            (row, [tooling.SERVER_TOOLS[name].label for name in row.server_tools if name in tooling.SERVER_TOOLS])
            for row in sorted(known.abilities.values(), key=lambda row: row.deployment)
        ],
        "server_tools": list(tooling.SERVER_TOOLS.values()),
        "choices": calling.choices(request.person),
        "roles": TALKING,
        "most_streams": settings.STREAMS_PER_PERSON,
        "most_messages": settings.MESSAGES_PER_MINUTE,
    }
    status = HTTPStatus.BAD_REQUEST if form or opening_form or ability_form else HTTPStatus.OK
    return render(request, "playground/rails.html", context, status=status)
