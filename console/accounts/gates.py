"""The gates that views wear; what each role may do stands in models.ACTS.

The matrix is reference section E.3; tests/test_role_matrix.py walks every URL against it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from console.accounts.models import Act, Role, User
from console.web.errors import permission_denied


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


def signed_in(view: View) -> View:
    """Gate: any person with at least one role."""
    return gate(view, lambda user: True)


def may(act: Act) -> Callable[[View], View]:
    """Gate: a person whose roles allow `act`."""
    return lambda view: gate(view, lambda user: act in user.acts)


def gate(view: View, passes: Callable[[User], bool]) -> View:
    @wraps(view)
    def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = person_of(request)
        if user is None:
            return to_sign_in(request)
        if not user.roles:
            return render(request, "accounts/no_role.html", {"roles": Role.values}, status=403)
        if not passes(user):
            return permission_denied(request)
        return view(request, *args, **kwargs)

    return cast("View", gated)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the browser to sign-in and back here; HTMX is told to move the whole page."""
    back = request.get_full_path() if request.method == "GET" else "/"
    htmx = getattr(request, "htmx", None)
    if htmx:
        here = htmx.current_url_abs_path or "/"
        return HttpResponseClientRedirect(f"{reverse('accounts:signin')}?next={quote(here)}")
    return redirect(f"{reverse('accounts:signin')}?next={quote(back)}")
