"""Rows of work: a job is the truth, the broker's message only a hint that it waits."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models

from console.web.ids import new_id


class State(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"  # no longer wanted when its turn came
    LOST = "lost"  # its worker died three times over it


LIVE = (State.QUEUED, State.RUNNING)


class Job(models.Model):
    """One piece of queued work on one subject, from who asked for it to how it ended."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The Celery task that runs it, e.g. "console.health.tasks.check".
    task = models.CharField(max_length=100)
    # What it works on: a name for people and an id for the task (a deployment's, a resource's; empty for all).
    subject = models.CharField(max_length=200, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    cause = models.CharField(max_length=10)  # "schedule", "person", "command"
    person = models.CharField(max_length=200, blank=True)
    person_key = models.CharField(max_length=130, blank=True)
    # A scheduled run's place in time, so that five beats make one run; null for people's requests.
    slot = models.CharField(max_length=40, null=True)  # noqa: DJ001 - null keeps the unique constraint out of the way
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    starts = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # While running: who holds it and until when; whoever sees the lease expired may take it over.
    owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # What it found, in a sentence; or why it failed.
    note = models.CharField(max_length=500, blank=True)
    error = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints: ClassVar = [
            # The slot stands before the subject, so that the schedulers find all jobs of a slot by it.
            models.UniqueConstraint(fields=["task", "slot", "subject_id"], name="job_once_per_slot"),
            models.UniqueConstraint(
                fields=["task", "subject_id"], condition=models.Q(state__in=LIVE), name="job_one_live_per_subject"
            ),
        ]
        # The id is time-ordered (UUIDv7): it is the order of the line and the key of the list's pages.
        indexes: ClassVar = [
            models.Index(fields=["state", "id"], name="job_by_state"),
            models.Index(fields=["task", "id"], name="job_by_task"),
            models.Index(fields=["subject_id", "id"], name="job_by_subject"),
            models.Index(fields=["started_at"], name="job_by_start"),
            models.Index(fields=["finished_at"], name="job_by_end"),
        ]

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def percent(self) -> int:
        """How far a running job says it is, 0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0


class WorkerPulse(models.Model):
    """The last time a worker ran the heartbeat task: one row, written by workers, read by every page."""

    name = models.CharField(max_length=20, primary_key=True, default="worker")
    seen_at = models.DateTimeField()


class Keeping(models.Model):
    """For how long one kind of thing is kept, as an administrator has set it; without a row the environment decides."""

    what = models.CharField(max_length=20, primary_key=True)  # "requests", "conversations", "attachments"
    days = models.PositiveIntegerField()  # 0: for ever
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.CharField(max_length=200, blank=True)


class Purge(models.Model):
    """One run of retention over one kind of thing: what it was told and what became of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    what = models.CharField(max_length=20)
    days = models.PositiveIntegerField()  # as long as things were kept in this run; 0: for ever
    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    gone = models.PositiveIntegerField(default=0)  # things deleted
    # It stopped when its time was over; the next run goes on.
    rest_left = models.BooleanField(default=False)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        # The id is time-ordered (UUIDv7): it is the order of the reports and the key of their pages.
        indexes: ClassVar = [models.Index(fields=["what", "-id"], name="purge_newest")]

    @property
    def milliseconds(self) -> int | None:
        """How long it took; None while it runs, and for one whose process died."""
        return (self.finished_at - self.began_at) // timedelta(milliseconds=1) if self.finished_at else None
