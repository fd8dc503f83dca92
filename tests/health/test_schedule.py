from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone

from console.health import schedule, tasks
from console.health.checks import TASK
from console.health.models import HealthCheck, Rollup, Span
from console.inventory.models import Deployment
from console.jobs.models import Job, State
from tests.factories_health import make_check
from tests.factories_inventory import make_deployment, make_resource
from tests.factories_jobs import make_job

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _five_minutes(settings, own_broker):
    settings.HEALTH_INTERVAL = 300


def make_many(count: int) -> None:
    resource, now = make_resource(), timezone.now()
    Deployment.objects.bulk_create(
        Deployment(
            resource=resource, name=f"claude-{n:05d}", model_format="Anthropic", state="Succeeded", first_seen=now,
            last_seen=now,
        )
        for n in range(count)
    )  # fmt: skip


def finish_all() -> None:
    """Every check that waits ends now, and found it well."""
    waiting = Job.objects.filter(state=State.QUEUED)
    checked = list(waiting.values_list("subject_id", flat=True))
    for start in range(0, len(checked), 500):
        Deployment.objects.filter(pk__in=checked[start : start + 500]).update(health="well", health_at=timezone.now())
    waiting.update(state=State.SUCCEEDED)


def beat(seconds: float) -> list[int]:
    """The beats of this long a time from noon on; how many checks each began. All of them end at once."""
    begun = []
    for at in range(0, int(seconds), schedule.BEAT):
        with time_machine.travel(NOON + timedelta(seconds=at), tick=False):
            begun.append(schedule.run())
            finish_all()
    return begun


def test_every_claude_deployment_is_checked_once_an_interval():
    deployments = {str(make_deployment(f"claude-{n}").pk) for n in range(3)}
    beat(3600)
    counted = Counter(Job.objects.values_list("subject_id", flat=True))
    assert set(counted) == deployments
    assert set(counted.values()) <= {12, 13}
    assert set(Job.objects.values_list("task", "cause", "person")) == {(TASK, "schedule", "")}


def test_what_is_no_claude_or_is_gone_is_left_alone():
    now = timezone.now()
    make_deployment("gpt", model_format="OpenAI")
    make_deployment("claude-gone", gone_at=now)
    make_deployment("claude-lost", make_resource(gone_at=now))
    assert schedule.run() == 0


def test_a_new_deployment_is_checked_at_the_next_beat():
    make_deployment()
    assert beat(1) == [1]


def test_five_beats_make_one_job_a_slot():
    make_deployment()
    begun = []
    with time_machine.travel(NOON, tick=False):
        for _ in range(5):
            begun.append(schedule.run())
            finish_all()
    assert begun == [1, 0, 0, 0, 0]


def test_an_hour_without_a_beat_is_made_up_for_by_one_check():
    make_deployment()
    beat(31)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert schedule.run() == 1
        finish_all()
        assert schedule.run() == 0


def test_a_clock_that_jumps_back_starts_no_storm():
    make_deployment()
    beat(600)
    before = Job.objects.count()
    assert sum(beat(600)) == 0
    assert Job.objects.count() == before


def test_an_interval_of_zero_turns_it_off(settings):
    settings.HEALTH_INTERVAL = 0
    make_deployment()
    assert schedule.run() == 0
    assert not Job.objects.exists()


def test_while_a_check_waits_no_other_is_begun():
    deployment = make_deployment()
    make_job(subject_id=str(deployment.pk))
    assert schedule.run() == 0
    finish_all()
    assert schedule.run() == 1


def test_checks_are_spread_over_the_interval():
    make_many(500)
    beat(600)
    begun = beat(1500)[-10:]
    assert sum(begun) == 500
    assert max(begun) < 90


def test_after_a_pause_thousands_do_not_fire_at_once():
    make_many(1000)
    begun = beat(300)
    assert begun[:5] == [200] * 5
    assert Job.objects.values("subject_id").distinct().count() == 1000
    assert max(begun) == 200


def test_those_that_have_waited_longest_come_first(monkeypatch):
    monkeypatch.setattr(schedule, "HANDFUL", 2)
    now = timezone.now()
    make_deployment("claude-new", health="well", health_at=now - timedelta(minutes=6))
    never = make_deployment("claude-never")
    old = make_deployment("claude-old", health="well", health_at=now - timedelta(hours=2))
    assert schedule.run() == 2
    assert set(Job.objects.values_list("subject_id", flat=True)) == {str(never.pk), str(old.pk)}


def test_a_deployments_place_in_the_interval_stays():
    deployment = make_deployment()
    slots = [schedule.slot_of(deployment.pk, NOON + timedelta(seconds=second), 300) for second in range(1500)]
    changes = [at for at in range(1, 1500) if slots[at] != slots[at - 1]]
    assert len(changes) in (4, 5)
    assert {later - earlier for earlier, later in pairwise(changes)} == {300}


def test_ten_thousand_deployments_cost_a_few_queries(django_assert_max_num_queries):
    make_many(10_000)
    with django_assert_max_num_queries(3):
        assert len(schedule.due(NOON, 300)) == 2000


# ---- what is too old ----


def test_checks_are_kept_for_ninety_days():
    deployment = make_deployment()
    day = 86400
    for ago in (91 * day, 89 * day, 0):
        make_check(deployment, ago=ago)
    schedule.purge()
    assert HealthCheck.objects.count() == 2
    assert Rollup.objects.filter(span=Span.HOUR).count() == 1
    assert Rollup.objects.filter(span=Span.DAY).count() == 3


def test_each_beat_deletes_little(settings, monkeypatch, django_assert_max_num_queries):
    settings.HEALTH_INTERVAL = 0
    monkeypatch.setattr(schedule, "PURGE_BATCH", 3)
    deployment = make_deployment()
    for number in range(5):
        make_check(deployment, ago=100 * 86400 + number)
    with django_assert_max_num_queries(8):
        tasks.scheduled()
    assert HealthCheck.objects.count() == 2
    tasks.scheduled()
    assert not HealthCheck.objects.exists()


def test_the_beat_table_knows_how_often_it_comes():
    from console.config.worker import app

    line = app.conf.beat_schedule["health"]
    assert (line["task"], line["schedule"]) == (tasks.scheduled.name, schedule.BEAT)
