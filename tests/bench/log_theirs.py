"""The same log in a LiteLLM-shaped table: text primary key, JSON columns, pages by COUNT and OFFSET.

Written from what LiteLLM's schema says of LiteLLM_SpendLogs (schema.prisma, 2026) and from what its log page asks: the
number of rows that match, then the page by OFFSET in the order of start. Azure's id has no column there; it lies in the
JSON. Charts group the log itself by day.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

if TYPE_CHECKING:
    from tests.bench.log import World

TABLE = "LiteLLM_SpendLogs"
COLUMNS = (
    "request_id", "call_type", "api_key", "spend", "total_tokens", "prompt_tokens", "completion_tokens", "startTime",
    "endTime", "completionStartTime", "model", "model_id", "model_group", "custom_llm_provider", "api_base", "user",
    "metadata", "cache_hit", "cache_key", "request_tags", "team_id", "end_user", "session_id", "status", "messages",
    "response",
)  # fmt: skip
INDEXES = (("startTime",), ("startTime", "request_id"), ("api_key", "startTime"), ("end_user",), ("session_id",))
# How the filters of our page are asked there; what has no column is asked of the JSON.
FILTERS = {
    "deployment": '"model_group" = %s', "resource": '"api_base" = %s', "person": "{person} = %s",
    "since": '"startTime" >= %s', "until": '"startTime" < %s', "outcome": "{outcome} = %s", "source": "{source} = %s",
    "status": "{status} = %s",
}  # fmt: skip
PAGE, BATCH = 50, 1000


def of_json(name: str) -> str:
    if connection.vendor == "postgresql":
        return f"\"metadata\"->>'{name}'"
    return f"json_extract(\"metadata\", '$.{name}')"


def rows_of(world: World) -> Iterator[tuple[Any, ...]]:
    from tests.bench.log import stamp

    for call in world.calls():
        began = stamp(call["started_at"])
        metadata = {
            "apim_request_id": call["apim_request_id"], "outcome": call["outcome"], "source": call["source"],
            "status": f"{call['http_status'] // 100}xx" if call["http_status"] else "none",
            "user_api_key_alias": call["person"],
            "usage_object": {"prompt_tokens": call["input_tokens"], "completion_tokens": call["output_tokens"]},
            "error_information": {"error_class": call["error_type"], "error_code": str(call["http_status"] or "")},
        }  # fmt: skip
        yield (
            call["request_id"], "acompletion", call["person_key"], 0.01, call["input_tokens"] + call["output_tokens"],
            call["input_tokens"], call["output_tokens"], began, began, began, call["model"], call["call_id"],
            call["deployment"], "azure_ai", call["resource"], call["person"], json.dumps(metadata), "False", "",
            "[]", "", "", call["conversation_id"], "success" if call["outcome"] == "succeeded" else "failure",
            "{}", "{}",
        )  # fmt: skip


def ask(sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


class Theirs:
    """The work of the log's page, done as that table makes one do it."""

    def fill(self, world: World) -> None:
        from tests.bench.log import load, settle_down

        jsonb = "JSONB" if connection.vendor == "postgresql" else "TEXT"
        when = "TIMESTAMP(3)" if connection.vendor == "postgresql" else "TEXT"
        kinds = {"spend": "DOUBLE PRECISION", "startTime": when, "endTime": when, "completionStartTime": when}
        kinds |= dict.fromkeys(("total_tokens", "prompt_tokens", "completion_tokens"), "INTEGER")
        kinds |= dict.fromkeys(("metadata", "request_tags", "messages", "response"), jsonb)
        columns = ", ".join(f'"{name}" {kinds.get(name, "TEXT")}' for name in COLUMNS)
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE "{TABLE}" ({columns})')
        load(TABLE, COLUMNS, rows_of(world))
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE UNIQUE INDEX spend_key ON "{TABLE}" ("request_id")')
            for index in INDEXES:
                named = ", ".join(f'"{name}"' for name in index)
                cursor.execute(f'CREATE INDEX "spend_{"_".join(index)}" ON "{TABLE}" ({named})')
        settle_down(TABLE)

    def by_request_id(self, value: str) -> None:
        ask(f'SELECT * FROM "{TABLE}" WHERE "request_id" = %s', (value,))

    def by_apim_request_id(self, value: str) -> None:
        ask(f'SELECT * FROM "{TABLE}" WHERE {of_json("apim_request_id")} = %s LIMIT 1', (value,))

    def first_page(self, query: dict[str, str]) -> None:
        made = {name: of_json(name) for name in ("outcome", "source", "status")}
        made["person"] = '"api_key"' if "/" in query.get("person", "") else '"user"'
        where = " AND ".join(FILTERS[name].format(**made) for name in query)
        self.counted_page(where, tuple(query.values()), 1)

    def page(self, number: int) -> None:
        self.counted_page("TRUE", (), number)

    def counted_page(self, where: str, values: tuple[Any, ...], number: int) -> None:
        ask(f'SELECT COUNT(*) FROM "{TABLE}" WHERE {where}', values)
        part = f'ORDER BY "startTime" DESC LIMIT {PAGE} OFFSET {(number - 1) * PAGE}'
        ask(f'SELECT * FROM "{TABLE}" WHERE {where} {part}', values)

    def charts(self, _: int) -> None:
        day = 'DATE("startTime")'
        since = ask(f'SELECT MAX({day}) FROM "{TABLE}"')[0][0]
        if connection.vendor == "postgresql":
            month = "\"startTime\" > CAST(%s AS DATE) - INTERVAL '30 days'"
        else:
            month = "\"startTime\" > DATE(%s, '-30 days')"
        sums = 'COUNT(*), SUM("prompt_tokens"), SUM("completion_tokens"), SUM("spend")'
        for column in (day, '"model_group"', '"user"'):
            ask(f'SELECT {column}, {sums} FROM "{TABLE}" WHERE {month} GROUP BY {column}', (since,))

    def export_rate(self, most: int) -> float:
        """Page after page by OFFSET, written as CSV."""
        from tests.bench import log

        began, rows = log.clock(), 0
        while rows < most:
            found = ask(f'SELECT * FROM "{TABLE}" ORDER BY "startTime" DESC LIMIT {BATCH} OFFSET {rows}')
            csv.writer(io.StringIO()).writerows(found)
            rows += len(found)
        return rows / (log.clock() - began)

    def ingest_rate(self, world: World) -> float:
        """As it writes: a hundred rows an insert, what is there already is left."""
        from tests.bench import log

        names, places = ", ".join(f'"{name}"' for name in COLUMNS), ", ".join("%s" for _ in COLUMNS)
        rows, began = list(rows_of(world)), log.clock()
        for start in range(0, len(rows), 100):
            part = rows[start : start + 100]
            several = ", ".join(f"({places})" for _ in part)
            with transaction.atomic(), connection.cursor() as cursor:
                values = [f"new-{value}" if not place else value for row in part for place, value in enumerate(row)]
                cursor.execute(f'INSERT INTO "{TABLE}" ({names}) VALUES {several} ON CONFLICT DO NOTHING', values)
        return len(rows) / (log.clock() - began)


def purge(before: datetime) -> None:
    """A thousand of the oldest rows at a time, without a rest."""
    from tests.bench.log import stamp

    oldest = f'SELECT "request_id" FROM "{TABLE}" WHERE "startTime" < %s ORDER BY "startTime" LIMIT {BATCH}'
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{TABLE}" WHERE "request_id" IN ({oldest})', (stamp(before),))
            if not cursor.rowcount:
                return
