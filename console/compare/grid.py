"""The results of a run: a page of its grid, one cell in full, and the whole as CSV, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Left

from console.compare.models import LETTERS, Run, SetPrompt
from console.playground.models import LIVE, Exchange
from console.playground.templatetags.waiting import waited
from console.prices.templatetags.prices import cost
from console.requestlog.models import RequestRecord
from console.web import problems, spreadsheet
from console.web.desk import at_desk
from console.web.paging import Page, page

PAGE = 20  # prompts
# Characters of an answer and of a prompt that a grid shows.
START = 280
BATCH = 20  # prompts of a CSV

# Of each column in the CSV, behind its letter and deployment. What was waited counts every attempt and the pauses
# between, as a receipt does; the last attempt's own times are those that the request log has beside both ids.
COLUMNS = (
    "outcome", "answer", "waited_first_word_ms", "waited_in_all_ms", "attempts", "last_attempt_ttft_ms",
    "last_attempt_duration_ms", "input_tokens", "output_tokens", "cost_usd", "request_id", "apim_request_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One cell: its answer's text (or the start of it), how it ended, and its log row. `problem` is a card's title."""

    pk: UUID | None = None
    state: str = ""  # "" while it has not been asked, "refused_here" where nothing could be sent
    text: str = ""
    record: RequestRecord | None = None
    problem: str = ""
    created_at: datetime | None = None  # when it was sent

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def cost(self) -> Decimal | None:
        return cost(self.record)


NOT_ASKED = Said()


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt and what every column answered; `labels` name the columns where no head stands above them."""

    position: int
    prompt: str
    system: str
    cells: list[Said]
    labels: list[str]

    @property
    def labelled(self) -> list[tuple[str, Said]]:
        return list(zip(self.labels, self.cells, strict=True))


@dataclass(frozen=True, slots=True)
class Head:
    """A column's name."""

    letter: str
    deployment: str
    resource: str


def heads(run: Run) -> list[Head]:
    return [Head(LETTERS[at], one["deployment"], one["resource"]) for at, one in enumerate(run.columns)]


def done(run: Run) -> int:
    """How many cells are over: at most a few hundred are counted."""
    return run.cells.count() - Exchange.objects.live().filter(conversation__cell__run=run).count()


def rows_of(run: Run, *, cursor: str) -> Page[Row]:
    """A page of the grid: three queries, whatever the answers' lengths."""
    prompts = run.of.prompts.annotate(start=Left("text", START), system_start=Left("system", START))
    found = page(
        prompts.defer("text", "system"), order=("position", "id"), cursor=cursor, size=PAGE,
    )  # fmt: skip
    texts = [(one.position, one.start, one.system_start) for one in found.rows]
    return Page(filled(run, texts, start=START), found.next_cursor, found.previous_cursor)


def filled(run: Run, prompts: Iterable[tuple[int, str, str]], *, start: int) -> list[Row]:
    """The rows of these prompts (position, text, system) with their cells; `start`: characters of each answer."""
    asked = list(prompts)
    if not asked:
        return []
    spots = Q(row__in=[position for position, _text, _system in asked])
    exchange = "conversation__exchanges__"
    found = list(
        run.cells.filter(spots, Q(conversation=None) | Q(**{f"{exchange}submission_id": run.pk.hex}))
        .annotate(answer=Left(f"{exchange}answer", start))
        .values_list(
            "pk",
            "row",
            "column",
            "reason",
            f"{exchange}state",
            "answer",
            f"{exchange}record_id",
            f"{exchange}created_at",
        )
    )
    records = RequestRecord.objects.in_bulk([record for *_rest, record, _sent_at in found if record])
    cells = {
        (row, column): said_of(pk, reason, state, answer, records.get(record), sent_at)
        for pk, row, column, reason, state, answer, record, sent_at in found
    }
    labels = [f"{head.letter} · {head.deployment}" for head in heads(run)]
    return [
        Row(position, text, system, [cells.get((position, at), NOT_ASKED) for at in range(len(labels))], labels)
        for position, text, system in asked
    ]


def said_of(
    pk: UUID, reason: str, state: str | None, answer: str | None, record: RequestRecord | None, sent_at: datetime | None
) -> Said:
    if reason:
        return Said(pk, "refused_here", problem=problems.explain(reason).title)
    problem = ""
    if record is not None and record.kind and state not in LIVE:
        problem = problems.explain(record.kind).title
    return Said(pk, state or "", answer or "", record, problem, sent_at)


# ---- The whole as CSV ----


async def csv_lines(run: Run) -> AsyncIterator[bytes]:
    """The head, then a line a prompt: what was said, and of every column how it was answered."""
    named = [f"{head.letter} {head.deployment} ({head.resource}) {name}" for head in heads(run) for name in COLUMNS]
    yield spreadsheet.lines([["number", "prompt", "system", *named]]).encode()
    last = 0
    while rows := await at_desk(batch, run, last):
        yield spreadsheet.lines(map(line, rows)).encode()
        last = rows[-1].position
        await asyncio.sleep(0)  # a reader who left is noticed here


def batch(run: Run, after: int) -> list[Row]:
    prompts = SetPrompt.objects.filter(of=run.of_id, position__gt=after).order_by("position")
    return filled(run, prompts.values_list("position", "text", "system")[:BATCH], start=1_000_000)


def line(row: Row) -> list[object]:
    return [row.position, row.prompt, row.system, *(value for said in row.cells for value in values(said))]


def values(said: Said) -> list[object]:
    record = said.record
    if record is None:
        return [said.state, said.text, *[None] * (len(COLUMNS) - 2)]
    times = waited(said, record)
    return [
        said.state, said.text, times.first, times.all, times.attempts, record.ttft_ms, record.duration_ms,
        record.all_input_tokens, record.counted_output_tokens, said.cost, record.request_id, record.apim_request_id,
    ]  # fmt: skip
