"""The gates that views wear; what each role may do stands in models.ACTS.

The matrix is reference section E.3; tests/test_role_matrix.py walks every URL against it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from console.accounts.models import Act, User
from console.accounts.words import ROLES
from console.web.errors import permission_denied
from console.web.whereabouts import page_of


class ConsoleRequest(HttpRequest):
    """A request behind a gate: `person` is someone with a role, `htmx` knows who asks."""

    person: User
    htmx: HtmxDetails
    correlation_id: str


def person_of(request: HttpRequest) -> User | None:
    """Who is signed in, with or without a role; None for nobody."""
    person = getattr(request, "person", None)
    return person if isinstance(person, User) else None


class View(Protocol):
    """What Django calls."""

    def __call__(self, request: Any, /, *args: Any, **kwargs: Any) -> HttpResponseBase: ...


def known(view: View) -> View:
    """Gate: anybody signed in, with or without a role. Only for pages about oneself."""
    return gate(view, lambda user: True, role_needed=False)


def signed_in(view: View) -> View:
    """Gate: any person with at least one role."""
    return gate(view, lambda user: True)


def may(act: Act) -> Callable[[View], View]:
    """Gate: a person whose roles allow `act`."""
    return lambda view: gate(view, lambda user: act in user.acts)


def gate(view: View, passes: Callable[[User], bool], *, role_needed: bool = True) -> View:
    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = person_of(request)
        if user is None:
            return to_sign_in(request)
        if role_needed and not user.roles:
            return no_role(request, user)
        if not passes(user):
            return permission_denied(request)
        return view(request, *args, **kwargs)

    return cast("View", gated)


def no_role(request: HttpRequest, user: User) -> HttpResponse:
    """Say which roles there are and who gives them; HTMX gets the short refusal, as it swaps a piece of a page."""
    if getattr(request, "htmx", None):
        return permission_denied(request)
    facts = {"roles": ROLES, "user": user, "application": settings.ENTRA_CLIENT_ID}
    return render(request, "accounts/no_role.html", facts, status=403)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to sign-in and back to its page; HTMX is told to move the whole page."""
    address = f"{reverse('accounts:signin')}?next={quote(page_of(request))}"
    return HttpResponseClientRedirect(address) if getattr(request, "htmx", None) else redirect(address)
