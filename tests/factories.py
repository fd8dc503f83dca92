"""People for tests: plain functions with defaults. Rows of a room stand in factories_<room>.py beside this."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from django.conf import settings
from django.test import Client
from django.utils import timezone

from console.accounts.models import Session, User
from console.accounts.sessions import SessionStore, stored_key

TENANT = "5d8f6d2e-0000-4000-8000-00000000aaaa"
_numbers = count(1)


def make_user(
    roles: Sequence[str] = ("Viewer",),
    name: str = "",
    *,
    email: str = "",
    tid: str = TENANT,
    oid: str = "",
    **row: object,
) -> User:
    """A person who has signed in before; without a name each is called differently."""
    number = next(_numbers)
    return User.objects.create(
        tid=tid,
        oid=oid or f"00000000-0000-4000-8000-{number:012d}",
        name=name or f"Person {number}",
        email=email or f"person{number}@contoso.example",
        roles=list(roles),
        **{"signed_in_at": timezone.now(), **row},
    )


def ada(**row: object) -> User:
    """May do all that one person may."""
    return make_user(("Admin", "Playground", "PromptReader"), "Ada Lovelace", **row)


def ben(**row: object) -> User:
    """May read."""
    return make_user(("Viewer",), "Ben Bitdiddle", **row)


def cy(**row: object) -> User:
    """Is signed in and has no role."""
    return make_user((), "Cy Without", **row)


def make_session(user: User, *, sid: str = "", started_at: datetime | None = None, **row: object) -> str:
    """Sign `user` in to some browser; returns the cookie's value (the row's key is its hash)."""
    store = SessionStore()
    store.create()
    key = store.session_key or ""
    now = started_at or timezone.now()
    facts = {"user": user, "sid": sid, "started_at": now, "seen_at": now, "confirmed_at": now, **row}
    Session.objects.filter(session_key=stored_key(key)).update(**facts)
    return key


def signed_in_client(user: User, *, enforce_csrf_checks: bool = False, sid: str = "", **headers: str) -> Client:
    """A browser in which `user` is signed in; `headers` go with every request ("HX-Request" as HX_REQUEST="true")."""
    client = Client(
        enforce_csrf_checks=enforce_csrf_checks, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )
    client.cookies[settings.SESSION_COOKIE_NAME] = make_session(user, sid=sid)
    return client
