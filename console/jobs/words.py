"""What pages call each task and each state. Tasks are named by text: this room never imports the rooms above it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Act
from console.jobs.models import Job, State

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: `act` is what a person must be allowed to do to ask for it again; `page` shows what it is about.

    Where the page is the subject's own, `page_of_one` says that its address takes the subject's id.
    """

    label: Promise
    act: Act
    page: str
    page_of_one: bool = False


TASKS: dict[str, Task] = {
    "console.health.tasks.check": Task(_("Health check"), "check", "health:deployment", page_of_one=True),
    "console.health.tasks.check_all": Task(_("Health check of every deployment"), "check", "health:list"),
    "console.inventory.tasks.sync": Task(_("Inventory sync"), "sync", "inventory:list"),
}

# Tone and word of the badge.
STATES: dict[str, tuple[str, Promise]] = {
    State.QUEUED: ("idle", _("Waiting")),
    State.RUNNING: ("busy", _("Running")),
    State.SUCCEEDED: ("ok", _("Finished")),
    State.FAILED: ("bad", _("Failed")),
    State.SKIPPED: ("idle", _("Skipped")),
    State.LOST: ("bad", _("Given up")),
}

CAUSES: dict[str, Promise] = {
    "schedule": _("the schedule"),
    "person": _("a person"),
    "command": _("the command line"),
}


def task_label(task: str) -> Words:
    """What people call it; the task's own name for one that this version does not know."""
    known = TASKS.get(task)
    return known.label if known else task


def asked_by(job: Job) -> Words:
    """Who asked: the person by name, else the cause."""
    return job.person or CAUSES.get(job.cause, job.cause)


def page_about(job: Job) -> str:
    """The address of the page of what the job works on; "" where there is none."""
    known = TASKS.get(job.task)
    if known is None:
        return ""
    try:
        return reverse(known.page, args=[job.subject_id] if known.page_of_one else None)
    except NoReverseMatch:  # an id that is none
        return ""
