"""Rows are locked in one order everywhere, so that two writers of an answer never wait for each other."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.playground import settle
from console.requestlog import recorder
from console.requestlog.models import Outcome

pytestmark = pytest.mark.django_db


def tables_written(act) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        act()
    return [query["sql"].split('"')[1] for query in seen.captured_queries if query["sql"].startswith("UPDATE")]


def test_a_lease_is_renewed_in_the_order_in_which_an_end_is_written():
    ended = settle.End(
        record_id=uuid4(), attempt=recorder.Ended(outcome=Outcome.SUCCEEDED, duration_ms=1), answer="", answer_html="",
        thinking="", thinking_ms=None, content=[], stop_details=None,
    )  # fmt: skip

    def end():
        with pytest.raises(settle.RequestRecord.DoesNotExist):
            settle.end(uuid4(), ended, language="en")

    renewed = tables_written(lambda: settle.renew([(uuid4(), uuid4())]))
    assert renewed == tables_written(end) == ["requestlog_requestrecord", "playground_exchange"]
