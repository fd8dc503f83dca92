"""The sample library: what the house recommends, what a team shares, and what somebody keeps for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from console.accounts.models import Role, User
from console.config.sample_world import rows
from console.prompts.filling import variables
from console.prompts.models import Prompt, PromptVersion, Reach, Variable


@dataclass(frozen=True, slots=True)
class Saved:
    """One prompt; `versions` are (author, days ago, text), oldest first."""

    owner: str
    reach: str
    title: str
    slug: str
    description: str
    deployment: str
    versions: tuple[tuple[str, int, str], ...]
    described: tuple[Variable, ...] = ()
    is_starter: bool = True


def variable(name: str, description: str, example: str) -> Variable:
    return Variable(name=name, description=description, example=example)


SAVED = (
    Saved(
        "Ada Kim", Reach.EVERYONE, "Reply to a customer", "reply",
        "A friendly answer that admits what went wrong and says what happens next",
        "claude-sonnet-5-5",
        (
            ("Ada Kim", 26, "Write a reply to this customer:\n\n{{letter}}"),
            (
                "Ada Kim", 19,
                "Write a friendly reply to this customer in the language of the letter.\n\n{{letter}}\n\n"
                "Tone: {{tone}}. At most 150 words.",
            ),
            (
                "Grace Park", 4,
                "Write a friendly reply to this customer in the language of the letter. If we made a mistake, say so "
                "first and without excuses; then say what happens next and when.\n\n{{letter}}\n\n"
                "Tone: {{tone}}. At most 150 words. Promise no refund.",
            ),
        ),
        (
            variable("letter", "The customer’s message, with names left out", "My order has not arrived…"),
            variable("tone", "How it should sound", "warm and to the point"),
        ),
    ),
    Saved(
        "Ada Kim", Reach.EVERYONE, "회의록 정리", "회의록",
        "메모를 결정 사항과 할 일로 정리해요",
        "hanbit-foundry/claude-sonnet-5-5",
        (
            ("Ada Kim", 22, "다음 회의 메모를 정리해 주세요.\n\n{{메모}}"),
            (
                "이서연", 9,
                "다음 회의 메모를 정리해 주세요. 먼저 결정 사항을 목록으로 쓰고, 그다음 할 일을 담당자와 기한이 있는 "
                "표로 만들어 주세요. 메모에 없는 내용은 넣지 마세요.\n\n회의: {{회의 이름}}\n\n{{메모}}",
            ),
        ),
        (
            variable("회의 이름", "언제, 무슨 회의였는지", "11월 18일 주간 회의"),
            variable("메모", "회의하면서 적은 글을 그대로 붙여 넣으세요", "김 대리: 배포 일정 미루기로…"),
        ),
    ),
    Saved(
        "이서연", Reach.TEAM, "공손하게 고쳐 쓰기", "공손하게",
        "받는 사람에 맞춰 메일 말투를 다듬어요",
        "",
        (
            ("이서연", 12, "아래 메일을 더 공손하게 고쳐 주세요.\n\n{{메일}}"),
            (
                "최민준", 6,
                "아래 메일을 {{받는 사람}}께 보내려고 해요. 뜻은 그대로 두고 더 공손하게 고쳐 주세요. "
                "지나치게 길어지지 않게 하고, 바꾼 곳을 마지막에 두 줄로 설명해 주세요.\n\n{{메일}}",
            ),
        ),
        (variable("받는 사람", "누구에게 보내는 메일인지", "거래처 부장님"), variable("메일", "", "")),
        is_starter=False,
    ),
    Saved(
        "최민준", Reach.OWN, "Review my SQL", "sql",
        "Finds what will be slow, and says which index helps",
        "contoso-foundry/claude-opus-5-5",
        (
            (
                "최민준", 3,
                "Review this PostgreSQL query. Say what will be slow on a table of ten million rows and why, which "
                "index would help, and rewrite the query if that is simpler.\n\n```sql\n{{query}}\n```",
            ),
        ),
        (variable("query", "The query as it runs today", "SELECT …"),),
    ),
)  # fmt: skip


def create(now: datetime, people: dict[str, User], chance: Random) -> tuple[list[Prompt], list[PromptVersion]]:
    """The prompts and all their versions, not yet inserted."""
    prompts: list[Prompt] = []
    versions: list[PromptVersion] = []
    for saved in SAVED:
        prompts.append(prompt(saved, now, people, chance))
        versions += written(saved, prompts[-1], now, chance)
    return prompts, sorted(versions, key=lambda version: version.created_at)


def prompt(saved: Saved, now: datetime, people: dict[str, User], chance: Random) -> Prompt:
    first, last = (now - timedelta(days=saved.versions[at][1]) for at in (0, -1))
    return Prompt(
        id=rows.id_at(first, chance), owner=people[saved.owner], reach=saved.reach,
        team=Role.PLAYGROUND if saved.reach == Reach.TEAM else "", title=saved.title, slug=saved.slug,
        description=saved.description, deployment=saved.deployment, is_starter=saved.is_starter,
        number=len(saved.versions), created_at=first, updated_at=last,
    )  # fmt: skip


def written(saved: Saved, made: Prompt, now: datetime, chance: Random) -> Iterator[PromptVersion]:
    for number, (author, days, text) in enumerate(saved.versions, 1):
        at = now - timedelta(days=days)
        yield PromptVersion(
            id=rows.id_at(at, chance), prompt=made, number=number, text=text, author=author, created_at=at,
            variables=variables(text, saved.described),
        )  # fmt: skip
