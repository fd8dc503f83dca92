"""Puts the session, its person and their language on each request; synchronous, one query for a signed-in request."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from console.accounts.gates import ConsoleRequest, person_of
from console.accounts.sessions import Nobody, SessionStore, note_seen


class SessionAndPerson(SessionMiddleware):
    """Django's session cookie handling; the person comes with the session row."""

    async_capable = False

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        store = cast("SessionStore", request.session)
        if store.session_key:
            store.keys()  # loads the row
        user = store.row.user if store.row else None
        cast("ConsoleRequest", request).person = user or Nobody()  # type: ignore[assignment]  # gates let only users in
        if user and store.row:
            note_seen(store.row)


class PersonLanguage(LocaleMiddleware):
    """The person's chosen language, else the cookie's, else what the browser asks for."""

    async_capable = False

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user = person_of(request)
        if user and user.language in dict(settings.LANGUAGES):
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
