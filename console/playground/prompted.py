"""A message that begins with a saved prompt: which one is asked for, and where it is best sent."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from console.accounts.models import User
from console.inventory.calling import Choice
from console.prompts import finding
from console.prompts.models import PromptVersion


def asked_for(user: User, prompt_id: str) -> PromptVersion | None:
    """The prompt an address names; None for none, for a broken id, and for one this person does not see."""
    try:
        return finding.one(user, UUID(prompt_id))
    except ValueError:
        return None


def recommended(choices: Sequence[Choice], wanted: str, usual: Choice | None) -> Choice | None:
    """The deployment that `wanted` (a name, or `resource/name`) means: the usual one if it fits, else a ready one."""
    resource, _slash, name = wanted.lower().rpartition("/")
    fitting = [
        one for one in choices if one.deployment.lower() == name and resource in ("", one.resource.lower())
    ]  # fmt: skip
    if usual in fitting:
        return usual
    return next((one for one in fitting if one.ready), next(iter(fitting), None))
