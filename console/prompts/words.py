"""What people read about who sees a prompt."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from console.prompts.models import Prompt, Reach

REACHES: dict[str, Promise] = {
    Reach.OWN: _("Mine"),
    Reach.TEAM: _("My team’s"),
    Reach.EVERYONE: _("Everybody’s"),
}


def reach_words(reach: str, team: str = "") -> str:
    """Who sees it, as a choice of the form and as a badge."""
    if reach == Reach.TEAM:
        return _t("Everybody with the role %(role)s") % {"role": team}
    return _t("Everybody") if reach == Reach.EVERYONE else _t("Only me")


def seen_by(prompt: Prompt) -> str:
    return reach_words(prompt.reach, prompt.team)
