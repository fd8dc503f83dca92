"""Sends one message to every column: all rows are committed in one transaction, then all answers start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import SystemRandom
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.azure.errors import AzureError
from console.compare.models import Column, Comparison
from console.inventory import calling
from console.inventory.calling import CallPlan
from console.inventory.models import Deployment
from console.playground import ask, rules
from console.playground.answer import Work, answers
from console.playground.ask import Message, NotSent, Settings
from console.playground.models import Conversation

# Lots for the places of a blind comparison.
lots = SystemRandom()


class Uncallable(Exception):
    """One of the deployments cannot be called at all; nothing was stored."""

    def __init__(self, deployment: Deployment, error: AzureError) -> None:
        self.deployment, self.error = deployment, error
        super().__init__(error.kind)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one column is to be: a deployment, loaded with its resource, and how it is asked."""

    deployment: Deployment
    how: Settings


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way to one conversation."""

    conversation: Conversation
    plan: CallPlan
    how: Settings
    body: dict[str, object]
    parent: UUID | None


def begin(
    user: User,
    message: str,
    submission_id: str,
    wanted: Sequence[Wanted],
    *,
    blind: bool = False,
    form: dict[str, object] | None = None,
) -> Comparison:
    """Commit a comparison with its first round and start all answers; the same press again finds the same one.

    Raises NotSent when a limit is reached, each column counted as a message of its own, and Uncallable.
    """
    order = lots.sample(wanted, len(wanted)) if blind else list(wanted)
    now = timezone.now()
    first = Message(message, None, submission_id)
    sendings = [
        prepared(user, Conversation(owner=user, listed=False, spoken_at=now), first, one.deployment, one.how)
        for one in order
    ]
    comparison = Comparison(
        owner=user, submission_id=submission_id, title=ask.title_of(message), settings=form or {}, blind=blind,
        rounds=[submission_id], spoken_at=now,
    )  # fmt: skip
    try:
        for one in wanted:
            ask.check_rules(user, one.deployment)
        with transaction.atomic():
            check_limits(user, len(wanted))
            comparison.save(force_insert=True)
            for position, sending in enumerate(sendings):
                sending.conversation.save(force_insert=True)
                Column.objects.create(comparison=comparison, position=position, conversation=sending.conversation)
            commit(user, first, sendings)
    except (IntegrityError, NotSent):
        # The same press twice, whose first may have reached a limit.
        found = Comparison.objects.of(user).filter(submission_id=submission_id).first()
        if found is None:
            raise
        return found
    return comparison


def go_on(user: User, comparison: Comparison, message: str, submission_id: str) -> list[Column]:
    """Send another message to every column that can still be asked; returns those that cannot.

    Raises NotSent and Uncallable as `begin` does, also while a column is being answered.
    """
    columns = list(comparison.columns.select_related("conversation").order_by("position"))
    sendings, left_out = [], []
    for column in columns:
        talk = column.conversation
        deployment = None if talk.listed else ask.find_deployment(talk.deployment_id)
        if deployment is None or not rules.may_use(user, deployment.pk):
            left_out.append(column)
            continue
        sendings.append(prepared(user, talk, Message(message, talk.tip, submission_id), deployment, how_of(talk)))
    if not sendings:
        raise NotSent("no-column-left", 409)
    try:
        ask.check_spending(user)
        with transaction.atomic():
            check_limits(user, len(sendings))
            # Read again: a round that another window has just begun must not be lost.
            held = Comparison.objects.select_for_update().get(pk=comparison.pk)
            held.rounds, held.spoken_at = [*held.rounds, submission_id], timezone.now()
            held.save(update_fields=["rounds", "spoken_at"])
            commit(user, Message(message, None, submission_id), sendings)
    except (IntegrityError, NotSent) as refusal:
        if submission_id in Comparison.objects.get(pk=comparison.pk).rounds:
            return []
        if isinstance(refusal, NotSent):
            raise
        raise NotSent("still-answering", 409) from None
    return left_out


def prepared(
    user: User, conversation: Conversation, message: Message, deployment: Deployment, how: Settings
) -> Sending:
    try:
        plan = calling.plan(deployment, user)
    except AzureError as error:
        raise Uncallable(deployment, error) from error
    return Sending(conversation, plan, how, ask.request_body(user, conversation, message, how), message.parent)


def commit(user: User, message: Message, sendings: Sequence[Sending]) -> None:
    """The rows of one round, inside a transaction; once it is committed all answers start in the same moment."""
    works: list[Work] = []
    for one in sendings:
        said = replace(message, parent=one.parent)
        _exchange, work = ask.commit(user, one.conversation, said, one.how, one.plan, one.body)
        works.append(work)
    transaction.on_commit(partial(start, works))


def start(works: Sequence[Work]) -> None:
    for work in works:
        answers.start(work)


def check_limits(user: User, columns: int) -> None:
    """As for one message, with the figures of several in the refusal."""
    try:
        ask.check_limits(user, columns)
    except NotSent as refusal:
        if refusal.kind == "console-full":
            raise
        words = _(
            "This asks %(columns)d deployments at once, and each counts. You may have %(streams)d answers running "
            "and send %(messages)d messages a minute."
        )
        facts = {"columns": columns, "streams": rules.streams(), "messages": rules.messages_per_minute()}
        ever = columns <= rules.messages_per_minute()
        raise NotSent(refusal.kind, refusal.status, words % facts, wait=refusal.wait if ever else None) from None


def how_of(conversation: Conversation) -> Settings:
    """How a column was asked before is how it is asked again."""
    return Settings(
        system_prompt=conversation.system_prompt,
        max_tokens=conversation.max_tokens,
        thinking=conversation.thinking,
        effort=conversation.effort,
    )
