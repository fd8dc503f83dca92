"""Reads a row for people: how it ended, how far it got, whose fault that is, and why an id is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.azure.errors import KINDS, TimedOut, Unreachable
from console.requestlog.models import Outcome, RequestRecord, Source, State
from console.requestlog.words import STOP_REASONS, outcome_badge
from console.web.cards import card_of
from console.web.charts import Reached, Step
from console.web.problems import Place, Problem, explain, principal_in
from console.web.templatetags.console_tags import milliseconds

Culprit = Literal["person", "you", "setup", "console", "network", "azure", "anthropic", "way", "unclear"]

# Answers of which some came: an id in their head says nothing about who lost the rest.
_LOST_ON_THE_WAY = frozenset({"truncated", "idle-timeout"})

# Endings that have a card although no error came with them.
_KIND_OF_OUTCOME = {
    Outcome.REFUSED: "refusal",
    Outcome.CANCELLED: "stopped",
    Outcome.TRUNCATED: "truncated",
    Outcome.UNKNOWN_BILLING: "first-byte-timeout",
}

CULPRITS: dict[Culprit, tuple[Promise, Promise]] = {
    "person": (gettext_lazy("The person"), gettext_lazy("Stop was pressed before the answer was complete.")),
    "you": (
        gettext_lazy("The request itself"),
        gettext_lazy("Azure and Anthropic worked; what was asked for led to this end."),
    ),
    "setup": (
        gettext_lazy("The set-up in Azure"),
        gettext_lazy("The way there worked; a key, a role, a name or a quota stood against it."),
    ),
    "console": (gettext_lazy("This console"), gettext_lazy("The call ended on our side.")),
    "network": (
        gettext_lazy("The network"),
        gettext_lazy("There was no working connection between the console and Azure."),
    ),
    "azure": (
        gettext_lazy("Azure"),
        gettext_lazy("Azure answered by itself: no request-id of Anthropic came back."),
    ),
    "anthropic": (
        gettext_lazy("Anthropic"),
        gettext_lazy("The request got through to Anthropic: its request-id came back."),
    ),
    "way": (
        gettext_lazy("Cannot be told from here"),
        gettext_lazy("The answer had begun and its end never came: the network, Azure or Anthropic may have lost it."),
    ),
    "unclear": (
        gettext_lazy("Cannot be told from here"),
        gettext_lazy("The request was sent and nothing came back, not even an id."),
    ),
}


@dataclass(frozen=True, slots=True)
class Blame:
    """Whose fault an ending is, and what shows it."""

    culprit: Culprit
    who: str
    reason: str


def explain_record(record: RequestRecord) -> Problem | None:
    """The error card of a row that did not end well; None for one that did, or still runs."""
    kind = kind_of(record)
    if not kind:
        return None
    place = Place(resource=record.resource, subscription_id=record.subscription_id)
    oid, whom = caller(record)
    problem = explain(
        kind,
        status=record.http_status,
        type=record.error_type,
        code=record.error_code,
        message=record.error_message,
        request_id=record.request_id,
        apim_request_id=record.apim_request_id,
        retry_after=record.retry_after,
        phase=record.phase,
        principal=principal_in(record.error_message) or oid,
        whom=whom,
        called_as=record.called_as,
        place=place,
    )
    if record.operation == "count_tokens" and problem.may_bill_again:
        return free_of_charge(problem)
    return as_good_as_whole(problem) if kind in _LOST_ON_THE_WAY and record.stop_reason else problem


def free_of_charge(problem: Problem) -> Problem:
    """The card of a count of tokens, which bills nothing however often it is made."""
    remedy = _("Try again; that costs nothing. If it stays so, report it with the time and the ids there are.")
    return replace(problem, remedy=remedy, may_bill_again=False)


def as_good_as_whole(problem: Problem) -> Problem:
    """The card of an answer that broke off after the model had said why it ends."""
    return replace(
        problem,
        why=_("The model had said that it had finished; only the last event of the answer never came."),
        remedy=_(
            "Read the answer: it is most likely whole. Ask again only if its end is missing; that is billed again."
        ),
    )


def caller(record: RequestRecord) -> tuple[str, str]:
    """Object id, as far as it is known here, and name of the account that called and may lack a role."""
    if record.called_as == "person":
        return record.person_key.rpartition("/")[2], record.person
    return "", _("The console's own identity") if record.called_as == "console" else ""


def kind_of(record: RequestRecord) -> str:
    """The slug of the card that explains how the row ended; "" when nothing needs explaining."""
    if not record.is_over or record.outcome == Outcome.SUCCEEDED:
        return ""
    return record.kind or _KIND_OF_OUTCOME.get(Outcome(record.outcome), "unknown")


def headline(record: RequestRecord) -> str:
    """The row in one sentence."""
    word = str(outcome_badge(record.outcome).word)
    if not record.is_over:
        if record.state == State.QUEUED:
            return _("Running: no answer has arrived yet.")
        return _("Running: the answer is arriving.")
    if record.outcome == Outcome.SUCCEEDED:
        reason = STOP_REASONS.get(record.stop_reason)
        return f"{word}: {reason}." if reason else f"{word}."
    card = card_of(kind_of(record), record.called_as)
    return f"{word}: {card.title}."


def blame(record: RequestRecord) -> Blame | None:
    """Whose fault a bad ending is; None where nothing went wrong."""
    kind = kind_of(record)
    if not kind:
        return None
    culprit = culprit_of(record, kind)
    who, reason = CULPRITS[culprit]
    return Blame(culprit, str(who), reason_beside(record, kind, culprit) or str(reason))


def reason_beside(record: RequestRecord, kind: str, culprit: Culprit) -> str:
    """What shows whose fault it is where the usual sentence would be wrong; "" where it is right."""
    if culprit == "azure" and record.request_id:
        return _("A request-id of Anthropic came back, but this kind of error is one of Azure's own.")
    if culprit == "network" and answered(record):
        return _("Something on the way to Azure answered in its place, or changed what it answered.")
    if culprit == "network" and record.phase == "send":
        return _("The request was under way when the connection broke.")
    card = card_of(kind, record.called_as)
    return str(card.happened) if card.happened and culprit in ("azure", "setup") else ""


def culprit_of(record: RequestRecord, kind: str) -> Culprit:
    """What the card says; where it leaves open which of the two it was, the ids that came tell."""
    if kind == "stopped":
        return "person"
    side = card_of(kind, record.called_as).side
    if kind in _LOST_ON_THE_WAY and answered(record):
        return "way"
    if side != "azure-or-anthropic":
        # A rate limit or an overload that Azure's own gateway reports says nothing about Anthropic.
        return "azure" if side == "anthropic" and not record.request_id and record.apim_request_id else side
    if record.request_id:
        return "anthropic"
    return "azure" if record.apim_request_id or record.http_status else "unclear"


def steps(record: RequestRecord) -> list[Step]:
    """The stations of the call, lit by what proves that it got there."""
    stations = [
        *began(record),
        Step(_("Azure gateway"), lit(answered(record)), gateway_note(record)),
        Step(
            _("Anthropic"),
            lit(bool(record.request_id or record.message_id)),
            record.region if record.request_id else "",
        ),
    ]
    ended_well = record.outcome in (Outcome.SUCCEEDED, Outcome.REFUSED)
    # An answer that came in one piece, or was declined before its first word, has no first token to show.
    if record.operation == "messages" and not (ended_well and record.ttft_ms is None):
        stations.append(Step(_("First token"), lit(record.ttft_ms is not None), in_time(record.ttft_ms)))
    stations.append(Step(_("End"), lit(ended_well), in_time(record.duration_ms) if ended_well else ""))
    return with_failure(record, without_gaps(stations))


def began(record: RequestRecord) -> list[Step]:
    """What lies on our side: a reported call never passed this console."""
    if record.source == Source.APPLICATION:
        return [Step(record.application, "reached")]
    return [
        Step(_("Schedule") if record.source == Source.HEALTH else _("Browser"), "reached"),
        Step(_("Console"), "reached"),
    ]


def lit(reached: bool) -> Reached:
    return "reached" if reached else "unreached"


def answered(record: RequestRecord) -> bool:
    return bool(record.apim_request_id or record.http_status or record.headers_ms is not None)


def gateway_note(record: RequestRecord) -> str:
    if not record.http_status:
        return ""
    return f"HTTP {record.http_status}"


def in_time(value: int | None) -> str:
    return "" if value is None else _("after %(time)s") % {"time": milliseconds(value)}


def without_gaps(stations: list[Step]) -> list[Step]:
    """What lies before a station that was reached was passed, whether it left a trace or not."""
    last = last_reached(stations)
    return [replace(step, state="reached") if at <= last else step for at, step in enumerate(stations)]


def last_reached(stations: list[Step]) -> int:
    return max(at for at, step in enumerate(stations) if step.state == "reached")


def with_failure(record: RequestRecord, stations: list[Step]) -> list[Step]:
    """Mark where a call that ended badly came to its end: where the error was answered, else the next station."""
    if not record.is_over or stations[-1].state == "reached":
        return stations
    last = last_reached(stations)
    here = last if stays_at_last(record) else last + 1
    stations[here] = replace(stations[here], state="failed", note=failure_note(record, stations[here].note))
    return stations


def stays_at_last(record: RequestRecord) -> bool:
    """True when the last station reached said no itself; a call the console did not even begin ends at the console."""
    if record.phase == "connect":
        return KINDS.get(record.kind) not in (Unreachable, TimedOut)
    return record.kind == "console-fault" or (record.http_status or 0) >= 400


def failure_note(record: RequestRecord, note: str) -> str:
    if record.outcome == Outcome.CANCELLED:
        return _("stopped by the person")
    if record.kind == "process-ended":
        return _("console restarted")
    return note or in_time(record.duration_ms)


def why_no_request_id(record: RequestRecord) -> str:
    """Why Anthropic's id is missing; "" when it is there."""
    if record.request_id:
        return ""
    if not record.is_over and not answered(record):
        return _("Not yet: no answer has arrived.")
    if not answered(record):
        return never_answered(record)
    if record.outcome in (Outcome.SUCCEEDED, Outcome.REFUSED) or record.message_id:
        return _("The answer carried none.")
    return _("No request-id: Azure answered before Anthropic was reached.")


def why_no_apim_request_id(record: RequestRecord) -> str:
    """Why Azure's id is missing; "" when it is there."""
    if record.apim_request_id:
        return ""
    if not record.is_over and not answered(record):
        return _("Not yet: no answer has arrived.")
    if not answered(record):
        return never_answered(record)
    return _("The answer carried none: something in front of Azure's gateway answered, or the gateway left it out.")


def never_answered(record: RequestRecord) -> str:
    if record.phase == "connect":
        return _("The request did not leave the console, so nobody gave it an id.")
    if record.outcome == Outcome.CANCELLED:
        return _("The call was stopped before an answer arrived.")
    return _("No answer came back, so the id it may have got is not known.")
