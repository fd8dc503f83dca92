"""Calls to the data plane with their rows: each attempt is committed before it is made and settled however it ends.

Everything here runs on the event loop and holds no database connection while Azure answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import ParamSpec, TypeVar
from uuid import UUID, uuid4

from django.db import InterfaceError, OperationalError

from console.azure import retry
from console.azure.errors import AzureError, TimedOut, Truncated, Unreachable, Unreadable
from console.azure.foundry import Foundry, Target
from console.azure.http import Clocks
from console.azure.shapes import (
    BlockStarted,
    CorrelationIds,
    Finished,
    InputJsonDelta,
    MessageChanged,
    MessageStarted,
    Opened,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from console.requestlog import recorder
from console.requestlog.models import Outcome
from console.requestlog.recorder import Ended, Facts, Told
from console.web.desk import at_desk, in_shared_commit

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

# Seconds for which a write is tried again while the database is away; after that the lease tells the truth.
PATIENCE = 60.0
# A check must not wait like a person does, and must end before the lease of its row (recorder.LEASE).
CHECK_CLOCKS = Clocks(connect=5.0, first_byte=20.0, idle=20.0, total=25.0)


@dataclass(slots=True)
class Attempt:
    """What is known of a running attempt; becomes its row's ending."""

    record_id: UUID
    started: float
    number: int = 1
    ids: CorrelationIds = recorder.NO_IDS
    status: int | None = None
    message_id: str = ""
    model: str = ""
    usage: Usage = recorder.NOTHING
    stop_reason: str = ""
    stop_details: dict[str, object] | None = None
    headers_ms: int | None = None
    ttft_ms: int | None = None
    finished: bool = False

    @property
    def elapsed_ms(self) -> int:
        return round((monotonic() - self.started) * 1000)

    def note(self, event: StreamEvent) -> None:
        """Learn from one event; usage is overwritten, never added (azure-facts 2.5)."""
        match event:
            case TextDelta() | ThinkingDelta() | InputJsonDelta():
                self._note_first()
            case BlockStarted() if event.beginning_of("text") or event.beginning_of("thinking"):
                self._note_first()
            case Opened():
                self.ids, self.status, self.headers_ms = event.ids, event.status, self.elapsed_ms
            case MessageStarted():
                self.message_id, self.model, self.usage = event.message_id, event.model, event.usage
            case MessageChanged():
                self.usage = self.usage.overwritten_by(event.usage)
                self.stop_reason = event.stop_reason or self.stop_reason
                self.stop_details = event.stop_details or self.stop_details
            case Finished():
                self.finished = True

    def _note_first(self) -> None:
        if self.ttft_ms is None:
            self.ttft_ms = self.elapsed_ms

    def told(self) -> Told:
        """What Azure has told so far besides the text."""
        return Told(self.record_id, self.message_id, self.model, self.usage, self.ttft_ms)

    def ended(self, outcome: Outcome, error: AzureError | None = None) -> Ended:
        return Ended(
            outcome=outcome, duration_ms=self.elapsed_ms, ids=self.ids, http_status=self.status,
            message_id=self.message_id, model=self.model, usage=self.usage, stop_reason=self.stop_reason,
            ttft_ms=self.ttft_ms, error=error,
        )  # fmt: skip


class Call:
    """One streamed call: up to three attempts, each with its row. `run` it once; `stop` ends it from outside.

    `on_events` gets the events of one socket read at a time, on the loop, and must not block; nothing of an answer
    reaches it before both correlation IDs are committed. `on_pause` hears how many seconds pass before a retry.
    `forget_token` is called before the one retry that a refused token of the console's own allows.
    """

    def __init__(
        self,
        foundry: Foundry,
        target: Target,
        body: Mapping[str, object],
        facts: Facts,
        *,
        call_id: UUID,
        first: UUID,
        on_events: Callable[[list[StreamEvent]], None],
        on_pause: Callable[[float, AzureError], None] = lambda pause, error: None,
        forget_token: Callable[[], None] | None = None,
    ) -> None:
        self.foundry, self.target, self.body, self.facts = foundry, target, body, facts
        self.call_id, self.on_events, self.on_pause, self.forget_token = call_id, on_events, on_pause, forget_token
        self.attempt = Attempt(first, monotonic())
        self._reading: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._closing = False
        self._noting: asyncio.Task[None] | None = None
        self._held: list[StreamEvent] = []

    def stop(self, *, closing: bool = False) -> None:
        """End the call now; what arrived is kept. Safe to press twice. `closing`: this process ends, not a person."""
        self._closing = self._closing or closing
        self._stopping.set()
        if self._reading is not None:
            self._reading.cancel()

    async def run(self) -> Ended:
        """Make the call; returns how its last attempt ended, with the error of one that failed.

        That attempt's row (`self.attempt.record_id`) is the caller's to settle, in one transaction with rows of its
        own; the attempts before it are settled here.
        """
        while True:
            ended = await self._try_once()
            pause = self._pause_after(ended)
            if pause is None:
                return ended
            await patiently(recorder.settle, self.attempt.record_id, ended)
            if await self._stopped_within(pause):
                return replace(ended, outcome=Outcome.CANCELLED, error=None)
            await self._open_next()

    async def _try_once(self) -> Ended:
        """One attempt up to its last byte, its IDs committed."""
        await self._finish_reading()
        if self._noting is not None:
            await asyncio.wait([self._noting])
        attempt = self.attempt
        if attempt.finished:
            return attempt.ended(Outcome.REFUSED if attempt.stop_reason == "refusal" else Outcome.SUCCEEDED)
        if self._stopping.is_set() or self._reading is None or self._reading.cancelled():
            return self._stopped()
        error = self._reading.exception()
        if isinstance(error, AzureError):
            return attempt.ended(outcome_of(error), error)
        raise error or RuntimeError("the stream ended without a word")

    async def _finish_reading(self) -> None:
        """Read in a task of its own, so that Stop can cancel it without touching the rows."""
        self._noting, self._held = None, []
        if not self._stopping.is_set():
            self._reading = asyncio.create_task(self._read())
            await asyncio.wait([self._reading])

    def _stopped(self) -> Ended:
        """How an attempt ended that was ended from outside."""
        if not self._closing:
            return self.attempt.ended(Outcome.CANCELLED)
        begun = self.attempt.status is not None
        error = AzureError("The console stopped.", kind="process-ended", phase="stream" if begun else "send")
        return self.attempt.ended(Outcome.TRUNCATED if begun else Outcome.UNKNOWN_BILLING, error)

    async def _read(self) -> None:
        """The only code that waits on the network: cancelling it ends the connection and nothing else."""
        async with aclosing(self.foundry.stream(self.target, self.body)) as batches:
            async for events in batches:
                for event in events:
                    self.attempt.note(event)
                    if isinstance(event, Opened):
                        self.body = {}  # an answer that has begun is never asked for again
                        self._noting = asyncio.create_task(self._note_headers())
                        self._noting.add_done_callback(lambda _: self._deliver([]))
                self._deliver(events)

    def _deliver(self, events: list[StreamEvent]) -> None:
        """Pass events on in order, once the IDs are committed."""
        if self._noting is not None and not self._noting.done():
            self._held += events
            return
        events, self._held = [*self._held, *events] if self._held else events, []
        if events:
            self.on_events(events)

    async def _note_headers(self) -> None:
        attempt = self.attempt
        if attempt.ids.others:
            # The row has one place for each; the rest stands where whoever runs the console can look.
            log.warning("request %s was answered with more ids: %s", attempt.record_id, ", ".join(attempt.ids.others))
        await patiently_shared(
            recorder.note_headers, attempt.record_id,
            status=attempt.status or 200, ids=attempt.ids, headers_ms=attempt.headers_ms or 0,
        )  # fmt: skip

    def _pause_after(self, ended: Ended) -> float | None:
        """Seconds until the next attempt; None when there must be none."""
        error, number = ended.error, self.attempt.number
        if error is None or self._stopping.is_set():
            return None
        if self.forget_token is not None and retry.may_refresh_token(error, number):
            self.forget_token()
            return 0.0
        pause = retry.pause_before_retry(error, number, now=time())
        if pause is not None:
            self.on_pause(pause, error)
        return pause

    async def _stopped_within(self, pause: float) -> bool:
        try:
            async with asyncio.timeout(pause):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    async def _open_next(self) -> None:
        number = self.attempt.number + 1
        record_id = await at_desk(recorder.open_attempt, self.facts, call_id=self.call_id, attempt=number)
        self.attempt = Attempt(record_id, monotonic(), number)


def outcome_of(error: AzureError) -> Outcome:
    """What a failed attempt means for the log (reference C.0).

    An answer that just ended was cut off. What an answer itself calls a failure, and what the model never began, has
    failed. Whatever else came, or did not come, after the body was sent: nobody knows whether it was billed.
    """
    broke_off = isinstance(error, (Truncated, TimedOut, Unreachable)) and error.status in (None, 200)
    if broke_off and error.phase in ("headers", "stream"):
        return Outcome.TRUNCATED
    if error.phase == "stream" or (error.status == 200 and not isinstance(error, Unreadable)):
        return Outcome.FAILED
    worked = retry.may_have_worked(error.kind, error.phase, error.status)
    return Outcome.UNKNOWN_BILLING if worked else Outcome.FAILED


async def patiently(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """Do a write at the desk, again and again for a minute while the database is away; None when it stayed away."""
    return await _again(act.__name__, lambda: at_desk(act, *args, **kwargs))


async def patiently_shared(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """As `patiently`, in one commit with what others write at that moment."""
    return await _again(act.__name__, lambda: in_shared_commit(act, *args, **kwargs))


async def _again(name: str, write: Callable[[], Awaitable[T]]) -> T | None:
    deadline = monotonic() + PATIENCE
    pause = 0.2
    while True:
        try:
            return await write()
        except (OperationalError, InterfaceError) as fault:
            if monotonic() + pause > deadline:
                log.error("%s was not written: the database stayed away (%s)", name, fault)
                return None
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)


@dataclass(frozen=True, slots=True)
class Probed:
    """A small call that was answered, with what the log knows of it; `latency_ms` is the whole call."""

    record_id: UUID
    ids: CorrelationIds
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Counted(Probed):
    """A token count."""

    tokens: int


@dataclass(slots=True)
class ProbeFailed(Exception):
    """A small call that failed; its row is settled."""

    record_id: UUID
    error: AzureError
    latency_ms: int


async def count(
    foundry: Foundry, target: Target, body: Mapping[str, object], facts: Facts, *, clocks: Clocks | None = None
) -> Counted:
    """Count tokens with one attempt, recorded. Raises ProbeFailed (with the AzureError) after the row is settled.

    The count itself is no usage: nothing was generated and nothing is billed, so the row's token columns stay empty.
    """
    tokens = 0

    async def counted() -> Ended:
        nonlocal tokens
        answer = await foundry.count_tokens(target, body, clocks=clocks or CHECK_CLOCKS)
        tokens = answer.input_tokens
        return Ended(Outcome.SUCCEEDED, 0, ids=answer.ids, http_status=200)

    probed = await probe(counted, replace(facts, operation="count_tokens"))
    return Counted(probed.record_id, probed.ids, probed.latency_ms, tokens)


async def answer(foundry: Foundry, target: Target, body: Mapping[str, object], facts: Facts) -> Probed:
    """Ask for a whole short message with one attempt, recorded; it is billed. Raises as `count` does."""

    async def answered() -> Ended:
        message = await foundry.create(target, body, clocks=CHECK_CLOCKS)
        outcome = Outcome.REFUSED if message.stop_reason == "refusal" else Outcome.SUCCEEDED
        return Ended(
            outcome, 0, ids=message.ids, http_status=200, message_id=message.id, model=message.model,
            usage=message.usage, stop_reason=message.stop_reason or "",
        )  # fmt: skip

    return await probe(answered, replace(facts, operation="messages"))


async def probe(call: Callable[[], Awaitable[Ended]], facts: Facts) -> Probed:
    """Make `call` between the opening and the settling of its row."""
    record_id = await at_desk(recorder.open_attempt, facts, call_id=uuid4())
    started = monotonic()
    try:
        ended = await call()
    except AzureError as error:
        took = round((monotonic() - started) * 1000)
        outcome = outcome_of(error)
        await patiently(recorder.settle, record_id, Ended(outcome, took, http_status=error.status, error=error))
        raise ProbeFailed(record_id, error, took) from error
    took = round((monotonic() - started) * 1000)
    await patiently(recorder.settle, record_id, replace(ended, duration_ms=took))
    return Probed(record_id, ended.ids, took)
