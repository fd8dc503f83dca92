"""The look-ups and pages of the log use its indexes: read from the plans of the database itself."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test import TestCase
from django.utils import timezone

from console.requestlog.export import fetch
from console.requestlog.filters import read
from console.requestlog.models import RequestRecord, RequestRecords
from tests.factories import make_user
from tests.factories_requestlog import new_record

ROWS = 6000
REQ = "req_018EeWyXxfu5pfWkrYcMdjWG"
QUERIES = (
    {"deployment": "claude-7"},
    {"resource": "resource-7"},
    {"person": "tenant/7"},
    {"person": "Person 7"},
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
)


def rows_read(records: RequestRecords) -> int:
    """How many rows of the log the plan reads at most; SQLite only tells a look-up from a walk through all of it."""
    if connection.vendor == "postgresql":
        (plan,) = json.loads(records.explain(format="json", analyze=True))
        return max(touched(plan["Plan"]))
    return ROWS if "SCAN requestlog_requestrecord" in records.explain() else 0


def touched(node: dict) -> list[int]:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if "Relation Name" in node else 0
    return [own, *(rows for inner in node.get("Plans", ()) for rows in touched(inner))]


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
                    outcome="failed" if number % 50 == 0 else "succeeded",
                    http_status=529 if number % 50 == 0 else 200,
                    subject_id=uuid4().hex,
                    conversation_id=str(uuid4()),
                    correlation_id=uuid4().hex,
                )
                for number in range(ROWS)
            ),
            batch_size=500,
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE requestlog_requestrecord")

    def test_a_page_of_the_log_is_read_along_an_index(self):
        admin = make_user(("Admin",))
        for query in QUERIES:
            with self.subTest(query=query):
                assert rows_read(read(query).records(admin).order_by("-id")[:51]) <= ROWS // 4

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
