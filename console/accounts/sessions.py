"""Sessions as rows that know their person. One query loads session and person together.

A session ends by its row being deleted: nothing else has to be told, as every request and stream looks there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from console.accounts.models import Session, SignInFlow, TokenCache, User
from console.web.text import clean

# `seen_at` is written at most this often, so that a click does not cost a write.
SEEN_EVERY = timedelta(minutes=1)
# Before anybody is signed in a session only holds a sign-in under way.
BEFORE_SIGN_IN = timedelta(minutes=15)


class Nobody:
    """Whoever is not signed in; templates read the same names as of a User."""

    is_authenticated = False
    id = None
    roles: tuple[str, ...] = ()
    language = ""
    theme = ""
    label = ""
    acts: frozenset[str] = frozenset()


def stored_key(key: str) -> str:
    """How a cookie's value stands in the database."""
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(DatabaseStore):
    """Django's database sessions with hashed keys; `row` is the loaded Session with its user, if any."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        if not self.session_key:
            return None
        mine = live().select_related("user").filter(session_key=stored_key(self.session_key))
        row = next(iter(mine), None)  # `first` would have it sorted, at a quarter of the cost of the whole
        if row is None:
            self._session_key = None
            return None
        self.row = row
        return row

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row of a new session."""
        row = Session(session_data=self.encode(data), expire_date=self.get_expiry_date())
        row.session_key = stored_key(cast("Any", self)._get_or_create_session_key())
        return row

    def save(self, must_create: bool = False) -> None:
        """Write the data alone: who it is and when they were confirmed may have changed since it was loaded."""
        if must_create or self.session_key is None:
            return super().save(must_create)
        data = self.encode(cast("Any", self)._get_session(no_load=False))
        mine = Session.objects.filter(session_key=stored_key(self.session_key))
        if not mine.update(session_data=data, expire_date=self.get_expiry_date()):
            raise UpdateError
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=stored_key(key)).delete()


def live() -> QuerySet[Session]:
    """Sessions within all three limits: not expired, not idle, not too old."""
    now = timezone.now()
    return Session.objects.alias(last=Coalesce("seen_at", "started_at")).filter(
        expire_date__gt=now,
        last__gte=now - timedelta(seconds=settings.SESSION_IDLE),
        started_at__gte=now - timedelta(seconds=settings.SESSION_LIFETIME),
    )


def still_open(stored_keys: Collection[str]) -> dict[str, User]:
    """Which of these sessions are open, and whose they are now; one query however many are asked for.

    What holds something open for a person (a stream) asks this every few seconds and lets go of what is missing.
    """
    rows = live().select_related("user").filter(session_key__in=stored_keys, user__isnull=False)
    return {row.session_key: row.user for row in rows if row.user}


def before_sign_in(request: HttpRequest) -> str:
    """The stored key of this browser's session, made now if there is none: what a sign-in under way is bound to."""
    store = cast("SessionStore", request.session)
    if not store.session_key:
        store.set_expiry(int(BEFORE_SIGN_IN.total_seconds()))
        store.create()
        # Saved once more with the answer, which also sets the cookie.
        store.modified = True
    return stored_key(store.session_key or "")


def begin(request: HttpRequest, user: User, *, sid: str) -> None:
    """Sign `user` in to this browser under a fresh key; whatever the old session held is gone.

    Sign-ins that other tabs have under way go on under the new key.
    """
    store = cast("SessionStore", request.session)
    before = stored_key(store.session_key or "")
    store.flush()
    store.row = None
    store.create()
    key = stored_key(store.session_key or "")
    SignInFlow.objects.filter(browser=before).update(browser=key)
    now = timezone.now()
    agent = clean(request.headers.get("User-Agent", ""), 200)
    Session.objects.filter(session_key=key).update(
        user=user, sid=sid, started_at=now, seen_at=now, confirmed_at=now, agent=agent
    )
    store.row = Session.objects.select_related("user").get(session_key=key)
    store.modified = True
    rotate_token(request)


def leave(request: HttpRequest) -> None:
    """Sign this browser out; the rest of this request is nobody's."""
    store = cast("SessionStore", request.session)
    end(Session.objects.filter(session_key=stored_key(store.session_key or "")))
    store.flush()
    store.row = None
    cast("Any", request).person = Nobody()


def note_seen(row: Session) -> None:
    now = timezone.now()
    if row.seen_at is None or now - row.seen_at > SEEN_EVERY:
        row.seen_at = now
        Session.objects.filter(pk=row.pk).update(seen_at=now)


def end(sessions: QuerySet[Session]) -> int:
    """End these sessions; people left without any lose their stored tokens as well. Returns how many ended."""
    found = list(sessions.values_list("session_key", "user_id"))
    ended = Session.objects.filter(session_key__in=[key for key, _user in found]).delete()[0]
    people = {user for _key, user in found if user}
    TokenCache.objects.filter(user__in=people).exclude(user__sessions__in=live()).delete()
    return ended


def purge(*, batch: int = 500) -> int:
    """Delete sessions past any limit and sign-ins never finished, in small batches; returns how many sessions."""
    SignInFlow.objects.filter(started_at__lt=timezone.now() - BEFORE_SIGN_IN).delete()
    gone = 0
    while ended := end(over()[:batch]):
        gone += ended
    return gone


def over() -> QuerySet[Session]:
    """The opposite of `live`."""
    now = timezone.now()
    return Session.objects.alias(last=Coalesce("seen_at", "started_at")).filter(
        Q(expire_date__lte=now)
        | Q(last__lt=now - timedelta(seconds=settings.SESSION_IDLE))
        | Q(started_at__lt=now - timedelta(seconds=settings.SESSION_LIFETIME))
    )
