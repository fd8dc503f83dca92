"""Pages of this room: the list of jobs, one job, and the button that asks for a failed one again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.accounts.models import User
from console.jobs import queue
from console.jobs.line import LONGEST, Line, line
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from console.jobs.words import STATES, TASKS, Words, asked_by, page_about, task_label, told
from console.web.errors import permission_denied
from console.web.paging import page

PAGE = 50  # rows
# More running jobs than anybody counts.
MANY = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One job as pages show it. Times are in milliseconds; `waits` is for queued jobs only."""

    job: Job
    label: Words
    tone: str
    word: Words
    asked_by: Words
    page: str
    waited_ms: float | None
    ran_ms: float | None
    waits: str
    may_ask_again: bool
    note: str
    error: str


@require_safe
@may("support")
def jobs(request: ConsoleRequest) -> HttpResponse:
    """Queued, running and finished jobs, newest first; the table follows what is still alive."""
    state = request.GET.get("state", "")
    task = request.GET.get("task", "")
    wanted = {"state": state} if state in STATES else {}
    wanted |= {"task": task} if task in TASKS else {}
    found = page(Job.objects.filter(**wanted), order=("-id",), cursor=request.GET.get("cursor", ""), size=PAGE)
    in_line = line()
    context = {
        "page": found,
        "rows": rows(found.rows, in_line, request.person),
        "live": any(job.is_live for job in found.rows),
        "sentence": sentence(in_line),
        "states": STATES,
        "tasks": TASKS,
        "wanted": wanted,
    }
    return render(request, "jobs/_rows.html" if request.htmx else "jobs/list.html", context)


def sentence(in_line: Line) -> str:
    """What is going on, in one sentence."""
    running = len(Job.objects.filter(state=State.RUNNING).values_list("pk")[: MANY + 1])
    if not running and not in_line.places:
        return _("Nothing is running and nothing waits.")
    waiting = len(in_line.places)
    return _("%(running)s running, %(waiting)s waiting.") % {
        "running": f"{MANY}+" if running > MANY else running,
        "waiting": f"{LONGEST}+" if waiting >= LONGEST else waiting,
    }


def rows(found: Iterable[Job], in_line: Line, person: User) -> list[Row]:
    now = timezone.now()
    return [row(job, in_line, person, now) for job in found]


def row(job: Job, in_line: Line, person: User, now: datetime) -> Row:
    tone, word = STATES[job.state]
    return Row(
        job=job,
        label=task_label(job.task),
        tone=tone,
        word=word,
        asked_by=asked_by(job),
        page=page_about(job),
        waited_ms=milliseconds_between(job.queued_at, job.started_at or job.finished_at or now),
        ran_ms=milliseconds_between(job.started_at, job.finished_at or now) if job.started_at else None,
        waits=in_line.words(job) if job.state == State.QUEUED else "",
        may_ask_again=may_ask_again(job, person),
        note=told(job.note),
        error=told(job.error),
    )


def milliseconds_between(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() * 1000)


def may_ask_again(job: Job, person: User) -> bool:
    """Failed, of a kind this version knows, and within what this person's roles allow."""
    known = TASKS.get(job.task)
    return known is not None and job.state in (State.FAILED, State.LOST) and known.act in person.acts


@require_safe
@may("support")
def job(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """One job with all that is known of it."""
    found = get_object_or_404(Job, pk=pk)
    in_line = line() if found.state == State.QUEUED else Line({}, None)
    context = {"row": row(found, in_line, request.person, timezone.now())}
    return render(request, "jobs/_job.html" if request.htmx else "jobs/job.html", context)


@require_POST
@may("support")
def again(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Ask for the same work once more, and show the job that does it."""
    failed = get_object_or_404(Job, pk=pk)
    if not may_ask_again(failed, request.person):
        return permission_denied(request)
    asker = Asker("person", request.person.label, request.person.key)
    asked = queue.begin(failed.task, asker=asker, subject=failed.subject, subject_id=failed.subject_id)
    return redirect("jobs:job", asked.pk)
