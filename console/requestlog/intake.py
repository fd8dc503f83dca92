"""Reads what applications report about their own calls: JSON or JSON Lines in, rows of the log and plain refusals out.

Only facts of a call are taken; a field that is not known here is refused by its name, so that no prompt slips in.
What is said to programs is English, as in every API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from console.azure.error_bodies import kind_for
from console.azure.retry import may_have_worked
from console.azure.shapes import ID
from console.requestlog.models import Application, Outcome, RequestRecord, Source, State
from console.web.ids import id_at, new_id
from console.web.logs import redacted
from console.web.text import storable

MOST_ROWS = 1_000
# A report may come late, and clocks differ; what is older has been counted and charted for good.
OLDEST = timedelta(days=30)
FUTURE = timedelta(minutes=10)
LONGEST_SAID = 20_000
MOST_TOKENS = 10**12
MOST_MS = 24 * 3600 * 1000
# Names people would send text under: these are told why.
TEXT = frozenset(
    {"prompt", "messages", "message", "input", "content", "system", "text", "output", "completion", "answer", "body"}
)


class Wrong(ValueError):
    """A value that cannot be taken; its text says what it must be."""


class Unreadable(ValueError):
    """The whole report cannot be read; its text says why."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that was not taken: its place in the report, from 0, the field that is wrong, and what it must be."""

    index: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a report holds: rows that can be kept, none of them saved, and those that cannot."""

    rows: Sequence[RequestRecord] = ()
    refused: Sequence[Refused] = field(default=())


# ---- From bytes to objects -----------------------------------------------------------------------------------


def objects_in(body: bytes) -> list[object]:
    """The rows of a JSON array, of one JSON object, or of JSON Lines. Raises Unreadable."""
    if not body.strip():
        raise Unreadable("The body is empty: send a JSON array of requests, or one request a line.")
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        found: list[object] = list(lines_of(body))
    else:
        found = whole if isinstance(whole, list) else [whole]
    if len(found) > MOST_ROWS:
        raise Unreadable(f"There are {len(found)} requests in it; one call takes {MOST_ROWS} at most.")
    return found


def lines_of(body: bytes) -> Iterator[object]:
    for number, line in enumerate(body.splitlines(), 1):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                raise Unreadable(
                    f"Line {number} is not JSON. Send a JSON array, or JSON Lines: one object a line, UTF-8."
                ) from None


# ---- From objects to rows ------------------------------------------------------------------------------------


def text(most: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > most or not value.isprintable():
            raise Wrong(f"must be one line of text of at most {most} characters")
        return value

    return read


def an_id(value: object) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise Wrong("must be an ID: at most 128 letters, digits, dots, colons, dashes and underscores")
    return value


def uuid(value: object) -> UUID:
    try:
        return UUID(text(60)(value))
    except ValueError:  # Wrong is one too
        raise Wrong("must be a GUID, as 0193a5c2-7b6e-7c3a-9d1e-5f0a7c1b2d3e") from None


def whole(most: int, least: int = 0) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"must be a whole number from {least} to {most}")
        return value

    return read


def seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 10**9:
        raise Wrong("must be a number of seconds from 0 on")
    return float(value)


def moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Wrong("must be a time with its zone, as 2026-11-22T07:00:00.000Z")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Wrong("must be a time between the years 1 and 9999") from None


def one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            raise Wrong(f"must be one of {', '.join(choices)}")
        return str(value)

    return read


def said(most: int) -> Callable[[object], str]:
    """Text that came from upstream: it may quote a secret."""

    def read(value: object) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_SAID or not storable(value):
            raise Wrong(f"must be text of at most {LONGEST_SAID} characters")
        return redacted(value)[:most]

    return read


TOKENS, MS = whole(MOST_TOKENS), whole(MOST_MS)
# Every field there is, in the order of the help page; all are columns of the log.
FIELDS: Mapping[str, Callable[[object], Any]] = {
    "started_at": moment,
    "finished_at": moment,
    "resource": text(100),
    "deployment": text(100),
    "model": text(100),
    "hosting": one_of("azure", "anthropic"),
    "subscription_id": text(64),
    "region": text(60),
    "operation": one_of("messages", "count_tokens"),
    "person": text(200),
    "client": text(100),
    "api_version": text(12),
    "call_id": uuid,
    "attempt": whole(1_000, 1),
    "request_id": an_id,
    "apim_request_id": an_id,
    "message_id": an_id,
    "outcome": one_of(*Outcome.values),
    "http_status": whole(599, 100),
    "error_type": said(60),
    "error_code": said(100),
    "error_message": said(2000),
    "retry_after": seconds,
    "stop_reason": text(40),
    "input_tokens": TOKENS,
    "cache_creation_input_tokens": TOKENS,
    "cache_read_input_tokens": TOKENS,
    "output_tokens": TOKENS,
    "thinking_tokens": TOKENS,
    "headers_ms": MS,
    "ttft_ms": MS,
    "duration_ms": MS,
}
NEEDED = ("started_at", "resource", "deployment")
IDS = ("apim_request_id", "request_id", "call_id")


def read(body: bytes, application: Application, *, now: datetime | None = None) -> Report:
    """The rows of a report, checked one by one. Raises Unreadable where there is no telling rows apart."""
    now = now or timezone.now()
    rows: list[RequestRecord] = []
    refused: list[Refused] = []
    for index, item in enumerate(objects_in(body)):
        try:
            rows.append(row_of(values_of(item, now), application))
        except FieldRefused as wrong:
            refused.append(Refused(index, wrong.field, wrong.message))
    return Report(rows, refused)


class FieldRefused(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def values_of(item: object, now: datetime) -> dict[str, Any]:
    """The checked values of one row; null is the same as leaving a field out."""
    if not isinstance(item, dict):
        raise FieldRefused("", "A request is a JSON object.")
    for name in item:
        if name not in FIELDS:
            raise FieldRefused(str(name)[:60], unknown(str(name)))
    values = {}
    for name, value in item.items():
        if value is not None:
            try:
                values[name] = FIELDS[name](value)
            except Wrong as wrong:
                raise FieldRefused(name, f"“{name}” {wrong}.") from None
    check(values, now)
    return values


def unknown(name: str) -> str:
    if name.casefold() in TEXT:
        return f"“{name[:60]}” is not taken: what was said or answered has no place in this log."
    return f"“{name[:60]}” is no field of a request. The help page lists them all."


def check(values: Mapping[str, Any], now: datetime) -> None:
    """What only holds for a row as a whole."""
    for name in NEEDED:
        if not values.get(name):
            raise FieldRefused(name, f"“{name}” is missing.")
    if not any(values.get(name) for name in IDS):
        raise FieldRefused("apim_request_id", f"One of {', '.join(IDS)} is needed, to find the request by.")
    if values["started_at"] > now + FUTURE:
        raise FieldRefused("started_at", "“started_at” lies in the future: compare the clocks.")
    if values["started_at"] < now - OLDEST:
        raise FieldRefused("started_at", f"“started_at” lies more than {OLDEST.days} days back.")
    if values.get("finished_at") and values["finished_at"] < values["started_at"]:
        raise FieldRefused("finished_at", "“finished_at” lies before “started_at”.")
    if not values.get("outcome") and not values.get("http_status"):
        raise FieldRefused("outcome", "“outcome” or “http_status” is needed, to tell how it ended.")


def row_of(values: dict[str, Any], application: Application) -> RequestRecord:
    """The row, not saved yet. Its id lies where the call lies in time, so that it stands in its place in the log."""
    started = values["started_at"]
    status = values.get("http_status")
    row = RequestRecord(**values, source=Source.APPLICATION, application=application.name, state=State.OVER)
    row.id = id_at(started)
    row.call_id = values.get("call_id") or new_id()
    row.reported_key = key_of(values, application)
    row.correlation_id = ""
    set_times(row)
    if status and status >= 400:
        row.kind, row.phase = kind_for(status, row.error_type, row.error_code, row.error_message), "headers"
    row.outcome = values.get("outcome") or outcome_of(row)
    return row


def outcome_of(row: RequestRecord) -> Outcome:
    """How a call ended of which only the answer's status was reported, by the rule for the console's own calls: after
    a 408, 500, 502 or 504 the model may have worked, so nobody knows whether it was billed (`azure.retry`)."""
    if row.http_status is not None and row.http_status < 400:
        return Outcome.REFUSED if row.stop_reason == "refusal" else Outcome.SUCCEEDED
    worked = may_have_worked(row.kind, row.phase, row.http_status)
    return Outcome.UNKNOWN_BILLING if worked else Outcome.FAILED


def set_times(row: RequestRecord) -> None:
    """When it ended and how long it took tell each other."""
    if row.duration_ms is None and row.finished_at:
        row.duration_ms = min(MOST_MS, round((row.finished_at - row.started_at) / timedelta(milliseconds=1)))
    if row.finished_at is None:
        row.finished_at = row.started_at + timedelta(milliseconds=row.duration_ms or 0)


def key_of(values: Mapping[str, Any], application: Application) -> UUID:
    """The same for the same attempt of the same application, however often it is reported and under whatever key."""
    name = next(name for name in IDS if values.get(name))
    attempt = values.get("attempt", 1) if name == "call_id" else ""
    said = f"{application.name.casefold()} {name} {str(values[name]).lower()} {attempt}"
    return UUID(bytes=sha256(said.encode()).digest()[:16])
