"""Break-glass: asking to read one exchange of somebody else, reading it, and telling its author."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts import signin
from console.accounts.gates import ConsoleRequest, may, signed_in
from console.playground import looking, shown
from console.playground.forms import LookForm, ToldForm
from console.playground.models import Exchange, Look
from console.playground.views.afterwards import place
from console.playground.views.attaching import bytes_of
from console.playground.views.shared import html


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_prompts")
def look(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One exchange of somebody else: the question why, and with an answer to it the text until the time is over."""
    exchange = get_object_or_404(looking.within_reach(request.person), pk=pk)
    if exchange.conversation.owner == request.person:
        return redirect(place(exchange))
    session_key = shown.session_of(request)
    form = LookForm(request.POST) if request.method == "POST" else LookForm()
    if form.is_valid():
        looking.look(request.person, session_key, exchange, form.cleaned_data["reason"])
        return redirect("playground:look", exchange.pk)
    last = looking.last(request.person, session_key, exchange)
    if last and looking.is_open(last):
        return opened(request, exchange, last)
    context = {"exchange": exchange, "form": form, "over": last, "least": looking.LEAST_REASON}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "playground/look.html", context, status=status)


def opened(request: ConsoleRequest, exchange: Exchange, look: Look) -> HttpResponse:
    minutes = ceil(looking.seconds_left(look) / 60)
    context = {"exchange": exchange, "look": look, "html": html(exchange), "minutes": minutes}
    return looking.until_it_ends(render(request, "playground/looked.html", context), look)


@require_safe
@may("read_prompts")
def attachment(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """What was attached to an exchange that this browser has leave to read."""
    found = looking.attachment(request.person, shown.session_of(request), pk)
    if found is None:
        raise Http404
    return bytes_of(found)


@require_POST
@signed_in
def told(request: ConsoleRequest) -> HttpResponse:
    """The author puts the notice away that lists these looks."""
    form = ToldForm(request.POST)
    if form.is_valid():
        looking.told(request.person, form.cleaned_data["looks"])
    if request.htmx:
        return HttpResponse()
    return redirect(signin.safe_back(request.POST.get("back", "")))
