"""Runs a prompt set down its columns: jobs ask a part of the cells each, until every cell has been asked once.

A cell is committed with its exchange before Azure is called, so whichever worker goes on asks none a second time.
The answers themselves are those of the playground, under way in the worker's process.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from console.accounts.models import User
from console.azure.errors import AzureError
from console.compare.models import RUN_LIVE, Cell, PromptSet, Run, RunState, SetPrompt
from console.compare.together import Wanted
from console.inventory import calling
from console.jobs import queue
from console.jobs.models import LIVE as JOB_LIVE
from console.jobs.models import Job
from console.jobs.models import State as JobState
from console.jobs.queue import Asker, JobFailed, Skip
from console.playground import ask, rules
from console.playground.answer import answers
from console.playground.ask import Message, NotSent, Settings
from console.playground.models import Conversation, Exchange

TASK = "console.compare.tasks.run"
# Seconds one job goes on asking before the next one does, so that other jobs have their turn; below Celery's own limit.
PART = 120.0
TICK = 0.25
# Seconds before a limit that is reached is asked about again.
PAUSE = 2.0
# Limits that pass by themselves; at any other the run stops.
PASSING = frozenset({"too-many-streams", "too-many-messages", "console-full"})
SPENT = frozenset({"tokens-spent", "budget-spent"})
MOST_REVIVED = 100

# Set when this worker is told to end: nothing more is asked, and what is being answered may still arrive.
stopping = threading.Event()

Spot = tuple[int, int]  # prompt position, column


def begin(user: User, prompt_set: PromptSet, wanted: list[Wanted], form: dict[str, object]) -> Run:
    """Commit a run and its first job; a person has one at a time, and while one is under way that one is returned.

    Raises NotSent when a deployment is closed to this person or a limit of tokens or dollars is reached.
    """
    for one in wanted:
        ask.check_rules(user, one.deployment)
    columns = [column_of(one) for one in wanted]
    run = Run(
        of=prompt_set, owner=user, columns=columns, prompts=prompt_set.prompts.count(),
        language=translation.get_language() or "en",
    )  # fmt: skip
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            PromptSet.objects.filter(pk=prompt_set.pk).update(used_at=timezone.now(), settings=form)
            ask_for_job(run)
    except IntegrityError:
        return Run.objects.of_person(user).live().get()
    return run


def column_of(wanted: Wanted) -> dict[str, Any]:
    deployment, how = wanted.deployment, wanted.how
    named = {"deployment_id": str(deployment.pk), "deployment": deployment.name, "resource": deployment.resource.name}
    return named | {name: getattr(how, name) for name in ("system_prompt", "max_tokens", "thinking", "effort")}


def ask_for_job(run: Run) -> None:
    asker = Asker("person", run.owner.label, run.owner.key)
    queue.begin(TASK, asker=asker, subject=f"{run.prompts} × {len(run.columns)}", subject_id=str(run.pk))


def go_on(run: Run) -> bool:
    """Go on with a run that was stopped or cancelled; False when another one of its owner's is under way."""
    try:
        with transaction.atomic():
            ended = Run.objects.filter(pk=run.pk, state__in=(RunState.STOPPED, RunState.CANCELLED))
            if ended.update(state=RunState.WAITING, reason="", words="", finished_at=None):
                ask_for_job(run)
    except IntegrityError:
        return False
    return True


def cancel(run: Run) -> None:
    """End it: nothing more is asked, and what is being answered stops."""
    end(run, RunState.CANCELLED)
    Exchange.objects.live().filter(conversation__cell__run=run).update(stop_asked=True)


def end(run: Run, state: RunState, *, reason: str = "", words: str = "") -> None:
    values = {"state": state, "reason": reason, "words": words[:500], "finished_at": timezone.now()}
    Run.objects.filter(pk=run.pk, state__in=RUN_LIVE).update(**values)


# ---- In the worker ----


def run(job: Job) -> str:
    """Ask a part of the run's cells; returns how far it is. Raises Skip when there is nothing to do."""
    found = Run.objects.select_related("owner", "of").filter(pk=job.subject_id).first()
    if found is None or not found.is_live:
        raise Skip("It has ended already.")
    Run.objects.filter(pk=found.pk, state=RunState.WAITING).update(state=RunState.RUNNING)
    with translation.override(found.language):
        done = Part(job, found).work()
    return f"{done} of {found.total} answers are there."


class Part:
    """What one job does of a run."""

    def __init__(self, job: Job, run: Run) -> None:
        self.job, self.run, self.user = job, run, run.owner
        asked = set(run.cells.values_list("row", "column"))
        every = [(row, column) for row in range(1, run.prompts + 1) for column in range(len(run.columns))]
        self.pending = deque(spot for spot in every if spot not in asked)
        self.plans: dict[int, Wanted | None] = {}
        self.paused_until = 0.0

    def work(self) -> int:
        """Ask and wait until all is answered, time is up, or the run ends; returns how many answers are there."""
        until = time.monotonic() + PART
        while True:
            under_way = Exchange.objects.live().filter(conversation__cell__run=self.run).count()
            done = self.run.total - len(self.pending) - under_way
            if not queue.report(self.job, done, self.run.total):
                raise JobFailed("Another worker has taken it over.")
            if not Run.objects.filter(pk=self.run.pk, state__in=RUN_LIVE).exists():
                return done
            if not self.pending and not under_way:
                end(self.run, RunState.FINISHED)
                return done
            if stopping.is_set():
                if not under_way:
                    return done
            elif time.monotonic() > until:
                return done
            else:
                self.fill(len(self.run.columns) - under_way)
            time.sleep(TICK)

    def fill(self, places: int) -> None:
        """Ask as many cells as there are places; a limit that passes is waited for."""
        while places > 0 and self.pending and time.monotonic() >= self.paused_until:
            try:
                self.ask(self.pending[0])
            except NotSent as refusal:
                if refusal.kind in PASSING:
                    self.paused_until = time.monotonic() + PAUSE
                    return
                if refusal.kind in SPENT:
                    end(self.run, RunState.STOPPED, reason=refusal.kind, words=refusal.words)
                    return
                self.refuse(self.pending[0], refusal.kind)
            except AzureError as error:
                self.refuse(self.pending[0], error.kind)
            except IntegrityError:  # somebody else has asked it: that one counts
                pass
            self.pending.popleft()
            places -= 1

    def ask(self, spot: Spot) -> None:
        """Commit the cell with its exchange, then start the answer. Raises NotSent, AzureError."""
        row, column = spot
        prompt = SetPrompt.objects.get(of=self.run.of_id, position=row)
        deployment = ask.find_deployment(self.run.columns[column]["deployment_id"])
        if deployment is None or "talk" not in self.user.acts:
            raise NotSent("deployment-closed", 403)
        ask.check_rules(self.user, deployment)
        how = how_of(self.run.columns[column])
        how = replace(how, system_prompt=prompt.system or how.system_prompt)
        plan = calling.plan(deployment, self.user)
        message = Message(prompt.text, None, self.run.pk.hex)
        conversation = Conversation(owner=self.user, listed=False, spoken_at=timezone.now())
        body = ask.request_body(self.user, conversation, message, how)
        with transaction.atomic():
            ask.check_limits(self.user, more=1 + kept_free())
            conversation.save(force_insert=True)
            Cell.objects.create(run=self.run, row=row, column=column, conversation=conversation)
            _exchange, work = ask.commit(self.user, conversation, message, how, plan, body)
            transaction.on_commit(partial(answers.start, work))

    def refuse(self, spot: Spot, reason: str) -> None:
        """Nothing can be sent for this cell, now or later: keep why."""
        row, column = spot
        Cell.objects.get_or_create(run=self.run, row=row, column=column, defaults={"reason": reason[:40]})


def how_of(column: dict[str, Any]) -> Settings:
    return Settings(**{name: column[name] for name in ("system_prompt", "max_tokens", "thinking", "effort")})


def kept_free() -> int:
    """Of the person's limits, what a run leaves for the person: one, where there is more than a little."""
    return 1 if rules.streams() > 1 and rules.messages_per_minute() > 1 else 0


# ---- From one job to the next ----


def continue_after(job_id: str) -> None:
    """A job has ended: the next one goes on with what is left; where it failed, the run stops and says so."""
    job = Job.objects.filter(pk=job_id).first()
    if job is not None and job.state not in JOB_LIVE:
        revive(Run.objects.select_related("owner").live().filter(pk=job.subject_id).first(), job)


def revive_all() -> None:
    """Runs whose job is gone, as their worker died between two of them, get another one."""
    live = list(Run.objects.select_related("owner").live().order_by("pk")[:MOST_REVIVED])
    jobs = Job.objects.filter(task=TASK, subject_id__in=[str(run.pk) for run in live]).order_by("pk")
    newest = {job.subject_id: job for job in jobs}
    for run in live:
        job = newest.get(str(run.pk))
        if job is None or job.state not in JOB_LIVE:
            revive(run, job)


def revive(run: Run | None, last: Job | None) -> None:
    if run is None:
        return
    if last is not None and last.state in (JobState.FAILED, JobState.LOST):
        end(run, RunState.STOPPED, reason="console-fault" if last.state == JobState.FAILED else "process-ended")
    else:
        ask_for_job(run)
