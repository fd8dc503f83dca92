from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from console.requestlog import retention, tasks
from console.requestlog.models import Calendar, DailyRollup, HourlyRollup, RequestRecord
from tests.factories_requestlog import make_record, new_record

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def purge(before) -> int:
    return sum(retention.batches(before))


def test_it_deletes_what_is_older_and_nothing_else():
    now = timezone.now()
    old, young = make_record(started_at=now - 10 * DAY), make_record(started_at=now - 8 * DAY)
    assert purge(now - 9 * DAY) == 1
    assert list(RequestRecord.objects.values_list("pk", flat=True)) == [young.pk]
    assert old.pk != young.pk


def test_running_attempts_stay_however_old():
    record = make_record(started_at=timezone.now() - 500 * DAY, outcome="")
    purge(timezone.now())
    assert RequestRecord.objects.filter(pk=record.pk).exists()


def test_it_deletes_in_batches_that_end_in_their_own_transaction():
    old = timezone.now() - 10 * DAY
    RequestRecord.objects.bulk_create(new_record(started_at=old) for _ in range(25))
    with CaptureQueriesContext(connection) as queries:
        assert list(retention.batches(timezone.now() - DAY, batch=10)) == [10, 10, 5]
    deletes = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    assert len(deletes) == 3


def test_a_batch_holds_five_hundred_rows_at_most():
    assert retention.BATCH <= 500


def test_old_sums_go_too():
    make_record(started_at=timezone.now() - 40 * DAY)
    tasks.roll_up()
    assert [model.objects.count() for model in (HourlyRollup, DailyRollup, Calendar)] == [1, 1, 1]
    assert purge(timezone.now() - DAY) == 1
    assert [model.objects.count() for model in (HourlyRollup, DailyRollup, Calendar)] == [0, 0, 0]


@pytest.mark.parametrize(("days", "left"), [(400, 1), (0, 2)])
def test_the_task_keeps_as_many_days_as_the_setting_says(settings, days, left):
    settings.REQUEST_RETENTION_DAYS = days
    make_record(started_at=timezone.now() - 401 * DAY)
    make_record()
    tasks.purge()
    assert RequestRecord.objects.count() == left


def test_the_task_settles_rows_whose_process_died():
    record = make_record(outcome="", lease_until=timezone.now() - timedelta(seconds=1))
    tasks.settle_lapsed()
    record.refresh_from_db()
    assert (record.state, record.outcome) == ("over", "truncated")
