"""The support bundle: everything Microsoft or Anthropic ask for about some calls.

No prompt and no answer is in it, unless somebody who may read them hands them in (playground/views/handing.py). It is
read from the rows once and written as text, Markdown or JSON, with the words of a ticket in English or Korean. What
upstreams said is shown as they said it, without anything that looks like a secret.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from console.accounts.models import User
from console.requestlog import layout
from console.requestlog.layout import Block, Code, Facts, Heading, Numbered, Text
from console.requestlog.models import Outcome, RequestRecord, Source
from console.requestlog.words import HOSTING, RUNNING, outcome_badge
from console.web import wire
from console.web.logs import redacted
from console.web.spreadsheet import utc

# Requests of one bundle: a page of the log. Attempts of one call: more than any retry of ours makes.
MOST_REQUESTS = 50
MOST_ATTEMPTS = 20
REMOVED = "[removed]"
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+/-]{0,60}")

Value = str | int | float | dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the bundle; `name` is its key in JSON, where `raw` stands for a value that is in words."""

    name: str
    label: Promise | str
    value: Value
    raw: Value = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what all its attempts share, each attempt's own facts, and the call as somebody could repeat it."""

    title: str
    facts: Sequence[Fact]
    attempts: Sequence[Sequence[Fact]]
    curl: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was said in a call: the message with the names of its attachments, and the answer as far as it came."""

    prompt: str
    answer: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some calls, in the order in which they were made; `said` is None where nobody asked for it and might."""

    calls: Sequence[Call]
    subject: str
    made_at: datetime
    said: Said | None = None
    ended_well: bool = False  # every attempt: then it is asked about for something else


def attempts_of(person: User, ids: Iterable[UUID]) -> list[RequestRecord]:
    """Every attempt of the calls that these requests belong to, oldest call first; of what `person` may see."""
    seen = RequestRecord.objects.seen_by(person)
    calls = set(seen.filter(pk__in=list(ids)[:MOST_REQUESTS]).values_list("call_id", flat=True))
    rows = seen.filter(call_id__in=calls).order_by("call_id", "attempt", "pk")[: MOST_REQUESTS * MOST_ATTEMPTS]
    found = [list(group)[:MOST_ATTEMPTS] for _call, group in groupby(rows, key=lambda row: row.call_id)]
    return [row for group in sorted(found, key=lambda group: group[0].pk) for row in group]


def zone_of(name: str) -> tzinfo | None:
    """The time zone a browser says it is in; None for UTC and for what is no zone."""
    if not _ZONE.fullmatch(name) or name in ("UTC", "Etc/UTC"):
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def gather(records: Sequence[RequestRecord], zone: tzinfo | None, said: Said | None = None) -> Bundle:
    """What is known about these attempts, given call by call; `zone` is whose local time stands beside UTC."""
    calls = [list(group) for _call, group in groupby(records, key=lambda row: row.call_id)]
    ended_well = all(one.outcome == Outcome.SUCCEEDED for one in records)
    return Bundle([call_of(attempts, zone) for attempts in calls], subject(calls), timezone.now(), said, ended_well)


def call_of(attempts: Sequence[RequestRecord], zone: tzinfo | None) -> Call:
    last = attempts[-1]
    return Call(
        title=f"{what_happened(last)}: {last.deployment} ({last.resource})",
        facts=known(shared(last)),
        attempts=[known(own(one, zone)) for one in attempts],
        curl=curl(last),
    )


def known(facts: Iterable[Fact]) -> list[Fact]:
    """What is not known is left out."""
    return [fact for fact in facts if fact.value not in ("", None)]


def shared(record: RequestRecord) -> Iterator[Fact]:
    yield Fact("call_id", _("Call id"), str(record.call_id))
    yield Fact("tenant_id", _("Tenant"), settings.ENTRA_TENANT_ID)
    yield Fact("subscription_id", _("Subscription"), record.subscription_id)
    yield Fact("resource", _("Resource"), record.resource)
    yield Fact("region", _("Region"), record.region)
    yield Fact("deployment", _("Deployment"), record.deployment)
    yield Fact("model", _("Model"), record.model)
    yield Fact("hosting", _("Hosting"), str(HOSTING.get(record.hosting, record.hosting)), record.hosting)
    yield Fact("endpoint", _("Endpoint"), endpoint(record))
    yield Fact("authentication", _("Authentication"), AUTHENTICATION.get(record.called_as, ""))
    yield Fact("anthropic_version", "anthropic-version", record.api_version)
    yield Fact("client", _("Client"), redacted(record.client))
    yield Fact("application", _("Application"), record.application)


AUTHENTICATION = {"key": "api-key", "console": "Microsoft Entra (application)", "person": "Microsoft Entra (user)"}
# azure.errors.Phase in words; an attempt that ended well has none.
PHASES: dict[str, Promise] = {
    "connect": gettext_lazy("it was not sent"),
    "send": gettext_lazy("it was sent, no answer came"),
    "headers": gettext_lazy("an answer came, with nothing of a message"),
    "stream": gettext_lazy("the answer had begun"),
}
NOT_RECEIVED = gettext_lazy("not received")


def own(record: RequestRecord, zone: tzinfo | None) -> Iterator[Fact]:
    """What one attempt has for itself; that an id never came is a fact and is said."""
    yield Fact("attempt", _("Attempt"), record.attempt)
    yield Fact("request_id", "request-id (Anthropic)", record.request_id or str(NOT_RECEIVED))
    yield Fact("apim_request_id", "apim-request-id (Azure)", record.apim_request_id or str(NOT_RECEIVED))
    yield Fact("message_id", _("Message id"), record.message_id)
    yield from moments(record, zone)
    yield Fact("outcome", _("Outcome"), str(outcome_badge(record.outcome).word), record.outcome or RUNNING)
    yield Fact("http_status", _("HTTP status"), record.http_status)
    yield Fact("error", _("Error"), error_body(record))
    yield Fact("retry_after_s", "Retry-After (s)", record.retry_after)
    yield Fact("phase", _("How far it got"), str(PHASES.get(record.phase, record.phase)), record.phase)
    yield Fact("stop_reason", _("Stop reason"), record.stop_reason)
    yield Fact("headers_ms", _("Answer began after (ms)"), record.headers_ms)
    yield Fact("ttft_ms", _("First token after (ms)"), record.ttft_ms)
    yield Fact("duration_ms", _("Took (ms)"), record.duration_ms)
    yield Fact("input_tokens", _("Tokens in, all"), record.all_input_tokens)
    yield Fact("output_tokens", _("Tokens out"), record.counted_output_tokens)
    yield Fact("id", _("ID in our log"), str(record.pk))


def moments(record: RequestRecord, zone: tzinfo | None) -> Iterator[Fact]:
    for name, label, moment in (
        ("started", _("Started"), record.started_at),
        ("finished", _("Finished"), record.finished_at),
    ):
        if moment:
            yield Fact(f"{name}_utc", _("%(what)s (UTC)") % {"what": label}, utc(moment))
        if moment and zone:
            local = moment.astimezone(zone)
            shown = f"{local.isoformat(timespec='milliseconds')} ({zone})"
            yield Fact(f"{name}_local", _("%(what)s (local time)") % {"what": label}, shown)


def error_body(record: RequestRecord) -> dict[str, str] | None:
    """What the log kept of an error's body."""
    parts = {"type": record.error_type, "code": record.error_code, "message": record.error_message}
    return {name: redacted(text) for name, text in parts.items() if text} or None


def path(record: RequestRecord) -> str:
    return "/anthropic/v1/messages/count_tokens" if record.operation == "count_tokens" else "/anthropic/v1/messages"


def endpoint(record: RequestRecord) -> str:
    """Where the call went, as far as the resource's name tells."""
    try:
        return wire.foundry_address(record.resource).removesuffix("/anthropic") + path(record)
    except ValueError:
        return path(record)


def was_streamed(record: RequestRecord) -> bool:
    """The playground asks for every answer as a stream; of others the first token shows it."""
    return record.source == Source.PLAYGROUND or record.ttft_ms is not None


def curl(record: RequestRecord) -> str:
    """The call as it could be repeated: secrets come from the environment, what was said is left out."""
    scope = settings.FOUNDRY_TOKEN_SCOPE.removesuffix("/.default")
    token = f"$(az account get-access-token --resource {scope} --query accessToken -o tsv)"
    by_key = record.called_as == "key"
    body: dict[str, object] = {"model": record.deployment, "messages": [{"role": "user", "content": REMOVED}]}
    if record.operation != "count_tokens":
        body |= {"max_tokens": 1024} | ({"stream": True} if was_streamed(record) else {})
    version = f"anthropic-version: {record.api_version or settings.ANTHROPIC_VERSION}"
    lines = [
        f"curl -i '{endpoint(record)}'".replace("'/", "'https://<resource>/", 1),
        '-H "api-key: $AZURE_API_KEY"' if by_key else f'-H "Authorization: Bearer {token}"',
        f"-H {shlex.quote(version)}",
        "-H 'content-type: application/json'",
        f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}",
    ]
    return " \\\n  ".join(lines)


# ---- The words of a ticket -----------------------------------------------------------------------------------


def what_happened(record: RequestRecord) -> str:
    """ "HTTP 529 overloaded_error", or how it ended where that says more."""
    said = record.error_type or record.error_code
    if record.http_status and record.http_status >= 400:
        return f"HTTP {record.http_status} {redacted(said)}".strip()
    return redacted(said) or str(outcome_badge(record.outcome).word)


def subject(calls: Sequence[Sequence[RequestRecord]]) -> str:
    lasts = [attempts[-1] for attempts in calls]
    if not lasts:
        return ""
    first = lasts[0]
    happened = {what_happened(one) for one in lasts}
    places = {(one.deployment, one.resource, one.region) for one in lasts}
    count = ngettext("%(count)d request", "%(count)d requests", len(lasts)) % {"count": len(lasts)}
    what = happened.pop() if len(happened) == 1 else count
    where = f"{first.deployment}, {first.resource}" + (f", {first.region}" if first.region else "")
    return _("Claude in Microsoft Foundry: %(what)s (%(where)s), %(when)s UTC") % {
        "what": what if len(lasts) == 1 or what == count else f"{count}, {what}",
        "where": where if len(places) == 1 else _("several deployments"),
        "when": f"{first.started_at:%Y-%m-%d %H:%M}",
    }


def document(bundle: Bundle) -> Iterator[Block]:
    """The bundle as people read it, in the language that is active."""
    yield Heading(1, bundle.subject)
    yield Text(opening(bundle))
    yield Text(_("Please tell us:"))
    questions = [
        _("what your logs have under each apim-request-id, and what Anthropic has under each request-id;"),
        _("whether it was billed;"),
        _("what we can change so that it does not happen again."),
    ]
    yield Numbered(questions[:2] if bundle.ended_well else questions)
    yield Facts([(_("Impact on us"), _("[please fill in]")), (_("Since when, how often"), _("[please fill in]"))])
    if bundle.said:
        yield Text(_("The prompt and the answer stand at the end; keys and tokens are removed."))
    else:
        yield Text(_("No prompt and no answer is part of this; keys and tokens are removed."))
    for number, call in enumerate(bundle.calls, 1):
        yield from told(number, call)
    if bundle.said:
        yield from spoken(bundle.said)
    made = {"when": utc(bundle.made_at)}
    yield Text(_("Written by Foundry console, %(when)s.") % made)


def opening(bundle: Bundle) -> str:
    count = len(bundle.calls)
    if bundle.ended_well:
        return ngettext(
            "We have a question about a request to Claude in Microsoft Foundry. What we know about it stands below.",
            "We have a question about %(count)d requests to Claude in Microsoft Foundry. "
            "What we know about them stands below.",
            count,
        ) % {"count": count}
    return ngettext(
        "A request to Claude in Microsoft Foundry did not end as we expected. What we know about it stands below.",
        "%(count)d requests to Claude in Microsoft Foundry did not end as we expected. "
        "What we know about them stands below.",
        count,
    ) % {"count": count}


def told(number: int, call: Call) -> Iterator[Block]:
    yield Heading(2, f"{number}. {call.title}")
    yield Facts(lines(call.facts))
    for attempt in call.attempts:
        yield Heading(3, f"{attempt[0].label} {attempt[0].value}")
        yield Facts(lines(attempt[1:]))
    yield Heading(3, _("The call without what was said"))
    yield Code("sh", call.curl)


def spoken(said: Said) -> Iterator[Block]:
    yield Heading(2, _("What was said"))
    yield Heading(3, _("The prompt"))
    yield Code("text", redacted(said.prompt))
    yield Heading(3, _("The answer"))
    yield Code("text", redacted(said.answer) or _("No answer came."))


def lines(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    return [(str(fact.label), plain(fact.value)) for fact in facts]


def plain(value: Value) -> str:
    return json.dumps({"error": value}, ensure_ascii=False) if isinstance(value, dict) else f"{value}"


def as_text(bundle: Bundle) -> str:
    return layout.as_text(document(bundle))


def as_markdown(bundle: Bundle) -> str:
    return layout.as_markdown(document(bundle))


def as_json(bundle: Bundle) -> str:
    """The same facts under names that stay, whatever the language. An id that never came is null."""
    made: dict[str, Any] = {
        "made_at": utc(bundle.made_at),
        "subject": bundle.subject,
        "calls": [as_object(one) for one in bundle.calls],
    }
    if bundle.said:
        made |= {"prompt": redacted(bundle.said.prompt), "answer": redacted(bundle.said.answer)}
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def as_object(call: Call) -> dict[str, Any]:
    attempts = [{fact.name: bare(fact) for fact in attempt} for attempt in call.attempts]
    return {fact.name: bare(fact) for fact in call.facts} | {"attempts": attempts, "curl": call.curl}


def bare(fact: Fact) -> Value:
    return None if fact.value == str(NOT_RECEIVED) else fact.raw or fact.value


# The forms it comes in: content type, and who writes it.
FORMS: dict[str, tuple[str, Callable[[Bundle], str]]] = {
    "txt": ("text/plain; charset=utf-8", as_text),
    "md": ("text/markdown; charset=utf-8", as_markdown),
    "json": ("application/json", as_json),
}


def written(
    records: Sequence[RequestRecord], form: str, *, zone: tzinfo | None = None, language: str = "en",
    said: Said | None = None,
) -> str:  # fmt: skip
    """The bundle of these attempts in one of FORMS; with `said`, what was said in them too."""
    with translation.override(language):
        return FORMS[form][1](gather(records, zone, said))
