"""The log as CSV and JSON lines (contract section 5), batch by batch: no more than a batch is ever in memory.

Between two batches no database connection is held. Attempts that still run are not in it: they have no outcome yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from console.azure.shapes import ID
from console.requestlog.models import RequestRecords, State
from console.web import spreadsheet
from console.web.desk import at_desk

# The columns of the contract, in its order; all of them are columns of the row.
COLUMNS = (
    "started_at", "finished_at", "source", "person", "resource", "deployment", "model", "outcome", "http_status",
    "error_type", "error_code", "request_id", "apim_request_id", "call_id", "attempt", "input_tokens",
    "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "stop_reason", "ttft_ms", "duration_ms",
)  # fmt: skip
# Where the two IDs stand in a fetched row, which begins with its key.
IDS = (COLUMNS.index("request_id") + 1, COLUMNS.index("apim_request_id") + 1)
BATCH = 1000  # rows

Row = tuple[Any, ...]


async def csv_lines(records: RequestRecords) -> AsyncIterator[bytes]:
    """The head, then every finished attempt of `records`, newest first."""
    yield spreadsheet.lines([COLUMNS]).encode()
    async for rows in batches(records):
        yield spreadsheet.lines(rows).encode()


async def json_lines(records: RequestRecords) -> AsyncIterator[bytes]:
    """One object a line with the names of the CSV's columns; numbers and times that never came are null."""
    async for rows in batches(records):
        yield b"".join(map(json_line, rows))


async def batches(records: RequestRecords) -> AsyncIterator[list[Row]]:
    """The rows by keyset, newest first; rows that are added meanwhile are not among them."""
    last: UUID | None = None
    while rows := await at_desk(fetch, records, last):
        yield [row[1:] for row in rows]
        if len(rows) < BATCH:
            return
        last = rows[-1][0]
        await asyncio.sleep(0)  # a reader who left is noticed here


def fetch(records: RequestRecords, before: UUID | None) -> list[Row]:
    over = records.filter(state=State.OVER)
    rest = over if before is None else over.filter(pk__lt=before)
    return [without_markers(row) for row in rest.order_by("-pk").values_list("pk", *COLUMNS)[:BATCH]]


def without_markers(row: Row) -> Row:
    """The row with empty IDs in place of the words that pages show for an ID that is none."""
    if all(not row[place] or ID.fullmatch(row[place]) for place in IDS):
        return row
    return tuple("" if place in IDS and not ID.fullmatch(value) else value for place, value in enumerate(row))


def json_line(row: Row) -> bytes:
    return orjson.dumps(dict(zip(COLUMNS, map(plain, row), strict=True)), option=orjson.OPT_APPEND_NEWLINE)


def plain(value: Any) -> Any:
    return spreadsheet.utc(value) if isinstance(value, datetime) else value


FORMATS: dict[str, tuple[str, Callable[[RequestRecords], AsyncIterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", csv_lines),
    "jsonl": ("application/x-ndjson", json_lines),
}
