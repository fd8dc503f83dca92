"""Signing in: a flow that starts, comes back once within ten minutes, and makes a claim set a person of ours."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from console.accounts import audit, sessions, tokens
from console.accounts.models import LastClaims, Role, SignInFlow, TokenCache, User
from console.accounts.words import CLAIMS
from console.azure.shapes import Person, SignedIn
from console.web import vault, wire
from console.web.text import clean, storable

# A sign-in that takes longer starts again; Entra's own code lives about as long.
LIFETIME = timedelta(minutes=10)
# Sign-ins one browser may have under way at once (one a tab); an older one starts again.
MOST_FLOWS = 8
# More starts than this in LOOP_WINDOW are a loop or a stuck browser: it is told to wait (AADSTS50196 does the same).
MOST_STARTS = 6
LOOP_WINDOW = timedelta(seconds=60)
LONGEST_BACK = 2000
LONGEST_STATE = 200


class FlowGone(Exception):
    """The answer belongs to no sign-in of this browser: used, too old, started elsewhere, or never ours."""


class TooManyStarts(Exception):
    """This browser keeps starting sign-ins."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sign-in should ask of Entra beside who this is. `prompt` is OpenID Connect's."""

    scopes: tuple[str, ...] = ()
    challenge: str = field(default="", repr=False)
    prompt: str = ""
    login_hint: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Underway:
    """A flow that came back: MSAL's own dict, and where the person wanted to go."""

    flow: dict[str, Any] = field(repr=False)
    back: str


def safe_back(address: str) -> str:
    """`address` when it is a path of this console, else "/": where a sign-in may lead in the end."""
    if not address.startswith("/") or len(address) > LONGEST_BACK or not storable(address):
        return "/"
    if "\\" in address or any(ord(character) < 33 for character in address):
        return "/"
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"


def redirect_uri() -> str:
    """The one address Entra sends people back to; from the settings, never from a Host header."""
    return f"{settings.CONSOLE_URL}/signin/return/"


def wish_of(user: User | None) -> Wish:
    """What Azure asked of this person's next sign-in when a token could not be had silently."""
    row = TokenCache.objects.select_related("user").filter(user=user).first() if user else None
    if row is None or not (row.challenge or row.wanted_scope):
        return Wish()
    return Wish((row.wanted_scope,) if row.wanted_scope else (), row.challenge, login_hint=login_hint_of(row.user))


def login_hint_of(user: User) -> str:
    """What tells Entra whom a sign-in or sign-out is about, so that it need not ask; "" when it never said."""
    return LastClaims.objects.filter(user=user).values_list("login_hint", flat=True).first() or ""


def begin(*, browser: str, back: str, wish: Wish) -> str:
    """Start a sign-in for this browser (its session's stored key); returns Entra's address for it.

    Raises TooManyStarts, and Unavailable when Entra does not answer.
    """
    refuse_a_loop(browser)
    flow = wire.entra().begin(
        redirect_uri(),
        scopes=list(wish.scopes),
        claims=wish.challenge or None,
        login_hint=wish.login_hint or None,
        prompt=wish.prompt or None,
    )
    keep(browser, flow, safe_back(back))
    return str(flow["auth_uri"])


def refuse_a_loop(browser: str) -> None:
    recent = SignInFlow.objects.filter(browser=browser, started_at__gt=timezone.now() - LOOP_WINDOW)
    if recent.count() >= MOST_STARTS:
        raise TooManyStarts


def keep(browser: str, flow: Mapping[str, Any], back: str) -> None:
    state = hashed(str(flow["state"]))
    sealed = vault.seal(json.dumps(dict(flow)), bound_to=f"sign-in/{state}")
    SignInFlow.objects.create(state=state, browser=browser, sealed=sealed, back=back, started_at=timezone.now())
    newest = SignInFlow.objects.filter(browser=browser).order_by("-started_at").values_list("state", flat=True)
    SignInFlow.objects.filter(state__in=list(newest[MOST_FLOWS : 2 * MOST_FLOWS])).delete()


def take(*, browser: str, state: str) -> Underway:
    """The flow with this `state`, once: of two answers that come at the same time only one gets it.

    Raises FlowGone.
    """
    if not state or len(state) > LONGEST_STATE or not browser:
        raise FlowGone
    now = timezone.now()
    waiting = SignInFlow.objects.filter(state=hashed(state), browser=browser, started_at__gt=now - LIFETIME)
    row = waiting.filter(taken_at=None).first()
    # Taken rows stay for the count of starts; what was sealed in them does not.
    if row is None or not waiting.filter(taken_at=None).update(taken_at=now, sealed=b""):
        raise FlowGone
    try:
        flow = json.loads(vault.open_sealed(bytes(row.sealed), bound_to=f"sign-in/{row.state}"))
    except vault.CannotOpen:  # SECRET_KEY was changed meanwhile
        raise FlowGone from None
    return Underway(flow, row.back)


def back_of(*, browser: str, state: str) -> str:
    """Where a sign-in of this browser was to lead that is over or took too long; "/" when nothing tells."""
    if not browser:
        return "/"
    begun = SignInFlow.objects.filter(state=hashed(state), browser=browser)
    return begun.values_list("back", flat=True).first() or "/"


def finish(under: Underway, query: Mapping[str, str]) -> SignedIn:
    """Redeem what Entra sent back, and believe only a token that holds. Raises SignInRefused and Unavailable."""
    return wire.entra().finish(under.flow, query, None)


def hashed(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def admit(signed_in: SignedIn) -> User:
    """Find or make the person of (`tid`, `oid`) and take over what the token says of them.

    Nobody is refused here: without a role they are known, and the gates let them see no page but their own.
    """
    person = signed_in.person
    with transaction.atomic():
        user, _new = User.objects.get_or_create(tid=person.tid, oid=person.oid)
        user.signed_in_at = timezone.now()
        user.save(update_fields=["signed_in_at"])
        take_claims(user, person, signed_in.id_claims)
        tokens.store(user, signed_in.cache, signed_in.home_account_id)
    audit.note(user, "signed-in", roles=user.roles)
    return user


def take_claims(user: User, person: Person, claims: Mapping[str, object]) -> bool:
    """Bring the person up to date with a fresh ID token; returns whether their roles changed.

    Changed roles end the sessions they were signed in to with the old ones.
    """
    roles = known_roles(person.roles)
    changed = sorted(user.roles) != sorted(roles)
    if changed and user.sessions.exists():
        audit.note(user, "roles-changed", before=user.roles, after=roles)
        sessions.end(user.sessions.all())
    user.name, user.email, user.roles = clean(person.name, 200), clean(person.email, 254), roles
    user.groups = sorted({group.lower() for group in person.groups})
    user.save(update_fields=["name", "email", "roles", "groups"])
    kept = {"claims": shown(claims), "login_hint": clean(person.login_hint or "", 1000)}
    LastClaims.objects.update_or_create(user=user, defaults=kept)
    return changed


def known_roles(claimed: tuple[str, ...]) -> list[str]:
    """Our roles among the claimed ones: exact values of the `roles` claim, each once, in our order."""
    return [role for role in Role.values if role in claimed]


def shown(claims: Mapping[str, object]) -> dict[str, object]:
    """The claims a person may look at on their account page; group overage is told by Entra's own marker."""
    kept = {name: audit.plain(claims[name]) for name in CLAIMS if name in claims}
    if "_claim_names" in claims or claims.get("hasgroups"):
        kept["groups_overage"] = True
    return kept
