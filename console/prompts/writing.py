"""Writes prompts: a changed text becomes another version, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from django.db import transaction
from django.utils.text import slugify

from console.accounts.models import Role, User
from console.prompts.filling import variables
from console.prompts.models import Prompt, PromptVersion, Reach, Variable

LONGEST_TEXT = 50_000
LONGEST_SLUG = 60
MOST_OWNED = 1000


class TooMany(Exception):
    """This person has as many prompts as one may have."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A prompt as somebody wants it. Its text is private, so it shows in no repr."""

    title: str
    text: str = field(repr=False)
    slug: str = ""
    description: str = field(default="", repr=False)
    deployment: str = ""
    variables: Sequence[Variable] = field(default=(), repr=False)
    reach: str = Reach.OWN
    team: str = ""
    is_starter: bool = False


def may_edit(user: User, prompt: Prompt) -> bool:
    """Who writes versions: the owner, a shared prompt's team, and for everybody's those who manage the console."""
    if prompt.owner_id == user.pk:
        return True
    if prompt.reach == Reach.TEAM:
        return prompt.team in user.roles
    return prompt.reach == Reach.EVERYONE and "manage" in user.acts


def may_settle(user: User, prompt: Prompt) -> bool:
    """Who decides on a prompt's reach and end: the owner, and those who manage the console for all they see."""
    return prompt.owner_id == user.pk or (prompt.reach != Reach.OWN and "manage" in user.acts)


def teams(user: User) -> list[str]:
    """The teams this person may share with: their own."""
    return [role for role in Role.values if role in user.roles]


def may_start(user: User, reach: str) -> bool:
    """Whether this person may put a prompt of this reach on the empty screen of those who see it."""
    return reach == Reach.OWN or "manage" in user.acts


def create(user: User, draft: Draft) -> Prompt:
    """Save a new prompt. Raises TooMany, IntegrityError where the slug is taken."""
    with transaction.atomic():
        check_room(user, 1)
        prompt = Prompt.objects.create(owner=user, **columns(draft, draft.slug or free_slug(user, draft.title)))
        add_version(prompt, user, draft)
    return prompt


def create_all(user: User, drafts: Sequence[Draft]) -> int:
    """Save what was imported as this person's own, under slugs that are free; all of it or nothing."""
    with transaction.atomic():
        check_room(user, len(drafts))
        taken = set(user.prompts.values_list("slug", flat=True))
        for draft in drafts:
            slug = free_slug(user, draft.slug or draft.title, taken)
            taken.add(slug)
            prompt = Prompt.objects.create(owner=user, **columns(draft, slug))
            add_version(prompt, user, draft)
    return len(drafts)


def check_room(user: User, more: int) -> None:
    """Raise TooMany when `more` prompts are more than this person may have."""
    if user.prompts.count() + more > MOST_OWNED:
        raise TooMany


def change(user: User, prompt: Prompt, draft: Draft) -> Prompt:
    """Change a prompt; a changed text or variable is a new version. Raises IntegrityError where the slug is taken."""
    with transaction.atomic():
        # One at a time: two people who save at once write two versions, one after the other.
        held = Prompt.objects.select_for_update().get(pk=prompt.pk)
        newest = held.versions.get(number=held.number)
        changed = draft.text != newest.text or variables(draft.text, draft.variables) != newest.variables
        for name, value in columns(draft, draft.slug or held.slug).items():
            setattr(held, name, value)
        held.number += changed
        held.save()
        if changed:
            add_version(held, user, draft)
    return held


def columns(draft: Draft, slug: str) -> dict[str, object]:
    return {
        "title": draft.title,
        "slug": slug,
        "description": draft.description,
        "deployment": draft.deployment,
        "reach": draft.reach,
        "team": draft.team if draft.reach == Reach.TEAM else "",
        "is_starter": draft.is_starter,
    }


def add_version(prompt: Prompt, user: User, draft: Draft) -> PromptVersion:
    return prompt.versions.create(
        number=prompt.number, text=draft.text, variables=variables(draft.text, draft.variables), author=user.label
    )


def free_slug(user: User, wanted: str, taken: set[str] | None = None) -> str:
    """A slug like `wanted` that this person has not given yet."""
    slugs = set(user.prompts.values_list("slug", flat=True)) if taken is None else taken
    base = slug_of(wanted)
    numbered = (f"{base[: LONGEST_SLUG - 5]}-{number}" for number in count(2))
    return next(slug for slug in chain([base], numbered) if slug not in slugs)


def slug_of(text: str) -> str:
    """Letters and digits of any script with dashes between: "회의록 정리" → "회의록-정리"."""
    return slugify(text[:200], allow_unicode=True)[:LONGEST_SLUG].strip("-_") or "prompt"
