from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from console.health import history
from console.health.history import DayCount
from console.health.models import Rollup, Span
from tests.factories_health import ILL, SLOW, WELL, make_check
from tests.factories_inventory import make_deployment

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 34, 56, tzinfo=UTC)
DAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("counts", "tone", "words"),
    [
        ((0, 0, 0, 0), "idle", "November 21: no check"),
        ((0, 0, 0, 7), "idle", "November 21: no check could be run"),
        ((288, 0, 0, 0), "ok", "November 21: well, 288 checks"),
        ((1, 0, 0, 0), "ok", "November 21: well, 1 check"),
        ((280, 8, 0, 0), "ok", "November 21: degraded in 8 of 288 checks"),
        ((250, 38, 0, 0), "warn", "November 21: degraded in 38 of 288 checks"),
        ((287, 0, 1, 0), "warn", "November 21: ill in 1 of 288 checks"),
        ((260, 0, 28, 0), "warn", "November 21: ill in 28 of 288 checks"),
        ((259, 0, 29, 0), "bad", "November 21: ill in 29 of 288 checks"),
        ((0, 0, 288, 0), "bad", "November 21: ill in 288 of 288 checks"),
        ((1, 0, 1, 286), "bad", "November 21: ill in 1 of 288 checks"),
    ],
)
def test_a_day_has_a_tone_and_a_sentence(counts, tone, words):
    day = DayCount(DAY, *counts)
    assert (day.tone, day.words) == (tone, words)


def test_ninety_days_end_today_and_have_no_gap(django_assert_num_queries):
    one, other = make_deployment("claude-a"), make_deployment("claude-b")
    for days, finding in ((0, WELL), (0, ILL), (89, WELL), (90, WELL)):
        make_check(one, finding, at=NOW - timedelta(days=days))
    with django_assert_num_queries(1):
        found = history.days_of([one.pk, other.pk], NOW)
    days = found[one.pk]
    assert [day.day for day in days] == [NOW.date() - timedelta(days=back) for back in range(89, -1, -1)]
    assert [(day.well, day.ill) for day in (days[0], days[1], days[-1])] == [(1, 0), (0, 0), (1, 1)]
    assert sum(day.checks for day in days) == 3
    assert not any(day.checks for day in found[other.pk])


@pytest.mark.parametrize(
    ("days", "share"),
    [
        ([], None),
        ([DayCount(DAY, unknown=9)], None),
        ([DayCount(DAY, well=3)], 100),
        ([DayCount(DAY, well=1, degraded=1, ill=1, unknown=5), DayCount(DAY, well=1)], 75),
    ],
)
def test_the_share_counts_what_could_tell(days, share):
    assert history.answered_share(days) == (None if share is None else pytest.approx(share))


def test_hours_are_means_with_gaps(django_assert_num_queries):
    deployment = make_deployment()
    for ago, finding in ((0, WELL), (60, SLOW), (2 * 3600, ILL), (5 * 3600, WELL), (25 * 3600, WELL)):
        make_check(deployment, finding, at=NOW - timedelta(seconds=ago))
    with django_assert_num_queries(1):
        found = history.latency_by_hour([deployment.pk], NOW)[deployment.pk]
    assert len(found) == 24
    assert {at: value for at, value in enumerate(found) if value is not None} == {18: 412, 23: (412 + 6100) / 2}


def test_the_chart_has_a_point_for_each_quarter():
    deployment = make_deployment()
    for ago, finding in ((0, WELL), (30, SLOW), (1800, ILL), (7200, WELL), (86_400 * 2, WELL)):
        make_check(deployment, finding, at=NOW - timedelta(seconds=ago))
    quarters = history.latency_by_quarter(deployment.pk, NOW)
    assert len(quarters) == 96
    assert list(quarters)[-1] == datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    known = {quarter.strftime("%H:%M"): value for quarter, value in quarters.items() if value is not None}
    assert known == {"12:30": (412 + 6100) / 2, "10:30": 412}


def test_the_table_of_hours_stands_newest_first():
    deployment = make_deployment()
    for ago, finding in ((0, WELL), (3600, ILL), (3600, WELL), (30 * 3600, WELL)):
        make_check(deployment, finding, at=NOW - timedelta(seconds=ago))
    hours = history.hours_of(deployment.pk, NOW)
    assert [(hour.start.hour, hour.checks, hour.ill, hour.latency_ms) for hour in hours] == [
        (12, 1, 0, 412),
        (11, 2, 1, 412),
    ]


def test_fifty_deployments_with_a_full_history_cost_one_query(django_assert_num_queries):
    deployments = [make_deployment(f"claude-{n}") for n in range(50)]
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    Rollup.objects.bulk_create(
        Rollup(deployment=deployment, span=Span.DAY, start=midnight - timedelta(days=back), well=288)
        for deployment in deployments
        for back in range(100)
    )
    with django_assert_num_queries(1):
        found = history.days_of([deployment.pk for deployment in deployments], NOW)
    assert all(sum(day.well for day in days) == 90 * 288 for days in found.values())
