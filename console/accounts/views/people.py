"""Doors for administrators: who has been here, their sessions, and what everybody did."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from console.accounts import audit, sessions, words
from console.accounts.gates import ConsoleRequest, may
from console.accounts.models import AuditEntry, User
from console.accounts.words import as_text
from console.web.paging import Page, page

PEOPLE_A_PAGE = 50
ENTRIES_A_PAGE = 100
LONGEST_SEARCH = 100

_SLUG = re.compile(r"[a-z][a-z-]{0,59}", re.ASCII)
_PERSON_KEY = re.compile(r"[A-Za-z0-9/-]{1,130}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One row of the list: the person, how many sessions are open and when one was last used."""

    user: User
    open: int
    seen_at: dt.datetime | None


@require_safe
@may("manage")
def people(request: ConsoleRequest) -> HttpResponse:
    """Everybody who has signed in, by name."""
    search = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = User.objects.all()
    if search:
        found = found.filter(Q(name__icontains=search) | Q(email__icontains=search) | Q(oid=search))
    users = page(found, order=("name", "id"), cursor=request.GET.get("cursor", ""), size=PEOPLE_A_PAGE)
    facts = {"page": users, "people": person_lines(users), "search": search}
    return render(request, "accounts/_people.html" if request.htmx else "accounts/people.html", facts)


def person_lines(users: Page[User]) -> list[PersonLine]:
    """The page's people with their open sessions: one query for all of them."""
    open_ones = sessions.live().filter(user__in=users.rows).values("user").order_by("user")
    counted = open_ones.annotate(open=Count("session_key"), seen=Max("seen_at")).values_list("user", "open", "seen")
    found: dict[UUID, tuple[int, dt.datetime | None]] = {user: (count, seen) for user, count, seen in counted}
    return [PersonLine(user, *found.get(user.pk, (0, None))) for user in users.rows]


@require_POST
@may("manage")
def end_sessions(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """End every session of one person; their open answers stop within seconds."""
    user = get_object_or_404(User, pk=pk)
    ended = sessions.end(user.sessions.all())
    audit.note(request.person, "sessions-ended", user.label, count=ended, person_key=user.key)
    said = ngettext("%(count)d session of %(person)s ended.", "%(count)d sessions of %(person)s ended.", ended)
    messages.success(request, said % {"count": ended, "person": user.label})
    return redirect("accounts:people")


@require_safe
@may("manage")
def audit_log(request: ConsoleRequest) -> HttpResponse:
    """What everybody did, newest first; narrowed by act or by person."""
    act, person_key = request.GET.get("act", ""), request.GET.get("person", "")
    entries = AuditEntry.objects.all()
    if _SLUG.fullmatch(act):
        entries = entries.filter(act=act)
    if _PERSON_KEY.fullmatch(person_key):
        entries = entries.filter(person_key=person_key)
    shown = page(entries, order=("-at", "-id"), cursor=request.GET.get("cursor", ""), size=ENTRIES_A_PAGE)
    facts = {
        "page": shown,
        "entries": [(entry, words.AUDIT.get(entry.act, entry.act), details(entry)) for entry in shown.rows],
        "acts": words.AUDIT,
        "act": act,
        "person_key": person_key,
        "person_found": person_with(person_key),
    }
    return render(request, "accounts/_audit.html" if request.htmx else "accounts/audit.html", facts)


def details(entry: AuditEntry) -> list[tuple[str, str]]:
    """The small facts of an entry as text; what was not known is left out."""
    facts = [(name.replace("_", " "), as_text(value)) for name, value in entry.detail.items()]
    return [(name, text) for name, text in facts if text]


def person_with(key: str) -> User | None:
    """Whom a `tid/oid` key means; None for nobody we know."""
    tid, _, oid = key.partition("/")
    return User.objects.filter(tid=tid, oid=oid).first()
