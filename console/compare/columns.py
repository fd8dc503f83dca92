"""What pages show of a comparison: its rounds, its columns, and what each answer took. Names stay here while hidden."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from console.accounts.gates import ConsoleRequest
from console.compare.models import Column, Comparison
from console.playground import settle, shown
from console.playground.models import Exchange
from console.playground.shown import Shown
from console.requestlog.models import RequestRecord

SHOWN_ROUNDS = 20
DIGITS = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Name:
    """Who answered. "" where the inventory did not know."""

    deployment: str
    resource: str
    region: str
    model: str
    hosting: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer in its column. `name` is None while the comparison hides it."""

    column: Column
    item: Shown
    name: Name | None
    better: bool
    newest: bool

    @property
    def hidden(self) -> bool:
        return self.name is None


@dataclass(frozen=True, slots=True)
class Round:
    """One message and what every column answered."""

    number: int
    message: str
    cells: list[Cell] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole comparison as a page draws it. `after` is where its stream is attached, "" when nothing is under way."""

    rounds: list[Round]
    columns: list[Column]
    after: str
    earlier: int = 0  # before which round there are more

    @property
    def newest(self) -> int:
        return self.rounds[-1].number if self.rounds else 0

    @property
    def live(self) -> bool:
        return bool(self.after)

    @property
    def kept(self) -> list[Column]:
        return [column for column in self.columns if column.conversation.listed]


def sheet(request: ConsoleRequest, comparison: Comparison, *, before: str = "") -> Sheet:
    """The newest rounds, or those before the round `before`, in three queries: columns, exchanges, log rows."""
    last = min(int(before) - 1, len(comparison.rounds)) if DIGITS.fullmatch(before) else len(comparison.rounds)
    first = max(0, last - SHOWN_ROUNDS)
    wanted = list(enumerate(comparison.rounds, 1))[first:last]
    columns = list(comparison.columns.select_related("conversation").order_by("position"))
    rows = Exchange.objects.filter(conversation__in=[one.conversation_id for one in columns])
    rows = rows.filter(submission_id__in=[submission for _number, submission in wanted])
    found = {(row.submission_id, row.conversation_id): row for row in rows}
    records = RequestRecord.objects.in_bulk([row.record_id for row in found.values() if row.record_id])
    rounds = []
    for number, submission in wanted:
        said = [(column, found.get((submission, column.conversation_id))) for column in columns]
        cells = [
            cell(comparison, column, shown.exchange(request, row, records.get(row.record_id)), number)
            for column, row in said
            if row is not None
        ]
        if cells:  # retention or its owner may have deleted what was said
            rounds.append(Round(number, cells[0].item.exchange.message, cells))
    return Sheet(rounds, columns, after(rounds[-1].cells) if rounds else "", first + 1 if first else 0)


def cell(comparison: Comparison, column: Column, item: Shown, number: int) -> Cell:
    return Cell(
        column=column,
        item=item,
        name=None if comparison.hides else name_of(item.exchange, item.record),
        better=comparison.better == column.position,
        newest=number == len(comparison.rounds),
    )


def name_of(exchange: Exchange, record: RequestRecord | None) -> Name:
    if record is None:
        return Name(exchange.deployment, exchange.resource, "", "", "")
    return Name(exchange.deployment, exchange.resource, record.region, record.model, record.hosting)


# ---- Where a stream attaches ----

# Of an answer a page has whole, in the place of its place.
OVER = "x"


def after(cells: list[Cell]) -> str:
    """The places of a round's answers as the page has drawn them; "" when all have ended."""
    if not any(cell.item.exchange.is_live for cell in cells):
        return ""
    return ".".join(cell.item.after if cell.item.exchange.is_live else OVER for cell in cells)


@dataclass(frozen=True, slots=True)
class Watched:
    """One answer that a stream carries."""

    position: int
    exchange_id: UUID


def watched(comparison_id: UUID, number: int) -> list[Watched]:
    """The answers of a round, from A on; none for a round that is not there. Runs at the desk."""
    comparison = Comparison.objects.filter(pk=comparison_id).first()
    if comparison is None or not 0 < number <= len(comparison.rounds):
        return []
    said = Exchange.objects.filter(
        conversation__column__comparison=comparison, submission_id=comparison.rounds[number - 1]
    )
    rows = said.order_by("conversation__column__position").values_list("conversation__column__position", "pk")
    return [Watched(position, pk) for position, pk in rows]


@dataclass(frozen=True, slots=True)
class Ended:
    """What a stream sends where an answer ends: the head of its cell, and what stands below the text."""

    head: str
    ending: str


def ended(exchange_id: UUID, *, language: str, unsettled: str) -> Ended:
    """Head and ending of a finished answer; `unsettled` stands below one whose end could not be written."""
    row = Exchange.objects.filter(pk=exchange_id).first()
    columns = Column.objects.select_related("comparison", "conversation")
    column = columns.filter(conversation=row.conversation_id).first() if row else None
    if row is None or column is None or row.is_live:
        return Ended("", unsettled)
    record = RequestRecord.objects.filter(pk=row.record_id).first() if row.record_id else None
    with translation.override(language):
        ended_with = settle.ended_with(row, waits=False)
        item = Shown(row, record, SafeString(""), settle.problem_of(row, record), ended=ended_with)
        comparison = column.comparison
        number = comparison.rounds.index(row.submission_id) + 1
        context = {"cell": cell(comparison, column, item, number), "comparison": comparison}
        return Ended(
            render_to_string("compare/_cell_head.html", context), render_to_string("compare/_cell_ending.html", context)
        )


def actions(comparison_id: UUID, *, language: str) -> str:
    """What can be done once every answer has ended, in place of Stop."""
    comparison = Comparison.objects.get(pk=comparison_id)
    with translation.override(language):
        return render_to_string("compare/_actions.html", {"comparison": comparison, "live": False})


def language_of(text: str) -> str:
    """A language of ours; the first one for anything else."""
    known = [code for code, _name in settings.LANGUAGES]
    return text if text in known else known[0]
