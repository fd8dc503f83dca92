"""What a message would cost, said before it is sent: counted by Azure, never guessed. Where counting fails, silence.

Counting is free, but it must disturb nothing: one count a person at a time, none twice, none where it fails.
"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from time import monotonic
from uuid import UUID

import orjson
from django.conf import settings
from django.db import Error as DatabaseFault
from django.template.loader import render_to_string
from django.utils import timezone, translation

from console.accounts.models import User
from console.azure.errors import AzureError
from console.azure.http import Clocks
from console.azure.models import known
from console.inventory import calling
from console.inventory.models import Deployment
from console.playground import ask, caching
from console.playground.models import LIVE, Conversation, Exchange, State
from console.prices import book
from console.prices.book import Tokens
from console.requestlog import calls
from console.requestlog.calls import ProbeFailed
from console.requestlog.models import RequestRecord, Source
from console.requestlog.recorder import Facts
from console.web import logs, wire
from console.web.desk import at_desk

log = logging.getLogger(__name__)

# Whoever types on does not wait for long.
CLOCKS = Clocks(connect=3.0, first_byte=8.0, idle=8.0, total=8.0)
# Bytes of attachments that are sent up only to be counted; with more the line stays empty.
MOST_ATTACHED = 6_000_000
# Counts under way in one process, and people whose last count it remembers.
MOST_AT_ONCE, MOST_KEPT = 50, 2000
# Seconds without a count of a deployment: where nothing is counted at all, and after any other failure.
NOT_COUNTED_HERE, AFTER_A_FAILURE = 3600.0, 60.0
NO_SUCH_CALL = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a count needs, read by the view. `cached` tokens of it went in before and are in the cache."""

    plan: calling.CallPlan
    facts: Facts
    body: dict[str, object] = field(repr=False)
    cached: int
    language: str
    correlation_id: str

    @property
    def person(self) -> str:
        return self.facts.person_key

    @property
    def fingerprint(self) -> bytes:
        """The same for the same question."""
        return hashlib.sha256(orjson.dumps([str(self.plan.deployment_id), self.body])).digest()


def question(
    user: User, conversation: Conversation, message: ask.Message, *, deployment: Deployment, how: ask.Settings
) -> Question | None:
    """What to ask about this message as it would be sent now; None when it should not be asked."""
    if not settings.TOKEN_ESTIMATE or is_busy(user, conversation) or counts.are_quiet(deployment.pk):
        return None
    try:
        plan = calling.plan(deployment, user)
    except AzureError:  # it cannot be called at all, which Send says
        return None
    try:
        ask.check_abilities(deployment, how)
        body = ask.request_body(user, conversation, message, how, most=MOST_ATTACHED)
    except ask.NotSent:
        return None
    facts = Facts(
        source=Source.OTHER, person=user.label, person_key=user.key, conversation_id=conversation.pk.hex,
        api_version=settings.ANTHROPIC_VERSION, **plan.facts(),
    )  # fmt: skip
    cached = went_in_before(conversation, message.parent, plan, body)
    return Question(plan, facts, body, cached, translation.get_language() or settings.LANGUAGE_CODE, logs.current.get())


def is_busy(user: User, conversation: Conversation) -> bool:
    """Whether this person has as many answers under way as they may, or one in this very conversation."""
    live = Exchange.objects.filter(conversation__owner=user, state__in=LIVE)
    answering = live.values_list("conversation_id", flat=True)[: settings.STREAMS_PER_PERSON]
    return len(answering) >= settings.STREAMS_PER_PERSON or conversation.pk in answering


def went_in_before(
    conversation: Conversation, parent: UUID | None, plan: calling.CallPlan, body: dict[str, object]
) -> int:
    """Tokens that went into the answer before, which the same deployment reads from its cache now."""
    if parent is None:
        return 0
    answered = conversation.exchanges.filter(pk=parent, state=State.SUCCEEDED, deployment_id=str(plan.deployment_id))
    last = answered.only("conversation", "record_id", "settings", "finished_at", "created_at").first()
    if last is None or last.record_id is None or not caching.could_read(last, body):
        return 0
    record = RequestRecord.objects.filter(pk=last.record_id).first()
    return (record.all_input_tokens or 0) if record else 0


class Counts:
    """The counts of this process: what is under way, what was counted last, where counting fails."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._last: OrderedDict[str, tuple[bytes, int]] = OrderedDict()
        self._quiet: dict[UUID, float] = {}

    def are_quiet(self, deployment_id: UUID) -> bool:
        """Whether this deployment is left alone for a while."""
        return self._quiet.get(deployment_id, 0.0) > monotonic()

    async def tokens(self, asked: Question) -> int | None:
        """How many tokens would go in; None when it is not known now. On the loop only."""
        fingerprint, last = asked.fingerprint, self._last.get(asked.person)
        if last is not None and last[0] == fingerprint:
            return last[1]
        if asked.person in self._under_way or len(self._under_way) >= MOST_AT_ONCE:
            return None
        self._under_way.add(asked.person)
        try:
            counted = await self._count(asked)
        finally:
            self._under_way.discard(asked.person)
        if counted is not None:
            self._remember(asked.person, fingerprint, counted)
        return counted

    async def _count(self, asked: Question) -> int | None:
        try:
            target = await calling.target(asked.plan)
            counted = await calls.count(await wire.foundry(), target, asked.body, asked.facts, clocks=CLOCKS)
        except ProbeFailed as failed:
            self._be_quiet(asked.plan.deployment_id, failed.error)
            return None
        except DatabaseFault as fault:
            log.warning("tokens were not counted: the database is away (%s)", type(fault).__name__)
            return None
        return counted.tokens

    def _be_quiet(self, deployment_id: UUID, error: AzureError) -> None:
        pause = NOT_COUNTED_HERE if error.status in NO_SUCH_CALL else max(AFTER_A_FAILURE, error.retry_after or 0.0)
        now = monotonic()
        self._quiet = {one: until for one, until in self._quiet.items() if until > now}
        self._quiet[deployment_id] = now + pause

    def _remember(self, person: str, fingerprint: bytes, tokens: int) -> None:
        self._last[person] = fingerprint, tokens
        self._last.move_to_end(person)
        if len(self._last) > MOST_KEPT:
            self._last.popitem(last=False)


counts = Counts()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the line says. Money is US dollars and won for what goes in; None is not known and not said."""

    tokens: int
    share: str  # percent of the context window; "" where the model is not known
    dollars: Decimal | None
    won: Decimal | None
    dollars_cached: Decimal | None

    @property
    def saves(self) -> bool:
        """Whether the cache makes this message cheaper; the first one that is kept in it costs more."""
        return self.dollars is not None and self.dollars_cached is not None and self.dollars_cached < self.dollars


def estimate(asked: Question, tokens: int, at: datetime) -> Estimate:
    """What `tokens` are of the model's context window, and what they cost today."""
    limits = known(asked.plan.model)
    dollars = book.cost_of(asked.plan.model, asked.plan.hosting, at, Tokens(input=tokens))
    return Estimate(
        tokens=tokens,
        share=percent(tokens, limits.context) if limits else "",
        dollars=dollars,
        won=None if dollars is None else book.in_won(dollars, at),
        dollars_cached=with_cache(asked, tokens, at),
    )


def percent(part: int, whole: int) -> str:
    share = part / whole * 100
    return "<0.1" if share < 0.1 else f"{share:.1f}"


def with_cache(asked: Question, tokens: int, at: datetime) -> Decimal | None:
    """The price with what went in before read from the cache and the rest kept in it; None when nothing is kept."""
    if "cache_control" not in asked.body or tokens < caching.LEAST_CACHED:
        return None
    read = asked.cached if caching.LEAST_CACHED <= asked.cached < tokens else 0
    split = Tokens(cache_read=read, cache_write=tokens - read)
    return book.cost_of(asked.plan.model, asked.plan.hosting, at, split)


async def line(asked: Question) -> AsyncIterator[str]:
    """The line as HTML once it is counted; nothing where it is not. Runs on the loop: no page's thread waits for it."""
    logs.current.set(asked.correlation_id)
    tokens = await counts.tokens(asked)
    if tokens is not None:
        yield await at_desk(drawn, asked, tokens)


def drawn(asked: Question, tokens: int) -> str:
    with translation.override(asked.language):
        context = {"estimate": estimate(asked, tokens, timezone.now())}
        return render_to_string("playground/_estimate_line.html", context)
