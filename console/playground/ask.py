"""Takes a message: checks the limits, commits the exchange and its first log row, and only then starts the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.azure.models import accepts
from console.inventory import calling
from console.inventory.models import Deployment
from console.playground import attachments, caching, lately, rules, spending, toolcalls, tooling
from console.playground.answer import Work, answers
from console.playground.attachments import File
from console.playground.models import LIVE, Conversation, Exchange, State
from console.playground.path import Tree
from console.playground.settle import lease_from_now
from console.requestlog import recorder
from console.requestlog.models import Source
from console.requestlog.recorder import Facts
from console.web.ids import new_id

# Turns sent along with a message, newest first; the API's own context limit speaks long before this.
MOST_TURNS = 500
MINUTE = timedelta(minutes=1)
# The least the API accepts as a thinking budget (azure-facts 2.2).
LEAST_BUDGET = 1024
# Deployments that are named where several are called the same.
MOST_NAMED = 5


# What a message changes in its conversation.
SPOKEN = (
    "title", "tip", "deployment_id", "system_prompt", "max_tokens", "thinking", "effort", "tools",
    "tool_choice", "answer_schema", "server_tools", "spoken_at",
)  # fmt: skip


class NotSent(Exception):
    """The message was not sent and nothing was stored; `kind` names the card that says why, `words` its figures.

    `wait` is after how many seconds the same would be sent, where that is known.
    """

    def __init__(self, kind: str, status: int, words: str = "", *, wait: int | None = None) -> None:
        self.kind, self.status, self.words, self.wait = kind, status, words, wait
        super().__init__(kind)

    def told_in(self, response: HttpResponse) -> HttpResponse:
        """The answer that says so, with Retry-After where it is known when the same would be sent."""
        if self.wait is not None:
            response["Retry-After"] = str(self.wait)
        return response


@dataclass(frozen=True, slots=True)
class Settings:
    """How a message is to be answered; "" means: as the model does by itself. For the last four see tooling.py."""

    system_prompt: str = ""
    max_tokens: int = 4096
    thinking: str = ""
    effort: str = ""
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_choice: str = ""
    answer_schema: dict[str, Any] | None = None
    server_tools: list[str] = field(default_factory=list)


def find_deployment(text: str) -> Deployment | None:
    """The live Claude deployment a form's field names: its id, `resource/name`, or a name only one has."""
    found = meant(text, most=2)
    return found[0] if len(found) == 1 else None


def meant(text: str, *, most: int) -> list[Deployment]:
    """The live Claude deployments that `text` may name, by resource."""
    try:
        # As every message asks it: the conditions of `live` and `claude` cost more than the row does.
        found = Deployment.objects.select_related("resource").filter(pk=UUID(text))
        return [one for one in found if one.is_live and one.is_claude]
    except ValueError:
        live = Deployment.objects.live().claude().select_related("resource")
        resource, _slash, name = text.rpartition("/")
        named = live.filter(name__iexact=name).order_by("resource__name", "name", "pk")
        return list((named.filter(resource__name__iexact=resource) if resource else named)[:most])


def not_found(text: str) -> str:
    """Why `find_deployment` found none, in words; where several are meant, with what each can be written as."""
    found = meant(text, most=MOST_NAMED + 1)
    if len(found) < 2:
        return _("This deployment is not in the inventory any more. Choose another one from the list.")
    names = [f"{one.resource.name}/{one.name}" for one in found]
    shown = [name if names.count(name) == 1 else str(one.pk) for name, one in zip(names, found, strict=True)]
    more = " …" if len(found) > MOST_NAMED else ""
    words = _("Several deployments are called “%(name)s”. Write which one you mean: %(names)s")
    return words % {"name": text[:100], "names": ", ".join(shown[:MOST_NAMED]) + more}


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent: text and attachments, what was said before, and the browser's id for this press of Send.

    `results` answer the tool calls before it (toolcalls.results); `continues`: no message, the answer before goes on.
    `was_draft`: it stood in the composer, so that what is kept of that is no draft any more.
    """

    text: str
    parent: UUID | None
    submission_id: str
    files: tuple[File, ...] = ()
    results: tuple[dict[str, Any], ...] = ()
    continues: bool = False
    was_draft: bool = False


def files(conversation: Conversation, ids: Sequence[UUID]) -> tuple[File, ...]:
    """What a form's ids of attachments mean. Raises NotSent when one of them is not there any more."""
    found = attachments.chosen(conversation, ids)
    if found is None:
        raise NotSent("attachment-gone", 409)
    return tuple(found)


def send(
    user: User, conversation: Conversation, message: Message, *, deployment: Deployment, how: Settings
) -> Exchange:
    """Commit the exchange and start its answer; the same submission sent again returns the first one's exchange.

    Raises NotSent when a limit is reached, AzureError when the deployment cannot be called at all.
    """
    plan = calling.plan(deployment, user)
    check_abilities(deployment, how)
    try:
        check_rules(user, deployment)
        # Before a long conversation is read for nothing; what is committed meanwhile is seen below.
        check_pace(user, conversation=conversation)
        body = request_body(user, conversation, message, how)
        with transaction.atomic():
            check_limits(user)
            exchange, work = commit(user, conversation, message, how, plan, body)
            transaction.on_commit(partial(answers.start, work))
    except (IntegrityError, NotSent) as refusal:
        # The same press of Send twice, whose first may have reached a limit; or a message while one is answered.
        if found := conversation.exchanges.filter(submission_id=message.submission_id).first():
            return found
        if isinstance(refusal, NotSent):
            raise
        raise NotSent("still-answering", 409) from None
    return exchange


def check_rules(user: User, deployment: Deployment) -> None:
    """Raise NotSent when the administrator's guard rails are in the way."""
    if not rules.may_use(user, deployment.pk):
        raise NotSent("deployment-closed", 403)
    check_spending(user)


def check_spending(user: User) -> None:
    """Raise NotSent when this person has used the tokens of the day or the dollars of the month."""
    if found := spending.reached(user):
        raise NotSent(found.kind, 429, found.words)


def check_abilities(deployment: Deployment, how: Settings) -> None:
    """Raise NotSent where it is known that this deployment cannot do what the settings ask for."""
    if words := tooling.objection(deployment, asdict(how)):
        raise NotSent("not-possible-there", 409, words)


def check_limits(user: User, more: int = 1) -> None:
    """Raise NotSent when `more` messages are more than this person or this process may have; inside a transaction."""
    if answers.count + more > settings.STREAMS_PER_PROCESS:
        raise NotSent("console-full", 503)
    if connection.features.has_select_for_update:  # SQLite has one writer anyway
        User.objects.select_for_update().only("pk").get(pk=user.pk)  # one person's messages are counted one at a time
    check_pace(user, more)


def check_pace(user: User, more: int = 1, conversation: Conversation | None = None) -> None:
    """Raise NotSent while a message of `conversation` is answered, and when `more` messages are more than this person
    may have, by what is committed now.
    """
    minute = timezone.now() - MINUTE
    streams, messages = rules.streams(), rules.messages_per_minute()
    sent = lately.sent_by(user, minute, streams + messages)
    if conversation and any(one.is_live and one.conversation_id == conversation.pk for one in sent):
        raise NotSent("still-answering", 409)
    if sum(one.is_live for one in sent) + more > streams:
        raise NotSent("too-many-streams", 429)
    moments = sorted(one.at for one in sent if one.at > minute)
    if len(moments) + more > messages:
        raise NotSent("too-many-messages", 429, wait=until_some_are_old(moments, len(moments) + more - messages))


def until_some_are_old(moments: list[datetime], how_many: int) -> int:
    """Seconds, at least one, until the oldest `how_many` of these moments are a minute ago."""
    last = moments[min(how_many, len(moments)) - 1] if moments else timezone.now()
    return max(1, ceil((last + MINUTE - timezone.now()).total_seconds()))


def commit(
    user: User,
    conversation: Conversation,
    message: Message,
    how: Settings,
    plan: calling.CallPlan,
    body: dict[str, object],
) -> tuple[Exchange, Work]:
    """The rows that must stand before Azure is called: exchange, log row, and the conversation's new state."""
    exchange_id, call_id = new_id(), uuid4()
    facts = Facts(
        source=Source.PLAYGROUND, person=user.label, person_key=user.key, subject_id=exchange_id.hex,
        conversation_id=conversation.pk.hex, prompt_print=recorder.prompt_print(user.key, body),
        api_version=settings.ANTHROPIC_VERSION, **plan.facts(),
    )  # fmt: skip
    record_id = recorder.open_attempt(facts, call_id=call_id)
    exchange = Exchange.objects.create(
        id=exchange_id, conversation=conversation, parent=message.parent, submission_id=message.submission_id,
        message=message.text, attachments=[file.as_json() for file in message.files], state=State.QUEUED,
        results=list(message.results), continues=message.continues,
        deployment_id=str(plan.deployment_id), deployment=plan.deployment, resource=plan.resource,
        settings={name: value for name, value in body.items() if name not in ("messages", "metadata")},
        call_id=call_id, record_id=record_id, owner_process=recorder.OWNER, lease_until=lease_from_now(),
    )  # fmt: skip
    if message.files and not attachments.mark_sent(conversation, message.files):
        raise NotSent("attachment-gone", 409)
    conversation.title = conversation.title or title_of("\n".join([message.text, *(f.name for f in message.files)]))
    conversation.tip = exchange_id
    conversation.deployment_id = str(plan.deployment_id)
    conversation.system_prompt, conversation.max_tokens = how.system_prompt, how.max_tokens
    conversation.thinking, conversation.effort = how.thinking, how.effort
    conversation.tools, conversation.tool_choice = how.tools, how.tool_choice
    conversation.answer_schema, conversation.server_tools = how.answer_schema, how.server_tools
    conversation.spoken_at = exchange.created_at
    if message.was_draft:
        conversation.draft = ""
    conversation.save(update_fields=[*SPOKEN, "draft"] if message.was_draft else SPOKEN)
    language = get_language() or settings.LANGUAGE_CODE
    return exchange, Work(exchange_id, call_id, record_id, plan, body, facts, language)


def title_of(message: str) -> str:
    """A conversation's first title: the first line of its first message."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    return line if len(line) <= 80 else f"{line[:79].rstrip()}…"


def request_body(
    user: User, conversation: Conversation, message: Message, how: Settings, *, most: int = attachments.MOST_TOGETHER
) -> dict[str, object]:
    """The Messages API body without model and stream (azure-facts 2.2).

    Raises NotSent when the attachments of the conversation are more than `most` bytes together.
    """
    data_of = attachments.Reader(conversation, most)
    try:
        messages = so_far(conversation, message, data_of)
    except attachments.TooMuch:
        raise NotSent("attachments-too-large", 413) from None
    body: dict[str, object] = {
        "max_tokens": how.max_tokens,
        "messages": messages,
        "metadata": {"user_id": opaque(user)},
    }
    if how.system_prompt.strip():
        body["system"] = how.system_prompt
    if how.thinking == "enabled":
        budget = max(LEAST_BUDGET, how.max_tokens // 2)
        body["thinking"] = {"type": "enabled", "budget_tokens": min(budget, how.max_tokens - 1)}
    elif how.thinking == "adaptive":
        body["thinking"] = {"type": "adaptive", "display": "summarized"}
    elif how.thinking == "disabled":
        body["thinking"] = {"type": "disabled"}
    output: dict[str, object] = {"effort": how.effort} if how.effort else {}
    if how.answer_schema:
        output["format"] = {"type": "json_schema", "schema": how.answer_schema}
    if output:
        body["output_config"] = output
    body |= tooling.body_of(asdict(how))
    known = conversation.exchanges.only("conversation", "record_id", "finished_at", "created_at")
    parent = known.filter(pk=message.parent).first() if message.parent else None
    if caching.pays(conversation, parent, [attachments.bare(messages), body.get("system"), how.tools], message.files):
        body["cache_control"] = caching.AUTOMATIC
    return body


def so_far(
    conversation: Conversation, message: Message, data_of: Callable[[File], str | None]
) -> list[dict[str, object]]:
    """The messages of a request: what was said before, and this one. `data_of` gives an attachment as base64."""
    now = attachments.content(message.text, message.files, data_of)
    before = earlier_turns(conversation, message.parent, data_of, continues=message.continues)
    if message.continues:
        return before
    return [*before, {"role": "user", "content": toolcalls.replied(before, message.results, now)}]


# What is read of a turn that was said before.
TURN = ("pk", "conversation", "message", "attachments", "results", "continues", "answer", "state", "stop_reason")


def earlier_turns(
    conversation: Conversation,
    last: UUID | None,
    data_of: Callable[[File], str | None],
    *,
    continues: bool = False,
) -> list[dict[str, object]]:
    """What was said up to the exchange `last`, oldest first. A message that got no answer, or a refused one, is left
    out, and so are the other versions. `data_of` gives an attachment as base64. `continues`: the last answer goes on.
    """
    if last is None:
        return []
    way = Tree(conversation).path(last)[-MOST_TURNS:]
    called = Q(stop_reason__in=("tool_use", "pause_turn"), state=State.SUCCEEDED)
    said = conversation.exchanges.filter(pk__in=way).filter(~Q(answer="") | called)
    rows = said.exclude(state__in=[State.REFUSED, *LIVE]).order_by("id")
    whole = dict(rows.filter(called).values_list("pk", "content"))
    turns = Turns(data_of)
    for row in rows.only(*TURN):
        turns.add(row, whole.get(row.pk))
    return turns.ending(continues=continues)


class Turns:
    """Messages for the API out of exchanges, in order; attachments as `data_of` gives them."""

    def __init__(self, data_of: Callable[[File], str | None]) -> None:
        self.data_of = data_of
        self.messages: list[dict[str, object]] = []
        # The blocks of a turn that paused: they go back as they are if it goes on, else its text does.
        self.paused: toolcalls.Blocks | None = None

    def add(self, row: Exchange, whole: toolcalls.Blocks | None) -> None:
        """One exchange; `whole` are its answer's blocks where they count, as after tool calls."""
        answer: str | toolcalls.Blocks = row.answer.rstrip() or "…"
        if whole is not None and row.stop_reason == "tool_use":
            answer = toolcalls.sent_back(whole)
        if row.continues and self.messages:
            self.ending(continues=True)
            self.messages[-1]["content"] = together(self.messages[-1]["content"], answer)
        elif not row.continues:
            said = attachments.content(row.message, [File(**one) for one in row.attachments], self.data_of)
            content = toolcalls.replied(self.messages, row.results, said)
            if not content:  # results whose calls are not sent along any more
                return
            self.messages += [{"role": "user", "content": content}, {"role": "assistant", "content": answer}]
        self.paused = toolcalls.sent_back(whole) if whole is not None and row.stop_reason == "pause_turn" else None

    def ending(self, *, continues: bool) -> list[dict[str, object]]:
        """The messages; the last answer with all of its blocks when it `continues`."""
        if continues and self.paused is not None:
            self.messages[-1]["content"] = self.paused
        return self.messages


def together(before: object, after: str | toolcalls.Blocks) -> str | toolcalls.Blocks:
    """One answer of two parts, the second of which went on where the first had ended."""
    if isinstance(before, str) and isinstance(after, str):
        return before + after
    return [*as_blocks(before), *as_blocks(after)]


def as_blocks(content: object) -> toolcalls.Blocks:
    return content if isinstance(content, list) else [{"type": "text", "text": str(content)}]


def goes_on_by_itself(exchange: Exchange) -> bool:
    """Whether an answer can be handed back as a beginning; else Claude has to be asked to go on (azure-facts 2.3).

    A turn that paused always can. A beginning is refused by models since 4.6, with a thinking budget and with a schema.
    """
    if exchange.stop_reason == "pause_turn":
        return True
    deployment = Deployment.objects.filter(pk=exchange.deployment_id).first() if exchange.deployment_id else None
    conversation = exchange.conversation
    refused = conversation.thinking == "enabled" or conversation.answer_schema
    return deployment is not None and accepts(deployment.model).prefill and not refused


def opaque(user: User) -> str:
    """A stable id of the person that names nobody (the API asks for no e-mail addresses here)."""
    return hashlib.sha256(f"{settings.ENTRA_CLIENT_ID}/{user.key}".encode()).hexdigest()[:32]
