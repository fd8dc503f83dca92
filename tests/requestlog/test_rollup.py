from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from console.requestlog import rollup, tasks
from console.requestlog.models import Calendar, DailyRollup, HourlyRollup, RequestRecord, RollupProgress
from tests.factories import make_user
from tests.factories_requestlog import make_failure, make_record, new_record

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sums() -> list[tuple[datetime, str, int]]:
    return list(HourlyRollup.objects.order_by("hour", "outcome").values_list("hour", "outcome", "requests"))


def test_it_adds_up_an_hour_by_deployment_person_and_outcome():
    ada = make_user(name="Ada")
    for ttft in (100, 300, None):
        make_record(
            person=ada, started_at=NOW - HOUR, ttft_ms=ttft, input_tokens=10, cache_read_input_tokens=5, output_tokens=7
        )
    make_failure(started_at=NOW - HOUR)
    rollup.roll_up(NOW)
    row = HourlyRollup.objects.get(outcome="succeeded")
    assert (row.person, row.person_key, row.deployment, row.requests) == ("Ada", ada.key, "claude-steady", 3)
    assert (row.input_tokens, row.cache_read_input_tokens, row.output_tokens) == (30, 15, 21)
    assert (row.ttft_ms_sum, row.ttft_count, row.duration_ms_sum) == (400, 2, 12_000)
    assert (HourlyRollup.objects.get(outcome="failed").requests, row.hour.minute) == (1, 0)


def test_it_tells_errors_and_statuses_apart():
    make_failure(started_at=NOW)
    make_failure("rate-limited", started_at=NOW, http_status=429, duration_ms=900)
    make_failure("connect", started_at=NOW, http_status=None)
    rollup.roll_up(NOW)
    rows = HourlyRollup.objects.order_by("status_class").values_list("kind", "status_class", "duration_ms_max")
    assert list(rows) == [("connect", 0, 350), ("rate-limited", 4, 900), ("overloaded", 5, 350)]


def test_sums_of_an_earlier_version_are_not_counted_twice():
    make_failure(started_at=NOW)
    rollup.roll_up(NOW)
    HourlyRollup.objects.update(kind="", status_class=0)
    rollup.roll_up(NOW)
    assert list(HourlyRollup.objects.values_list("kind", "requests")) == [("overloaded", 1)]


def test_folding_again_changes_nothing():
    make_record(started_at=NOW - 5 * HOUR)
    make_record(started_at=NOW)
    rollup.roll_up(NOW)
    before = list(HourlyRollup.objects.order_by("pk").values())
    rollup.roll_up(NOW)
    assert list(HourlyRollup.objects.order_by("pk").values()) == before


def test_the_current_hour_grows():
    make_record(started_at=NOW)
    rollup.roll_up(NOW)
    make_record(started_at=NOW + timedelta(minutes=1))
    rollup.roll_up(NOW + timedelta(minutes=2))
    assert [count for _hour, _outcome, count in sums()] == [2]


def test_running_attempts_count_once_they_are_over():
    record = make_record(started_at=NOW - 3 * HOUR, outcome="")
    make_record(started_at=NOW)
    rollup.roll_up(NOW)
    assert len(sums()) == 1
    RequestRecord.objects.filter(pk=record.pk).update(state="over", outcome="truncated", lease_until=None)
    rollup.roll_up(NOW + timedelta(minutes=1))
    assert [outcome for _hour, outcome, _count in sums()] == ["truncated", "succeeded"]


def test_hours_that_are_final_are_not_read_again():
    make_record(started_at=NOW - 5 * HOUR)
    rollup.roll_up(NOW)
    HourlyRollup.objects.update(requests=99)
    rollup.roll_up(NOW + timedelta(minutes=1))
    assert [count for _hour, _outcome, count in sums()] == [99]


def test_it_catches_up_after_days_without_a_worker_and_skips_empty_hours(monkeypatch):
    for days in (40, 39, 3, 0):
        make_record(started_at=NOW - timedelta(days=days))
    monkeypatch.setattr(rollup, "MOST_HOURS", 3)
    assert rollup.roll_up(NOW) == 3
    assert len(sums()) == 3
    assert rollup.roll_up(NOW) == 1
    assert len(sums()) == 4
    assert RollupProgress.objects.get(name="hours").folded_until == NOW.replace(hour=11, minute=0)


def test_an_empty_log_folds_to_nothing():
    assert rollup.roll_up(NOW) == 0
    assert sums() == []


def test_the_database_adds_up_however_many_rows_there_are():
    RequestRecord.objects.bulk_create(new_record(started_at=NOW) for _ in range(300))
    with CaptureQueriesContext(connection) as queries:
        rollup.roll_up(NOW)
    assert sums()[0][2] == 300
    assert len(queries) <= 20


def test_the_task_folds():
    make_record()
    tasks.roll_up()
    assert HourlyRollup.objects.get().requests == 1


# ---- Days ----

DAY = timedelta(days=1)
MIDNIGHT = NOW.replace(hour=0, minute=0)


def days() -> list[tuple[datetime, str, int]]:
    return list(DailyRollup.objects.order_by("hour", "outcome").values_list("hour", "outcome", "requests"))


def totals(since: datetime) -> int:
    return sum(row for part in rollup.parts(since) for row in part.values_list("requests", flat=True))


def test_a_day_is_folded_once_all_of_its_hours_are_final():
    for ago in (DAY, DAY + 3 * HOUR, timedelta()):
        make_record(started_at=NOW - ago, input_tokens=10, ttft_ms=100)
    make_failure(started_at=NOW - DAY)
    rollup.roll_up(NOW)
    assert days() == [(MIDNIGHT - DAY, "failed", 1), (MIDNIGHT - DAY, "succeeded", 2)]
    row = DailyRollup.objects.get(outcome="succeeded")
    assert (row.input_tokens, row.ttft_ms_sum, row.ttft_count, row.duration_ms_sum) == (20, 200, 2, 8000)
    rollup.roll_up(NOW + DAY)
    assert days()[-1] == (MIDNIGHT, "succeeded", 1)


def test_a_day_with_a_running_attempt_waits():
    make_record(started_at=NOW - DAY, outcome="")
    make_record(started_at=NOW - DAY)
    rollup.roll_up(NOW)
    assert days() == []


def test_days_and_hours_together_count_everything_once():
    for hours in (60, 40, 20, 2, 0):
        make_record(started_at=NOW - hours * HOUR)
    assert totals(MIDNIGHT - 5 * DAY) == 0
    rollup.roll_up(NOW)
    assert len(rollup.parts(MIDNIGHT - 5 * DAY)) == 2
    assert totals(MIDNIGHT - 5 * DAY) == 5
    assert totals(MIDNIGHT) == 2


def test_whoever_comes_late_is_counted_in_their_day():
    make_record(started_at=NOW - DAY)
    rollup.roll_up(NOW)
    make_record(started_at=NOW - DAY + HOUR)
    rollup.fold(rollup.hour_of(NOW - DAY + HOUR))
    assert days() == [(MIDNIGHT - DAY, "succeeded", 2)]


def test_many_days_are_folded_over_several_runs(monkeypatch):
    monkeypatch.setattr(rollup, "MOST_DAYS", 2)
    for ago in range(5):
        make_record(started_at=NOW - ago * DAY)
    rollup.roll_up(NOW)
    assert len(days()) == 2
    assert totals(MIDNIGHT - 9 * DAY) == 5
    rollup.roll_up(NOW)
    assert len(days()) == 4
    assert totals(MIDNIGHT - 9 * DAY) == 5


def test_a_folded_day_is_marked_in_the_calendar():
    for ago in (2 * DAY, DAY, timedelta()):
        make_record(started_at=NOW - ago)
    make_failure(started_at=NOW - DAY, person=make_user())
    make_failure(started_at=NOW - DAY, person="somebody else", person_key="t/o")
    rollup.roll_up(NOW)
    marks = Calendar.objects.order_by("outcome").values_list("month", "outcome", "kind", "status_class", "days")
    month = MIDNIGHT.replace(day=1)
    assert list(marks) == [
        (month, "failed", "overloaded", 5, 1 << 20),
        (month, "succeeded", "", 2, 1 << 19 | 1 << 20),
    ]
    rollup.fold_day(MIDNIGHT - DAY)
    assert Calendar.objects.count() == 2
