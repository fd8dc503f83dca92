from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.requestlog import rollup, sums, trend
from console.requestlog.filters import read
from console.requestlog.models import HourlyRollup
from tests.factories import make_user
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def admin():
    return make_user(("Admin",))


@pytest.fixture
def ada():
    """Two hours ago: three of Ada's calls, one of them slow; an hour ago: a failure of nobody's."""
    ada = make_user(name="Ada", tid="tenant", oid="ada")
    for ttft in (100, 200, 900):
        make_record(person=ada, started_at=NOW - 2 * HOUR, ttft_ms=ttft)
    make_failure(deployment="claude-slow", started_at=NOW - HOUR)
    make_record(started_at=NOW - timedelta(days=5))
    rollup.roll_up(NOW)
    return ada


def seen(query, person):
    shown = trend.trend(read(query, NOW), person, NOW)
    assert shown is not None
    return [(one.start.hour, one.good, one.stopped, one.bad) for one in shown.steps]


def test_the_last_day_stands_by_the_hour(admin, ada):
    shown = trend.trend(read({}, NOW), admin, NOW)
    assert [(one.start, one.calls) for one in shown.steps] == [
        (NOW.replace(hour=11, minute=0), 1),
        (NOW.replace(hour=10, minute=0), 3),
    ]
    assert shown.summary == "4 requests, 25 % failed"
    assert (shown.steps[1].ttft_ms, shown.steps[1].slowest_ms, shown.steps[1].duration_ms) == (400, 900, 4000)
    assert shown.volume.count("<a ") == 25
    assert shown.hourly


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ({"deployment": "claude-slow"}, [(11, 0, 0, 1)]),
        ({"error": "overloaded"}, [(11, 0, 0, 1)]),
        ({"status": "5xx", "outcome": "failed"}, [(11, 0, 0, 1)]),
        ({"status": "none"}, []),
        ({"person": "Ada"}, [(10, 3, 0, 0)]),
        ({"person": "tenant/ada", "outcome": "succeeded"}, [(10, 3, 0, 0)]),
        ({"since": "90m"}, [(11, 0, 0, 1), (10, 3, 0, 0)]),
        ({"since": "2026-11-22T11:00Z", "until": "2026-11-22T12:00Z"}, [(11, 0, 0, 1)]),
        ({"since": "7d"}, [(0, 3, 0, 1), (0, 1, 0, 0)]),
        ({"source": "health"}, []),
    ],
)
def test_it_follows_the_filters(admin, ada, query, steps):
    assert seen(query, admin) == steps


def test_it_shows_the_calls_of_one_application(admin):
    for application, outcome in (("loader", "succeeded"), ("loader", "failed"), ("mailer", "succeeded")):
        make_record(
            source="application", application=application, outcome=outcome, started_at=NOW - HOUR, duration_ms=100
        )
    rollup.roll_up(NOW)
    assert seen({"application": "loader"}, admin) == [(11, 1, 0, 1)]
    assert seen({"source": "application"}, admin) == [(11, 2, 0, 1)]


def test_people_see_the_trend_of_their_own_calls(ada):
    assert seen({}, ada) == [(10, 3, 0, 0)]
    assert seen({"person": "Somebody"}, ada) == []


@pytest.mark.parametrize("query", [{"q": "req_012345678"}, {"case": "open"}, {"outcome": "running"}])
def test_what_sums_cannot_tell_has_no_trend(admin, query):
    assert trend.trend(read(query, NOW), admin, NOW) is None


def test_slow_calls_are_not_apart_and_it_says_so(admin, ada):
    assert "quick calls" in trend.trend(read({"took": "5s"}, NOW), admin, NOW).notes[0]


def test_each_step_leads_to_its_own_rows(admin, ada):
    step = trend.trend(read({"deployment": "claude-slow", "since": "7d"}, NOW), admin, NOW).steps[0]
    assert step.address == ("/requests/?deployment=claude-slow&since=2026-11-22T00%3A00Z&until=2026-11-23T00%3A00Z")


def test_too_many_sums_shorten_it_and_it_says_so(admin, monkeypatch):
    monkeypatch.setattr(sums, "MOST_SUMS", 20)
    HourlyRollup.objects.bulk_create(
        HourlyRollup(
            hour=NOW.replace(minute=0) - HOUR * (number // 5), resource="r", deployment=f"d{number % 5}",
            source="playground", outcome="succeeded", requests=1,
        )
        for number in range(60)
    )  # fmt: skip
    shown = trend.trend(read({}, NOW), admin, NOW)
    assert [one.calls for one in shown.steps] == [5, 5, 5, 5]
    assert "since November 22 09:00 UTC" in shown.notes[0]


def test_the_ends_of_the_calendar_are_no_accident(admin):
    for query in (
        {"since": "0001-01-01"},
        {"until": "0001-01-02"},
        {"since": "9999-12-31"},
        {"since": "1d", "until": "5d"},
    ):
        trend.trend(read(query, NOW), admin, NOW)
