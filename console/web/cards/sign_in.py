"""Cards about signing in with Microsoft: what Entra refuses, and what our own checks of its answers refuse."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.web.cards.shape import Card, Side, Who

_NOT_SIGNED_IN = _("You were not signed in.")
_AGAIN = _("Start the sign-in again; it is one click.")
_REGISTRATION = _("Compare the app registration in Entra with the console's settings; `manage.py doctor` names them.")


def refused(title: Promise, why: Promise, remedy: Promise, who: Who, side: Side = "setup") -> Card:
    return Card(title, why, remedy, who, side, happened=_NOT_SIGNED_IN)


SIGN_IN: dict[str, Card] = {
    "sign-in-refused": refused(
        _("Microsoft did not sign you in"),
        _("Entra refused without a reason that this console knows."),
        _("Try again. If it happens again, give an administrator the ids."),
        "anyone",
    ),
    "sign-in-expired": refused(
        _("This sign-in has expired"), _("It took longer than ten minutes or was used already."), _AGAIN, "you", "you"
    ),
    "sign-in-over": Card(
        title=_("Your sign-in at Microsoft has ended"),
        why=_(
            "Microsoft no longer renews it: it was not used for long, your password was changed, or your organisation "
            "asks for a new sign-in from time to time."
        ),
        remedy=_("Sign in again and repeat it."),
        who="you",
        side="you",
        happened=_("Nothing was sent to the model: the console got no token to act as you."),
    ),
    "sign-in-loop": refused(
        _("Too many sign-ins in a row"),
        _("This browser started several sign-ins within a minute, often from several tabs."),
        _("Close the other tabs, wait a minute and try again."),
        "you",
        "you",
    ),
    "state-mismatch": refused(
        _("This sign-in began in another browser"),
        _("What came back does not belong to a sign-in that this browser started, or its cookies are blocked."),
        _("Allow cookies for this site and start again in the same browser."),
        "you",
        "you",
    ),
    "nonce-mismatch": refused(
        _("The answer of the sign-in was not made for you"),
        _("It belongs to another sign-in, so the console did not believe it."),
        _AGAIN,
        "you",
        "you",
    ),
    "code-used": refused(
        _("This sign-in was used already"), _("The page was reloaded or opened twice."), _AGAIN, "you", "you"
    ),
    "interaction-required": refused(
        _("Microsoft wants to see you again"),
        _("Your organisation asks for a second factor or a fresh password."),
        _("Sign in once more and follow what Microsoft asks."),
        "you",
    ),
    "redirect-mismatch": refused(
        _("Entra does not know this console's address"),
        _("The redirect address is not in the app registration, or differs in a letter."),
        _("Add the console's address with /signin/return/ at its end to the app registration."),
        "entra-admin",
    ),
    "not-assigned": refused(
        _("Your account is not assigned to this console"),
        _("Only people and groups that were added to the application may sign in."),
        _("Ask to be added to the enterprise application, with a role."),
        "entra-admin",
    ),
    "foreign-account": refused(
        _("This account belongs to another organisation"),
        _("The console is open to accounts of its own directory only."),
        _("Choose your account of this organisation, or ask for an invitation as a guest."),
        "you",
        "you",
    ),
    "conditional-access": refused(
        _("An access rule of your organisation stopped the sign-in"),
        _("Often it is the device or the network you are on."),
        _("Try from a managed device. An administrator finds the rule by the ids."),
        "entra-admin",
    ),
    "consent-missing": refused(
        _("The console has not been allowed to sign people in"),
        _("Nobody has granted the app registration its permissions yet."),
        _("Grant consent once, in Entra, under the app registration's API permissions."),
        "entra-admin",
    ),
    "consent-declined": refused(
        _("You did not agree to the sign-in"),
        _("Microsoft asked whether the console may know who you are, and the answer was no."),
        _("If that was a mistake, start again."),
        "you",
        "you",
    ),
    "app-not-found": refused(
        _("Entra does not know this console"),
        _("ENTRA_CLIENT_ID names no app registration of this directory."),
        _REGISTRATION,
        "console-admin",
    ),
    "tenant-not-found": refused(
        _("Entra does not know this directory"),
        _("ENTRA_TENANT_ID or ENTRA_AUTHORITY is wrong."),
        _REGISTRATION,
        "console-admin",
    ),
    "client-secret-wrong": refused(
        _("The console's own password at Entra is wrong"),
        _("ENTRA_CLIENT_SECRET does not hold the secret's value; often it holds the secret's id."),
        _("Set it to the value and restart the console."),
        "console-admin",
    ),
    "client-secret-expired": refused(
        _("The console's own password at Entra has expired"),
        _("Client secrets end on the day that was chosen when they were made."),
        _("Make a new one in the app registration, set ENTRA_CLIENT_SECRET to it and restart the console."),
        "console-admin",
    ),
    "id-token-invalid": refused(
        _("The answer of the sign-in cannot be trusted"),
        _("It is not signed by Microsoft or not made for this console."),
        _("Try again. If it happens again, have the authority and the client id in the settings checked."),
        "console-admin",
    ),
    "id-token-expired": refused(
        _("The answer of the sign-in came too late"),
        _("It was valid for a few minutes only and these are over."),
        _AGAIN,
        "you",
        "you",
    ),
    "clock-skew": refused(
        _("The console's clock is wrong"),
        _("It differs from Microsoft's by more than two minutes, so nothing that is signed seems valid."),
        _("Set the clock of the console's machine by a time server."),
        "console-admin",
        "console",
    ),
    "entra-misconfigured": refused(
        _("The console's connection to Entra is not set up right"),
        _("Entra refuses the way the console asks, whoever signs in."),
        _REGISTRATION,
        "console-admin",
    ),
}
