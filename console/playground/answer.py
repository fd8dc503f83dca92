"""Answers under way in this process: each is a task of the console's own, watched by any number of browsers.

A browser that leaves ends nothing; Stop does. Rows are written at the desk (web.desk), never on the loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from functools import cache
from time import monotonic
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseFault
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from console.azure.errors import AzureError
from console.azure.shapes import (
    BlockStarted,
    CitationDelta,
    InputJsonDelta,
    Opened,
    SignatureDelta,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
)
from console.inventory import calling
from console.inventory.models import CalledAs
from console.playground import footnotes, settle
from console.playground.content import Content, Thought
from console.playground.live import Live
from console.requestlog import recorder
from console.requestlog.calls import Call, patiently
from console.requestlog.models import Outcome
from console.requestlog.recorder import Ended, Facts, Told
from console.web import wire
from console.web.desk import at_desk

log = logging.getLogger(__name__)

# Seconds between house-keepings: partial text is committed at most this often.
CHECKPOINT = 1.0
# Leases are renewed every so many of them; they last thirty seconds.
RENEW_EVERY = 5
# Each commit writes the whole text, so for every so many characters it happens a second less often.
CHARACTERS_PER_SECOND = 40_000
# Every so many seconds rows that a dead process left are ended: other web processes may die, and workers be silent.
SETTLE_EVERY = 15
# How long a settled answer stays here for browsers that attach late; after that the database serves them.
KEPT_AFTER_END = 20.0


@dataclass(frozen=True, slots=True)
class Work:
    """Everything an answer needs, read by the view that committed its rows."""

    exchange_id: UUID
    call_id: UUID
    record_id: UUID
    plan: calling.CallPlan
    body: dict[str, object] = field(repr=False)
    facts: Facts
    language: str


@cache
def status_words(language: str) -> dict[str, str]:
    """What stands above the text while there is none yet, as HTML, in the language the message was sent in."""
    with translation.override(language):
        words = {
            "accepted": _("Azure has accepted the message."),
            "thinking": _("Claude is thinking …"),
            "pause": _("Azure asks to wait %(seconds)d s; then it is sent again by itself."),
        }
    return {name: f'<span class="status__words">{escape(text)}</span>' for name, text in words.items()}


class Answer:
    """One exchange being answered."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.live = Live()
        self.live.language = work.language
        self.words = status_words(work.language)
        self.content = Content()
        self.thought = Thought()
        self.sources = 0
        self.calling = False  # a tool call is being written
        # Of what was sent, the end needs the schema only.
        self.settings = {name: work.body[name] for name in ("output_config",) if name in work.body}
        self.call: Call | None = None
        self.stopped = self.closing = False
        self.saved_reach = 0
        self.saved_at = 0.0
        self.noted: Told | None = None

    def stop(self, *, closing: bool = False) -> None:
        """End it now, for the person who pressed Stop or because this process closes."""
        self.stopped, self.closing = True, self.closing or closing
        if self.call is not None:
            self.call.stop(closing=closing)

    async def run(self) -> None:
        """Call Azure, settle the rows, show the ending. Never raises: whatever happens becomes the exchange's end."""
        try:
            ended = await self._call()
            if ended.error is not None:
                await patiently(calling.remember_challenge, self.work.plan, ended.error)
        except AzureError as error:  # no attempt was made: the credential could not be had
            ended = Ended(Outcome.FAILED, 0, error=error)
        except Exception as fault:
            log.exception("exchange %s failed inside the console", self.work.exchange_id)
            ended = Ended(Outcome.FAILED, 0, error=AzureError(type(fault).__name__, kind="console-fault"))
        await self._end(ended)

    async def _call(self) -> Ended:
        work = self.work
        target = await calling.target(work.plan)
        self.call = Call(
            await wire.foundry(), target, work.body, work.facts,
            call_id=work.call_id, first=work.record_id, on_events=self.take, on_pause=self.pause,
            forget_token=calling.forget_own_token if work.plan.called_as == CalledAs.CONSOLE else None,
        )  # fmt: skip
        self.work = replace(work, body={})  # the call lets go of what was said as soon as it is answered
        del work
        if self.stopped:
            self.call.stop(closing=self.closing)
        return await self.call.run()

    def take(self, events: list[StreamEvent]) -> None:
        """Events of one read, after their IDs are committed."""
        live = self.live
        for event in events:
            match event:
                case TextDelta():
                    live.add(event.text)
                    self.content.add("text", event.text)
                case ThinkingDelta():
                    live.thinking.append(event.text)
                    self.content.add("thinking", event.text)
                case SignatureDelta():
                    self.content.add("signature", event.signature)
                case BlockStarted():
                    self.content.begin(dict(event.block))
                    self.begin_block(thinking="thinking" in event.type)
                    self.begin_call(event)
                    self.begin_text(event)
                case InputJsonDelta():
                    self.content.add("partial_json", event.text)
                    if self.calling:
                        live.writing.add(event.text)
                case CitationDelta():
                    self.sources += 1
                    self.content.cite(event.citation)
                    live.add(footnotes.marker(self.sources))
                case Opened():
                    live.status = self.words["accepted"]
        live.ring()

    def begin_block(self, *, thinking: bool) -> None:
        self.live.status = self.words["thinking"] if thinking else ""
        if thinking:
            self.thought.begin()
        else:
            self.thought.pause()

    def begin_text(self, event: BlockStarted) -> None:
        """What a block's start holds already; empty as a rule."""
        if text := event.beginning_of("text"):
            self.live.add(text)
        if thinking := event.beginning_of("thinking"):
            self.live.thinking.append(thinking)

    def begin_call(self, event: BlockStarted) -> None:
        """A block that calls a tool, by person or by server, is shown below the text while its input is written."""
        self.calling = event.type in ("tool_use", "server_tool_use")
        if self.calling:
            self.live.writing.begin(str(event.block.get("name", "")))

    def partial(self) -> settle.Partial | None:
        """The text so far if it is due to be committed: once a second, less often when it is very long."""
        live, now = self.live, monotonic()
        reach = live.length + sum(map(len, live.thinking)) + live.writing.reach
        if reach == self.saved_reach or now - self.saved_at < reach / CHARACTERS_PER_SECOND:
            return None
        self.saved_reach, self.saved_at = reach, now
        return settle.Partial(self.work.exchange_id, live.text, "".join(live.thinking), live.writing.told())

    def told(self) -> Told | None:
        """What Azure has told besides the text, when it is more than was committed last: twice an answer or so."""
        told = self.call.attempt.told() if self.call is not None and self.call.attempt.status else None
        if told == self.noted:
            return None
        self.noted = told
        return told

    def pause(self, seconds: float, error: AzureError) -> None:
        """Say that an attempt is made again after a while."""
        self.live.status = self.words["pause"] % {"seconds": max(1, round(seconds))}
        self.live.ring()

    @property
    def record_id(self) -> UUID:
        return self.call.attempt.record_id if self.call is not None else self.work.record_id

    async def _end(self, ended: Ended) -> None:
        """Commit the end of both rows, then show it: a receipt is never seen before it is durable."""
        text = self.live.text
        self.live.close()
        end = settle.End(
            record_id=self.record_id,
            attempt=ended,
            answer=text,
            answer_html=await self.live.html(),
            thinking="".join(self.live.thinking),
            thinking_ms=self.thought.milliseconds(),
            content=self.content.whole(),
            stop_details=self.call.attempt.stop_details if self.call is not None else None,
            settings=self.settings,
        )
        html: str | None = None
        try:
            html = await patiently(settle.end, self.work.exchange_id, end, language=self.work.language)
        except Exception:
            log.exception("the end of exchange %s was not written; its lease will run out", self.work.exchange_id)
        self.live.end(html or settle.unsaved(language=self.work.language))


class Answers:
    """The answers of this process. `start` and `stop` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers: dict[UUID, Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._housekeeping: asyncio.Task[None] | None = None
        self._lock = threading.Lock()

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Use this loop: the web process calls it once, at start-up, on the loop that serves the browsers."""
        self._loop = loop
        self._housekeeping = self._spawn(self._keep_house())

    def start(self, work: Work) -> None:
        """Begin to answer; the rows are committed already."""
        self._own_loop().call_soon_threadsafe(self._begin, work)

    def stop(self, exchange_id: UUID) -> None:
        """Stop the answer if it is under way in this process."""
        self._own_loop().call_soon_threadsafe(self._stop, exchange_id)

    def find(self, exchange_id: UUID) -> Live | None:
        """The live answer, while it is under way here and a little longer; on the loop only."""
        answer = self._answers.get(exchange_id)
        return answer.live if answer else None

    @property
    def count(self) -> int:
        """Answers under way in this process; those that are only kept for late browsers are none."""
        return sum(not answer.live.finished for answer in list(self._answers.values()))

    async def close(self) -> None:
        """End every answer of this process; what had arrived is kept and says why it stops here."""
        for answer in list(self._answers.values()):
            answer.stop(closing=True)
        working = [task for task in self._tasks if task is not self._housekeeping]
        if working:
            await asyncio.wait(working, timeout=5)
        if self._housekeeping is not None:
            self._housekeeping.cancel()

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        # A command or a test without a web server still answers: on a thread of its own.
        with self._lock:
            if self._loop is None or self._loop.is_closed():
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="answers", daemon=True).start()
                loop.call_soon_threadsafe(self.open, loop)
                self._loop = loop
            return self._loop

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _begin(self, work: Work) -> None:
        exchange_id = work.exchange_id
        answer = self._answers[exchange_id] = Answer(work)
        self._spawn(answer.run()).add_done_callback(lambda _: self._forget_later(exchange_id))

    def _forget_later(self, exchange_id: UUID) -> None:
        asyncio.get_running_loop().call_later(KEPT_AFTER_END, self._answers.pop, exchange_id, None)

    def _stop(self, exchange_id: UUID) -> None:
        answer = self._answers.get(exchange_id)
        if answer is not None:
            answer.stop()

    async def _keep_house(self) -> None:
        """Once a second: commit partial text and hear Stop from other processes; every few seconds renew leases, and
        end what other processes left.
        """
        seconds, away = 0, False
        while True:
            await asyncio.sleep(CHECKPOINT)
            seconds += 1
            under_way = [answer for answer in self._answers.values() if not answer.live.finished]
            try:
                if under_way:  # after a time without database our leases may be about to run out
                    await self._check_on(under_way, renew=away or seconds % RENEW_EVERY == 0)
                if seconds % SETTLE_EVERY == 0:
                    await at_desk(settle_abandoned)
                away = False
            except DatabaseFault as fault:
                away = True
                for answer in under_way:
                    answer.saved_reach, answer.noted = -1, None
                log.error("partial answers were not saved: %s", fault)

    async def _check_on(self, under_way: list[Answer], *, renew: bool) -> None:
        partials = [partial for answer in under_way if (partial := answer.partial()) is not None]
        told = [told for answer in under_way if (told := answer.told()) is not None]
        stopped = await at_desk(settle.checkpoint, partials, told, [answer.work.exchange_id for answer in under_way])
        for exchange_id in stopped:
            self._stop(exchange_id)
        if renew:
            await at_desk(settle.renew, [(answer.work.exchange_id, answer.record_id) for answer in under_way])


def settle_abandoned() -> None:
    """End log rows and exchanges whose process died, as the beat's tasks do."""
    recorder.settle_lapsed()
    settle.settle_lapsed()


answers = Answers()
