"""Rows of people: who has signed in, their sessions, their sealed tokens, and what they did."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NoReturn

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from console.web.ids import new_id


class Role(models.TextChoices):
    """App roles of the token's `roles` claim (contract section 3)."""

    VIEWER = "Viewer"
    PLAYGROUND = "Playground"
    SUPPORT = "Support"
    ADMIN = "Admin"
    PROMPT_READER = "PromptReader"


Act = Literal["look", "talk", "support", "check", "sync", "manage", "read_prompts"]

# Section E.3 of the reliability and security reference, as acts: read pages; use the playground; see everybody's
# requests; run a check; run a sync; change settings, keys and sessions; read the text of others (audited).
ACTS: dict[str, frozenset[Act]] = {
    Role.VIEWER: frozenset({"look"}),
    Role.PLAYGROUND: frozenset({"look", "talk"}),
    Role.SUPPORT: frozenset({"look", "support", "check", "sync"}),
    Role.ADMIN: frozenset({"look", "talk", "support", "check", "sync", "manage"}),
    Role.PROMPT_READER: frozenset({"read_prompts"}),
}


class User(models.Model):
    """A person: (`tid`, `oid`) of Entra. Name and e-mail are for display and decide nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tid = models.CharField(max_length=64)
    oid = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    # Of the last ID token: list of Role values; unknown ones are dropped at sign-in.
    roles: models.JSONField[list[str]] = models.JSONField(default=list)
    # Object ids of Entra groups in the last ID token; none where the token leaves them out because there are too many.
    groups: models.JSONField[list[str]] = models.JSONField(default=list)
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    send_key = models.CharField(max_length=12, default="enter")
    # Somebody has read what this person wrote and they have not been told yet; written by playground.looking alone.
    # It comes with the session, so that pages ask for nothing more.
    to_tell = models.BooleanField(default=False, db_default=False)
    # Whether letters and chords do something beside writing; screen readers and other programs may want them.
    shortcuts = models.BooleanField(default=True)
    # Keys of shortcuts that are not the usual ones, by the shortcut's name; keyboard.py says how they are written.
    shortcut_keys: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    first_seen = models.DateTimeField(auto_now_add=True)
    signed_in_at = models.DateTimeField(null=True)

    is_authenticated = True

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["tid", "oid"], name="person_once")]

    @property
    def label(self) -> str:
        """What a page calls this person."""
        return self.name or self.email or self.oid

    @property
    def key(self) -> str:
        """Who this is, for rows that outlive the account: `tid/oid`."""
        return f"{self.tid}/{self.oid}"

    @property
    def acts(self) -> frozenset[str]:
        """Everything this person's roles allow, together."""
        return frozenset().union(*(ACTS.get(role, frozenset()) for role in self.roles))


class Session(AbstractBaseSession):
    """One sign-in in one browser. `session_key` holds the SHA-256 of the cookie's value, so a dump opens nothing."""

    session_key = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    # Entra's `sid` claim: front-channel sign-out names it without any cookie.
    sid = models.CharField(max_length=128, blank=True, db_index=True)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    # When Entra last confirmed this person by a silent refresh.
    confirmed_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=200, blank=True)


class LastClaims(models.Model):
    """What the person's last ID token said, for their account page; read by nothing that decides."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="last_claims")
    claims: models.JSONField[dict[str, object]] = models.JSONField(default=dict)
    # Entra's own hint for signing this person out of Microsoft; "" where the registration does not send it.
    login_hint = models.CharField(max_length=1000, blank=True)
    read_at = models.DateTimeField(auto_now=True)


class SignInFlow(models.Model):
    """A sign-in under way. It is taken when it comes back, so that each works once, and purged soon after."""

    # SHA-256 of `state`, as the session's key is stored: a dump starts nothing.
    state = models.CharField(max_length=64, primary_key=True)
    # The browser it belongs to: the stored key of its session, before anybody is signed in.
    browser = models.CharField(max_length=64, db_index=True)
    sealed = models.BinaryField()
    back = models.CharField(max_length=2000)
    started_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)


class TokenCache(models.Model):
    """A person's MSAL token cache, sealed. `version` makes two writers notice each other."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="token_cache")
    sealed = models.BinaryField()
    home_account_id = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=0)
    # When it was last claimed for a confirmation, whatever came of it.
    checked_at = models.DateTimeField(null=True)
    # What Azure asks of the next sign-in: a claims challenge, and the scope that lacks consent.
    challenge = models.TextField(blank=True)
    wanted_scope = models.CharField(max_length=300, blank=True)
    updated_at = models.DateTimeField(auto_now=True)


class AppendOnly(Exception):
    """Somebody tried to change or delete a row of the audit log."""


class AuditEntries(models.QuerySet["AuditEntry"]):
    """The entries, to be read; every way Django has of changing rows in bulk is shut."""

    def update(self, **_columns: Any) -> NoReturn:
        raise AppendOnly("audit entries are never changed")

    def bulk_update(self, *_args: Any, **_options: Any) -> NoReturn:
        raise AppendOnly("audit entries are never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("audit entries are never deleted")


class AuditEntry(models.Model):
    """One thing a person did. Rows are only ever added; names are text so that they outlive what they name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    person = models.CharField(max_length=200)
    person_key = models.CharField(max_length=130)  # "tid/oid", empty for nobody
    act = models.CharField(max_length=60)  # "signed-in", "key-set", "export", ...
    subject = models.CharField(max_length=300, blank=True)
    detail: models.JSONField[dict[str, object]] = models.JSONField(default=dict)

    objects = AuditEntries.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["act", "-at", "-id"], name="audit_by_act"),
            models.Index(fields=["person_key", "-at", "-id"], name="audit_by_person"),
        ]

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("audit entries are never changed")
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *_args: Any, **_options: Any) -> NoReturn:
        raise AppendOnly("audit entries are never deleted")
