"""What a card holds, and the few words that cards share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Where the cause sits: what the blame line of a request says.
Side = Literal["you", "setup", "console", "network", "azure", "anthropic", "azure-or-anthropic"]
Who = Literal["you", "anyone", "azure-admin", "console-admin", "entra-admin", "microsoft", "nobody"]

SIDES: dict[Side, Promise] = {
    "you": _("The request itself"),
    "setup": _("The set-up in Azure"),
    "console": _("This console"),
    "network": _("The network between the console and Azure"),
    "azure": _("Azure"),
    "anthropic": _("Anthropic"),
    "azure-or-anthropic": _("Azure or Anthropic"),
}
WHO: dict[Who, Promise] = {
    "you": _("You"),
    "anyone": _("You; if it stays, an administrator of this console"),
    "azure-admin": _("An owner of the Azure resource"),
    "console-admin": _("An administrator of this console"),
    "entra-admin": _("An administrator of your directory (Microsoft Entra)"),
    "microsoft": _("Microsoft Support, with both ids below"),
    "nobody": _("Nobody needs to do anything but wait"),
}
# The same for whoever looks at somebody else's request.
WHO_ELSE: dict[Who, Promise] = {
    "you": _("Whoever sent the request"),
    "anyone": _("Whoever sent the request; if it stays, an administrator of this console"),
}
# What else "microsoft" may read, by the ids that came.
SUPPORT: dict[Literal["one", "none", "any"], Promise] = {
    "one": _("Microsoft Support, with the id below"),
    "none": _("Microsoft Support, with the time of the call: no id came with it"),
    "any": _("Microsoft Support, with the time and the ids there are"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One kind of failure. `why` is the usual cause, `remedy` what to do now, `who` can do it, `side` is to blame.

    `later` is what to do instead where Azure asks to wait for more than a minute.
    """

    title: Promise
    why: Promise
    remedy: Promise
    who: Who
    side: Side
    needs_role: bool = False  # a role assignment is the remedy, so the `az` line is shown
    later: Promise | None = None
    happened: Promise | None = None  # where the usual sentence, made from how far the call got, would be wrong


UNKNOWN = Card(
    title=_("The call failed in a way this console does not know"),
    why=_("The answer fits none of the failures described here."),
    remedy=_(
        "Try once more. If it happens again, give the technical details and the ids there are to an administrator."
    ),
    who="anyone",
    side="azure-or-anthropic",
)
