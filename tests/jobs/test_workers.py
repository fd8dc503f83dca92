"""Jobs under real threads and real worker processes."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F

from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from tests.factories_jobs import lapse, make_job
from tests.jobs.example_tasks import NAP, QUICK, SLOW
from tests.jobs.workers import ended, ended_jobs, wait_for

LATER = timedelta(seconds=60)


def in_threads(count: int, act: Callable[[], object]) -> list[object]:
    """What `act` gave in each of `count` threads that began together."""
    together = threading.Barrier(count)

    def one(_: int) -> object:
        together.wait()
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_of_twenty_workers_one_gets_the_job(shared_database):
    for _ in range(5):
        job = make_job()
        claims = in_threads(20, lambda pk=job.pk: queue.claim(pk))
        assert sum(claim is not None for claim in claims) == 1


def test_a_dead_workers_job_is_taken_over_once(shared_database):
    job = make_job(State.RUNNING)
    lapse(job)
    claims = in_threads(20, lambda: queue.claim(job.pk))
    assert [claim.starts for claim in claims if claim] == [2]


def test_two_hundred_jobs_and_eight_workers_make_two_hundred_runs(shared_database):
    jobs = [make_job() for _ in range(200)]
    ran: list[object] = []

    def work() -> None:
        for job in jobs:
            queue.run(str(job.pk), lambda job: ran.append(job.pk) or "done")

    in_threads(8, work)
    assert sorted(ran) == [job.pk for job in jobs]
    assert set(Job.objects.values_list("state", "starts")) == {(State.SUCCEEDED, 1)}


def test_twenty_people_who_ask_at_once_get_one_job(shared_database, messages):
    def ask() -> Job:
        return queue.begin(QUICK, asker=Asker("person"), subject_id="one")

    assert len({job.pk for job in in_threads(20, ask)}) == 1
    assert len(messages()) == 1


def test_five_beats_make_one_job_a_slot(shared_database, messages):
    def beat() -> list[object]:
        return [queue.begin(QUICK, asker=Asker("schedule"), subject_id="one", slot=str(n)).pk for n in (1, 1, 1)]

    in_threads(5, beat)
    assert Job.objects.get().slot == "1"


def test_the_lease_is_renewed_while_it_runs_and_left_alone_after(shared_database, messages, monkeypatch):
    monkeypatch.setattr(queue, "RENEW_EVERY", 0.05)
    job = make_job()

    def act(running: Job) -> str:
        lapse(running)
        wait_for(lambda: queue.held(running).filter(lease_until__gt=running.started_at).exists(), "a renewed lease")
        return "kept"

    queue.run(str(job.pk), act)
    assert Job.objects.get(pk=job.pk).note == "kept"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lease-")]


def test_a_job_that_hangs_is_given_up_to_others(shared_database, messages, monkeypatch, caplog):
    monkeypatch.setattr(queue, "RENEW_EVERY", 0.05)
    monkeypatch.setattr(queue, "LONGEST", queue.LEASE * 0)
    job = make_job()

    def act(running: Job) -> str:
        wait_for(lambda: "hangs" in caplog.text, "the word that it hangs")
        lapse(running)
        assert queue.claim(running.pk)
        return "too late"

    queue.run(str(job.pk), act)
    assert Job.objects.get(pk=job.pk).state == State.RUNNING
    assert "too late" in caplog.text


# ---- worker processes ----


@pytest.mark.slow
def test_a_worker_runs_what_waits_and_shows_that_it_lives(workers):
    waited = queue.begin(QUICK, asker=Asker("person"), subject="The first", subject_id="1")
    workers.start()
    wait_for(ended(waited), "the job that waited for a worker")
    job = queue.begin(QUICK, asker=Asker("person"), subject="The second", subject_id="2")
    wait_for(ended(job), "the job that found a worker")
    job.refresh_from_db()
    assert (job.state, job.note, job.starts) == (State.SUCCEEDED, "The second is done", 1)
    assert queue.last_beat() is not None


@pytest.mark.slow
def test_a_job_outlives_its_worker(workers, tmp_path):
    began = tmp_path / "began"
    job = queue.begin(SLOW, asker=Asker("person"), subject="Long work", subject_id="1")
    first = workers.start()
    wait_for(began.exists, "the job to begin")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    (tmp_path / "go on").touch()
    assert Job.objects.get(pk=job.pk).state == State.RUNNING
    lapse(job)  # instead of waiting for 45 s
    second = workers.start()
    wait_for(ended(job), "the second worker to run it")
    job.refresh_from_db()
    assert (job.state, job.note, job.starts) == (State.SUCCEEDED, "It went on to its end.", 2)
    assert began.read_text().split() == [str(first.pid), str(second.pid)]


@pytest.mark.slow
def test_no_job_is_lost_however_often_workers_die(workers):
    for number in range(40):
        queue.begin(NAP, asker=Asker("person"), subject_id=str(number))
    for killed_after in (5, 15, 25):
        worker = workers.start()
        wait_for(lambda least=killed_after: ended_jobs().count() >= least, f"{killed_after} jobs")
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        # As if a minute had passed: leases are over, and messages that were taken and not run are missed.
        times = ("queued_at", "dispatched_at", "started_at", "lease_until")
        Job.objects.update(**{name: F(name) - LATER for name in times})
    workers.start()
    wait_for(lambda: ended_jobs().count() == 40, "every job")
    assert set(Job.objects.values_list("state", "note")) == {(State.SUCCEEDED, "slept")}


@pytest.mark.slow
def test_a_worker_that_is_asked_to_stop_finishes_its_job(workers, tmp_path):
    job = queue.begin(SLOW, asker=Asker("person"), subject="Long work", subject_id="1")
    worker = workers.start()
    wait_for((tmp_path / "began").exists, "the job to begin")
    worker.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    (tmp_path / "go on").touch()
    assert worker.wait(timeout=20) == 0
    job.refresh_from_db()
    assert (job.state, job.starts) == (State.SUCCEEDED, 1)
