"""Versions of one turn beside each other: what one answer says and the other does not."""

from __future__ import annotations

from dataclasses import dataclass

from console.playground.models import Exchange
from console.playground.path import Tree
from console.requestlog.models import RequestRecord
from console.web.difference import Piece, difference


@dataclass(frozen=True, slots=True)
class Side:
    """One version: its number from 1, its exchange and log row, and its answer in pieces."""

    number: int
    exchange: Exchange
    record: RequestRecord | None
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions, and all there are to choose from as (number, exchange)."""

    sides: list[Side]
    all: list[tuple[int, Exchange]]

    @property
    def same(self) -> bool:
        return len(self.sides) > 1 and not any(piece.changed for side in self.sides for piece in side.pieces)


def versions(exchange: Exchange, other: str) -> Comparison:
    """`exchange` beside the version with the id `other`, or beside the one before it (the next one for the first)."""
    tree = Tree(exchange.conversation)
    same = tree.followers[exchange.parent] if exchange.pk in tree.parent else [exchange.pk]
    rows = {row.pk: row for row in Exchange.objects.filter(pk__in=same)}
    numbered = [(number, rows[pk]) for number, pk in enumerate(same, 1) if pk in rows]
    at = next(index for index, (_number, row) in enumerate(numbered) if row.pk == exchange.pk)
    by_choice = next((index for index, (_number, row) in enumerate(numbered) if str(row.pk) == other), None)
    beside = by_choice if by_choice is not None and by_choice != at else (at - 1 if at else min(1, len(numbered) - 1))
    chosen = [numbered[index] for index in sorted({at, beside})]
    records = RequestRecord.objects.in_bulk([row.record_id for _number, row in chosen if row.record_id])
    pieces = difference(chosen[0][1].answer, chosen[-1][1].answer)
    return Comparison(
        [Side(number, row, records.get(row.record_id), pieces[index]) for index, (number, row) in enumerate(chosen)],
        numbered,
    )
