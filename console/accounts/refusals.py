"""A sign-in that did not work, in plain words: what happened, what to do, and who can."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.azure.errors import AzureError, SignInRefused


@dataclass(frozen=True, slots=True)
class Refusal:
    """One card. `who` can remedy it: "you", "admin" (of Entra) or "wait". The ids are Microsoft's."""

    title: Promise
    remedy: Promise
    who: str
    status: int
    kind: str = ""
    aadsts: str = ""
    correlation_id: str = ""
    trace_id: str = ""


EXPIRED = Refusal(
    _("This sign-in has expired"),
    _("It was used already, took longer than ten minutes or began in another browser. Start again; it is one click."),
    "you",
    400,
    kind="state-mismatch",
)
NO_COOKIE = Refusal(
    _("Your browser did not keep the sign-in"),
    _("The console needs its own cookie. Allow cookies for this site, then start again in the same browser."),
    "you",
    400,
    kind="no-cookie",
)
LOOP = Refusal(
    _("Too many sign-ins in a row"),
    _("This browser started several sign-ins within a minute. Close its other tabs, wait a minute and try again."),
    "wait",
    429,
    kind="sign-in-loop",
)
NOT_CONNECTED = Refusal(
    _("This console is not connected to Entra yet"),
    _("Set ENTRA_TENANT_ID, ENTRA_CLIENT_ID and ENTRA_CLIENT_SECRET (or ENTRA_CLIENT_CERTIFICATE) and restart it."),
    "admin",
    503,
    kind="not-connected",
)
AWAY = Refusal(
    _("Microsoft cannot be reached"),
    _("Nothing is wrong with your account. People who are signed in can go on working; try again in a minute."),
    "wait",
    503,
)
ANY = Refusal(
    _("Microsoft did not sign you in"),
    _("Try again. If it happens again, give an administrator the ids below."),
    "you",
    403,
)
NOT_BELIEVED = Refusal(
    _("The answer of the sign-in cannot be trusted"),
    _("It is not signed and addressed as it must be. Try again; if it happens again, tell an administrator."),
    "admin",
    403,
)
FOREIGN = Refusal(
    _("This account belongs to another organisation"),
    _("Choose an account of the organisation that runs this console, or ask its administrator for an invitation."),
    "you",
    403,
)

CARDS: dict[str, Refusal] = {
    "state-mismatch": EXPIRED,
    "nonce-mismatch": replace(NOT_BELIEVED, who="you"),
    "code-used": EXPIRED,
    "sign-in-expired": EXPIRED,
    "sign-in-over": Refusal(
        _("Your sign-in at Microsoft has ended"),
        _("Microsoft renews it no more. Sign in again; it is one click."),
        "you",
        403,
    ),
    "sign-in-loop": LOOP,
    "interaction-required": Refusal(
        _("Microsoft wants to see you again"),
        _("Sign in once more; you may be asked for a second factor."),
        "you",
        403,
    ),
    "redirect-mismatch": Refusal(
        _("The app registration does not know this console's address"),
        _("Add the redirect URI below to the app registration in Entra, exactly as it stands."),
        "admin",
        503,
    ),
    "not-assigned": Refusal(
        _("Your account is not assigned to this console"),
        _("Ask an administrator to add you, or a group you are in, to the enterprise application and give it a role."),
        "admin",
        403,
    ),
    "foreign-account": FOREIGN,
    "conditional-access": Refusal(
        _("Your organisation's access rules stopped this sign-in"),
        _("Often it is the device or the network: try a managed device. An administrator finds the rule by the ids."),
        "admin",
        403,
    ),
    "consent-missing": Refusal(
        _("The console has not been allowed to sign people in"),
        _("An administrator grants consent once, in Entra, under the app registration's API permissions."),
        "admin",
        403,
    ),
    "consent-declined": Refusal(
        _("You did not agree to the sign-in"),
        _("Nothing was shared. Start again if that was a mistake."),
        "you",
        403,
    ),
    "app-not-found": Refusal(
        _("Entra does not know this console"),
        _("ENTRA_CLIENT_ID names no app registration of this tenant. Compare it with the registration's overview."),
        "admin",
        503,
    ),
    "tenant-not-found": Refusal(
        _("Entra does not know this tenant"),
        _("Compare ENTRA_TENANT_ID and ENTRA_AUTHORITY with the tenant's overview page in Entra."),
        "admin",
        503,
    ),
    "client-secret-wrong": Refusal(
        _("The console's own password at Entra is wrong"),
        _("Set ENTRA_CLIENT_SECRET to the secret's value (not its id) and restart the console."),
        "admin",
        503,
    ),
    "client-secret-expired": Refusal(
        _("The console's own password at Entra has expired"),
        _("Make a new client secret in the app registration, set ENTRA_CLIENT_SECRET to it and restart the console."),
        "admin",
        503,
    ),
    "id-token-invalid": NOT_BELIEVED,
    "id-token-expired": NOT_BELIEVED,
    "wrong-tenant": FOREIGN,
    "clock-skew": Refusal(
        _("The console's clock and Microsoft's differ"),
        _("Set the clock of the console's machine by a time server; more than two minutes is too much."),
        "admin",
        503,
    ),
    "entra-misconfigured": Refusal(
        _("The console's connection to Entra is not set up correctly"),
        _("Run `manage.py doctor`: it names the setting and the remedy."),
        "admin",
        503,
    ),
}


def explain(error: AzureError) -> Refusal:
    """The card for whatever the Entra client raised, with Microsoft's ids."""
    refused = isinstance(error, SignInRefused)
    card = CARDS.get(error.kind) or (ANY if refused else AWAY)
    return replace(
        card,
        kind=error.kind,
        aadsts=f"AADSTS{error.aadsts}" if isinstance(error, SignInRefused) and error.aadsts else "",
        correlation_id=error.correlation_id or "",
        trace_id=(error.trace_id or "") if isinstance(error, SignInRefused) else "",
    )
