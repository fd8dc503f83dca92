"""A month of requests as ten people make them: in sittings, at office hours of where they live, seldom at weekends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import exp
from random import Random
from uuid import UUID

from console.accounts.models import User
from console.azure.errors import AzureError, Unreachable
from console.config.sample_world import faults, rows
from console.config.sample_world.people import HABITS, Habit
from console.config.sample_world.troubles import Trouble
from console.inventory.models import Deployment
from console.requestlog.calls import outcome_of
from console.requestlog.models import Outcome, RequestRecord, Source, State

DAYS = 30
# How often each local hour from 0 to 23 begins a sitting.
HOURS = (0, 0, 0, 0, 0, 0, 0, 1, 5, 10, 12, 9, 4, 8, 11, 11, 9, 7, 4, 2, 1, 1, 0, 0)
AT_WEEKENDS = 0.06  # of a working day
# Milliseconds to the first token and tokens a second, by model family.
PACE = {"opus": (1250, 48), "sonnet": (720, 76), "haiku": (360, 132)}
# What happens to a request on a good day, in percent; the rest succeeds.
MISHAPS = {"stopped": 1.7, "throttled": 1.3, "overloaded": 0.6, "declined": 0.4, "cut off": 0.3, "no answer": 0.1}

Targets = dict[tuple[str, str], Deployment]


def create(
    now: datetime, people: dict[str, User], deployments: Sequence[Deployment], troubles: Sequence[Trouble],
    chance: Random,
) -> list[RequestRecord]:  # fmt: skip
    """The playground's rows of the last 30 days, not yet inserted."""
    targets = {(one.resource.name, one.name): one for one in deployments}
    made: list[RequestRecord] = []
    for habit in HABITS:
        for at, target in moments(now, habit, targets, chance):
            trouble = next((one for one in troubles if one.covers(target.resource.name, target.name, at)), None)
            made += call(people[habit.name], target, at, trouble, chance)
    return made


def moments(now: datetime, habit: Habit, targets: Targets, chance: Random) -> Iterator[tuple[datetime, Deployment]]:
    """When somebody sends a message, and where to; nothing in the last minutes, so that nothing is still running."""
    midnight = (now + timedelta(hours=habit.clock)).replace(hour=0, minute=0, second=0, microsecond=0)
    weights = [weight for *_, weight in habit.uses]
    for back in range(DAYS, -1, -1):
        day = midnight - timedelta(days=back)
        wanted = chance.gauss(habit.a_day, habit.a_day / 5) * (AT_WEEKENDS if day.weekday() > 4 else 1)
        while wanted > 0:
            resource, name, _ = chance.choices(habit.uses, weights)[0]
            hour = chance.choices(range(24), HOURS)[0]
            at = day + timedelta(hours=hour - habit.clock, seconds=chance.uniform(0, 3600))
            for _ in range(chance.randint(2, 8)):
                at += timedelta(seconds=20 + chance.expovariate(1 / 100))
                wanted -= 1
                if now - timedelta(days=DAYS) < at < now - timedelta(minutes=4):
                    yield at, targets[resource, name]


def call(user: User, target: Deployment, at: datetime, trouble: Trouble | None, chance: Random) -> list[RequestRecord]:
    """One message's attempts: mostly one that succeeds."""
    call_id = rows.uuid(chance)
    if trouble is not None:
        error = faults.troubled(trouble.kind, chance)
        return [failed(attempt(user, target, at, call_id, chance), error, quick(chance))]
    names = [*MISHAPS, "well"]
    mishap = chance.choices(names, [*MISHAPS.values(), 100 - sum(MISHAPS.values())])[0]
    record = attempt(user, target, at, call_id, chance)
    match mishap:
        case "throttled":
            again = attempt(user, target, at + timedelta(seconds=7.4), call_id, chance, number=2)
            return [failed(record, faults.throttled(chance), quick(chance)), answered(again, chance)]
        case "overloaded":
            return [failed(record, faults.overloaded(chance), quick(chance))]
        case "no answer":
            error = Unreachable("The connection ended before an answer came.", kind="reset", phase="send")
            return [failed(record, error, quick(chance))]
    return [cut_short(answered(record, chance), mishap, chance)]


def attempt(
    user: User | None, target: Deployment, at: datetime, call_id: UUID, chance: Random, *, number: int = 1
) -> RequestRecord:
    """A row as it stands before the call."""
    resource = target.resource
    return RequestRecord(
        id=rows.id_at(at, chance), call_id=call_id, attempt=number, source=Source.PLAYGROUND if user else Source.HEALTH,
        operation="messages" if user else "count_tokens", person=user.label if user else "",
        person_key=user.key if user else "", correlation_id=rows.uuid(chance).hex, resource=resource.name,
        deployment=target.name, subscription_id=resource.subscription_id, region=resource.location,
        hosting=target.hosting, model=target.model, called_as=resource.called_as, api_version="2026-10-21",
        state=State.OVER, started_at=at,
    )  # fmt: skip


def answered(record: RequestRecord, chance: Random, *, tokens: tuple[int, int] | None = None) -> RequestRecord:
    """The row after a whole answer; `tokens` in and out where the texts are known."""
    first, a_second = next((pace for family, pace in PACE.items() if family in record.model), PACE["sonnet"])
    guess = spread(chance, 700, 1.1, 20_000), spread(chance, 330, 0.9, 4_096)
    record.input_tokens, record.output_tokens = tokens or guess
    record.cache_read_input_tokens = record.cache_creation_input_tokens = 0
    if tokens is None and chance.random() < 0.3:
        record.cache_read_input_tokens = spread(chance, 3_000, 0.8, 60_000)
        record.cache_creation_input_tokens = spread(chance, 400, 0.6, 20_000)
    record.ttft_ms = spread(chance, first, 0.35, 20_000)
    record.headers_ms = int(record.ttft_ms * chance.uniform(0.75, 0.95))
    record.stop_reason = "max_tokens" if record.output_tokens == 4_096 else "end_turn"
    record.outcome, record.http_status = Outcome.SUCCEEDED, 200
    record.request_id, record.apim_request_id = rows.request_id(chance), str(rows.uuid(chance))
    record.message_id = rows.message_id(chance)
    return over(record, record.ttft_ms + int(record.output_tokens / a_second * 1000))


def cut_short(record: RequestRecord, mishap: str, chance: Random) -> RequestRecord:
    """The same row when the person pressed Stop, the model declined, or the stream broke off; else as it is."""
    outcomes = {"stopped": Outcome.CANCELLED, "declined": Outcome.REFUSED, "cut off": Outcome.TRUNCATED}
    if mishap not in outcomes:
        return record
    share = chance.uniform(0.1, 0.7)
    record.outcome, record.stop_reason = outcomes[mishap], "refusal" if mishap == "declined" else ""
    record.output_tokens = int((record.output_tokens or 0) * share)
    if mishap == "cut off":
        record.kind, record.phase = "truncated", "stream"
        record.error_message = "the stream ended before message_stop"
    return over(record, (record.ttft_ms or 0) + int((record.duration_ms or 0) * share))


def failed(record: RequestRecord, error: AzureError, took: int) -> RequestRecord:
    """The row after an error."""
    record.outcome, record.phase, record.kind = outcome_of(error), error.phase, error.kind
    record.http_status, record.retry_after = error.status, error.retry_after
    record.error_type, record.error_code, record.error_message = error.type or "", error.code or "", error.message
    record.request_id, record.apim_request_id = error.request_id or "", error.apim_request_id or ""
    record.headers_ms = took if error.status else None
    return over(record, took)


def quick(chance: Random) -> int:
    """Milliseconds of an answer that says no."""
    return spread(chance, 180, 0.6, 5_000)


def over(record: RequestRecord, duration_ms: int) -> RequestRecord:
    record.duration_ms = duration_ms
    record.finished_at = record.started_at + timedelta(milliseconds=duration_ms)
    return record


def spread(chance: Random, middle: float, width: float, most: int) -> int:
    """A number around `middle`, more often a little less and sometimes much more, as times and lengths are."""
    return min(most, max(1, int(middle * exp(chance.gauss(0, width)))))
