"""The guard rails an administrator sets: who may use which deployment, the limits of a person, the notice, the default.

Read once in a quarter of a minute and kept in memory: a change is known to every process after that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from console.accounts import audit
from console.accounts.models import User
from console.inventory import calling
from console.inventory.calling import Choice
from console.inventory.models import Deployment
from console.playground.models import Ability, Opening, Rules

KEPT = 15.0
# Deployments that are open to some only; more are not read.
MOST_OPENINGS = 2000
FIELDS = (
    "default_deployment", "notice_en", "notice_ko", "notice_warns", "streams", "messages_per_minute", "tokens_per_day",
    "dollars_per_month",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """The rules as they were read: the row, the deployments that are not open to everybody, and what some can do."""

    rules: Rules
    openings: dict[str, Opening] = field(default_factory=dict)
    abilities: dict[str, Ability] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """What an administrator has to say to everybody; `key` changes with its words."""

    text: str
    warns: bool
    key: str


_known: tuple[float, Known] | None = None


def known() -> Known:
    """The rules, at most a quarter of a minute old: three queries, or none."""
    global _known
    if _known is None or monotonic() - _known[0] > KEPT:
        openings = {row.deployment_id: row for row in Opening.objects.all()[:MOST_OPENINGS]}
        abilities = {row.deployment_id: row for row in Ability.objects.all()[:MOST_OPENINGS]}
        _known = monotonic(), Known(Rules.objects.first() or Rules(), openings, abilities)
    return _known[1]


def forget() -> None:
    """Read the rows again when they are next asked for."""
    global _known
    _known = None


# ---- Who may use what ----


def may_use(user: User, deployment_id: object) -> bool:
    """Whether this person may talk to this deployment: it is open to everybody, to a role or to a group of theirs.

    Groups are those of the last ID token. Entra leaves them out for people with more than 200 groups; for them only
    roles count.
    """
    opening = known().openings.get(str(deployment_id))
    if opening is None:
        return True
    return bool(set(opening.roles) & set(user.roles) or set(opening.groups) & set(user.groups))


def choices(user: User) -> list[Choice]:
    """The deployments this person may choose from."""
    return [choice for choice in calling.choices(user) if may_use(user, choice.id)]


def default(among: Iterable[Choice]) -> Choice | None:
    """The deployment the administrator starts everybody with, if it is among these."""
    wanted = known().rules.default_deployment
    return next((choice for choice in among if wanted and str(choice.id) == wanted), None)


def ability(deployment_id: object) -> Ability | None:
    """What an administrator has said this deployment can do; None when nothing was said."""
    return known().abilities.get(str(deployment_id))


# ---- Limits: never above what the environment allows ----


def streams() -> int:
    return min(settings.STREAMS_PER_PERSON, known().rules.streams or settings.STREAMS_PER_PERSON)


def messages_per_minute() -> int:
    return min(settings.MESSAGES_PER_MINUTE, known().rules.messages_per_minute or settings.MESSAGES_PER_MINUTE)


def notice() -> Notice | None:
    """The notice in the reader's language; where only the other one was written, that one."""
    rules = known().rules
    korean = (get_language() or "").startswith("ko")
    text = (rules.notice_ko or rules.notice_en) if korean else (rules.notice_en or rules.notice_ko)
    key = hashlib.sha256(f"{rules.notice_en}\n{rules.notice_ko}".encode()).hexdigest()[:16]
    return Notice(text, rules.notice_warns, key) if text else None


# ---- Changing them ----


def change(user: User, values: dict[str, object]) -> None:
    """Keep the administrator's rules, and who changed what."""
    with transaction.atomic():
        rules, _new = Rules.objects.select_for_update().get_or_create(name="playground")
        changed = {name: values[name] for name in FIELDS if getattr(rules, name) != values[name]}
        for name, value in changed.items():
            setattr(rules, name, value)
        rules.changed_by = user.label[:200]
        rules.save()
        if changed:
            audit.note(user, "playground-rules-changed", "playground", **changed)
    forget()


def open_to(user: User, deployment: Deployment, roles: list[str], groups: list[str]) -> None:
    """Open this deployment to these roles and groups only; to everybody when there are none."""
    name = f"{deployment.resource.name}/{deployment.name}"
    with transaction.atomic():
        if roles or groups:
            facts = {"deployment": name, "roles": roles, "groups": groups}
            Opening.objects.update_or_create(deployment_id=str(deployment.pk), defaults=facts)
        else:
            Opening.objects.filter(deployment_id=str(deployment.pk)).delete()
        audit.note(user, "deployment-opened", name, roles=roles, groups=groups)
    forget()


def allow(user: User, deployment: Deployment, structured: bool | None, server_tools: list[str]) -> None:
    """Say what this deployment can do: structured output (None: as its hosting has it) and which server tools."""
    name = f"{deployment.resource.name}/{deployment.name}"
    with transaction.atomic():
        if structured is not None or server_tools:
            facts = {"deployment": name, "structured": structured, "server_tools": server_tools}
            Ability.objects.update_or_create(deployment_id=str(deployment.pk), defaults=facts)
        else:
            Ability.objects.filter(deployment_id=str(deployment.pk)).delete()
        audit.note(user, "deployment-abilities-set", name, structured=structured, server_tools=server_tools)
    forget()
