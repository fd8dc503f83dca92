"""Conversations with their exchanges and the log rows these left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from console.accounts.models import User
from console.config.sample_world import faults, rows, traffic
from console.config.sample_world.texts import TALKS, Talk, Turn
from console.inventory.models import Deployment
from console.playground import toolcalls
from console.playground.ask import title_of
from console.playground.models import Conversation, Exchange
from console.playground.settle import html_of
from console.requestlog.models import RequestRecord

MOST_TOKENS = 4096
BETWEEN_TURNS = timedelta(minutes=4)
LETTERS_A_TOKEN = 3  # between English and Korean


@dataclass
class Said:
    """Everything to be inserted, conversations first."""

    conversations: list[Conversation] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    records: list[RequestRecord] = field(default_factory=list)

    def __add__(self, more: Said) -> Said:
        return Said(
            self.conversations + more.conversations, self.exchanges + more.exchanges, self.records + more.records
        )


def create(
    now: datetime, people: dict[str, User], deployments: Sequence[Deployment], chance: Random,
    talks: Sequence[Talk] = TALKS,
) -> Said:  # fmt: skip
    """The rows of every talk, not yet inserted."""
    said = Said()
    targets = {(one.resource.name, one.name): one for one in deployments}
    for talk in talks:
        last = now - timedelta(hours=talk.hours_ago)
        began = last - BETWEEN_TURNS * (len(talk.turns) - 1)
        target = targets[talk.resource, talk.deployment]
        conversation = opened(talk, people[talk.person], target, began, last, chance)
        said.conversations.append(conversation)
        length = len(talk.system_prompt)
        before: Exchange | None = None
        for number, turn in enumerate(talk.turns):
            length += len(turn.message) + sum(map(len, turn.results))
            made = exchange(conversation, turn, target, began + BETWEEN_TURNS * number, chance)
            if before is not None:
                made.parent, made.results = before.pk, replies(before, turn)
            said.exchanges.append(made)
            said.records.append(record(made, turn, target, length, chance))
            length += len(turn.answer)
            before, conversation.tip = made, made.pk
    return said


def opened(
    talk: Talk, owner: User, target: Deployment, began: datetime, last: datetime, chance: Random
) -> Conversation:
    return Conversation(
        id=rows.id_at(began, chance), owner=owner, title=title_of(talk.turns[0].message), deployment_id=str(target.pk),
        system_prompt=talk.system_prompt, max_tokens=MOST_TOKENS, tools=list(talk.tools),
        created_at=began, spoken_at=last,
    )  # fmt: skip


def exchange(conversation: Conversation, turn: Turn, target: Deployment, at: datetime, chance: Random) -> Exchange:
    """The exchange; its record and end are filled in by `record`."""
    sent: dict[str, object] = {"max_tokens": MOST_TOKENS}
    if conversation.system_prompt:
        sent["system"] = conversation.system_prompt
    if conversation.tools:
        sent["tools"] = conversation.tools
    return Exchange(
        id=rows.id_at(at, chance), conversation=conversation, submission_id=rows.uuid(chance).hex,
        message=turn.message, deployment_id=str(target.pk), deployment=target.name, resource=target.resource.name,
        settings=sent, answer=turn.answer, answer_html=html_of(turn.answer) if turn.answer else "",
        content=content(turn, chance), stop_reason=stop_reason(turn), call_id=rows.uuid(chance), created_at=at,
    )  # fmt: skip


def content(turn: Turn, chance: Random) -> list[dict[str, object]]:
    """The answer's blocks: its text, then the tools it calls."""
    calls: list[dict[str, object]] = [
        {"type": "tool_use", "id": rows.tool_use_id(chance), "name": name, "input": given} for name, given in turn.calls
    ]
    return [{"type": "text", "text": turn.answer}, *calls] if turn.answer else calls


def stop_reason(turn: Turn) -> str:
    return "tool_use" if turn.calls else "end_turn" if turn.answer else ""


def replies(before: Exchange, turn: Turn) -> list[dict[str, Any]]:
    """What a person answered to the calls of the exchange before, as its form would have brought it."""
    return toolcalls.results(before, {f"result-{number}": text for number, text in enumerate(turn.results, 1)})


def record(made: Exchange, turn: Turn, target: Deployment, length: int, chance: Random) -> RequestRecord:
    """The log row of this exchange's one attempt; settles the exchange as the row ended."""
    row = traffic.attempt(made.conversation.owner, target, made.created_at, made.call_id, chance)
    row.subject_id, row.conversation_id = made.pk.hex, made.conversation.pk.hex
    if turn.ended:
        traffic.failed(row, faults.troubled(turn.ended, chance), traffic.quick(chance))
    else:
        tokens = length // LETTERS_A_TOKEN, len(turn.answer) // LETTERS_A_TOKEN
        traffic.answered(row, chance, tokens=tokens)
        row.stop_reason = stop_reason(turn)
    made.record_id, made.state, made.finished_at = row.pk, row.outcome, row.finished_at
    return row
