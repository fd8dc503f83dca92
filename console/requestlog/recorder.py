"""The request log's only writer: opens a row before the call, notes headers as they arrive, settles it once.

All functions are synchronous; code on the event loop reaches them through web.desk.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from console.azure.errors import AzureError
from console.azure.shapes import CorrelationIds, Usage
from console.requestlog.models import Outcome, RequestRecord, RollupProgress, State
from console.web.ids import new_id
from console.web.text import clean
from console.web.version import client

# A row whose process has not renewed its lease for this long is settled by whoever notices.
LEASE = timedelta(seconds=30)
OWNER = f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid4().hex[:8]}"

NOTHING = Usage()
NO_IDS = CorrelationIds()


@dataclass(frozen=True, slots=True)
class Facts:
    """Who calls what, as text: everything of a row that is known before the call."""

    source: str  # models.Source
    resource: str
    deployment: str
    operation: str = "messages"
    person: str = ""
    person_key: str = ""
    subject_id: str = ""
    conversation_id: str = ""
    prompt_print: str = ""  # of `prompt_print`
    subscription_id: str = ""
    region: str = ""
    hosting: str = ""
    model: str = ""
    called_as: str = ""
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended. Milliseconds count from the row's start; `error` explains every outcome that has one."""

    outcome: Outcome
    duration_ms: int
    ids: CorrelationIds = NO_IDS
    http_status: int | None = None
    message_id: str = ""
    model: str = ""
    usage: Usage = field(default=NOTHING)
    stop_reason: str = ""
    ttft_ms: int | None = None
    error: AzureError | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What Azure has told of an attempt under way: whatever becomes of it, this much is known (azure-facts 2.6)."""

    record_id: UUID
    message_id: str
    model: str
    usage: Usage
    ttft_ms: int | None


def prompt_print(person_key: str, body: Mapping[str, object]) -> str:
    """What one person's same message has in common wherever it is sent: a keyed hash, from which no text comes back.

    It covers instructions and everything said so far, not the settings. It is bound to the person, so that nobody
    learns by asking the same whether somebody else did; with another SECRET_KEY it is another.
    """
    mac = salted_hmac("console.requestlog.prompt", person_key, algorithm="sha256")
    messages = body.get("messages")
    for part in (body.get("system"), *(messages if isinstance(messages, list) else [])):
        mac.update(orjson.dumps(part))
    return mac.hexdigest()[:32]


def open_attempt(facts: Facts, *, call_id: UUID, attempt: int = 1) -> UUID:
    """Commit the row of an attempt that is about to be made; returns its id."""
    now = timezone.now()
    record = RequestRecord(
        id=new_id(),
        call_id=call_id,
        attempt=attempt,
        started_at=now,
        owner=OWNER,
        lease_until=now + LEASE,
        source=facts.source,
        operation=facts.operation,
        person=clean(facts.person, 200),
        person_key=facts.person_key,
        subject_id=facts.subject_id,
        conversation_id=facts.conversation_id,
        prompt_print=facts.prompt_print,
        resource=facts.resource[:100],
        deployment=facts.deployment[:100],
        subscription_id=facts.subscription_id[:64],
        region=facts.region[:60],
        hosting=facts.hosting,
        model=facts.model[:100],
        called_as=facts.called_as,
        api_version=facts.api_version,
        client=client(),
    )
    record.save(force_insert=True)
    return record.pk


def note_headers(pk: UUID, *, status: int, ids: CorrelationIds, headers_ms: int) -> None:
    """Commit both correlation IDs the moment they arrive, before anything of the answer is shown."""
    RequestRecord.objects.filter(pk=pk).exclude(state=State.OVER).update(
        state=State.STREAMING, http_status=status, headers_ms=headers_ms,
        request_id=ids.request_id or "", apim_request_id=ids.apim_request_id or "",
    )  # fmt: skip


# Plain SQL for the same reason as the playground's texts: it runs beside them, once a second for all answers.
_NOTE_TOLD = (
    "UPDATE requestlog_requestrecord SET message_id = %s, model = COALESCE(NULLIF(%s, ''), model), input_tokens = %s, "
    "cache_creation_input_tokens = %s, cache_read_input_tokens = %s, output_tokens = %s, thinking_tokens = %s, "
    "ttft_ms = %s WHERE id = %s AND state <> %s"
)


def note_told(told: Sequence[Told]) -> None:
    """Commit what is known of attempts under way, so that a process that dies takes none of it along."""
    to_column = RequestRecord._meta.pk.get_db_prep_value
    rows = [
        (one.message_id[:128], clean(one.model, 100), *_tokens(one.usage).values(), one.ttft_ms,
         to_column(one.record_id, connection), State.OVER)
        for one in told
    ]  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_NOTE_TOLD, rows)


def settle(pk: UUID, ended: Ended) -> bool:
    """End the row once; False when it was over already (a late writer changes nothing)."""
    values = {
        "state": State.OVER,
        "outcome": ended.outcome,
        "finished_at": timezone.now(),
        "duration_ms": ended.duration_ms,
        "lease_until": None,
        "owner": "",
        "stop_reason": ended.stop_reason[:40],
    }
    values |= {name: value for name, value in _arrived(ended).items() if value}
    values |= _tokens(ended.usage)
    if ended.error is not None:
        values |= _fault(ended.error)
    return bool(RequestRecord.objects.filter(pk=pk).exclude(state=State.OVER).update(**values))


def _arrived(ended: Ended) -> dict[str, object]:
    """What only some endings know; what is missing here must not overwrite what the headers brought."""
    return {
        "request_id": ended.ids.request_id,
        "apim_request_id": ended.ids.apim_request_id,
        "http_status": ended.http_status,
        "message_id": ended.message_id[:128],
        "model": clean(ended.model, 100),
        "ttft_ms": ended.ttft_ms,
    }


def _tokens(usage: Usage) -> dict[str, int | None]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": usage.output_tokens,
        "thinking_tokens": usage.thinking_tokens,
    }


def _fault(error: AzureError) -> dict[str, object]:
    values: dict[str, object] = {
        "phase": error.phase,
        "kind": error.kind[:40],
        "error_type": clean(error.type or "", 60),
        "error_code": clean(error.code or "", 100),
        "error_message": clean(error.message, 2000),
        "retry_after": error.retry_after,
    }
    known = {"http_status": error.status, "request_id": error.request_id, "apim_request_id": error.apim_request_id}
    return values | {name: value for name, value in known.items() if value}


def keep_reported(rows: Sequence[RequestRecord]) -> int:
    """Keep attempts that an application reports, all in one transaction; returns how many were new.

    What was reported before is left as it is. Hours that were folded for good are folded again.
    """
    fresh = {row.reported_key: row for row in rows}
    with transaction.atomic():
        seen = RequestRecord.objects.filter(reported_key__in=list(fresh)).values_list("reported_key", flat=True)
        for key in seen:
            del fresh[key]
        if fresh:
            _add_unless_there(fresh.values())
            first = min(row.started_at for row in fresh.values()).replace(minute=0, second=0, microsecond=0)
            RollupProgress.objects.filter(name="hours", folded_until__gt=first).update(folded_until=first)
    return len(fresh)


def _add_unless_there(rows: Collection[RequestRecord]) -> None:
    """Insert rows. Another process may report the same at this moment: the constraint keeps one of them.

    Plain SQL: to prepare 47 columns of 1,000 rows the ORM costs as much as all that is done with a report otherwise.
    PostgreSQL takes the rows apart itself.
    """
    table = RequestRecord._meta.db_table
    attributes = {field.column: field.attname for field in RequestRecord._meta.concrete_fields if not field.generated}
    columns = ", ".join(f'"{column}"' for column in attributes)
    into = f'INSERT INTO "{table}" ({columns})'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = [{column: getattr(row, name) for column, name in attributes.items()} for row in rows]
            taken = f'SELECT {columns} FROM json_populate_recordset(NULL::"{table}", %s)'  # noqa: S608 - our own names
            cursor.execute(f"{into} {taken} ON CONFLICT DO NOTHING", [orjson.dumps(values).decode()])
        else:
            places = ", ".join(["%s"] * len(attributes))
            whole = [[_stored(getattr(row, name)) for name in attributes.values()] for row in rows]
            cursor.executemany(f"{into} VALUES ({places}) ON CONFLICT DO NOTHING", whole)


def _stored(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if isinstance(value, UUID):
        return value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


def renew(keys: Collection[UUID]) -> None:
    """Say that this process still works on these rows; one statement for all of them."""
    RequestRecord.objects.filter(pk__in=keys, owner=OWNER).update(lease_until=timezone.now() + LEASE)


def settle_lapsed(now: datetime | None = None, *, most: int = 500) -> int:
    """End rows whose process died; returns how many. Without headers nobody knows whether it was billed; with them it
    was cut off. They lasted until the last sign of life.
    """
    now = now or timezone.now()
    lapsed = RequestRecord.objects.exclude(state=State.OVER).filter(lease_until__lt=now)
    known = ("state", "started_at", "lease_until", "headers_ms", "ttft_ms")
    return sum(_settle_one(row) for row in lapsed.only(*known).order_by("lease_until")[:most])


def _settle_one(row: RequestRecord) -> int:
    begun = row.state == State.STREAMING
    alive = (row.lease_until or row.started_at) - LEASE
    lasted = max(round((alive - row.started_at) / timedelta(milliseconds=1)), row.headers_ms or 0, row.ttft_ms or 0)
    return RequestRecord.objects.filter(pk=row.pk, state=row.state, lease_until=row.lease_until).update(
        state=State.OVER, lease_until=None, owner="", kind="process-ended",
        outcome=Outcome.TRUNCATED if begun else Outcome.UNKNOWN_BILLING, phase="stream" if begun else "send",
        finished_at=row.started_at + timedelta(milliseconds=lasted), duration_ms=lasted or None,
    )  # fmt: skip
