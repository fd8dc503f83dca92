from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.jobs.line import Line, in_words, line
from console.jobs.models import State
from tests.factories_jobs import make_job

pytestmark = pytest.mark.django_db


def started_after(seconds: float, **row: object) -> None:
    """A job that waited this long and has just started."""
    now = timezone.now()
    make_job(State.SUCCEEDED, queued_at=now - timedelta(seconds=seconds), started_at=now, **row)


def test_places_follow_the_order_of_asking():
    make_job(State.RUNNING, starts=2)
    first, second, third = make_job(), make_job(), make_job()
    in_line = line()
    assert [in_line.places.get(job.pk) for job in (first, second, third)] == [1, 2, 3]
    assert [in_line.words(job) for job in (first, third)] == ["Next in line", "Number 3 in line"]


def test_the_usual_wait_is_the_middle_one():
    for seconds in (1, 2, 12, 40, 400):
        started_after(seconds)
    assert line().words(make_job()) == "More than 1000 jobs are before it, usual wait 12 s"
    job = make_job()
    assert line().words(job) == "Number 2 in line, usual wait 12 s"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "1 s"), (0.4, "1 s"), (12.3, "12 s"), (119, "119 s"), (120, "2 min"), (4000, "67 min")]
)
def test_a_wait_is_told_in_round_numbers(seconds, words):
    assert in_words(timedelta(seconds=seconds)) == words


def test_waits_that_say_nothing_are_left_out():
    started_after(7200, starts=2)
    make_job(State.SUCCEEDED, ago=7300, started_at=timezone.now() - timedelta(hours=2))
    assert line().usual_wait is None


def test_clocks_that_differ_make_no_negative_wait():
    started_after(-5)
    assert line().usual_wait == timedelta(0)


def test_far_back_in_a_long_line_nobody_counts():
    assert Line({}, None).words(make_job()) == "More than 1000 jobs are before it"


def test_a_long_line_costs_two_short_queries(django_assert_num_queries):
    with django_assert_num_queries(2):
        line()
