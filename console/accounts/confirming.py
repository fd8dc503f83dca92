"""Is everybody who is signed in still welcome at Entra? Asked every few minutes by a forced refresh of their token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import Q
from django.utils import timezone

from console.accounts import audit, sessions, signin, tokens
from console.accounts.models import Session, TokenCache, User
from console.azure.errors import AzureError, SignInNeeded
from console.azure.shapes import SilentToken

log = logging.getLogger(__name__)

# The task runs every minute, so that even a person who was due just after a run is asked again within five minutes.
CONFIRM_AFTER = timedelta(minutes=3, seconds=30)
# An attempt that failed because Entra was away is made again after this.
ASK_AGAIN_AFTER = timedelta(seconds=50)
# Seconds one run may take: it is over before the next begins. At 0.2 s an answer that is 225 people a minute.
BUDGET = 45.0
# Refusals that are about the console, not about the person: nobody loses a session over a wrong client secret.
OURS = frozenset(
    {
        "client-secret-wrong",
        "client-secret-expired",
        "app-not-found",
        "tenant-not-found",
        "redirect-mismatch",
        "entra-misconfigured",
        "clock-skew",
        "id-token-expired",
    }
)
# Entra's way of saying, with status 400, that it is not well.
NOT_WELL = frozenset({"temporarily_unavailable", "server_error"})


class CannotAsk(Exception):
    """Entra does not answer, or does not talk to this console: nothing is known of anybody."""


def confirm_people() -> int:
    """Confirm those who are due, longest unconfirmed first; returns how many. Stops at once when Entra is away."""
    confirmed = 0
    until = monotonic() + BUDGET
    for user in due():
        if monotonic() > until:
            break
        try:
            confirmed += confirm(user)
        except CannotAsk as reason:
            log.warning("people cannot be confirmed now: %s", reason)
            break
    return confirmed


def due() -> Iterator[User]:
    """People with a session not confirmed lately, each claimed, so that two runs do not ask twice."""
    late = sessions.live().filter(unconfirmed(), user__isnull=False).order_by("confirmed_at")
    people = list(dict.fromkeys(late.values_list("user_id", flat=True)[:2000]))
    for pk in people:
        user = User.objects.get(pk=pk)
        if claim(user):
            yield user


def unconfirmed() -> Q:
    return Q(confirmed_at=None) | Q(confirmed_at__lt=timezone.now() - CONFIRM_AFTER)


def claim(user: User) -> bool:
    """True for one of several runs. A person without a stored sign-in is claimed by whoever comes."""
    cache = TokenCache.objects.filter(user=user)
    free = Q(checked_at=None) | Q(checked_at__lt=timezone.now() - ASK_AGAIN_AFTER)
    return bool(cache.filter(free).update(checked_at=timezone.now())) or not cache.exists()


def confirm(user: User) -> bool:
    """Ask Entra about one person. False when they are not welcome any more: their sessions have ended.

    Raises CannotAsk when Entra says nothing about anybody.
    """
    asked_at = timezone.now()
    try:
        token = tokens.silent(user, "", force=True)
    except SignInNeeded as refusal:
        if refusal.kind in OURS or refusal.code in NOT_WELL:
            raise CannotAsk(refusal.kind) from refusal
        if refusal.kind != "sign-in-loop":  # asked too often about this one: the next run asks again
            withdraw(user, refusal, asked_at)
        return False
    except AzureError as error:
        raise CannotAsk(error.kind) from error
    return still_welcome(user, token, asked_at)


def still_welcome(user: User, token: SilentToken, asked_at: datetime) -> bool:
    """Take over what the fresh ID token says; changed roles end the sessions that were opened with the old ones."""
    if token.person is not None and signin.take_claims(user, token.person, token.id_claims or {}):
        return False
    Session.objects.filter(user=user).update(confirmed_at=asked_at)
    return True


def withdraw(user: User, refusal: SignInNeeded, asked_at: datetime) -> None:
    """Entra no longer vouches for this person: every session ends that was there when it was asked."""
    ended = sessions.end(user.sessions.filter(started_at__lte=asked_at))
    aadsts = getattr(refusal, "aadsts", None)
    audit.note(user, "sign-in-withdrawn", refusal.kind, aadsts=aadsts, sessions=ended)
