"""Who uses the sample console: the people of the sandbox's directory, and colleagues who only left traces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from console.accounts.models import AuditEntry, Role, User
from console.config.sample_world import rows
from console.sandbox.people import PEOPLE, TENANT_ID, guid

SEOUL, BERLIN, NEW_YORK = 9, 1, -5  # hours from UTC


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody works: messages on a working day, the clock they live by, and (resource, deployment, weight)."""

    name: str
    a_day: int
    clock: int
    uses: tuple[tuple[str, str, int], ...]


SONNET, OPUS, HAIKU = "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5"
CONTOSO = (("contoso-foundry", SONNET, 6), ("contoso-foundry", OPUS, 3), ("contoso-foundry", HAIKU, 2))
HANBIT = (("hanbit-foundry", SONNET, 6), ("hanbit-foundry", OPUS, 2), ("hanbit-foundry", "claude-haiku-support", 4))
RESEARCH = (("hanbit-research", SONNET, 5), ("hanbit-research", HAIKU, 2), ("contoso-foundry", OPUS, 2))
LEGAL = (("contoso-foundry", "claude-opus-4-8-anthropic", 5), ("contoso-foundry", "claude-opus-4-8", 3))
HABITS = (
    Habit("이서연", 38, SEOUL, HANBIT),
    Habit("최민준", 26, SEOUL, (*RESEARCH, ("contoso-dev-foundry", HAIKU, 1))),
    Habit("Dana Müller", 12, BERLIN, CONTOSO),
    Habit("한지수", 34, SEOUL, HANBIT),
    Habit("박도윤", 30, SEOUL, RESEARCH),
    Habit("Mia Larsen", 28, BERLIN, CONTOSO),
    Habit("Tomás Herrera", 22, NEW_YORK, CONTOSO),
    Habit("Priya Nair", 36, NEW_YORK, (*CONTOSO, ("contoso-dev-foundry", "claude-sonnet-4-6", 2))),
    Habit("정하은", 24, SEOUL, HANBIT),
    Habit("Lena Fischer", 18, BERLIN, LEGAL),
)


def create(now: datetime, chance: Random) -> dict[str, User]:
    """Write everybody and some of what the audit log saw of them; returns them by name."""
    known = [
        User(id=rows.uuid(chance), tid=one.tid, oid=one.oid, name=one.name, email=one.username, roles=list(one.roles))
        for one in PEOPLE
        if one.in_home_tenant
    ]
    names = {user.name for user in known}
    others = [colleague(number, habit, chance) for number, habit in enumerate(HABITS) if habit.name not in names]
    for user in (*known, *others):
        user.first_seen = now - timedelta(days=chance.uniform(30, 40))
        user.signed_in_at = now - timedelta(hours=chance.uniform(1, 70))
    rows.insert([*known, *others])
    seen = [entry for user in (*known, *others) for entry in traces(user, now, chance)]
    seen.sort(key=lambda entry: entry.at)
    rows.insert(seen)
    return {user.name: user for user in (*known, *others)}


def colleague(number: int, habit: Habit, chance: Random) -> User:
    email = f"colleague{number}@contoso.example"
    return User(
        id=rows.uuid(chance), tid=TENANT_ID, oid=guid(email), name=habit.name, email=email, roles=[Role.PLAYGROUND]
    )


def traces(user: User, now: datetime, chance: Random) -> list[AuditEntry]:
    """Their sign-ins of the last weeks, and what support exported."""
    days = sorted(chance.sample(range(1, 29), k=5), reverse=True)
    times = [now - timedelta(days=day, minutes=chance.uniform(0, 400)) for day in days]
    signed_in = [entry(user, at, "signed-in", chance, roles=user.roles) for at in times]
    if Role.SUPPORT not in user.roles:
        return signed_in
    return [*signed_in, entry(user, times[-1] + timedelta(minutes=9), "export", chance, "requests.csv", filters={})]


def entry(user: User, at: datetime, act: str, chance: Random, subject: str = "", **detail: object) -> AuditEntry:
    return AuditEntry(
        id=rows.id_at(at, chance), at=at, person=user.label, person_key=user.key, act=act, subject=subject,
        detail=detail,
    )  # fmt: skip
