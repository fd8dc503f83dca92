"""Tokens to act as a person: the one place that opens and writes their sealed MSAL cache.

Synchronous and may wait on Entra: call it from a view, a task or a thread, never on the event loop.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from console.accounts.models import TokenCache, User
from console.azure.errors import SignInNeeded
from console.azure.shapes import SilentToken
from console.web import vault, wire

log = logging.getLogger(__name__)

# How often a cache that others keep writing is read again; the third time round one answers from the cache itself.
TRIES = 3
# Refusals of one API that a sign-in naming this API can overcome.
SIGN_IN_WITH_SCOPE = frozenset({"consent-missing", "interaction-required", "conditional-access"})


@dataclass(frozen=True, slots=True)
class Opened:
    """A cache as it stood when it was read."""

    text: str = field(repr=False)
    home_account_id: str
    version: int


def store(user: User, cache: str, home_account_id: str) -> None:
    """Keep the cache of a finished sign-in; what Azure had asked of this sign-in is answered with it."""
    sealed = vault.seal(cache, bound_to=bound_to(user))
    fresh = {"sealed": sealed, "home_account_id": home_account_id, "challenge": "", "wanted_scope": ""}
    changed = {**fresh, "version": F("version") + 1, "checked_at": None, "updated_at": timezone.now()}
    if TokenCache.objects.filter(user=user).update(**changed):
        return
    try:
        with transaction.atomic():
            TokenCache.objects.create(user=user, **fresh)
    except IntegrityError:  # another tab signed in at the same moment
        TokenCache.objects.filter(user=user).update(**changed)


def token_for(user: User, scope: str, *, claims: str | None = None) -> str:
    """An access token for `scope` (one API's) to act as `user`, from the cache or silently from Entra.

    `claims` is a claims challenge as Azure sent it, decoded. Raises SignInNeeded when only the person can help: the
    next sign-in then asks Entra for this scope and these claims. Raises Unavailable when Entra cannot be reached.
    """
    try:
        return silent(user, scope, claims=claims).access_token
    except SignInNeeded as needed:
        remember(user, needed, scope, claims)
        raise


def remember(user: User, needed: SignInNeeded, scope: str, claims: str | None) -> None:
    """Keep for the next sign-in what only a sign-in can bring. A plainly expired one asks for nothing special."""
    asked = claims or needed.claims or ""
    if asked or needed.kind in SIGN_IN_WITH_SCOPE:
        TokenCache.objects.filter(user=user).update(wanted_scope=scope[:300], challenge=asked[:8000])


def silent(user: User, scope: str, *, claims: str | None = None, force: bool = False) -> SilentToken:
    """Ask MSAL and write its cache back. With `force` Entra is asked even when a cached token would do."""
    for _ in range(TRIES - 1):
        opened = read(user)
        token = wire.entra().silent(opened.text, opened.home_account_id, scope, claims=claims, force=force)
        if token.cache is None or write_back(user, opened, token.cache):
            return token
        # Somebody else wrote first. What they wrote holds a newer refresh token than ours: go on from theirs.
    opened = read(user)
    return wire.entra().silent(opened.text, opened.home_account_id, scope, claims=claims, force=force)


def read(user: User) -> Opened:
    """The person's cache; one that is missing or cannot be opened needs a new sign-in, and nothing else."""
    row = TokenCache.objects.filter(user=user).first()
    if row is None:
        raise SignInNeeded("no sign-in is stored for this person", kind="sign-in-needed")
    try:
        text = vault.open_sealed(bytes(row.sealed), bound_to=bound_to(user))
    except vault.CannotOpen:
        log.warning("the stored sign-in of %s cannot be opened: it was sealed under another key or altered", user.key)
        raise SignInNeeded("the stored sign-in cannot be opened", kind="sign-in-needed") from None
    return Opened(text, row.home_account_id, row.version)


def write_back(user: User, opened: Opened, cache: str) -> bool:
    """Keep the changed cache unless somebody wrote since it was read."""
    unchanged = TokenCache.objects.filter(user=user, version=opened.version)
    sealed = vault.seal(cache, bound_to=bound_to(user))
    return bool(unchanged.update(sealed=sealed, version=opened.version + 1, updated_at=timezone.now()))


def bound_to(user: User) -> str:
    return f"token-cache/{user.pk}"
