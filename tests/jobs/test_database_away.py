"""The database goes away for a moment while a job runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from console.jobs import queue
from console.jobs.models import Job, State
from tests.factories_jobs import lapse, make_job


def away(times: int, during: str, then: Callable[[], object] = lambda: None) -> Callable[..., object]:
    """A wrapper that fails the first `times` statements that contain `during`, and calls `then` after the next."""
    left = [times]

    def execute(run: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        if during not in sql:
            return run(sql, params, many, context)
        left[0] -= 1
        if left[0] >= 0:
            raise OperationalError("server closed the connection unexpectedly")
        found = run(sql, params, many, context)
        then()
        return found

    return execute


def test_the_end_is_written_when_the_database_is_back(shared_database, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr(queue.time, "sleep", pauses.append)
    job = make_job()
    with connection.execute_wrapper(away(3, '"finished_at" = ')):
        queue.run(str(job.pk), lambda job: "found")
    job.refresh_from_db()
    assert (job.state, job.note, job.starts) == (State.SUCCEEDED, "found", 1)
    assert pauses == [0.5, 1.0, 2.0]


def test_an_end_that_can_never_be_written_leaves_the_job_to_others(shared_database, monkeypatch):
    monkeypatch.setattr(queue.time, "sleep", lambda seconds: None)
    job = make_job()
    with connection.execute_wrapper(away(100, '"finished_at" = ')), pytest.raises(OperationalError):
        queue.run(str(job.pk), lambda job: "found")
    assert Job.objects.get(pk=job.pk).state == State.RUNNING
    lapse(job)
    queue.run(str(job.pk), lambda job: "found again")
    assert Job.objects.get(pk=job.pk).note == "found again"


def test_a_claim_that_fails_leaves_the_job_in_line(shared_database):
    job = make_job()
    with connection.execute_wrapper(away(1, "UPDATE")), pytest.raises(OperationalError):
        queue.run(str(job.pk), lambda job: pytest.fail("must not run"))
    assert Job.objects.get(pk=job.pk).state == State.QUEUED


def test_a_lease_that_could_not_be_renewed_is_renewed_the_next_time(shared_database, monkeypatch, caplog):
    monkeypatch.setattr(queue, "RENEW_EVERY", 0.01)
    job = queue.claim(make_job().pk)
    lapse(job)
    over = threading.Event()
    with connection.execute_wrapper(away(2, '"lease_until" = ', over.set)):
        queue.renew(job, over)
    assert caplog.text.count("its lease was not renewed") == 2
    assert queue.held(job).filter(lease_until__gt=job.started_at).exists()
