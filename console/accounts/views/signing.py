"""Doors of sign-in and sign-out: the page, the way to Entra and back, and the two ways out."""

from __future__ import annotations

import logging
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from console.accounts import audit, refusals, sessions, signin
from console.accounts.gates import person_of
from console.accounts.models import Session
from console.accounts.pace import Pace
from console.accounts.refusals import Refusal
from console.azure.errors import AzureError, SignInRefused
from console.azure.shapes import ID
from console.web import wire

log = logging.getLogger(__name__)

# What Entra may send back; anything else in the query is dropped.
ANSWER = ("code", "state", "client_info", "session_state", "error", "error_description", "error_subcode", "error_uri")
LONGEST_ANSWER = 16_000

# Entra signs out one browser at a time; a flood of made-up `sid`s is not worth the database's time.
front_channel_pace = Pace(most=200, seconds=10)


@require_safe
def signin_page(request: HttpRequest) -> HttpResponse:
    """The page with the one button; who is signed in already goes on their way."""
    back = signin.safe_back(request.GET.get("next", ""))
    user = person_of(request)
    if user and user.roles:
        return redirect(back)
    if not is_connected():
        return refused(request, refusals.NOT_CONNECTED)
    return render(request, "accounts/signin.html", {"back": back, "user": user})


def is_connected() -> bool:
    """Whether the app registration people sign in with is set."""
    password = settings.ENTRA_CLIENT_SECRET or settings.ENTRA_CLIENT_CERTIFICATE
    return bool(settings.ENTRA_TENANT_ID and settings.ENTRA_CLIENT_ID and password)


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to Entra. A GET with a redirect: the content policy lets no form lead to another host."""
    if not is_connected():
        return refused(request, refusals.NOT_CONNECTED)
    back = signin.safe_back(request.GET.get("next", ""))
    wish = signin.wish_of(person_of(request))
    if request.GET.get("account") == "other":
        wish = signin.Wish(prompt="select_account")
    try:
        return redirect(signin.begin(browser=sessions.before_sign_in(request), back=back, wish=wish))
    except signin.TooManyStarts:
        return refused(request, refusals.LOOP, back=back)
    except AzureError as error:
        log_failure(error)
        return refused(request, refusals.explain(error), back=back)


@require_GET
def returned(request: HttpRequest) -> HttpResponse:
    """Where Entra sends the browser back: a session, or a page that says why not."""
    store = cast("sessions.SessionStore", request.session)
    browser = sessions.stored_key(store.session_key) if store.session_key else ""
    if not request.GET:  # the way back from a sign-out at Microsoft, or a bookmark
        return render(request, "accounts/signin.html", {"back": "/"}, status=400)
    query = answer_of(request)
    try:
        under = signin.take(browser=browser, state=query.get("state", ""))
    except signin.FlowGone:
        back = signin.back_of(browser=browser, state=query.get("state", ""))
        return refused(request, refusals.EXPIRED if browser else refusals.NO_COOKIE, back=back)
    try:
        signed_in = signin.finish(under, query)
    except AzureError as error:
        log_failure(error)
        note_refusal(error)
        return refused(request, refusals.explain(error), back=under.back)
    user = signin.admit(signed_in)
    sid = signed_in.person.sid
    sessions.begin(request, user, sid=sid if ID.fullmatch(sid) else "")
    return redirect(under.back)


def answer_of(request: HttpRequest) -> dict[str, str]:
    """Entra's parameters, each at most once and of a sane size; one that is not makes the whole answer empty."""
    found = {name: request.GET.getlist(name) for name in ANSWER if name in request.GET}
    if any(len(values) != 1 or len(values[0]) > LONGEST_ANSWER for values in found.values()):
        return {}
    return {name: values[0] for name, values in found.items()}


def log_failure(error: AzureError) -> None:
    """Say why, as far as the words are ours: Entra's own name people."""
    number = error.aadsts if isinstance(error, SignInRefused) else None
    why = f"AADSTS{number}, {error.correlation_id or '-'}" if number else error.message
    log.warning("sign-in failed, %s: %s", error.kind, why)


def note_refusal(error: AzureError) -> None:
    if isinstance(error, SignInRefused):
        ids = {"correlation_id": error.correlation_id, "trace_id": error.trace_id}
        audit.note(None, "sign-in-refused", error.kind, aadsts=error.aadsts, **ids)


def refused(request: HttpRequest, card: Refusal, *, back: str = "/") -> HttpResponse:
    """The page of a sign-in that did not work."""
    facts = {"card": card, "back": back, "redirect_uri": signin.redirect_uri()}
    response = render(request, "accounts/refused.html", facts, status=card.status)
    if card.status in (429, 503):
        response["Retry-After"] = "60" if card.status == 429 else "10"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def signout(request: HttpRequest) -> HttpResponse:
    """Ask, then end this session; Microsoft's own session is offered after it."""
    user = person_of(request)
    if user and request.method != "POST":
        return render(request, "accounts/signout.html")
    hint = ""
    if user:
        hint = signin.login_hint_of(user)
        audit.note(user, "signed-out")
        sessions.leave(request)
    response = render(request, "accounts/signed_out.html", {"microsoft": microsoft_sign_out(hint)})
    if request.method == "POST":
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def microsoft_sign_out(hint: str) -> str:
    """Where to end the session at Microsoft too; "" when that cannot be known now."""
    if not is_connected():
        return ""
    try:
        return wire.entra().sign_out_url(signin.redirect_uri(), logout_hint=hint or None)
    except AzureError:
        return ""  # the page says that this session has ended, which is true, and offers no link


@require_GET
def front_channel(request: HttpRequest) -> HttpResponse:
    """Entra's own frame calls this when a person signs out at Microsoft: no cookie comes with it, only `sid`."""
    if not front_channel_pace.allows():
        return HttpResponse(status=429, headers={"Retry-After": "10"})
    sid = request.GET.get("sid", "")
    if ID.fullmatch(sid):
        ending = Session.objects.filter(sid=sid).select_related("user")
        if not ending or from_elsewhere(request.GET.get("iss", "")):
            return HttpResponse("", content_type="text/html; charset=utf-8")
        users = {row.user for row in ending if row.user}
        sessions.end(ending)
        for user in users:
            audit.note(user, "signed-out", at="Microsoft")
    return HttpResponse("", content_type="text/html; charset=utf-8")


def from_elsewhere(issuer: str) -> bool:
    """Whether a sign-out is in another issuer's name. Entra leaves its own out as a rule, and may be away: then the
    `sid`, which nobody else knows, is enough.
    """
    if not issuer or not is_connected():
        return False
    try:
        return not wire.entra().is_own(issuer)
    except AzureError:
        return False
