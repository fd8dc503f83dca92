"""Sessions as rows that know their person. One query loads session and person together."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from console.accounts.models import Session, User

# `seen_at` is written at most this often, so that a click does not cost a write.
SEEN_EVERY = timedelta(minutes=1)


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
        row = (
            Session.objects.select_related("user")
            .filter(session_key=stored_key(self.session_key), expire_date__gt=timezone.now())
            .first()
        )
        if row is None or is_over(row):
            self._session_key = None
            return None
        self.row = row
        return row

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save; keeps what the loaded row knows about its person."""
        row = Session(session_data=self.encode(data), expire_date=self.get_expiry_date())
        row.session_key = stored_key(cast("Any", self)._get_or_create_session_key())
        if self.row is not None:
            for name in ("user_id", "sid", "started_at", "seen_at", "confirmed_at", "agent"):
                setattr(row, name, getattr(self.row, name))
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=stored_key(key)).delete()


def is_over(row: Session) -> bool:
    """Past the idle or the absolute limit."""
    now = timezone.now()
    idle = now - (row.seen_at or row.started_at)
    return (
        idle.total_seconds() > settings.SESSION_IDLE
        or (now - row.started_at).total_seconds() > settings.SESSION_LIFETIME
    )


def begin(request: HttpRequest, user: User, *, sid: str) -> None:
    """Sign `user` in to this browser under a fresh key; whatever the old session held is gone."""
    store = cast("SessionStore", request.session)
    store.flush()
    store.row = None
    store.create()
    now = timezone.now()
    agent = request.headers.get("User-Agent", "")[:200]
    Session.objects.filter(session_key=stored_key(store.session_key or "")).update(
        user=user, sid=sid, started_at=now, seen_at=now, confirmed_at=now, agent=agent
    )
    store.row = Session.objects.select_related("user").get(session_key=stored_key(store.session_key or ""))
    rotate_token(request)


def note_seen(row: Session) -> None:
    now = timezone.now()
    if row.seen_at is None or now - row.seen_at > SEEN_EVERY:
        row.seen_at = now
        Session.objects.filter(pk=row.pk).update(seen_at=now)
