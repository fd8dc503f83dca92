"""Doors of one's own page: who am I here, what may I do, how do I like it, where am I signed in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_POST, require_safe

from console.accounts import audit, keyboard, sessions, words
from console.accounts.forms import LANGUAGES, SEND_KEYS, SHORTCUTS, THEMES, Preferences, ShortcutKeys
from console.accounts.gates import ConsoleRequest, known
from console.accounts.models import LastClaims, Session

# Sessions listed at most; a person has two or three.
MOST_SESSIONS = 50
# Characters of a session's stored key that name it in a form: enough to be unique among one's own.
HANDLE = 16


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser a person is signed in with."""

    handle: str
    browser: str
    started_at: dt.datetime
    seen_at: dt.datetime | None
    here: bool


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One claim of the last ID token; `moment` is set for the ones that are times."""

    name: str
    value: str
    meaning: Promise
    moment: dt.datetime | None


@require_safe
@known
def account(request: ConsoleRequest) -> HttpResponse:
    """The page about oneself; it needs no role."""
    return render(request, "accounts/account.html", facts_of(request, ShortcutKeys(request.person)))


def facts_of(request: ConsoleRequest, shortcut_keys: ShortcutKeys) -> dict[str, Any]:
    """What the page shows, with this form for the keys of shortcuts."""
    user = request.person
    last = LastClaims.objects.filter(user=user).first()
    return {
        "roles": [(role, words.ROLES[role]) for role in user.roles if role in words.ROLES],
        "acts": [(sentence, act in user.acts) for act, sentence in words.ACTS.items()],
        "claims": claim_lines(last.claims) if last else [],
        "claims_read_at": last.read_at if last else None,
        "groups_overage": bool(last and last.claims.get("groups_overage")),
        "sessions": session_lines(request),
        "choices": {"languages": LANGUAGES, "themes": THEMES, "send_keys": SEND_KEYS, "shortcuts": SHORTCUTS},
        "shortcut_keys": shortcut_keys,
    }


def claim_lines(claims: dict[str, object]) -> list[ClaimLine]:
    return [
        ClaimLine(name, words.as_text(claims[name]), meaning, as_moment(name, claims[name]))
        for name, meaning in words.CLAIMS.items()
        if name in claims
    ]


def as_moment(name: str, value: object) -> dt.datetime | None:
    if name not in ("iat", "exp") or not isinstance(value, int) or not 0 < value < 4_000_000_000:
        return None
    return dt.datetime.fromtimestamp(value, tz=dt.UTC)


def session_lines(request: ConsoleRequest) -> list[SessionLine]:
    here = this_session(request)
    mine = sessions.live().filter(user=request.person).order_by("-started_at")[:MOST_SESSIONS]
    return [
        SessionLine(
            row.session_key[:HANDLE],
            words.browser_name(row.agent),
            row.started_at,
            row.seen_at,
            row.session_key == here,
        )
        for row in mine
    ]


def this_session(request: ConsoleRequest) -> str:
    store = cast("sessions.SessionStore", request.session)
    return sessions.stored_key(store.session_key or "")


@require_POST
@known
def preferences(request: ConsoleRequest) -> HttpResponse:
    """Save language, theme or send key: whichever was sent."""
    form = Preferences(request.POST)
    if not form.is_valid():
        messages.error(request, _("That choice does not exist. Choose one of the list."))
        return redirect("accounts:account")
    form.save(request.person)
    with override(request.person.language or None):
        messages.success(request, _("Saved."))
    return redirect("accounts:account")


@require_POST
@known
def shortcuts(request: ConsoleRequest) -> HttpResponse:
    """Save the keys of shortcuts, or `put_back` one of them, or "all", as they usually are. All or nothing."""
    back = request.POST.get("put_back")
    form = ShortcutKeys(request.person, usual_keys(back) if back else request.POST)
    saved = form.is_valid()
    if saved:
        form.save()
    if request.htmx:
        told = [_("Saved."), *form.changed()] if saved else []
        facts = {"shortcut_keys": form, "told": told}
        return render(request, "accounts/_shortcuts.html", facts, status=200 if saved else 422)
    if not saved:
        return render(request, "accounts/account.html", facts_of(request, form), status=422)
    messages.success(request, " ".join([_("Saved."), *form.changed()]))
    return redirect(reverse("accounts:account") + "#shortcuts")


def usual_keys(name: str) -> dict[str, str]:
    """What the form would send for the usual keys of one shortcut, or of "all"."""
    return {one.name: keyboard.shown(one.usual) for one in keyboard.SHORTCUTS if name in (one.name, "all")}


@require_POST
@known
def end_own_sessions(request: ConsoleRequest) -> HttpResponse:
    """End one other session of mine (`session` names it), or all others."""
    others = Session.objects.filter(user=request.person).exclude(session_key=this_session(request))
    handle = request.POST.get("session", "")
    if handle:
        others = others.filter(session_key__startswith=handle) if is_handle(handle) else others.none()
    ended = sessions.end(others)
    if ended:
        audit.note(request.person, "sessions-ended", request.person.label, count=ended)
    said = ngettext("%(count)d session ended.", "%(count)d sessions ended.", ended) % {"count": ended}
    messages.success(request, said)
    return redirect("accounts:account")


def is_handle(text: str) -> bool:
    return len(text) == HANDLE and all(character in "0123456789abcdef" for character in text)
