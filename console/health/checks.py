"""A health check: begun as a job, run by a worker as one token count, which costs nothing, and settled.

Only where an endpoint counts no tokens it asks for an answer of one token.

Network and database never mix in one function: look, then settle.
"""

from __future__ import annotations

from collections.abc import Awaitable
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.utils import timezone

from console.azure.errors import AzureError
from console.health import settling, verdicts
from console.health.models import HealthCheck
from console.health.verdicts import Finding
from console.health.words import finding_words
from console.inventory import calling
from console.inventory.calling import CallPlan
from console.inventory.models import Deployment
from console.jobs import queue
from console.jobs.models import Job
from console.jobs.queue import Asker, Skip, Subject
from console.requestlog import calls
from console.requestlog.calls import Probed, ProbeFailed
from console.requestlog.models import RequestRecord, Source
from console.requestlog.recorder import Facts
from console.web import wire
from console.web.ids import new_id

TASK = "console.health.tasks.check"
TASK_ALL = "console.health.tasks.check_all"
# The same question to everybody: its tokens are counted, nothing is generated and nothing is billed.
PROBE = {"messages": [{"role": "user", "content": "Hello"}]}
# Where an endpoint counts no tokens: an answer of one token, which is the least that can be billed.
ANSWERED_PROBE = {**PROBE, "max_tokens": 1}
# Jobs that one statement makes.
BATCH = 500


def begin(deployment: Deployment, asker: Asker, slot: str | None = None) -> Job:
    """Ask for a check of one deployment, loaded with its resource; one that waits or runs already is that check."""
    subject = subject_of(deployment.pk, deployment.resource.name, deployment.name)
    return queue.begin(TASK, asker=asker, subject=subject.name, subject_id=subject.id, slot=slot)


def subject_of(deployment_id: UUID, resource: str, name: str, slot: str | None = None) -> Subject:
    return Subject(str(deployment_id), f"{resource}/{name}", slot)


def begin_all(asker: Asker) -> Job:
    """Ask for a check of every deployment; a worker makes the single checks, as there may be thousands."""
    return queue.begin(TASK_ALL, asker=asker)


def run_all(job: Job) -> str:
    """Make the checks that `begin_all` asked for, in the name of who asked."""
    asker = Asker(job.cause, job.person, job.person_key)
    found = Deployment.objects.live().claude().order_by("pk").values_list("pk", "resource__name", "name")
    subjects = [subject_of(*values) for values in found]
    made = 0
    for start in range(0, len(subjects), BATCH):
        made += queue.begin_many(TASK, subjects[start : start + BATCH], asker=asker)
        queue.report(job, min(start + BATCH, len(subjects)), len(subjects))
    return f"{made} checks asked for, {len(subjects) - made} were under way already."


def run(job: Job) -> str:
    """Check the job's deployment; returns what was found in a sentence. Raises Skip when there is nothing to check."""
    found = Deployment.objects.live().claude().select_related("resource").filter(pk=job.subject_id)
    deployment = found.first()
    if deployment is None:
        raise Skip("It is no longer in the inventory, or it is no Claude deployment.")
    check_id, at = new_id(), timezone.now()
    finding = verdicts.before_a_call(deployment.state) or look(deployment, check_id)
    settling.settle(job, deployment, check_id, at, finding)
    return finding_words(finding)


def look(deployment: Deployment, check_id: UUID) -> Finding:
    """What a call finds; where not even its address or credential can be made up, that."""
    try:
        plan = calling.plan(deployment, None)
    except AzureError as error:
        return verdicts.failed(error)
    return async_to_sync(ask)(plan, check_id, counts=not known_to_count_nothing(deployment))


def known_to_count_nothing(deployment: Deployment) -> bool:
    """Whether the newest check of today had to ask for an answer; counting is tried anew each day (UTC)."""
    newest = HealthCheck.objects.filter(deployment=deployment).order_by("-at", "-id").first()
    if newest is None or newest.record_id is None or newest.at.date() != timezone.now().date():
        return False
    return RequestRecord.objects.filter(pk=newest.record_id, operation="messages").exists()


async def ask(plan: CallPlan, check_id: UUID, *, counts: bool) -> Finding:
    """One recorded token count, as the console or by key; where none is offered, an answer of one token."""
    facts = Facts(
        source=Source.HEALTH, subject_id=check_id.hex, api_version=settings.ANTHROPIC_VERSION, **plan.facts()
    )  # fmt: skip
    async with wire.open_foundry() as foundry:
        target = await calling.target(plan)
        finding = await found(calls.count(foundry, target, PROBE, facts)) if counts else None
        if finding is None or finding.counts_nothing:
            finding = await found(calls.answer(foundry, target, ANSWERED_PROBE, facts))
    return finding


async def found(call: Awaitable[Probed]) -> Finding:
    try:
        probed = await call
    except ProbeFailed as failed:
        return verdicts.failed(failed.error, latency_ms=failed.latency_ms, record_id=failed.record_id)
    return verdicts.answered(
        probed.latency_ms,
        request_id=probed.ids.request_id or "",
        apim_request_id=probed.ids.apim_request_id or "",
        record_id=probed.record_id,
    )
