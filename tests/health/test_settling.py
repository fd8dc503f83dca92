from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from console.health import settling
from console.health.models import DeploymentHealth, HealthCheck, Incident, Rollup, Span, Verdict
from console.jobs.models import State
from console.web.ids import new_id
from tests.factories_health import ILL, NO_IDENTITY, SLOW, THROTTLED, WELL, make_check, make_history
from tests.factories_inventory import make_deployment
from tests.factories_jobs import lapse, make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment():
    return make_deployment()


def state(deployment) -> DeploymentHealth:
    return DeploymentHealth.objects.get(deployment=deployment)


# ---- the paper ----


def test_a_check_leaves_its_paper(deployment):
    check = make_check(deployment, ILL, person="Ada")
    kept = HealthCheck.objects.get()
    assert (kept.pk, kept.verdict, kept.rung, kept.kind) == (check.pk, "ill", "answer", "server-error")
    assert (kept.person, kept.cause, kept.http_status, kept.latency_ms) == ("Ada", "person", 500, 90)
    assert (kept.request_id, kept.apim_request_id) == (ILL.request_id, ILL.apim_request_id)


def settle(job, deployment, finding=WELL) -> bool:
    return settling.settle(job, deployment, new_id(), timezone.now(), finding)


def test_a_job_leaves_one_paper_however_often_it_settles(deployment):
    job = make_job(State.RUNNING)
    assert [settle(job, deployment), settle(job, deployment, ILL)] == [True, True]
    assert HealthCheck.objects.get().verdict == "well"
    assert Rollup.objects.get(span=Span.DAY).well == 1


def test_a_worker_that_lost_its_job_writes_nothing(deployment):
    job = make_job(State.RUNNING)
    lapse(job)
    type(job).objects.filter(pk=job.pk).update(starts=2, owner="another")
    assert settle(job, deployment) is False
    assert not HealthCheck.objects.exists()
    assert not DeploymentHealth.objects.exists()


# ---- the state ----


def test_the_first_check_makes_the_state(deployment):
    check = make_check(deployment)
    now = state(deployment)
    assert (now.verdict, now.rung, now.kind, now.latency_ms) == ("well", "", "", 412)
    assert now.checked_at == now.since == now.last_good == check.at
    deployment.refresh_from_db()
    assert (deployment.health, deployment.health_at) == ("well", check.at)


def test_a_verdict_that_stays_keeps_its_beginning(deployment):
    first, _, last = make_history(deployment, WELL, WELL, WELL)
    assert (state(deployment).since, state(deployment).checked_at) == (first.at, last.at)


def test_a_bad_check_tells_when_it_was_last_good(deployment):
    good, bad = make_history(deployment, WELL, ILL)
    now = state(deployment)
    assert (now.verdict, now.since, now.last_good, now.rung) == ("ill", bad.at, good.at, "answer")


def test_a_check_that_settles_late_changes_only_the_history(deployment):
    newest = make_check(deployment, WELL)
    make_check(deployment, ILL, ago=400)
    make_check(deployment, ILL, ago=300)
    now = state(deployment)
    assert (now.verdict, now.checked_at, now.bad_in_a_row) == ("well", newest.at, 0)
    deployment.refresh_from_db()
    assert deployment.health == "well"
    assert not Incident.objects.exists()
    assert HealthCheck.objects.count() == 3


def test_two_checks_of_the_same_moment_are_counted_and_the_first_stays(deployment):
    at = timezone.now()
    make_check(deployment, WELL, at=at)
    make_check(deployment, ILL, at=at)
    assert state(deployment).verdict == "well"
    assert HealthCheck.objects.count() == 2


# ---- incidents: the rule of two ----

W, B, T, S, U = WELL, ILL, THROTTLED, SLOW, NO_IDENTITY


@pytest.mark.parametrize(
    ("findings", "opened", "closed", "bad_checks"),
    [
        ([W], [], [], []),
        ([B], [], [], []),
        ([W, B, W], [], [], []),
        ([B, W, B, W, B], [], [], []),
        ([W, B, B], [1], [None], [2]),
        ([B, B, B], [0], [None], [3]),
        ([B, B, W], [0], [None], [2]),
        ([B, B, W, B], [0], [None], [3]),
        ([B, B, W, W], [0], [2], [2]),
        ([B, B, W, B, W, W, W], [0], [4], [3]),
        ([B, B, W, W, B, B], [0, 4], [2, None], [2, 2]),
        ([T, T, T], [], [], []),
        ([S, S], [], [], []),
        ([B, T, B], [], [], []),
        ([B, B, T, T], [0], [2], [2]),
        ([B, B, W, S], [0], [2], [2]),
        ([U, U, U], [], [], []),
        ([B, U, B], [0], [None], [2]),
        ([B, B, U, U], [0], [None], [2]),
        ([B, B, W, U, W], [0], [2], [2]),
    ],
)
def test_incidents_open_and_close_by_two(deployment, findings, opened, closed, bad_checks):
    checks = make_history(deployment, *findings)
    found = list(Incident.objects.order_by("opened_at"))
    at = {check.at: number for number, check in enumerate(checks)}
    assert [at[incident.opened_at] for incident in found] == opened
    assert [at.get(incident.closed_at) for incident in found] == closed
    assert [incident.checks for incident in found] == bad_checks


def test_an_incident_keeps_what_broke_first(deployment):
    make_history(deployment, ILL, ILL, WELL, ILL)
    incident = Incident.objects.get()
    assert (incident.rung, incident.kind) == ("answer", "server-error")
    assert (incident.request_id, incident.apim_request_id) == (ILL.request_id, ILL.apim_request_id)


def test_incidents_of_others_are_left_alone(deployment):
    make_history(make_deployment("claude-other"), ILL, ILL)
    make_history(deployment, WELL, WELL)
    assert Incident.objects.get().closed_at is None


# ---- roll-ups ----


def test_checks_are_counted_in_their_hour_and_day(deployment):
    noon = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    for minutes, finding in enumerate((WELL, SLOW, ILL, THROTTLED, NO_IDENTITY)):
        make_check(deployment, finding, at=noon + timedelta(minutes=minutes * 20))
    day = Rollup.objects.get(span=Span.DAY)
    assert (day.start, day.well, day.degraded, day.ill, day.unknown) == (datetime(2026, 11, 21, tzinfo=UTC), 1, 2, 1, 1)
    hours = Rollup.objects.filter(span=Span.HOUR).order_by("start")
    assert [(hour.start.hour, hour.well, hour.degraded, hour.ill, hour.unknown) for hour in hours] == [
        (12, 1, 1, 0, 0),
        (13, 0, 1, 1, 1),
    ]


def test_only_answers_count_for_the_latency(deployment):
    noon = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
    for minutes, finding in enumerate((WELL, SLOW, ILL, THROTTLED)):
        make_check(deployment, finding, at=noon + timedelta(minutes=minutes))
    day = Rollup.objects.get(span=Span.DAY)
    assert (day.latency_ms_sum, day.latency_count) == (412 + 6100, 2)


def test_days_are_days_of_utc(deployment):
    make_check(deployment, at=datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC))
    make_check(deployment, at=datetime(2026, 11, 22, 0, 0, 0, tzinfo=UTC))
    assert [rollup.start.day for rollup in Rollup.objects.filter(span=Span.DAY).order_by("start")] == [21, 22]


def test_a_settled_check_costs_a_bounded_number_of_statements(deployment, django_assert_max_num_queries):
    make_history(deployment, ILL, ILL)
    with django_assert_max_num_queries(16):
        make_check(deployment, ILL)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_column(verdict):
    assert hasattr(Rollup(), verdict)
