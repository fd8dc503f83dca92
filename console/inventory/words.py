"""What pages say about states, health and hosting: a tone and a word for each, and ARM's own word where it is new."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Badge:
    """What the badge tag draws: `tone` is ok, warn, bad, idle or busy."""

    tone: str
    word: Words


_STATE_TONES = {
    "succeeded": "ok",
    "running": "ok",
    "enabled": "ok",
    "accepted": "busy",
    "creating": "busy",
    "moving": "busy",
    "deleting": "busy",
    "resolvingdns": "busy",
    "paused": "warn",
    "canceled": "warn",
    "disabled": "warn",
    "failed": "bad",
}

HEALTH = {
    "well": Badge("ok", _("Well")),
    "degraded": Badge("warn", _("Degraded")),
    "ill": Badge("bad", _("Ill")),
    "unknown": Badge("idle", _("Unknown")),
    "stale": Badge("idle", _("Stale")),
    "": Badge("idle", _("Not checked")),
}

HOSTING = {"azure": _("Hosted on Azure"), "anthropic": _("Hosted on Anthropic")}

# The same in a column that says "Hosted on".
HOSTED_ON = {"azure": _("Azure"), "anthropic": _("Anthropic")}

RESIDENCY = {
    "azure": _(
        "Hosted on Azure: prompts and answers are processed inside Azure. A Global deployment may process them in any "
        "Azure region, a Data Zone deployment stays in its zone; data at rest stays in the resource's geography."
    ),
    "anthropic": _(
        "Hosted on Anthropic: prompts and answers are processed on Anthropic's infrastructure and may leave Azure. "
        "Ask whoever is responsible for data protection before you send anything sensitive."
    ),
    "": _(
        "Azure does not say where this model is hosted. Until an administrator has found out, treat it as if prompts "
        "may leave Azure."
    ),
}


def state_badge(state: str, *, gone: bool = False) -> Badge | None:
    """A provisioning state as ARM says it, or that the thing is gone; None where ARM said nothing."""
    if gone:
        return Badge("idle", _("Gone"))
    return Badge(_STATE_TONES.get(state.lower(), "idle"), state) if state else None


def health_badge(shown: str) -> Badge:
    """A verdict as `models.shown_health` gives it."""
    return HEALTH.get(shown) or Badge("idle", shown)


_NO_ROLE = _("The console's own identity may not read it: it needs the role Reader there.")
_NO_ANSWER = _("Azure could not be reached or did not answer in time. The next sync tries again.")
_NO_TOKEN = _("Azure did not accept the console's own identity. An administrator of the console can look at it.")

FAULTS: dict[str, Words] = {
    "forbidden": _NO_ROLE,
    "missing-role": _NO_ROLE,
    "not-listed": _("Azure no longer lists it for the console: it was deleted, or the console lost its role on it."),
    "left-out": _("The setting AZURE_SUBSCRIPTION_IDS leaves it out."),
    "partly": _("Some of its resources did not tell their deployments. The next sync tries again."),
    "rate-limited": _("Azure asked the console to slow down. The next sync tries again."),
    "subscription-not-found": _("Azure knows no subscription with this ID. Check AZURE_SUBSCRIPTION_IDS."),
    "not-registered": _("The subscription has never used this service, so it holds no Foundry resource."),
    **dict.fromkeys(("sign-in-needed", "bad-token", "expired-token", "wrong-tenant", "identity-refused"), _NO_TOKEN),
    **dict.fromkeys(("connect", "dns", "tls", "proxy", "reset", "server-error", "unavailable"), _NO_ANSWER),
    **dict.fromkeys(("first-byte-timeout", "idle-timeout", "total-timeout", "upstream-timeout"), _NO_ANSWER),
}


def fault_sentence(kind: str) -> Words:
    """Why a subscription could not be read, for people."""
    return FAULTS.get(kind, _("Azure gave an answer the console does not understand. The next sync tries again."))


# What a sync may end with instead of a count: kept in the job's row as it stands here, translated when it is shown.
ONLY_CONNECTED = gettext_noop(
    "The console has no identity of its own in Azure, so only what the settings connect by key is shown."
)
NOTHING_TO_READ_AS = gettext_noop(
    "The console has no identity of its own in Azure, and no resource is connected by key. Set AZURE_CLIENT_ID and "
    "its kin, or ANTHROPIC_FOUNDRY_RESOURCE."
)
REMARKS = (ONLY_CONNECTED, NOTHING_TO_READ_AS)
