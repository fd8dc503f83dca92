"""Rows of the request log for tests: plain functions with defaults, ids that fit their time."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from uuid import uuid4

from django.utils import timezone

from console.accounts.models import User
from console.requestlog.models import Outcome, RequestRecord, Source, State
from console.web.ids import id_at

_numbers = count(1)


def new_record(*, person: User | str | None = None, started_at: datetime | None = None, **row: object) -> RequestRecord:
    """An unsaved attempt that succeeded, unless told otherwise; `outcome=""` makes it still run."""
    number = next(_numbers)
    started = started_at or timezone.now()
    over = row.get("outcome", Outcome.SUCCEEDED) != ""
    facts: dict[str, object] = {
        "id": id_at(started),
        "call_id": uuid4(),
        "source": Source.PLAYGROUND,
        "resource": "contoso-ai",
        "deployment": "claude-steady",
        "model": "claude-opus-5-5",
        "state": State.OVER if over else State.STREAMING,
        "outcome": Outcome.SUCCEEDED,
        "http_status": 200,
        "request_id": f"req_{number:022d}AbC",
        "apim_request_id": str(uuid4()),
        "message_id": f"msg_{number:022d}xYz",
        "started_at": started,
        "finished_at": started + timedelta(seconds=4) if over else None,
        "lease_until": None if over else timezone.now() + timedelta(seconds=30),
        "duration_ms": 4000 if over else None,
        "headers_ms": 300,
        "ttft_ms": 412,
        "input_tokens": 25,
        "output_tokens": 120,
        "stop_reason": "end_turn" if over else "",
    }
    if isinstance(person, str):
        facts["person"] = person
    elif person is not None:
        facts |= {"person": person.label, "person_key": person.key}
    return RequestRecord(**facts | row)


def make_record(
    *, person: User | str | None = None, started_at: datetime | None = None, **row: object
) -> RequestRecord:
    """`new_record`, saved and read back as the database has it."""
    record = new_record(person=person, started_at=started_at, **row)
    record.save(force_insert=True)
    return RequestRecord.objects.get(pk=record.pk)


def make_failure(kind: str = "overloaded", **row: object) -> RequestRecord:
    """An attempt that Azure or Anthropic answered with an error."""
    facts: dict[str, object] = {
        "outcome": Outcome.FAILED,
        "kind": kind,
        "phase": "headers",
        "http_status": 529,
        "error_type": "overloaded_error",
        "error_message": "Overloaded",
        "message_id": "",
        "ttft_ms": None,
        "input_tokens": None,
        "output_tokens": None,
        "stop_reason": "",
        "duration_ms": 350,
    }
    return make_record(**facts | row)
