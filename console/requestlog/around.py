"""What stands around one attempt: its call's other attempts, its conversation's calls, the same message elsewhere, and
how the calls beside it on the same deployment ended. Every query reads a few hundred rows at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict
from django.urls import reverse

from console.accounts.models import User
from console.requestlog.models import Outcome, RequestRecord, RequestRecords, State
from console.requestlog.words import Badge, outcome_badge
from console.web.ids import first_id_at

# Neighbours: calls that began within so much time, and how many of them are read on each side.
NEAR = timedelta(minutes=5)
MOST_NEIGHBOURS = 250
# A rate limit counts the minute before.
MINUTE = timedelta(minutes=1)
MOST_IN_MINUTE = 1_000
MOST_PLACES = 8
MOST_LIKE_IT = 12
MOST_ATTEMPTS = 20
LIMITS = ("rate-limited", "quota")

Linked = tuple[RequestRecord, Badge]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """How other calls to the same deployment ended within five minutes; `more` when there were too many to read."""

    same: int
    other_failures: int
    fine: int
    more: bool
    address: str  # the list of them

    @property
    def total(self) -> int:
        return self.same + self.other_failures + self.fine


@dataclass(frozen=True, slots=True)
class Share:
    """What one deployment used in the minute before a rate limit."""

    deployment: str
    resource: str
    calls: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Pool:
    """Who used the quota that was full: calls of the same subscription and model in the minute before."""

    model: str
    shares: Sequence[Share]
    people: int
    calls: int
    tokens: int
    more: bool


@dataclass(frozen=True, slots=True)
class Around:
    """Everything around one attempt that its reader may see."""

    attempts: Sequence[Linked]
    before: Linked | None
    after: Linked | None
    like_it: Sequence[Linked]
    neighbours: Neighbours | None
    pool: Pool | None


def around(record: RequestRecord, person: User) -> Around:
    visible = RequestRecord.objects.seen_by(person)
    attempts = visible.filter(call_id=record.call_id).order_by("attempt", "pk")[:MOST_ATTEMPTS]
    before, after = in_conversation(record, visible)
    return Around(
        attempts=linked(attempts),
        before=before,
        after=after,
        like_it=linked(same_message(record, visible)),
        neighbours=neighbours(record, visible) if record.kind else None,
        pool=pool(record) if record.kind in LIMITS and "support" in person.acts else None,
    )


def linked(records: Iterable[RequestRecord]) -> list[Linked]:
    return [(one, outcome_badge(one.outcome)) for one in records]


def in_conversation(record: RequestRecord, visible: RequestRecords) -> tuple[Linked | None, Linked | None]:
    """The calls of the same conversation before and after this one: what it continued, and what continued it."""
    if not record.conversation_id:
        return None, None
    others = visible.filter(conversation_id=record.conversation_id, operation="messages").exclude(
        call_id=record.call_id
    )
    before = others.filter(pk__lt=record.pk).order_by("-id")[:1]
    after = others.filter(pk__gt=record.pk).order_by("id")[:1]
    return next(iter(linked(before)), None), next(iter(linked(after)), None)


def same_message(record: RequestRecord, visible: RequestRecords) -> RequestRecords | Sequence[RequestRecord]:
    """The same person's same message in other calls: on other deployments, or asked again."""
    if not record.prompt_print:
        return []
    same = visible.filter(prompt_print=record.prompt_print).exclude(call_id=record.call_id)
    return same.order_by("-id")[:MOST_LIKE_IT]


def neighbours(record: RequestRecord, visible: RequestRecords) -> Neighbours:
    first, last = first_id_at(record.started_at - NEAR), first_id_at(record.started_at + NEAR)
    beside = visible.filter(deployment=record.deployment).values_list("resource", "call_id", "outcome", "kind")
    before = list(beside.filter(pk__gte=first, pk__lt=record.pk).order_by("-id")[:MOST_NEIGHBOURS])
    after = list(beside.filter(pk__gt=record.pk, pk__lt=last).order_by("id")[:MOST_NEIGHBOURS])
    ended: Counter[str] = Counter()
    for resource, call_id, outcome, kind in before + after:
        if resource == record.resource and call_id != record.call_id:
            ended[ending(record, outcome, kind)] += 1
    more = MOST_NEIGHBOURS in (len(before), len(after))
    return Neighbours(ended["same"], ended["other"], ended["fine"], more, near_address(record))


def ending(record: RequestRecord, outcome: str, kind: str) -> str:
    if kind == record.kind:
        return "same"
    return "fine" if outcome in ("", Outcome.SUCCEEDED, Outcome.CANCELLED, Outcome.REFUSED) else "other"


def near_address(record: RequestRecord) -> str:
    """The log, narrowed to the same error on the same deployment in these ten minutes."""
    query = QueryDict(mutable=True)
    query.update(
        {
            "deployment": record.deployment,
            "resource": record.resource,
            "error": record.kind,
            "since": f"{record.started_at - NEAR:%Y-%m-%dT%H:%M:%SZ}",
            "until": f"{record.started_at + NEAR:%Y-%m-%dT%H:%M:%SZ}",
        }
    )
    return f"{reverse('requestlog:list')}?{query.urlencode()}"


def pool(record: RequestRecord) -> Pool:
    """One pool is a subscription and a model, whatever its deployments are called (azure-facts 6.3)."""
    minute = RequestRecord.objects.filter(pk__gte=first_id_at(record.started_at - MINUTE), pk__lt=record.pk)
    columns = ("subscription_id", "model", "deployment", "resource", "person_key", "state", "input_tokens",
               "cache_creation_input_tokens", "output_tokens")  # fmt: skip
    rows = list(minute.order_by("-id").values_list(*columns)[:MOST_IN_MINUTE])
    calls: Counter[tuple[str, str]] = Counter()
    tokens: Counter[tuple[str, str]] = Counter()
    people = set()
    for subscription, model, deployment, resource, person_key, state, *used in rows:
        if (subscription, model) == (record.subscription_id, record.model):
            calls[deployment, resource] += 1
            tokens[deployment, resource] += sum(part or 0 for part in used) if state == State.OVER else 0
            people.add(person_key)
    shares = [Share(*place, many, tokens[place]) for place, many in calls.most_common(MOST_PLACES)]
    whole = calls.total(), tokens.total()
    return Pool(record.model, shares, len(people - {""}), *whole, len(rows) == MOST_IN_MINUTE)
