"""Failures in plain words: what happened, why, what to do and who can, with both ids. Rooms show web/_problem.html.

The words of each kind stand in `web.cards`; here they meet what is known of one failure.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.azure.errors import AzureError, Forbidden
from console.azure.retry import LONGEST_WAIT, may_have_worked
from console.web.cards import CARDS, SIDES, SUPPORT, VARIANTS, WHO, Card, card_of

# Foundry User; its name has changed before, its id has not (azure-facts 6.1).
FOUNDRY_USER = "53ca6127-db72-4b80-b1b0-d745d6d5456d"

# What a sign-in overcomes, where it was a person's own right that was used.
SIGNS_IN = frozenset(
    {"claims-challenge", "sign-in-over", "interaction-required", "sign-in-needed", "expired-token", "bad-token"}
)

# The ways to call, as headings of what differs between them, and the account that then lacks a role.
CALLERS: dict[str, tuple[Promise, Promise | str]] = {
    "person": (gettext_lazy("Called as the person"), gettext_lazy("The person who asked")),
    "console": (gettext_lazy("Called as the console"), gettext_lazy("The console's own identity")),
    "key": (gettext_lazy("Called by key"), ""),
}

_PRINCIPAL = re.compile(r"principal [`'\"]?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SCOPE = re.compile(r"/subscriptions/[\w.()/-]{1,500}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,98}")


@dataclass(frozen=True, slots=True)
class Technical:
    """What the upstream said, word for word, for whoever needs it."""

    status: int | None = None
    type: str = ""
    code: str = ""
    message: str = ""

    def __bool__(self) -> bool:
        return bool(self.status or self.type or self.code or self.message)


@dataclass(frozen=True, slots=True)
class Problem:
    """What `_problem.html` shows. Texts are in the reader's language; `az` and `wait` are "" where they do not apply.

    `who` can remedy it, `whom` lacks the role; `side` is where the cause sits. `retry_after` is in seconds, `wait` the
    same in words.
    """

    slug: str
    title: str
    happened: str
    why: str
    remedy: str
    who: str
    side: str
    az: str = ""
    whom: str = ""
    may_bill_again: bool = False
    sign_in: bool = False  # whether the reader's own next sign-in is the remedy
    retry_after: float | None = None
    wait: str = ""
    request_id: str = ""
    apim_request_id: str = ""
    technical: Technical = Technical()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the call went, as far as it is known: what the `az` line is filled with."""

    resource: str = ""
    subscription_id: str = ""
    scope: str = ""  # the resource's ARM id


def explain(
    kind: str,
    *,
    status: int | None = None,
    type: str = "",
    code: str = "",
    message: str = "",
    request_id: str = "",
    apim_request_id: str = "",
    retry_after: float | None = None,
    phase: str = "",
    principal: str = "",
    whom: str = "",
    called_as: str = "",
    place: Place | None = None,
) -> Problem:
    """The card of `kind` (azure.errors.KINDS, or one of our own refusals) filled with this failure's facts.

    A kind that has no card gets the general one. `phase` is how far the call got (azure.errors.Phase). `whom` is the
    name of whoever called, for cards about a role that they lack; `called_as` as `cards.card_of` takes it.
    """
    card = card_of(kind, called_as)
    return Problem(
        slug=kind if kind in CARDS else "unknown",
        title=str(card.title),
        happened=happened(card, phase, status),
        why=str(card.why),
        remedy=remedy(card, retry_after),
        who=who(card, [one for one in (request_id, apim_request_id) if one]),
        side=str(SIDES[card.side]),
        az=az_line(principal or principal_in(message), place or Place()) if card.needs_role else "",
        whom=whom if card.needs_role else "",
        may_bill_again=may_bill_again(kind, phase, status),
        sign_in=called_as == "person" and kind in SIGNS_IN,
        retry_after=retry_after,
        wait=in_words(retry_after) if retry_after and retry_after > 0 else "",
        request_id=request_id,
        apim_request_id=apim_request_id,
        technical=Technical(status, type, code, message),
    )


def explain_error(error: AzureError, *, called_as: str = "", place: Place | None = None) -> Problem:
    """The card for what the Azure client raised."""
    return explain(
        error.kind,
        status=error.status,
        type=error.type or "",
        code=error.code or "",
        message=error.message,
        request_id=error.request_id or "",
        apim_request_id=error.apim_request_id or "",
        retry_after=error.retry_after,
        phase=error.phase,
        principal=(error.principal or "") if isinstance(error, Forbidden) else "",
        called_as=called_as,
        place=place,
    )


def catalogue(slug: str, called_as: str = "") -> Problem | None:
    """A card as the catalogue shows it, without any failure's facts; its command has blanks to fill."""
    if slug not in CARDS:
        return None
    card = card_of(slug, called_as)
    az = role_command("OBJECT_ID", "RESOURCE_ID") if card.needs_role else ""
    whom = str(CALLERS[called_as][1]) if called_as else ""
    # Of what comes with a failure nothing is known here.
    who = str(SUPPORT["any"] if card.who == "microsoft" else WHO[card.who])
    return replace(explain(slug, called_as=called_as, whom=whom), az=az, who=who)


def variants(slug: str) -> list[tuple[str, Problem]]:
    """A card by whose identity called, each under its heading; none where that makes no difference."""
    differing = [called_as for called_as in CALLERS if slug in VARIANTS.get(called_as, {})]
    if not differing:
        return []
    cards = ((str(CALLERS[called_as][0]), catalogue(slug, called_as)) for called_as in ("person", *differing))
    return [(heading, card) for heading, card in cards if card]


def remedy(card: Card, retry_after: float | None) -> str:
    """What to do: nobody is told to try again in a moment whom Azure asks to wait for long."""
    waits = retry_after is not None and retry_after > LONGEST_WAIT
    return str(card.later or card.remedy if waits else card.remedy)


def who(card: Card, ids: list[str]) -> str:
    """Who can remedy it; Microsoft Support with as many ids as there are."""
    if card.who != "microsoft" or len(ids) == 2:
        return str(WHO[card.who])
    return str(SUPPORT["one" if ids else "none"])


def happened(card: Card, phase: str, status: int | None) -> str:
    """One sentence on how far the call got."""
    if card.happened is not None:
        return str(card.happened)
    if phase == "connect":
        return _("The request did not leave the console.")
    if phase == "send":
        return _("The request was sent, and no answer came back.")
    if phase == "stream":
        return _("The answer had begun and did not come to its end.")
    if status and status != 200:
        return _("The request was answered with an error (HTTP %(status)d).") % {"status": status}
    return ""  # 200 is no error: what came instead of an answer, the card says


def may_bill_again(kind: str, phase: str, status: int | None) -> bool:
    """Whether the model may have worked already, so that running it again may cost twice."""
    return kind == "stopped" or may_have_worked(kind, phase, status)


def principal_in(message: str) -> str:
    """The object id Azure names in its refusal."""
    found = _PRINCIPAL.search(message)
    return found.group(1) if found else ""


def az_line(principal: str, place: Place) -> str:
    """The command that gives the missing role; "" unless both who and where are known."""
    scope = scope_of(place)
    if not scope or not _GUID.fullmatch(principal):
        return ""
    return role_command(principal, scope)


def role_command(principal: str, scope: str) -> str:
    return f"az role assignment create --assignee {principal} --role {FOUNDRY_USER} --scope {scope}"


def scope_of(place: Place) -> str:
    """The resource's ARM id, or a command that looks it up where only its name is known."""
    if _SCOPE.fullmatch(place.scope):
        return shlex.quote(place.scope)
    if not (_NAME.fullmatch(place.resource) and _GUID.fullmatch(place.subscription_id)):
        return ""
    query = f"[?name=='{place.resource}'].id"
    return f'"$(az cognitiveservices account list --subscription {place.subscription_id} --query "{query}" -o tsv)"'


def in_words(seconds: float) -> str:
    """A wait in one unit, rounded up: 0.4 → "1 second", 86400 → "24 hours"."""
    whole = max(1, -int(-seconds // 1))
    if whole < 120:
        return ngettext("%(count)d second", "%(count)d seconds", whole) % {"count": whole}
    if whole < 2 * 3600:
        minutes = -(-whole // 60)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if whole <= 48 * 3600:
        hours = -(-whole // 3600)
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = -(-whole // 86400)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
