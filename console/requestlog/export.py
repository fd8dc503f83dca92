"""The log as CSV and JSON lines (contract section 5), batch by batch: no more than a batch is ever in memory.

Between two batches no database connection is held. Attempts that still run are not in it: they have no outcome yet.
Times and keys come from the database as they are written, and a batch is written column by column on the desk: in
Python, and on the loop that carries everybody's streams, each value would cost more than reading it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import orjson

from console.azure.shapes import ID
from console.requestlog.models import RequestRecord, RequestRecords, State
from console.web import spreadsheet
from console.web.desk import at_desk
from console.web.written import Written

# The columns of the contract, in its order; all of them are columns of the row.
COLUMNS = (
    "started_at", "finished_at", "source", "person", "resource", "deployment", "model", "outcome", "http_status",
    "error_type", "error_code", "request_id", "apim_request_id", "call_id", "attempt", "input_tokens",
    "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "stop_reason", "ttft_ms", "duration_ms",
)  # fmt: skip
IDS = ("request_id", "apim_request_id")
BATCH = 1000  # rows
# Columns of text; what spreadsheets calculate is disarmed in these. The others hold numbers, times and our own keys.
TEXTS = frozenset(
    field.name for field in RequestRecord._meta.concrete_fields if field.get_internal_type() == "CharField"
).intersection(COLUMNS)

# The values of each column of a batch, in the order of COLUMNS: text, numbers, or None.
Columns = Sequence[Sequence[Any]]
Write = Callable[[Columns], bytes]


async def csv_lines(records: RequestRecords) -> AsyncIterator[bytes]:
    """The head, then every finished attempt of `records`, newest first."""
    yield spreadsheet.lines([COLUMNS]).encode()
    async for lines in batches(records, as_csv):
        yield lines


async def json_lines(records: RequestRecords) -> AsyncIterator[bytes]:
    """One object a line with the names of the CSV's columns; numbers and times that never came are null."""
    async for lines in batches(records, as_json):
        yield lines


async def batches(records: RequestRecords, write: Write) -> AsyncIterator[bytes]:
    """The rows by keyset, newest first; rows that are added meanwhile are not among them."""
    last: UUID | None = None
    while True:
        lines, last = await at_desk(batch, records, last, write)
        if lines:
            yield lines
        if last is None:
            return
        await asyncio.sleep(0)  # a reader who left is noticed here


def batch(records: RequestRecords, before: UUID | None, write: Write) -> tuple[bytes, UUID | None]:
    """The rows below `before` as they are written, and the key of the last one; None when there are no more."""
    rows = fetch(records, before)
    if not rows:
        return b"", None
    keys, *columns = zip(*rows, strict=True)
    return write(without_markers(columns)), UUID(keys[-1]) if len(rows) == BATCH else None


def fetch(records: RequestRecords, before: UUID | None) -> list[tuple[Any, ...]]:
    """Rows as they are written, each behind its key."""
    over = records.filter(state=State.OVER)
    rest = over if before is None else over.filter(pk__lt=before)
    return list(rest.order_by("-pk").values_list(Written("pk"), *map(source_of, COLUMNS))[:BATCH])


def source_of(column: str) -> Written | str:
    kind = RequestRecord._meta.get_field(column).get_internal_type()
    return Written(column) if kind in ("DateTimeField", "UUIDField") else column


def without_markers(columns: Columns) -> Columns:
    """The columns with empty IDs in place of the words that pages show for an ID that is none."""
    return [
        [value if ID.fullmatch(value) else "" for value in values] if name in IDS else values
        for name, values in zip(COLUMNS, columns, strict=True)
    ]


def as_csv(columns: Columns) -> bytes:
    named = zip(COLUMNS, columns, strict=True)
    safe = [spreadsheet.disarmed(values) if name in TEXTS else values for name, values in named]
    return spreadsheet.written(zip(*safe, strict=True)).encode()


def as_json(columns: Columns) -> bytes:
    rows = (dict(zip(COLUMNS, row, strict=True)) for row in zip(*columns, strict=True))
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


FORMATS: dict[str, tuple[str, Callable[[RequestRecords], AsyncIterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "jsonl": ("application/x-ndjson", json_lines),
}
