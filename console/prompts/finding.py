"""Finds prompts among those a person sees: for the library, for what is typed behind "/", for the empty screen."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When

from console.accounts.models import User
from console.prompts.models import Prompt, PromptVersion, PromptVersionQuery, Reach

LONGEST_SEARCH = 100
MOST_PICKED = 8
MOST_STARTERS = 4
# What the house recommends stands before what a team does, and that before one's own.
BY_REACH = Case(
    When(prompt__reach=Reach.EVERYONE, then=Value(0)),
    When(prompt__reach=Reach.TEAM, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def found(user: User, search: str = "", reach: str = "") -> PromptVersionQuery:
    """The newest versions of what `user` sees, with their prompts; `search` looks into title, slug and text."""
    versions = PromptVersion.objects.newest().filter(prompt__in=Prompt.objects.seen_by(user))
    if reach in Reach.values:
        versions = versions.filter(prompt__reach=reach)
    return versions.filter(matching(search)) if search else versions


def matching(search: str) -> Q:
    text = search[:LONGEST_SEARCH]
    columns = "prompt__title", "prompt__slug", "prompt__description", "text"
    return Q(*((f"{column}__icontains", text) for column in columns), _connector=Q.OR)


def picked(user: User, typed: str) -> list[PromptVersion]:
    """What to offer for `typed`: slugs that begin with it first, then names, then whatever holds it."""
    text = typed[:LONGEST_SEARCH]
    nearness = Case(
        When(prompt__slug__istartswith=text, then=Value(0)),
        When(prompt__title__istartswith=text, then=Value(1)),
        When(Q(prompt__slug__icontains=text) | Q(prompt__title__icontains=text), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return list(found(user, text).order_by(nearness, "prompt__title", "id").defer("text")[:MOST_PICKED])


def starters(user: User) -> list[PromptVersion]:
    """What stands on this person's empty screen, in the order in which it is to be shown."""
    chosen = found(user).filter(prompt__is_starter=True)
    return list(chosen.order_by(BY_REACH, "prompt__title", "id").defer("text")[:MOST_STARTERS])


def one(user: User, pk: UUID) -> PromptVersion | None:
    """The newest version of a prompt, if there is one that this person sees."""
    return found(user).filter(prompt_id=pk).first()
