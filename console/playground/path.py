"""The way through a conversation's versions: which exchanges are shown, and which were said before a message."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from console.playground.models import Conversation, Exchange

# Exchanges of one conversation that are looked at, newest first: far more than anybody reads or any model takes.
MOST = 5000


@dataclass(frozen=True, slots=True)
class Versions:
    """Where one exchange stands among those that answer the same turn: `number` of `total`, counted from 1."""

    number: int
    total: int
    earlier: UUID | None
    later: UUID | None


class Tree:
    """The exchanges of one conversation by their parents: one query, ids only."""

    def __init__(self, conversation: Conversation) -> None:
        pairs = list(conversation.exchanges.order_by("-id").values_list("pk", "parent")[:MOST])
        pairs.reverse()
        self.parent: dict[UUID, UUID | None] = dict(pairs)
        self.followers: dict[UUID | None, list[UUID]] = {}
        for pk, parent in pairs:
            self.followers.setdefault(parent, []).append(pk)

    def path(self, tip: UUID | None) -> list[UUID]:
        """`tip` and everything before it, oldest first; empty for an exchange that is not known."""
        way: list[UUID] = []
        while tip in self.parent:
            way.append(tip)
            tip = self.parent[tip]
        way.reverse()
        return way

    def newest_from(self, pk: UUID) -> UUID:
        """Where the conversation went on from this exchange: always by its newest version."""
        while followers := self.followers.get(pk):
            pk = followers[-1]
        return pk

    def versions(self, pk: UUID) -> Versions:
        """This exchange among its versions."""
        same = self.followers[self.parent[pk]]
        at = same.index(pk)
        return Versions(
            at + 1, len(same), same[at - 1] if at else None, same[at + 1] if at + 1 < len(same) else None
        )  # fmt: skip


def show(conversation: Conversation, exchange: Exchange) -> None:
    """Make this exchange the shown version of its turn, with what followed it."""
    conversation.tip = Tree(conversation).newest_from(exchange.pk)
    conversation.save(update_fields=["tip"])
