"""The error catalogue: one card for every way a call can fail, in words for people who are no engineers.

`web.problems` picks a card and adds what is known of the one failure; the catalogue pages show them all.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.web.cards.answers import ANSWERS
from console.web.cards.ours import OURS
from console.web.cards.rights import AS_CONSOLE, AS_KEY, RIGHTS
from console.web.cards.shape import SIDES, SUPPORT, UNKNOWN, WHO, WHO_ELSE, Card
from console.web.cards.sign_in import SIGN_IN
from console.web.cards.ways import WAYS

# Sections of the catalogue, in the order in which people look for them.
SECTIONS: tuple[tuple[Promise, dict[str, Card]], ...] = (
    (_("Keys, rights and names"), RIGHTS),
    (_("What Azure or Anthropic answers"), ANSWERS),
    (_("The way there and back"), WAYS),
    (_("This console"), OURS),
    (_("Signing in with Microsoft"), SIGN_IN),
)
CARDS: dict[str, Card] = {slug: card for _title, section in SECTIONS for slug, card in section.items()}
# What reads otherwise by whose identity called; where a person did, or nobody knows who, CARDS has it.
VARIANTS: dict[str, dict[str, Card]] = {"console": AS_CONSOLE, "key": AS_KEY}


def card_of(kind: str, called_as: str = "") -> Card:
    """The card of a failure; the general one for a kind without. Some read otherwise where no person was the caller.

    `called_as` is "person", "console", "key", or "" where that is not known.
    """
    return VARIANTS.get(called_as, {}).get(kind) or CARDS.get(kind, UNKNOWN)


__all__ = ["CARDS", "SECTIONS", "SIDES", "SUPPORT", "UNKNOWN", "VARIANTS", "WHO", "WHO_ELSE", "Card", "card_of"]
