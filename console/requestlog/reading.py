"""Everything the page of one attempt shows, read from its row once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.requestlog import bundle, diagnosis
from console.requestlog.diagnosis import Blame
from console.requestlog.models import Outcome, RequestRecord, Source
from console.requestlog.words import CALLED_AS, HOSTING, SOURCES, STOP_REASONS, Badge, outcome_badge
from console.web.cards import WHO, WHO_ELSE, card_of
from console.web.charts import Part, progress_path, waterfall
from console.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """One attempt in words and pictures."""

    headline: str
    badge: Badge
    problem: Problem | None
    blame: Blame | None
    way: SafeString
    time: SafeString | str
    no_request_id: str
    no_apim_request_id: str
    bundle: str
    source: Promise | str
    hosting: Promise | str
    called_as: Promise | str
    stop_reason: Promise | str
    message: str  # for its owner: the address of the exchange, where the text is
    look: str  # for who may read the text of others: where they say why


def read_by(person: User, record: RequestRecord, problem: Problem | None) -> Problem | None:
    """The card as somebody reads it who may not be the one that it says "you" to; a check is the console's own."""
    if problem is None or record.person_key == person.key:
        return problem
    card = card_of(problem.slug, record.called_as)
    if card.who not in WHO_ELSE:
        return problem
    return replace(problem, who=str(WHO["console-admin"] if record.source == Source.HEALTH else WHO_ELSE[card.who]))


def read_record(
    record: RequestRecord, attempts: Sequence[RequestRecord], person: User, zone: tzinfo | None = None,
    language: str = "en",
) -> Reading:  # fmt: skip
    """`attempts`: those of the same call, for the bundle, which is written in `language`; `zone`: whose local time
    stands in it beside UTC.
    """
    return Reading(
        headline=diagnosis.headline(record),
        badge=outcome_badge(record.outcome),
        problem=read_by(person, record, without_ids(diagnosis.explain_record(record))),
        blame=diagnosis.blame(record),
        way=progress_path(diagnosis.steps(record), title=_("How far it got")),
        time=waterfall(parts(record), title=_("Where the time went")) if record.duration_ms else "",
        no_request_id=diagnosis.why_no_request_id(record),
        no_apim_request_id=diagnosis.why_no_apim_request_id(record),
        bundle=bundle.written(attempts, "txt", zone=zone, language=language),
        source=made_by(record),
        hosting=HOSTING.get(record.hosting, record.hosting),
        called_as=CALLED_AS.get(record.called_as, record.called_as),
        stop_reason=STOP_REASONS.get(record.stop_reason, record.stop_reason),
        message=message_of(record, person),
        look=look_of(record, person),
    )


def made_by(record: RequestRecord) -> str:
    word = str(SOURCES.get(record.source, record.source))
    return f"{word} {record.application}" if record.application else word


def without_ids(problem: Problem | None) -> Problem | None:
    """The page shows both ids, or why one is missing, in a place of their own."""
    return problem and replace(problem, request_id="", apim_request_id="")


def parts(record: RequestRecord) -> list[Part]:
    """The spans that were measured, in order: until the answer began, until text came, until the end."""
    end = record.duration_ms or 0
    headers, text = began(record.headers_ms, end), began(record.ttft_ms, end)
    if record.ttft_ms is None and record.outcome in (Outcome.SUCCEEDED, Outcome.REFUSED):
        text = headers  # an answer without text, or one that came in one piece
    spans = [
        Part(_("Trying to connect") if record.phase == "connect" else _("Waiting for the answer"), 0, headers, "soft"),
        Part(_("Waiting for the first token"), headers, text, "busy"),
        Part(_("Answer arriving"), text, end, "accent"),
    ]
    return [span for span in spans if span.end_ms > span.start_ms]


def began(moment: int | None, end: int) -> int:
    """What never came was awaited to the end."""
    return end if moment is None else min(moment, end)


def message_of(record: RequestRecord, person: User) -> str:
    """Where the exchange that this attempt answered is shown; "" for everybody but the person whose it is."""
    if record.person_key != person.key or record.source != Source.PLAYGROUND:
        return ""
    try:
        conversation, exchange = UUID(record.conversation_id), UUID(record.subject_id)
    except ValueError:
        return ""
    return f"{reverse('playground:conversation', args=[conversation])}?at={exchange}#exchange-{exchange}"


def look_of(record: RequestRecord, person: User) -> str:
    """Where somebody who may read the text of others asks for this one; "" for everybody else."""
    if "read_prompts" not in person.acts or record.source != Source.PLAYGROUND or record.person_key == person.key:
        return ""
    try:
        return reverse("playground:look", args=[UUID(record.subject_id)])
    except ValueError:
        return ""


def said_of(record: RequestRecord, person: User) -> str:
    """Where the bundle of this call is written with what was said, for who may read that; "" for everybody else."""
    own = record.person_key == person.key and "talk" in person.acts
    if record.source != Source.PLAYGROUND or not (own or "read_prompts" in person.acts):
        return ""
    try:
        return reverse("playground:bundle", args=[UUID(record.subject_id)])
    except ValueError:
        return ""
