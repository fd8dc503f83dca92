"""The schedule and the task that workers run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from console.inventory import tasks
from console.inventory.models import Resource
from console.inventory.status import TASK
from console.jobs import queue
from console.jobs.models import Job, State
from tests.inventory.arm_server import ArmServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "dispatch", lambda pk, task: True)


def test_each_interval_has_one_sync_however_often_beat_calls(settings) -> None:
    settings.SYNC_INTERVAL = 900
    with time_machine.travel(datetime(2026, 11, 22, 7, 0, tzinfo=UTC), tick=False) as clock:
        for _ in range(3):
            tasks.schedule()
        Job.objects.update(state=State.SUCCEEDED)
        clock.shift(600)
        tasks.schedule()
        assert Job.objects.count() == 1
        clock.shift(3 * 3600)
        tasks.schedule()
        tasks.schedule()
    assert [job.cause for job in Job.objects.filter(task=TASK)] == ["schedule", "schedule"]


def test_nothing_is_asked_for_while_one_is_under_way(settings) -> None:
    settings.SYNC_INTERVAL = 900
    with time_machine.travel(datetime(2026, 11, 22, 7, 0, tzinfo=UTC), tick=False) as clock:
        tasks.schedule()
        clock.shift(1000)
        tasks.schedule()
    assert Job.objects.count() == 1


def test_zero_turns_the_schedule_off(settings) -> None:
    settings.SYNC_INTERVAL = 0
    tasks.schedule()
    assert not Job.objects.exists()


def test_the_task_runs_the_job_it_is_given(arm: ArmServer, settings) -> None:
    arm.subscription("sub-a", "alpha")
    settings.SYNC_INTERVAL = 900
    tasks.schedule()
    tasks.sync(str(Job.objects.get().pk))
    assert Job.objects.get().state == State.SUCCEEDED
    assert Resource.objects.get().name == "alpha"
