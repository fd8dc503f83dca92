"""Applications that report their calls: administrators make and revoke them, a key or an Entra app tells who it is."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django import forms
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from console.accounts import audit
from console.accounts.models import User
from console.accounts.pace import Pace
from console.requestlog.models import Application
from console.web import wire

PREFIX = "fcr_"  # so that scanners for lost secrets, and people, know what it is
MOST_A_MINUTE = 600  # reports of one application to one web process
# A page of them: an organisation has dozens.
MOST = 500

_paces: dict[UUID, Pace] = {}
_lock = threading.Lock()


class NewApplication(forms.Form):
    """What an administrator says about a new application."""

    name = forms.RegexField(
        r"^[\w][\w .:/+-]*$",
        max_length=60,
        error_messages={"invalid": _("Letters, digits, blanks and . : / + - only.")},
    )
    entra_app_id = forms.UUIDField(
        required=False, error_messages={"invalid": _("This is no client ID: it is a GUID, from the app registration.")}
    )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        if Application.objects.filter(name__iexact=name, revoked_at=None).exists():
            raise forms.ValidationError(_("There is an application of this name already."))
        return name

    def clean_entra_app_id(self) -> UUID | None:
        app_id: UUID | None = self.cleaned_data["entra_app_id"]
        if app_id and Application.objects.filter(entra_app_id=app_id).exists():
            raise forms.ValidationError(_("Another application has this client ID already."))
        return app_id


def add(person: User, *, name: str, entra_app_id: UUID | None) -> tuple[Application, str]:
    """Make an application and its key. The key is in nobody's memory but the caller's: only its hash is kept.

    Raises IntegrityError where name or client ID were given to another one meanwhile.
    """
    key = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        application = Application.objects.create(
            name=name, entra_app_id=entra_app_id, key_hash=hashed(key), key_hint=key[-4:],
            created_at=timezone.now(), created_by=person.label[:200],
        )  # fmt: skip
        audit.note(person, "application-added", name, entra_app_id=entra_app_id)
    return application, key


def revoke(person: User, application: Application) -> None:
    """End it: nothing it sends is taken any more; what it has reported stays. Its client ID is free for another."""
    if Application.objects.filter(pk=application.pk, revoked_at=None).update(
        revoked_at=timezone.now(), entra_app_id=None
    ):
        audit.note(person, "application-revoked", application.name)


def hashed(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def known_by(credential: str) -> Application | None:
    """Whose key or Entra token this is; None for anything that is not taken.

    Raises AzureError where it is a token and does not hold, or where Entra cannot be asked for its keys.
    """
    live = Application.objects.filter(revoked_at=None)
    if credential.startswith(PREFIX):
        return live.filter(key_hash=hashed(credential)).first()
    if credential.count(".") != 2 or not settings.ENTRA_TENANT_ID:
        return None
    return live.filter(entra_app_id=wire.entra().application_of(credential)).first()


def may_report(application: Application) -> bool:
    """Count one report; False when this minute has had enough of them."""
    with _lock:
        pace = _paces.setdefault(application.pk, Pace(most=MOST_A_MINUTE, seconds=60))
    return pace.allows()


def note_report(application: Application) -> None:
    """Remember, to the minute, that it has reported something."""
    now = timezone.now()
    stale = Q(reported_at=None) | Q(reported_at__lt=now - timedelta(minutes=1))
    if application.reported_at is None or application.reported_at < now - timedelta(minutes=1):
        Application.objects.filter(stale, pk=application.pk).update(reported_at=now)
