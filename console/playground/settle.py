"""Writes an answer's text and end into its exchange, and draws what is shown where it ends. Runs at the desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.azure.shapes import Usage
from console.playground import footnotes, structured, toolcalls
from console.playground.live import Live, joined
from console.playground.models import LIVE, Exchange, State
from console.requestlog import recorder
from console.requestlog.diagnosis import explain_record
from console.requestlog.models import RequestRecord
from console.requestlog.models import State as RecordState
from console.requestlog.recorder import Ended, Told
from console.web import problems
from console.web.problems import Problem
from console.web.text import clean

LEASE = recorder.LEASE
# Why a whole answer stopped, where that is not plain.
STOPS: dict[str, Promise] = {
    "max_tokens": _("The answer reached its longest length"),
    "model_context_window_exceeded": _("The conversation fills the model’s context window. Begin a new one."),
    "pause_turn": _("Claude pauses here: the work is long. It goes on when you say so."),
    "stop_sequence": _("The answer ended at a stop sequence."),
}
# What a refusal is about, by the API's name of it (azure-facts 2.4).
REFUSED: dict[str, Promise] = {
    "cyber": _("attacks on computers"),
    "bio": _("biological dangers"),
    "frontier_llm": _("building large language models"),
    "reasoning_extraction": _("bringing out the model’s own thinking"),
    "general_harms": _("harm in general"),
}
LONGEST_EXPLANATION = 1000  # characters
# The card of an exchange whose log row is gone.
WITHOUT_RECORD: dict[str, str] = {State.CANCELLED: "stopped", State.REFUSED: "refusal"}


@dataclass(frozen=True, slots=True)
class Partial:
    """Text that has arrived so far, and the tool calls that are being written (writing.Writing.told)."""

    exchange_id: UUID
    answer: str = field(repr=False)
    thinking: str = field(repr=False)
    writing: dict[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """How an exchange ended, with everything that arrived; `attempt` is the ending of its last log row."""

    record_id: UUID
    attempt: Ended
    answer: str = field(repr=False)
    answer_html: str = field(repr=False)
    thinking: str = field(repr=False)
    thinking_ms: int | None
    content: list[dict[str, object]] = field(repr=False)
    stop_details: dict[str, object] | None
    settings: dict[str, object] = field(default_factory=dict, repr=False)  # of what was sent: output_config


# Plain SQL, as this runs for every live answer every second: building the same statement in the ORM each time costs
# more than running it.
_SAVE_PARTIAL = (
    "UPDATE playground_exchange SET state = %s, answer = %s, thinking = %s, writing = %s "
    "WHERE id = %s AND state IN (%s, %s)"
)


def checkpoint(partials: Sequence[Partial], told: Sequence[Told], under_way: Sequence[UUID]) -> list[UUID]:
    """Commit partial texts, and what else Azure has told, in one transaction.

    Returns those `under_way` that were stopped or deleted elsewhere.
    """
    to_column = Exchange._meta.pk.get_db_prep_value
    rows = [
        (
            State.STREAMING,
            clean(one.answer),
            clean(one.thinking),
            json.dumps(one.writing) if one.writing else None,
            to_column(one.exchange_id, connection),
            *LIVE,
        )
        for one in partials
    ]
    if rows or told:
        with transaction.atomic(), connection.cursor() as cursor:
            recorder.note_told(told)  # first, as in `end`
            if rows:
                cursor.executemany(_SAVE_PARTIAL, rows)
    wanted = set(Exchange.objects.filter(pk__in=under_way, stop_asked=False).values_list("pk", flat=True))
    return [pk for pk in under_way if pk not in wanted]


def renew(keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Say that this process still works on these (exchange, record) pairs."""
    exchanges = [exchange for exchange, _record in keys]
    with transaction.atomic():
        recorder.renew([record for _exchange, record in keys])  # first, as in `end`: the other way round they deadlock
        Exchange.objects.filter(pk__in=exchanges, state__in=LIVE).update(lease_until=timezone.now() + LEASE)


def end(exchange_id: UUID, ended: End, *, language: str) -> str:
    """Commit the ends of the log row and the exchange together; returns what stands where the answer ends."""
    end_of_row = {
        "state": ended.attempt.outcome,
        "record_id": ended.record_id,
        "answer": clean(ended.answer),
        "answer_html": ended.answer_html,
        "thinking": clean(ended.thinking),
        "thinking_ms": ended.thinking_ms,
        "content": ended.content,
        "writing": None,
        "stop_reason": ended.attempt.stop_reason[:40],
        "stop_details": ended.stop_details,
        "tool_uses": tool_uses(ended.attempt.usage),
        "finished_at": timezone.now(),
        "lease_until": None,
    }
    with transaction.atomic():
        recorder.settle(ended.record_id, ended.attempt)
        written = Exchange.objects.filter(pk=exchange_id, state__in=LIVE).update(**end_of_row)
    if not written and Exchange.objects.filter(pk=exchange_id).exists():  # others took this process for dead
        return ending(exchange_id, language=language)
    record = RequestRecord.objects.get(pk=ended.record_id)
    facts: dict[str, Any] = {"deployment": record.deployment, "resource": record.resource, "settings": ended.settings}
    if record.attempt > 1:  # what the person waited began with the first
        facts["created_at"] = Exchange.objects.values_list("created_at", flat=True).get(pk=exchange_id)
    if record.conversation_id:
        facts["conversation_id"] = UUID(record.conversation_id)
    exchange = Exchange(pk=exchange_id, **facts, **end_of_row)
    return drawn(exchange, record, language=language)


def ending(exchange_id: UUID, *, language: str) -> str:
    """Receipt, or problem with remedy, of a settled exchange in `language`."""
    exchange = Exchange.objects.get(pk=exchange_id)
    record = RequestRecord.objects.filter(pk=exchange.record_id).first() if exchange.record_id else None
    return drawn(exchange, record, language=language)


def drawn(exchange: Exchange, record: RequestRecord | None, *, language: str) -> str:
    with translation.override(language):
        problem = problem_of(exchange, record)
        context = {
            "exchange": exchange, "record": record, "problem": problem, "oob": True, **ended_with(exchange, waits=True),
        }  # fmt: skip
        return render_to_string("playground/_ending.html", context)


def ended_with(exchange: Exchange, *, waits: bool) -> dict[str, object]:
    """What an answer brought besides its text: sources, tool calls, uses of server tools, and what its JSON is.

    `waits`: nothing was said after it, so its calls wait for an answer.
    """
    return {
        "footnotes": footnotes.of(exchange.content),
        "asked": toolcalls.asked(exchange, waits=waits),
        "uses": toolcalls.uses(exchange.content),
        "structured": structured.of(exchange),
        "stop": STOPS.get(exchange.stop_reason) if exchange.state == State.SUCCEEDED else None,
        "may_go_on": may_go_on(exchange),
        "refusal": refusal_of(exchange),
    }


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Claude told of why it declined; either may be empty, not both."""

    about: str | Promise
    explanation: str


def refusal_of(exchange: Exchange) -> Refusal | None:
    details = exchange.stop_details
    if exchange.state != State.REFUSED or not isinstance(details, dict):
        return None
    category, explanation = details.get("category"), details.get("explanation")
    about = REFUSED.get(category, category[:60]) if isinstance(category, str) else ""
    why = explanation[:LONGEST_EXPLANATION].strip() if isinstance(explanation, str) else ""
    return Refusal(about, why) if about or why else None


def may_go_on(exchange: Exchange) -> bool:
    """Whether there is a text that ended before its end, so that Claude can go on with it."""
    if exchange.state == State.SUCCEEDED:
        return exchange.stop_reason == "pause_turn" or (exchange.stop_reason == "max_tokens" and exchange.answer != "")
    return not exchange.is_live and exchange.state != State.REFUSED and exchange.answer != ""


def tool_uses(usage: Usage) -> dict[str, int]:
    counts = {"web_search_requests": usage.web_search_requests, "web_fetch_requests": usage.web_fetch_requests}
    return {name: count for name, count in counts.items() if count}


def problem_of(exchange: Exchange, record: RequestRecord | None) -> Problem | None:
    """Why an exchange has no whole answer, in the current language; None when it has one."""
    if exchange.is_live or exchange.state == State.SUCCEEDED:
        return None
    # The log keeps its rows for a time of its own; without one the exchange's state is all that is known.
    return explain_record(record) if record else problems.explain(WITHOUT_RECORD.get(exchange.state, "process-ended"))


def unsaved(*, language: str) -> str:
    """What stands there when the database stayed away for a minute; the lease settles the row later."""
    with translation.override(language):
        return render_to_string("playground/_unsaved.html")


def settle_lapsed(now: datetime | None = None, *, most: int = 100) -> int:
    """End exchanges whose process died; text that had arrived is kept. Returns how many."""
    now = now or timezone.now()
    lapsed = list(Exchange.objects.filter(state__in=LIVE, lease_until__lt=now).order_by("lease_until")[:most])
    records = {
        record.call_id: record
        for record in RequestRecord.objects.filter(call_id__in=[row.call_id for row in lapsed]).order_by("attempt")
    }
    return sum(_settle_one(exchange, records.get(exchange.call_id)) for exchange in lapsed)


def _settle_one(exchange: Exchange, record: RequestRecord | None) -> bool:
    if record is not None and record.state == RecordState.OVER:
        state = State(record.outcome)
    elif exchange.answer or (record is not None and record.state == RecordState.STREAMING):
        state = State.TRUNCATED
    else:
        state = State.UNKNOWN_BILLING
    mine = Exchange.objects.filter(pk=exchange.pk, state__in=LIVE, lease_until=exchange.lease_until)
    return bool(
        mine.update(
            state=state, record_id=record.pk if record else None, answer_html=html_of(exchange.answer),
            writing=None, finished_at=exchange.lease_until, lease_until=None,
        )
    )  # fmt: skip


def html_of(answer: str) -> str:
    """The same HTML the stream shows of this text."""
    live = Live(answer)
    live.close()
    return joined([live.block(index) for index in range(live.place.blocks)])


def lease_from_now() -> datetime:
    """Until when a new exchange is this process's own."""
    return timezone.now() + timedelta(seconds=LEASE.total_seconds())
