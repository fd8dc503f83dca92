"""The look-ups and pages of the log use its indexes: read from the plans of the database itself."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.requestlog import rollup, walking
from console.requestlog.export import fetch
from console.requestlog.filters import read
from console.requestlog.models import (
    MARKED_BY,
    SUMMED_BY,
    Calendar,
    Case,
    DailyRollup,
    RequestRecord,
    RequestRecords,
    RollupProgress,
)
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import new_record

ROWS = 6000
REQ = "req_018EeWyXxfu5pfWkrYcMdjWG"
QUERIES = (
    {"deployment": "claude-7"},
    {"resource": "resource-7"},
    {"person": "tenant/7"},
    {"person": "Person 7"},
    {"application": "loader"},
    {"outcome": "failed"},
    {"outcome": "running"},
    {"source": "playground"},
    {"status": "5xx"},
    {"status": "none"},
    {"since": "3d"},
    {"until": "100d"},
    {"deployment": "claude-7", "since": "3d"},
    {"outcome": "failed", "status": "5xx"},
    {"q": REQ},
    {"q": str(uuid4())},
    {"q": f"{REQ} {uuid4()} msg_4QpJur2dWWDjF6C758FbBw5vm12BaVipnK"},
    {"q": REQ, "outcome": "failed"},
    {"q": REQ[:9]},
    {"q": "0f8fad5b-d9c"},
    {"q": "chatcmpl-abc123"},
    {"error": "overloaded"},
    {"deployment": "claude-7", "error": "overloaded"},
    {"case": "open"},
)
# Whose filters no single index holds: the page is walked along the one that leaves fewest rows.
WALKED = (
    {"person": "tenant/7", "deployment": "claude-7", "since": "60d"},
    {"deployment": "claude-7", "took": "9s"},
    {"error": "overloaded", "source": "health", "resource": "resource-7"},
    {"case": "open", "ttft": "9s"},
    {"application": "loader", "outcome": "failed"},
    {"person": "Person 7", "status": "5xx", "until": "1d"},
    {"deployment": "claude-1", "resource": "resource-2"},
    {"status": "2xx", "outcome": "failed"},
    {"source": "health", "resource": "resource-7", "status": "4xx"},
)
LOG = "requestlog_"


def rows_read(records: RequestRecords) -> int:
    """How many rows of the log the plan reads at most; SQLite only tells a look-up from a walk through all of it."""
    if connection.vendor == "postgresql":
        (plan,) = json.loads(records.explain(format="json", analyze=True))
        return max(touched(plan["Plan"]))
    return ROWS if "SCAN requestlog_requestrecord" in records.explain() else 0


def most_read(queries: CaptureQueriesContext) -> dict[str, int]:
    """How many rows of the log each of these queries reads at most."""
    found = {}
    for sql in {query["sql"] for query in queries if query["sql"].startswith("SELECT") and LOG in query["sql"]}:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"), [])
                [(plan,)] = cursor.fetchall()
                found[sql] = max(touched(plan[0]["Plan"]), default=0)
            else:
                cursor.execute("EXPLAIN QUERY PLAN " + sql.replace("%", "%%"), [])
                plan = " ".join(row[3] for row in cursor.fetchall())
                found[sql] = (
                    ROWS if re.search(r"SCAN requestlog_requestrecord(?! USING (?:COVERING )?INDEX)", plan) else 0
                )
    return found


def touched(node: dict) -> list[int]:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if "Relation Name" in node else 0
    return [own, *(rows for inner in node.get("Plans", ()) for rows in touched(inner))]


def walk_along_indexes() -> None:
    """Until the end of the test: of as few rows as there are here PostgreSQL might read all, and sort them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_seqscan = off")


def fold() -> None:
    """What folding these rows would leave of all days before today."""
    today = rollup.day_of(timezone.now())
    RollupProgress.objects.bulk_create(RollupProgress(name=name, folded_until=today) for name in ("hours", "days"))
    days, marks = [], {}
    for start, *key in RequestRecord.objects.filter(started_at__lt=today).values_list("started_at", *SUMMED_BY):
        day, held = rollup.day_of(start), dict(zip(SUMMED_BY, key, strict=True))
        days.append(DailyRollup(hour=day, requests=1, **held))
        mark = (day.replace(day=1), *(held[name] for name in MARKED_BY))
        marks[mark] = marks.get(mark, 0) | 1 << day.day - 1
    DailyRollup.objects.bulk_create(days, batch_size=500, ignore_conflicts=True)
    names = ("month", *MARKED_BY)
    Calendar.objects.bulk_create(
        (Calendar(days=bits, **dict(zip(names, mark, strict=True))) for mark, bits in marks.items()), batch_size=500
    )


class Plans(TestCase):
    @classmethod
    def setUpTestData(cls):
        """Half a year of calls of many people, with few failures."""
        now = timezone.now()
        RequestRecord.objects.bulk_create(
            (
                new_record(
                    started_at=now - timedelta(minutes=45 * number),
                    deployment=f"claude-{number % 40}",
                    resource=f"resource-{number % 20}",
                    person=f"Person {number % 300}",
                    person_key=f"tenant/{number % 300}",
                    source="health" if number % 9 else "playground",
                    application="loader" if number % 30 == 0 else "",
                    outcome="failed" if number % 50 == 0 else "succeeded",
                    http_status=529 if number % 50 == 0 else 200,
                    kind="overloaded" if number % 50 == 0 else "",
                    prompt_print=f"{number % 900:032x}",
                    subject_id=uuid4().hex,
                    conversation_id=str(uuid4()),
                    correlation_id=uuid4().hex,
                )
                for number in range(ROWS)
            ),
            batch_size=500,
        )
        Case.objects.bulk_create(
            Case(record_id=one.pk, changed_at=now) for one in RequestRecord.objects.order_by("-id")[:20]
        )
        fold()
        with connection.cursor() as cursor:
            for model in (RequestRecord, DailyRollup, Calendar):
                cursor.execute(f"ANALYZE {model._meta.db_table}")

    def test_a_page_of_the_log_is_read_along_an_index(self):
        admin = make_user(("Admin",))
        for query in QUERIES:
            with self.subTest(query=query):
                assert rows_read(read(query).records(admin).order_by("-id")[:51]) <= ROWS // 4

    def test_every_query_of_a_page_reads_little(self):
        client = signed_in_client(make_user(("Admin",)))
        row = RequestRecord.objects.filter(kind="overloaded").latest("id")
        pages = [f"/requests/?{urlencode(query)}" for query in ({}, *QUERIES, *WALKED)]
        pages += [f"/requests/{row.pk}/", f"/requests/news/?after={row.pk}&error=overloaded&took=9s"]
        pages += [f"/requests/bundle/?id={row.pk}", f"/requests/azure-log/?id={uuid4()}"]
        for address in pages:
            with self.subTest(address=address), CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code in (200, 302)
            read = most_read(queries)
            assert read, address
            assert max(read.values()) <= ROWS // 4, (address, read)

    def test_what_an_index_carries_is_looked_at_there(self):
        admin = make_user(("Admin",))
        walk_along_indexes()
        there = "Index Only Scan" if connection.vendor == "postgresql" else "USING INDEX"
        for query in (
            {"deployment": "claude-7", "resource": "resource-7"},
            {"deployment": "claude-7", "status": "5xx"},
            {"person": "tenant/7", "deployment": "claude-7"},
            {"person": "Person 7", "source": "health"},
            {"resource": "resource-7", "outcome": "failed"},
            {"resource": "resource-7", "error": "overloaded"},
            {"error": "overloaded", "outcome": "failed"},
            {"outcome": "failed", "status": "5xx"},
            {"source": "playground", "status": "5xx"},
            {"application": "loader", "deployment": "claude-30"},
        ):
            with self.subTest(query=query):
                filters = read(query)
                way = walking.Way(filters.driver(admin), filters.rest(admin))
                assert there in way.along[:500].explain()

    def test_a_time_is_no_reason_for_another_index(self):
        admin = make_user(("Admin",))
        for query in ({"deployment": "claude-7", "since": "90d"}, {"person": "Person 7", "until": "30d"}):
            with self.subTest(query=query):
                assert "request_by_start" not in read(query).records(admin).order_by("-id")[:51].explain()

    def test_keys_come_first_so_that_no_planner_takes_the_log_for_evenly_mixed(self):
        admin = make_user(("Admin",))
        for query in (
            {"source": "health"},
            {"deployment": "claude-7", "since": "90d"},
            {"outcome": "failed", "took": "9s"},
        ):
            with self.subTest(query=query), CaptureQueriesContext(connection) as queries:
                walking.walk(read(query), admin, "", 50)
            first = queries[0]["sql"]
            assert re.match(r'SELECT "requestlog_requestrecord"."id" AS "(id|pk)" FROM', first), first
            assert "started_at" not in first
            assert "duration_ms" not in first

    def test_what_many_rows_fit_and_few_of_them_is_walked_in_pieces(self):
        admin = make_user(("Admin",))
        for query in ({"took": "9s"}, {"source": "health", "took": "9s"}, {"source": "playground", "took": "9s"}):
            with self.subTest(query=query), CaptureQueriesContext(connection) as queries:
                walked = walking.walk(read(query), admin, "", 50)
            assert walked.page.rows == []
            assert max(most_read(queries).values()) <= walking.LOOK

    def test_what_never_met_is_told_at_once(self):
        admin = make_user(("Admin",))
        for query in ({"status": "2xx", "outcome": "failed"}, {"deployment": "claude-1", "resource": "resource-2"}):
            with self.subTest(query=query), CaptureQueriesContext(connection) as queries:
                walked = walking.walk(read(query), admin, "", 50)
            assert (walked.page.rows, walked.reached) == ([], None)
            assert max(most_read(queries).values()) <= walking.LOOK

    def test_a_column_without_an_index_would_be_noticed(self):
        assert rows_read(RequestRecord.objects.filter(region="nowhere").order_by("-id")[:51]) == ROWS

    def test_a_persons_own_rows_are_read_along_an_index(self):
        person = make_user(tid="tenant", oid="7")
        assert rows_read(read({}).records(person).order_by("-id")[:51]) <= 100

    def test_a_page_deep_in_the_log_costs_no_more_than_the_first(self):
        deep = RequestRecord.objects.order_by("-id")[ROWS - 100]
        assert rows_read(RequestRecord.objects.filter(pk__lt=deep.pk).order_by("-id")[:51]) <= 60

    def test_a_batch_of_an_export_is_read_along_the_key(self):
        with self.assertNumQueries(1):
            rows = fetch(RequestRecord.objects.all(), None)
        assert len(rows) == 1000
        rest = RequestRecord.objects.filter(state="over", pk__lt=rows[-1][0]).order_by("-pk")[:1000]
        assert rows_read(rest) <= 1000
