"""Error answers: a page in plain words with a remedy and our id, never a stack trace; a partial where HTMX asks."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from console.web.whereabouts import is_from_here, page_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error page says: `title` what happened, `remedy` what to do now; `back` is the page to come back to by
    signing in, where that is the remedy; `written` is what was sent in vain, to be copied.
    """

    status: int
    title: str
    remedy: str
    correlation_id: str = ""
    back: str = ""
    written: str = ""


# What base.html would otherwise ask the database for.
WITHOUT_DATABASE = {"csrf_token": "", "workers_silent": False, "looks_to_tell": ()}


def answer(
    request: HttpRequest,
    status: int,
    title: str,
    remedy: str,
    context: dict[str, object] | None = None,
    *,
    back: str = "",
    written: str = "",
) -> HttpResponse:
    """The page for this fault; for HTMX the same words as a partial that lands in the page's problem area."""
    fault = Fault(status, title, remedy, getattr(request, "correlation_id", ""), back, written)
    htmx = getattr(request, "htmx", None)
    template = "web/_fault.html" if htmx else "web/fault.html"
    try:
        response = render(request, template, {"fault": fault} | (context or {}), status=status)
    except Exception:
        log.exception("the page that explains a fault has one itself")
        response = plainly(fault)
    if htmx:
        response["HX-Retarget"] = "#problems"
        response["HX-Reswap"] = "innerHTML"
    if status == 503:
        response["Retry-After"] = "10"
    return response


def plainly(fault: Fault) -> HttpResponse:
    """The last resort: the same words without template, person or database."""
    page = format_html(
        '<!doctype html><html lang="{}"><meta charset="utf-8"><title>{}</title>'
        '<div role="alert"><h1>{}</h1><p>{}</p><p>{}</p><p><a href="/">/</a></p></div></html>',
        get_language() or "en", fault.title, fault.title, fault.remedy, fault.correlation_id,
    )  # fmt: skip
    return HttpResponse(page, status=fault.status)


def bad_request(request: HttpRequest, exception: Exception | None = None, *, field: str = "") -> HttpResponse:
    about = _("The field “%(field)s” holds characters that cannot be stored.") % {"field": field[:60]} if field else ""
    remedy = _("Go back, remove unusual characters and send it again. What you typed is still in the form.")
    return answer(request, 400, _("This request cannot be understood"), f"{about} {remedy}".strip())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(
        request,
        403,
        _("Your roles do not include this"),
        _("Ask an administrator of this console for the role you need. Your account page shows the roles you have."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(
        request,
        404,
        _("There is nothing here"),
        _("The address may be old, or what it named is gone or belongs to someone else. Start from the overview."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("csrf refused: %s", reason)
    written = written_in(request)
    if not getattr(getattr(request, "person", None), "is_authenticated", False):  # the token went with the session
        remedy = _("Sign in again: you come back to this page, and what you typed in it stays.")
        if written:
            remedy = _(
                "Nothing was sent. Copy what you wrote, sign in again and send it from the page you come back to."
            )
        return answer(request, 403, _("You have been signed out"), remedy, back=page_of(request), written=written)
    remedy = _(
        "You signed in again, or the page was open for long. Reload it and send again; your text stays in the form."
    )
    if written:
        remedy = _(
            "Nothing was sent: you signed in again, or the page was open for long. Copy what you wrote, open the page "
            "you were on afresh and send it there."
        )
    return answer(request, 403, _("This page is out of date"), remedy, written=written)


def written_in(request: HttpRequest) -> str:
    """The message of a form that was sent without a script: what nothing keeps, unless the answer shows it.

    It goes back to the browser it came from and nowhere else. "" for what another site's page sent: its words are not
    to stand on a page of ours.
    """
    if getattr(request, "htmx", None) or not is_from_here(request):
        return ""
    return str(request.POST.get("message", ""))


def unavailable(request: HttpRequest) -> HttpResponse:
    return answer(
        request,
        503,
        _("The console cannot reach its database"),
        _("Nothing was sent and nothing is lost. Wait a moment and try again; if it stays, tell an administrator."),
        WITHOUT_DATABASE,
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Also where a database ends up that was missed before any view ran, such as when the session was read."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return unavailable(request)
    return answer(
        request,
        500,
        _("Something in this console went wrong"),
        _("It is our fault, not yours. Try again; if it happens again, give an administrator the id below."),
    )


class PlainProblems:
    """Middleware: a database that is away is 503 with a remedy, not 500; the log keeps the reason."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response: HttpResponse = self.get_response(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, (OperationalError, InterfaceError)):
            log.error("database: %s", exception)
            return unavailable(request)
        return None
