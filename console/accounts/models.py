"""Rows of people: who has signed in, their sessions, their sealed tokens, and what they did."""

from __future__ import annotations

from typing import ClassVar, Literal

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
    Role.ADMIN: frozenset({"look", "support", "check", "sync", "manage"}),
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
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=8, blank=True)
    send_key = models.CharField(max_length=12, default="enter")
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


class TokenCache(models.Model):
    """A person's MSAL token cache, sealed. `version` makes two writers notice each other."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="token_cache")
    sealed = models.BinaryField()
    home_account_id = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)


class AuditEntry(models.Model):
    """One thing a person did. Rows are only ever added; names are text so that they outlive what they name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    person = models.CharField(max_length=200)
    person_key = models.CharField(max_length=130)  # "tid/oid", empty for nobody
    act = models.CharField(max_length=60)  # "signed-in", "key-set", "export", ...
    subject = models.CharField(max_length=300, blank=True)
    detail: models.JSONField[dict[str, object]] = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-at", "-id"], name="audit_newest")]
