"""What the limits of the moment count, and that it costs the same however much a person has ever said."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.playground.lately import sent_by
from console.playground.models import Conversation, Exchange, State
from console.web.ids import id_at
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def said(owner, *, seconds_ago: float, state: State = State.SUCCEEDED, talk: Conversation | None = None) -> Exchange:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    talk = talk or Conversation.objects.create(owner=owner, title="talk", spoken_at=at)
    return talk.exchanges.create(message="Hi", call_id=uuid4(), submission_id=uuid4().hex, state=state, created_at=at)


def test_what_is_under_way_counts_however_old_and_what_is_over_for_a_minute():
    owner = make_user(("Playground",))
    old = said(owner, seconds_ago=600, state=State.STREAMING)
    new = said(owner, seconds_ago=2, state=State.QUEUED)
    over = said(owner, seconds_ago=40)
    said(owner, seconds_ago=61)
    said(make_user(("Playground",)), seconds_ago=1, state=State.STREAMING)
    found = sorted(sent_by(owner, timezone.now() - MINUTE, 10), key=lambda one: one.at)
    assert [(one.is_live, one.at, one.conversation_id) for one in found] == [
        (True, old.created_at, old.conversation_id),
        (False, over.created_at, over.conversation_id),
        (True, new.created_at, new.conversation_id),
    ]
    assert len(sent_by(owner, timezone.now() - MINUTE, 2)) == 2


def test_what_was_said_long_ago_is_not_read():
    owner, long_ago = make_user(("Playground",)), timezone.now() - timedelta(days=9)
    for _ in range(20):
        talk = Conversation.objects.create(owner=owner, title="talk", spoken_at=long_ago)
        row = {"conversation": talk, "message": "Hi", "state": State.SUCCEEDED, "created_at": long_ago}
        ids = [id_at(long_ago + timedelta(seconds=number)) for number in range(30)]
        Exchange.objects.bulk_create(Exchange(id=pk, call_id=uuid4(), submission_id=pk.hex, **row) for pk in ids)
    said(owner, seconds_ago=1)
    with CaptureQueriesContext(connection) as queries:
        assert len(sent_by(owner, timezone.now() - MINUTE, 10)) == 1
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # of as few rows as there are here it might read all
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {queries[0]['sql']}")
            [([plan],)] = cursor.fetchall()
            assert sum(exchanges_read(plan["Plan"])) <= 2
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
            plan = " ".join(row[3] for row in cursor.fetchall())
            assert re.search(r"INDEX exchange_(one_live|lapsed)", plan), plan
            assert "INDEX conversation_newest (owner_id=? AND spoken_at>?)" in plan
            assert "(conversation_id=? AND id>?)" in plan


def exchanges_read(node: dict) -> list[float]:
    own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    mine = own if node.get("Relation Name") == "playground_exchange" else 0
    return [mine, *(rows for inner in node.get("Plans", ()) for rows in exchanges_read(inner))]
