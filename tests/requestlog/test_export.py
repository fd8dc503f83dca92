from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, connections
from django.test import AsyncClient
from django.utils import timezone

from console.accounts.models import AuditEntry, User
from console.requestlog import export
from console.requestlog.models import RequestRecord
from console.web import spreadsheet
from console.web.desk import at_desk
from tests.factories import make_session, make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record, new_record

# The export reads on threads of its own, so rows must really be there.
pytestmark = pytest.mark.django_db(transaction=True)

HEAD = (
    "started_at,finished_at,source,person,resource,deployment,model,outcome,http_status,error_type,error_code,"
    "request_id,apim_request_id,call_id,attempt,input_tokens,cache_creation_input_tokens,cache_read_input_tokens,"
    "output_tokens,stop_reason,ttft_ms,duration_ms"
)
START = datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC)


async def download(user: User, path: str) -> str:
    client = AsyncClient()
    client.cookies[settings.SESSION_COOKIE_NAME] = await at_desk(make_session, user)
    answer = await client.get(path)
    assert answer.status_code == 200
    content = b"".join([chunk async for chunk in answer.streaming_content]).decode()
    await sync_to_async(connections.close_all)()  # the view's thread keeps its own, as no real request ended
    return content


async def rows(user: User, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(await download(user, f"/requests/export.csv{query}"))))


@pytest.fixture
def support():
    return make_user(("Support",))


async def test_the_columns_are_the_contracts(support):
    assert await download(support, "/requests/export.csv") == f"{HEAD}\r\n"


async def test_an_id_that_is_none_is_empty(support):
    good = "0f8fad5b-d9cb-469f-a165-70867728950e"
    await at_desk(make_record, request_id="invalid id (25 bytes)", apim_request_id=good)
    (row,) = await rows(support)
    assert (row["request_id"], row["apim_request_id"]) == ("", good)
    assert json.loads(await download(support, "/requests/export.jsonl"))["request_id"] == ""


async def test_a_row_reads_as_the_contract_says(support):
    record = await at_desk(make_record, person=support, started_at=START, cache_read_input_tokens=5)
    (row,) = await rows(support)
    assert row["started_at"] == "2026-11-22T10:00:00.123Z"
    assert row["finished_at"] == "2026-11-22T10:00:04.123Z"
    assert (row["source"], row["person"], row["outcome"]) == ("playground", support.label, "succeeded")
    assert (row["request_id"], row["apim_request_id"]) == (record.request_id, record.apim_request_id)
    assert (row["call_id"], row["attempt"]) == (str(record.call_id), "1")
    assert (row["input_tokens"], row["cache_read_input_tokens"], row["output_tokens"]) == ("25", "5", "120")
    assert (row["ttft_ms"], row["duration_ms"], row["stop_reason"]) == ("412", "4000", "end_turn")


async def test_what_never_came_is_empty(support):
    await at_desk(
        make_failure, "connect", request_id="", apim_request_id="", http_status=None, error_type="", message_id=""
    )
    (row,) = await rows(support)
    for column in ("request_id", "apim_request_id", "http_status", "ttft_ms", "input_tokens", "person", "error_code"):
        assert row[column] == ""


async def test_every_attempt_is_a_row_and_running_ones_have_none_yet(support):
    call = new_record().call_id
    for attempt in (1, 2):
        await at_desk(make_record, call_id=call, attempt=attempt)
    await at_desk(make_record, outcome="")
    assert [(row["call_id"], row["attempt"]) for row in await rows(support)] == [(str(call), "2"), (str(call), "1")]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
async def test_no_cell_is_a_formula(support, start):
    await at_desk(make_record, deployment=f"{start}cmd|' /C calc'!A0", error_code=f'{start}HYPERLINK("x")')
    (row,) = await rows(support)
    assert row["deployment"] == f"'{start}cmd|' /C calc'!A0"
    assert row["error_code"].startswith("'")


async def test_commas_quotes_and_line_ends_survive(support):
    await at_desk(make_record, resource='a,"b"\nc', error_type="한국어")
    (row,) = await rows(support)
    assert (row["resource"], row["error_type"]) == ('a,"b"\nc', "한국어")


async def test_json_lines_have_the_same_names_and_real_numbers(support):
    record = await at_desk(make_record, started_at=START, cache_read_input_tokens=None)
    line = json.loads(await download(support, "/requests/export.jsonl"))
    assert list(line) == HEAD.split(",")
    assert (line["started_at"], line["duration_ms"]) == ("2026-11-22T10:00:00.123Z", 4000)
    assert line["cache_read_input_tokens"] is None
    assert line["call_id"] == str(record.call_id)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?deployment=claude-slow", 1),
        ("?outcome=failed", 1),
        ("?source=health", 1),
        ("?since=1h", 3),
        ("?until=1h", 1),
        ("?since=2026-01-01&until=2026-01-02", 0),
        ("?q=req_wanted", 1),
        ("?q=req_unknown", 0),
        ("?q=no%20ids%20in%20it", 0),
        ("?q=req_wanted&outcome=failed", 0),
    ],
)
async def test_filters_of_the_page_apply(support, query, expected):
    def rows_of_all_kinds() -> None:
        make_record(request_id="req_WANTED")
        make_failure(deployment="claude-slow")
        make_record(source="health")
        make_record(started_at=timezone.now() - timedelta(days=2))

    await at_desk(rows_of_all_kinds)
    assert len(await rows(support, query)) == expected


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("roles", [("Viewer",), ("Playground",), ("PromptReader",)])
def test_it_refuses_everybody_but_support_and_admins(form, roles):
    assert signed_in_client(make_user(roles)).get(f"/requests/export.{form}").status_code == 403


@pytest.mark.parametrize("query", ["?outcome=lost", "?since=soon", "?source=cron"])
def test_a_filter_it_does_not_understand_is_refused_and_not_ignored(support, query):
    answer = signed_in_client(support).get(f"/requests/export.csv{query}")
    assert answer.status_code == 400
    assert query[1:] in answer.content.decode()


async def test_every_export_is_in_the_audit_log(support):
    await download(support, "/requests/export.csv?outcome=failed&q=my+prompt+and+req_1")
    entry = await at_desk(AuditEntry.objects.filter(act="export").get)
    assert (entry.person_key, entry.subject) == (support.key, "requests.csv")
    assert entry.detail == {"filters": {"outcome": "failed"}, "ids": ["req_1"]}


async def test_it_comes_in_batches_and_reads_no_further_than_it_is_asked(monkeypatch):
    monkeypatch.setattr(export, "BATCH", 10)
    await at_desk(RequestRecord.objects.bulk_create, [new_record() for _ in range(35)])
    lines = export.csv_lines(RequestRecord.objects.all())
    head, first = await anext(lines), await anext(lines)
    assert (head.count(b"\r\n"), first.count(b"\r\n")) == (1, 10)
    await at_desk(
        RequestRecord.objects.all().delete,
    )
    assert [chunk async for chunk in lines] == []


async def test_batches_hold_every_row_once_newest_first(monkeypatch):
    monkeypatch.setattr(export, "BATCH", 10)
    await at_desk(RequestRecord.objects.bulk_create, [new_record() for _ in range(40)])
    lines = [line async for lines in export.json_lines(RequestRecord.objects.all()) for line in lines.splitlines()]
    newest = RequestRecord.objects.order_by("-pk").values_list("request_id", flat=True)
    assert [json.loads(line)["request_id"] for line in lines] == await at_desk(list, newest)


async def test_the_database_writes_times_and_keys_as_python_does():
    for microseconds in (0, 1, 999, 1_000, 120_000, 123_999, 999_999):
        moment = START.replace(microsecond=microseconds)
        record = await at_desk(make_record, started_at=moment, finished_at=None, call_id=UUID(int=microseconds))
        rows = await at_desk(export.fetch, RequestRecord.objects.filter(pk=record.pk), None)
        written = dict(zip(("pk", *export.COLUMNS), rows[0], strict=True))
        assert (written["started_at"], written["finished_at"]) == (spreadsheet.utc(moment), None)
        assert (UUID(written["pk"]), written["call_id"]) == (record.pk, str(UUID(int=microseconds)))


async def test_between_two_batches_no_connection_is_held_and_others_write(monkeypatch):
    monkeypatch.setattr(export, "BATCH", 2)
    await at_desk(RequestRecord.objects.bulk_create, [new_record() for _ in range(4)])
    before = connections_in_use()
    lines = export.csv_lines(RequestRecord.objects.all())
    await anext(lines)
    await anext(lines)
    assert connections_in_use() == before
    late = await at_desk(make_record)
    assert late.request_id.encode() not in b"".join([chunk async for chunk in lines])


def connections_in_use() -> int:
    if connection.vendor != "postgresql":
        return 0  # SQLite's threads keep theirs
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]
