from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker, JobFailed, Skip, Subject
from tests.factories_jobs import CHECK, lapse, make_job

pytestmark = pytest.mark.django_db

ADA = Asker("person", "Ada", "tid/oid")
BEAT = Asker("schedule")


def begin(subject_id: str = "one", slot: str | None = None, asker: Asker = ADA) -> Job:
    return queue.begin(CHECK, asker=asker, subject=f"contoso/{subject_id}", subject_id=subject_id, slot=slot)


def stored(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


# ---- begin ----


def test_a_job_knows_who_asked_for_what():
    job = stored(begin())
    assert (job.state, job.starts, job.subject, job.cause) == (State.QUEUED, 0, "contoso/one", "person")
    assert (job.person, job.person_key) == ("Ada", "tid/oid")


def test_asking_twice_gives_the_same_job():
    assert begin() == begin()
    assert begin("two") != begin("one")


def test_a_job_that_runs_is_the_job_that_was_asked_for():
    running = begin()
    queue.claim(running.pk)
    assert begin() == running


def test_after_it_ended_a_new_one_is_made():
    first = begin()
    queue.run(str(first.pk), lambda job: "well")
    assert begin() != first


def test_a_slot_is_used_once_whoever_asks():
    first = begin(slot="7", asker=BEAT)
    queue.run(str(first.pk), lambda job: "well")
    assert begin(slot="7", asker=BEAT) == first
    assert begin(slot="7", asker=ADA) == first
    assert begin(slot="8", asker=BEAT) != first


def test_the_slots_own_job_is_preferred_to_a_live_one():
    slotted = begin(slot="7", asker=BEAT)
    queue.run(str(slotted.pk), lambda job: "well")
    begin()
    assert begin(slot="7", asker=BEAT) == slotted


def test_text_no_database_can_hold_is_cleaned():
    job = queue.begin(CHECK, asker=Asker("person", "A\x00da" * 100), subject="\ud800" + "x" * 500)
    assert len(stored(job).subject) == 200
    assert "\x00" not in stored(job).person


def test_another_broken_rule_is_not_tried_for_ever():
    with pytest.raises(IntegrityError):
        queue.begin(None, asker=ADA)


def test_many_are_begun_but_none_twice(messages, shared_database):
    alive = begin("one")
    queue.run(str(begin("two", slot="7").pk), lambda job: "well")
    subjects = [Subject(name, name, "7") for name in ("one", "two", "three", "four")]
    assert queue.begin_many(CHECK, subjects, asker=BEAT) == 2
    assert queue.begin_many(CHECK, subjects, asker=BEAT) == 0
    three, four = Job.objects.filter(subject_id__in=["three", "four"]).order_by("pk")
    assert {str(three.pk), str(four.pk)} < set(messages())
    assert (stored(alive).slot, three.slot, three.cause, three.dispatched_at is not None) == (
        None,
        "7",
        "schedule",
        True,
    )


def test_more_than_a_batch_is_begun(messages, shared_database):
    assert queue.begin_many(CHECK, [Subject(str(n), str(n)) for n in range(1201)], asker=BEAT) == 1201
    assert Job.objects.count() == 1201


# ---- dispatch ----


def test_the_message_leaves_after_the_commit(messages, shared_database):
    with transaction.atomic():
        job = begin()
        assert messages() == []
    assert messages() == [str(job.pk)]
    assert stored(job).dispatched_at is not None


def test_nothing_is_sent_for_a_job_that_was_rolled_back(messages, shared_database):
    with transaction.atomic():
        begin()
        transaction.set_rollback(True)
    assert messages() == []
    assert not Job.objects.exists()


def test_while_the_broker_is_away_jobs_are_kept_and_told_later(messages, shared_database, own_broker):
    away = own_broker.rename(own_broker.with_name("away"))
    job = begin()
    assert (stored(job).state, stored(job).dispatched_at) == (State.QUEUED, None)
    Job.objects.update(queued_at=timezone.now() - timedelta(seconds=6))
    assert queue.sweep() == 0
    away.rename(own_broker)
    assert queue.sweep() == 1
    assert messages() == [str(job.pk)]


# ---- run ----


def test_a_job_runs_and_keeps_what_it_found():
    job = begin()
    queue.run(str(job.pk), lambda job: f"found {job.subject}")
    done = stored(job)
    assert (done.state, done.note, done.starts, done.error) == (State.SUCCEEDED, "found contoso/one", 1, "")
    assert done.finished_at >= done.started_at >= done.queued_at


def test_a_message_that_comes_twice_runs_it_once():
    ran = []
    job = begin()
    for _ in range(3):
        queue.run(str(job.pk), lambda job: ran.append(job.pk) or "well")
    assert ran == [job.pk]


def test_a_message_of_a_job_that_is_gone_does_nothing():
    job = begin()
    Job.objects.all().delete()
    queue.run(str(job.pk), lambda job: pytest.fail("must not run"))


@pytest.mark.parametrize(
    ("raised", "state", "note", "error"),
    [
        (Skip("It is gone."), State.SKIPPED, "It is gone.", ""),
        (JobFailed("Azure refused."), State.FAILED, "", "Azure refused."),
        (KeyError("x" * 2000), State.FAILED, "", "KeyError: '" + "x" * 989),
        (ValueError("bad \x00 byte"), State.FAILED, "", r"ValueError: bad \x00 byte"),
        (RuntimeError("api-key: 0123456789abcdef"), State.FAILED, "", "RuntimeError: api-key: [secret]"),
    ],
)
def test_a_job_that_does_not_succeed_says_why(raised, state, note, error):
    def act(job: Job) -> str:
        raise raised

    job = begin()
    queue.run(str(job.pk), act)
    assert (stored(job).state, stored(job).note, stored(job).error) == (state, note, error)


def test_progress_shows_while_it_runs():
    job = begin()

    def act(running: Job) -> str:
        assert queue.report(running, 3, 12, "3 of 12")
        assert (stored(job).percent, stored(job).note) == (25, "3 of 12")
        return "12 of 12"

    queue.run(str(job.pk), act)
    assert stored(job).note == "12 of 12"


# ---- leases ----


def test_a_job_that_is_held_is_not_taken():
    job = begin()
    assert queue.claim(job.pk)
    assert queue.claim(job.pk) is None


def test_after_the_lease_another_worker_takes_it_and_the_first_is_too_late():
    first = queue.claim(begin().pk)
    queue.report(first, 5, 10, "half")
    lapse(first)
    second = queue.claim(first.pk)
    assert (second.starts, second.done, second.note) == (2, 0, "")
    assert queue.report(first, 9, 10) is False
    assert queue.settle(first, State.SUCCEEDED, note="too late") is False
    assert queue.settle(second, State.FAILED, error="real") is True
    assert (stored(first).state, stored(first).note) == (State.FAILED, "")


def test_a_job_that_was_taken_over_does_not_keep_the_newcomers_lease_alive(monkeypatch):
    first = queue.claim(begin().pk)
    lapse(first)
    queue.claim(first.pk)
    lapse(first)
    assert queue.held(first).update(lease_until=timezone.now() + queue.LEASE) == 0


def test_three_starts_are_enough():
    job = begin()
    for _ in range(queue.MOST_STARTS):
        assert queue.claim(job.pk)
        lapse(job)
    assert queue.claim(job.pk) is None
    assert queue.sweep() == 0
    assert stored(job).state == State.LOST
    assert "three times" in stored(job).error
    assert stored(job).finished_at is not None


# ---- sweep ----


def test_a_job_whose_worker_died_is_told_again(messages, shared_database):
    running, dead = make_job(State.RUNNING), make_job(State.RUNNING)
    lapse(dead)
    assert queue.sweep() == 1
    assert messages() == [str(dead.pk)]
    assert stored(running).state == stored(dead).state == State.RUNNING


@pytest.mark.parametrize(("ago", "told"), [(39, 0), (41, 1)])
def test_when_nothing_starts_lost_messages_are_sent_again(ago, told, messages, shared_database):
    make_job(ago=ago)
    assert queue.sweep() == told == len(messages())


def test_a_job_told_again_is_given_time(messages, shared_database):
    make_job(ago=100)
    assert [queue.sweep(), queue.sweep()] == [1, 0]


def test_while_work_flows_jobs_wait_their_turn(messages, shared_database):
    now = timezone.now()
    make_job(State.RUNNING, ago=300, started_at=now)
    make_job(ago=290)
    make_job(ago=3600, dispatched_at=now - timedelta(seconds=310))
    assert queue.sweep() == 0


def test_while_work_flows_a_message_that_was_overtaken_is_sent_again(messages, shared_database):
    make_job(State.SUCCEEDED, ago=5, started_at=timezone.now())
    overtaken = make_job(ago=21)
    make_job(ago=19)
    assert queue.sweep() == 1
    assert messages() == [str(overtaken.pk)]


def test_a_job_that_was_never_told_is_told_after_a_moment(messages, shared_database):
    make_job(State.RUNNING, started_at=timezone.now())
    make_job(ago=4, dispatched_at=None)
    untold = make_job(ago=6, dispatched_at=None)
    assert queue.sweep() == 1
    assert messages() == [str(untold.pk)]


def test_one_sweep_sends_no_more_than_it_can(messages, shared_database):
    then = timezone.now() - timedelta(minutes=5)
    Job.objects.bulk_create(
        Job(task=CHECK, subject_id=str(n), cause="schedule", queued_at=then, dispatched_at=then) for n in range(600)
    )
    assert [queue.sweep(), queue.sweep(), queue.sweep()] == [500, 100, 0]


def test_a_broker_that_was_flushed_loses_nothing(messages, shared_database, own_broker):
    jobs = [begin(str(n)) for n in range(20)]
    for file in own_broker.glob("*.msg"):
        file.unlink()
    Job.objects.update(dispatched_at=timezone.now() - queue.REDISPATCH_AFTER)
    queue.sweep()
    assert sorted(messages()) == [str(job.pk) for job in jobs]


# ---- heartbeat and purge ----


def test_a_worker_shows_that_it_lives():
    assert queue.last_beat() is None
    queue.beat()
    first = queue.last_beat()
    queue.beat()
    assert first < queue.last_beat() <= timezone.now()


def test_old_jobs_are_deleted_in_batches(django_assert_num_queries):
    for _ in range(7):
        make_job(State.SUCCEEDED, ago=100)
    kept = {make_job(State.SUCCEEDED).pk, make_job(ago=1000).pk, make_job(State.RUNNING, ago=1000).pk}
    with django_assert_num_queries(7):
        assert queue.purge(timezone.now() - timedelta(seconds=50), batch=3) == 7
    assert set(Job.objects.values_list("pk", flat=True)) == kept


def test_routine_jobs_go_earlier_than_those_people_look_for():
    routine = make_job(State.SUCCEEDED, ago=100, cause="schedule")
    make_job(State.FAILED, ago=100, cause="schedule")
    make_job(State.SUCCEEDED, ago=100, cause="person")
    assert queue.purge(timezone.now(), routine_only=True) == 1
    assert not Job.objects.filter(pk=routine.pk).exists()


def test_the_purge_task_keeps_days_as_the_settings_say(settings):
    from console.jobs.tasks import purge

    settings.JOB_RETENTION_DAYS = 10
    day = 86400
    gone = [make_job(State.FAILED, ago=11 * day), make_job(State.SUCCEEDED, ago=3 * day, cause="schedule")]
    kept = [make_job(State.FAILED, ago=9 * day), make_job(State.SUCCEEDED, ago=day, cause="schedule")]
    purge()
    assert set(Job.objects.all()) == set(kept)
    assert not Job.objects.filter(pk__in=[job.pk for job in gone]).exists()
