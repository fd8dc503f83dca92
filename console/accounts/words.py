"""What people read about roles, acts and the audit log, in one place."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Act, Role

# What each app role is for, in the order in which people ask for them.
ROLES: dict[str, Promise] = {
    Role.VIEWER: _("Reads what exists and how healthy it is."),
    Role.PLAYGROUND: _("Talks to the deployments."),
    Role.SUPPORT: _("Finds anybody's request by its ids, checks health and starts a sync. Reads no prompts."),
    Role.ADMIN: _("Does all of this, sets up resources and keys, and ends sessions."),
    Role.PROMPT_READER: _("Reads the prompts and answers of others. Every look is written to the audit log."),
}

ACTS: dict[Act, Promise] = {
    "look": _("See resources, deployments, health and usage"),
    "talk": _("Use the playground"),
    "support": _("Find everybody's requests and export them"),
    "check": _("Check a deployment's health now"),
    "sync": _("Read the inventory from Azure now"),
    "manage": _("Change settings, resources, keys and sessions"),
    "read_prompts": _("Read prompts and answers of others"),
}

# Claims of the ID token worth showing, and what each is.
CLAIMS: dict[str, Promise] = {
    "name": _("Name, for display"),
    "preferred_username": _("User name, for display"),
    "email": _("E-mail, for display"),
    "roles": _("App roles: these decide what you may do here"),
    "groups": _("Groups: an administrator may open a deployment to some"),
    "tid": _("Tenant: the directory you belong to here"),
    "oid": _("Object id: who you are in this tenant"),
    "idp": _("Identity provider: where your account lives, for guests"),
    "iss": _("Issuer: who vouches for you"),
    "aud": _("Audience: this console's app registration"),
    "iat": _("Issued at"),
    "exp": _("Valid until"),
    "sid": _("Session at Microsoft: ends here when it ends there"),
}

# The acts of the audit log, by slug; one that is not here is shown as its slug.
AUDIT: dict[str, Promise] = {
    "signed-in": _("Signed in"),
    "signed-out": _("Signed out"),
    "sign-in-refused": _("Sign-in refused"),
    "sign-in-withdrawn": _("Access withdrawn by Entra"),
    "roles-changed": _("Roles changed"),
    "case-changed": _("Note or state of a request written"),
    "sessions-ended": _("Sessions ended"),
    "key-set": _("Key set"),
    "key-removed": _("Key removed"),
    "connection-set": _("Connection changed"),
    "price-added": _("Price added"),
    "rate-added": _("Exchange rate added"),
    "playground-rules-changed": _("Guard rails changed"),
    "retention-changed": _("Retention changed"),
    "deployment-opened": _("Deployment opened to some or to everybody"),
    "deployment-abilities-set": _("Tools or structured output of a deployment set"),
    "conversation-shared": _("Conversation shared"),
    "share-opened": _("Shared conversation opened"),
    "share-revoked": _("Shared link taken back"),
    "export": _("Exported"),
    "application-added": _("Application added that reports its requests"),
    "application-revoked": _("Application revoked"),
    "prompt-read": _("Read somebody's prompt"),
    "prompt-handed": _("Put somebody's prompt into a support bundle"),
    "conversation-deleted": _("Conversation deleted"),
    "comparison-deleted": _("Comparison deleted"),
    "prompt-set-deleted": _("Prompt set deleted"),
    "prompt-deleted": _("Saved prompt deleted"),
}

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def as_text(value: object) -> str:
    """A value of a claim or of an audit entry, as people read it; "" for nothing."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def browser_name(agent: str) -> str:
    """What a person calls the browser that sent this User-Agent: "Firefox on Windows"."""
    browser = first_in(agent, _BROWSERS)
    system = first_in(agent, _SYSTEMS)
    if browser and system:
        return _t("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or re.sub(r"[/\s].*", "", agent)[:40] or _t("Unknown browser")


def first_in(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in agent), "")
