"""What Azure's own diagnostic log has about a request: the query for it, and the look-up itself, in plain words.

A look-up waits on Azure: it runs on one of two threads of its own, and whoever asked waits 15 seconds at most.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.accounts.models import User
from console.azure import errors
from console.azure.log_analytics import LogAnalytics, LogRow, Span, portal_url, query_for
from console.requestlog.models import RequestRecord
from console.web import wire
from console.web.ids import Bytewise
from console.web.templatetags.console_tags import milliseconds

PATIENCE = 15.0  # seconds
AT_ONCE = 2
AROUND = timedelta(minutes=5)
# Where we do not know when it happened: as far back as such logs are usually kept.
WITHOUT_A_TIME = timedelta(days=30)
# Azure's log arrives this late.
DELAY = timedelta(minutes=15)

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="azure-log")
_places = threading.BoundedSemaphore(AT_ONCE)

Said = tuple[Promise, Promise]
FAILURES: dict[type[errors.AzureError], Said] = {
    errors.Forbidden: (
        gettext_lazy("The console may not read this workspace"),
        gettext_lazy("Its identity needs the role Log Analytics Reader there. An owner of the workspace can give it:"),
    ),
    errors.Missing: (
        gettext_lazy("There is no such workspace"),
        gettext_lazy("An administrator has to correct LOG_ANALYTICS_WORKSPACE_ID."),
    ),
    errors.Rejected: (
        gettext_lazy("The workspace has no diagnostic logs of Foundry"),
        gettext_lazy(
            "On the Foundry resource, add a diagnostic setting that sends the category RequestResponse to it."
        ),
    ),
    errors.Throttled: (
        gettext_lazy("The workspace is asked too often right now"),
        gettext_lazy("Try again in a minute."),
    ),
    errors.TimedOut: (
        gettext_lazy("The workspace did not answer within 15 seconds"),
        gettext_lazy("Try again, or open the query in the Azure portal."),
    ),
    errors.Unreachable: (
        gettext_lazy("The workspace cannot be reached from here"),
        gettext_lazy("Try again. If it stays so, an administrator runs the doctor."),
    ),
    errors.SignInNeeded: (
        gettext_lazy("The console's own identity got no access to Azure's logs"),
        gettext_lazy("An administrator runs the doctor: it says what is wrong with the identity."),
    ),
    errors.AzureError: (
        gettext_lazy("Azure's log gave no answer"),
        gettext_lazy("Try again in a moment, or open the query in the Azure portal."),
    ),
}
BUSY: Said = (
    gettext_lazy("Others are looking something up right now"),
    gettext_lazy("Try again in a few seconds."),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a look-up brought nothing, what to do, and the command for it where there is one."""

    title: str
    remedy: str
    az: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One ID to look up: where and when to look, and our row of it where we have one."""

    apim_request_id: str
    span: Span
    kql: str
    portal: str
    record: RequestRecord | None

    @property
    def is_early(self) -> bool:
        """True while Azure's log may not have the request yet."""
        return self.record is not None and timezone.now() - self.record.started_at < DELAY


@dataclass(frozen=True, slots=True)
class Line:
    """The same thing as we saw it and as Azure's log has it."""

    label: str
    here: str
    azure: str
    moment_here: datetime | None = None
    moment_azure: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a look-up brought: rows, or trouble; neither means that the log has nothing under this ID."""

    rows: Sequence[Sequence[Line]] = ()
    trouble: Trouble | None = None


def is_configured() -> bool:
    return bool(settings.LOG_ANALYTICS_WORKSPACE_ID)


def question(person: User, apim_request_id: str) -> Question:
    """The query for this ID, around the time of our row, else over the last 30 days. Raises ValueError for no ID."""
    wanted = with_dashes(apim_request_id.strip().lower())
    seen = RequestRecord.objects.seen_by(person).alias(apim=Bytewise(Lower("apim_request_id")))
    record = seen.filter(apim=wanted).order_by("-pk").first() if wanted else None
    span = span_of(record)
    kql = query_for(wanted, span)
    workspace = settings.LOG_ANALYTICS_WORKSPACE_RESOURCE
    return Question(wanted, span, kql, portal_url(kql, tenant_id=settings.ENTRA_TENANT_ID, workspace=workspace), record)


def with_dashes(apim_request_id: str) -> str:
    """As Azure's log writes it; what is no GUID stays as it is."""
    if not re.fullmatch(r"[0-9a-f]{32}", apim_request_id):
        return apim_request_id
    return str(UUID(apim_request_id))


def span_of(record: RequestRecord | None) -> Span:
    now = timezone.now()
    if record is None:
        return Span(now - WITHOUT_A_TIME, now + AROUND)
    return Span(record.started_at - AROUND, (record.finished_at or record.started_at) + AROUND)


def look_up(asked: Question) -> Answer:
    """Ask the workspace. Takes 15 seconds at most and holds no database connection meanwhile."""
    workspace = wire.log_analytics()
    if workspace is None:
        return Answer()
    if not connection.in_atomic_block:
        close_old_connections()  # back to the pool while Azure is awaited
    try:
        rows = in_time(workspace, asked)
    except errors.AzureError as error:
        return Answer(trouble=trouble_of(error))
    return Answer([compared(asked.record, row) for row in rows]) if rows is not None else Answer(trouble=words(BUSY))


def in_time(workspace: LogAnalytics, asked: Question) -> list[LogRow] | None:
    """The rows; None when both threads are taken. Raises AzureError."""
    if not _places.acquire(blocking=False):
        return None
    try:
        asking = _threads.submit(copy_context().run, workspace.look_up, asked.apim_request_id, asked.span)
    except BaseException:
        _places.release()
        raise
    asking.add_done_callback(lambda _done: _places.release())
    try:
        return asking.result(timeout=PATIENCE)
    except TimeoutError:
        raise errors.TimedOut("no answer in time", kind="total-timeout") from None


def trouble_of(error: errors.AzureError) -> Trouble:
    said = next(said for each, said in FAILURES.items() if isinstance(error, each))
    return words(said, az=give_reader() if isinstance(error, errors.Forbidden) else "")


def words(said: Said, *, az: str = "") -> Trouble:
    title, remedy = said
    return Trouble(str(title), str(remedy), az)


def give_reader() -> str:
    """The command that gives the missing role, as far as the settings know its parts."""
    who = os.environ.get("AZURE_CLIENT_ID") or "<object ID of the console's identity>"
    scope = settings.LOG_ANALYTICS_WORKSPACE_RESOURCE or "<resource ID of the workspace>"
    return f'az role assignment create --assignee "{who}" --role "Log Analytics Reader" --scope "{scope}"'


def compared(record: RequestRecord | None, row: LogRow) -> list[Line]:
    """Azure's row beside ours, fact by fact."""
    status = str(record.http_status or "") if record else ""
    return [
        Line(_("When"), "", "", record.started_at if record else None, row.at),
        Line(_("Resource"), record.resource if record else "", row.resource),
        Line(_("Deployment"), record.deployment if record else "", row.deployment),
        Line(_("Function"), record.operation if record else "", row.operation),
        Line(_("HTTP"), status, row.status),
        Line(_("Took"), milliseconds(record.duration_ms) if record else "", milliseconds(row.duration_ms)),
        Line("apim-request-id / CorrelationId", record.apim_request_id if record else "", row.correlation_id),
    ]
