"""What the log's page shows around its rows: badges, what a search found, the names that filters offer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import User
from console.jobs import purging
from console.requestlog import rollup
from console.requestlog.filters import CHOICES, NAMES, TIMES, Filters
from console.requestlog.finding import columns_of, missing_from, people_in, tickets_of
from console.requestlog.models import RequestRecord
from console.requestlog.pasted import LEAST_BEGINNING, MOST_BEGINNINGS, MOST_IDS, Found, errors_in, mails_in
from console.requestlog.walking import Walked
from console.requestlog.words import Badge, outcome_badge
from console.web.cards import CARDS
from console.web.ids import made_at
from console.web.paging import Page
from console.web.row_addresses import address
from console.web.templatetags.console_tags import count

# How far back names are offered, how many sums they are read from, and for how many seconds they are remembered.
NAMES_SINCE = timedelta(days=30)
MOST_SUMS = 9_000
MOST_NAMES = 500
NAMES_KEPT = 300
# Times that the page has chips of its own for.
TIMES_WITH_CHIPS = ("1h", "24h", "7d")
# Before any console: where the log is kept for ever, an id of such a time is nobody's.
_FIRST = datetime(2020, 1, 1, tzinfo=UTC)
# The UUIDs that tell when they were made.
_VERSION_OF_OURS = 7


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt of the list. `notes` stand below its outcome, separated by dots; `tokens` are "" while unknown."""

    record: RequestRecord
    badge: Badge
    notes: str
    address: str
    tokens: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """One id of a search: what it was taken for, and whether a row carries it (None when nobody can say)."""

    value: str
    label: Promise
    here: bool | None


@dataclass(frozen=True, slots=True)
class Search:
    """What became of a search. `people` are whom it may name (name, mail, key), `reasons` why nothing was found.

    `guids` are ids that Azure's own log may know, `mails` addresses of nobody who is known here, `notes` what was
    not looked for, `places` filters it may mean instead (name, value), `errors` cards that it speaks of (slug,
    title).
    """

    found: Sequence[Recognised]
    missing: Sequence[str]
    people: Sequence[tuple[str, str, str]] = ()
    reasons: Sequence[str] = ()
    guids: Sequence[str] = ()
    mails: Sequence[str] = ()
    notes: Sequence[str] = ()
    places: Sequence[tuple[str, str]] = ()
    errors: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on and has no row of chips: words for people, and the address without it."""

    word: str
    without: str


@dataclass(frozen=True, slots=True)
class Names:
    """What filters offer to choose from: names of the last 30 days."""

    deployments: Sequence[str] = ()
    resources: Sequence[str] = ()
    people: Sequence[str] = ()


def tickets(records: Sequence[RequestRecord], filters: Filters, person: User) -> dict[UUID, str]:
    """The tickets of these rows that a search may have found them by; only support knows of them."""
    return tickets_of(records, filters.found) if "support" in person.acts else {}


def rows(records: Iterable[RequestRecord], filters: Filters, noted: Mapping[UUID, str]) -> list[Row]:
    return [
        Row(
            one,
            outcome_badge(one.outcome),
            " · ".join(notes(one, filters, noted)),
            address("requestlog:detail", one.pk),
            tokens(one),
        )
        for one in records
    ]


def tokens(record: RequestRecord) -> str:
    """ "1,240 / 318" """
    into = record.all_input_tokens
    if into is None and record.output_tokens is None:
        return ""
    return f"{count(into)} / {count(record.counted_output_tokens)}"


def notes(record: RequestRecord, filters: Filters, noted: Mapping[UUID, str]) -> Iterator[str]:
    """What is worth a word: an unusual status, a retry, and as what the row carries the id that was searched."""
    if record.http_status and record.http_status != 200:
        yield f"HTTP {record.http_status}"
    if record.attempt > 1:
        yield _("attempt %(number)d") % {"number": record.attempt}
    yield from map(str, columns_of(record, filters.found, noted))


def search(shown: Page[RequestRecord], filters: Filters, person: User, noted: Mapping[UUID, str]) -> Search | None:
    """What became of the search, if there was one. With more than one page nobody can say what is missing."""
    if not filters.q:
        return None
    whole = not (shown.next_cursor or shown.previous_cursor)
    missing = {one.value for one in missing_from(shown.rows, filters.found, noted)}
    found = [Recognised(one.value, one.label, is_here(one.value, missing, whole=whole)) for one in filters.found]
    named = [] if shown.rows or "support" not in person.acts else people_in(filters.q)
    known = {one.email.lower() for one in named}
    return Search(
        found,
        [one.value for one in filters.found if one.value in missing] if whole else [],
        [(one.label, one.email, one.key) for one in named],
        [] if shown.rows or filters.values else list(why_nothing(filters.found, timezone.now())),
        [one.value for one in filters.found if one.kind == "guid" and not recent(one, timezone.now())],
        []
        if filters.found or "support" not in person.acts
        else [one for one in mails_in(filters.q) if one not in known],
        list(not_looked_for(filters.found)),
        [] if shown.rows else places(filters.q, person),
        [] if shown.rows else [(kind, str(CARDS[kind].title)) for kind in errors_in(filters.q)],
    )


def places(text: str, person: User) -> list[tuple[str, str]]:
    """Deployments and resources that are called as the text says: filters, with a value each."""
    wanted, known = text.strip().casefold(), names(person)
    kinds = (("deployment", known.deployments), ("resource", known.resources))
    return [(kind, name) for kind, each in kinds for name in each if name.casefold() == wanted]


def is_here(value: str, missing: Collection[str], *, whole: bool) -> bool | None:
    if value not in missing:
        return True
    return False if whole else None


def not_looked_for(found: Sequence[Found]) -> Iterator[str]:
    if len(found) == MOST_IDS:
        yield _("The first %(count)d ids were looked up. If there are more, paste the rest by itself.") % {
            "count": MOST_IDS
        }
    if len(found) > MOST_BEGINNINGS and any(one.is_cut for one in found):
        yield _("Among more than %(count)d ids, beginnings are not looked up: paste a few at a time.") % {
            "count": MOST_BEGINNINGS
        }


def why_nothing(found: Sequence[Found], now: datetime) -> Iterator[str]:
    """What it can mean that no row carries these ids, by what the ids themselves tell."""
    wanted = [one for one in found if one.kind != "aside"]
    if found and not wanted:
        yield _("No id of a request is in it: a tenant, a subscription or an account is none.")
        return
    short = [one.value for one in wanted if len(one.value) < LEAST_BEGINNING]
    if short:
        yield _("Too short: %(ids)s. A beginning is found from its eighth character on.") % {"ids": ", ".join(short)}
    if len(short) < len(wanted):
        yield from why_not_these([one for one in wanted if one.value not in short], now)


def why_not_these(found: Sequence[Found], now: datetime) -> Iterator[str]:
    others = [one for one in found if not recent(one, now)]
    kinds = {one.kind for one in others}
    if any(one.value.isdecimal() for one in found):
        yield _("No request is noted under a ticket of this number.")
    if "request-id" in kinds or "message-id" in kinds:
        yield _("Anthropic has seen it, but it was not called through this console: another console or program did.")
    if kinds & {"guid", "part", "named", "plain"}:
        yield _("It was called by another console or program, or it is an id of something else in Azure.")
    yield from too_old(others, now)
    yield from pages_of_ours(found, now)
    if "guid" in kinds:
        yield _("It was refused before it reached Azure: then it has an id of this console and no other.")
    if kinds - {"guid"}:  # a whole GUID shows that it is one
        yield _("It was copied incompletely: a beginning is found from its eighth character on, an end is not.")


def recent(one: Found, now: datetime) -> bool:
    """Whether it is an id as consoles make them, of a time that can be: Azure's and other programs' are none."""
    if not one.uuid or one.uuid.version != _VERSION_OF_OURS:
        return False
    days = purging.days("requests")
    return (now - timedelta(days=days) if days else _FIRST) <= made_at(one.uuid) <= now + timedelta(days=1)


def pages_of_ours(found: Sequence[Found], now: datetime) -> Iterator[str]:
    """What the id of an error's page is, which people are told to hand on."""
    for one in found:
        if one.uuid and recent(one, now):
            yield _(
                "%(id)s is an id of a console, made at %(when)s UTC: of a page or a job without a call to Claude, "
                "which stands in the console's own log, or of another console."
            ) % {"id": one.value, "when": f"{made_at(one.uuid):%Y-%m-%d %H:%M:%S}"}


def too_old(found: Sequence[Found], now: datetime) -> Iterator[str]:
    days = purging.days("requests")
    if not days or not found:
        return
    yield _("It is older than %(days)d days, and so deleted here.") % {"days": days}
    for one in found:
        if one.uuid and one.uuid.version == _VERSION_OF_OURS:
            made = made_at(one.uuid)
            if made < now - timedelta(days=days):
                yield _("%(id)s says itself that it was made on %(day)s.") % {
                    "id": one.value,
                    "day": f"{made:%Y-%m-%d}",
                }


def sentence(walked: Walked, filters: Filters, person: User) -> str:
    """The state of things above the list."""
    if filters.q and not filters.found:
        return _("There is no id in what you pasted.")
    if filters.q:
        return _("Requests that carry one of the ids, of any age.")
    running = sum(not record.is_over for record in walked.page.rows)
    whose = _("Every call to Claude, newest first.") if "support" in person.acts else _("Your own calls, newest first.")
    if not running:
        return whose
    return whose + " " + ngettext("%(count)d is running.", "%(count)d are running.", running) % {"count": running}


def chips(filters: Filters) -> list[Chip]:
    """The filters that are on, in words, without those that have a row of chips."""
    shown = {"outcome", "source"}
    if "until" not in filters.values and filters.values.get("since") in TIMES_WITH_CHIPS:
        shown.add("since")
    return [
        Chip(word_of(name, value), without(filters, name))
        for name, value in filters.values.items()
        if name not in shown
    ]


def without(filters: Filters, name: str) -> str:
    query = QueryDict(mutable=True)
    query.update({other: value for other, value in filters.values.items() if other != name})
    if filters.q:
        query["q"] = filters.ids
    return f"{reverse('requestlog:list')}?{query.urlencode()}"


def word_of(name: str, value: str) -> str:
    if name == "person" and "/" in value:
        tid, _slash, oid = value.partition("/")
        found = User.objects.filter(tid=tid, oid=oid).only("tid", "oid", "name", "email").first()
        return found.label if found else value
    if name not in CHOICES:
        return f"{NAMES[name]} {value}" if name in (*TIMES, "since", "until") else value
    word = CHOICES[name][value]
    return str(word.word if isinstance(word, Badge) else word)


def names(person: User) -> Names:
    """Names to choose from. Support shares one memory of them; everybody else gets those of their own calls."""
    if "support" not in person.acts:
        return read_names(person_key=person.key)
    known = cache.get("requestlog-names")
    if known is None:
        known = read_names()
        cache.set("requestlog-names", known, NAMES_KEPT)
    return known if isinstance(known, Names) else Names()


def read_names(**whose: str) -> Names:
    """From the newest sums, however many there are."""
    recent = (part.filter(**whose).order_by("-hour") for part in rollup.parts(timezone.now() - NAMES_SINCE))
    seen = {row for part in recent for row in part.values_list("deployment", "resource", "person")[:MOST_SUMS]}
    deployments, resources, people = ({row[at] for row in seen if row[at]} for at in range(3))
    return Names(*(sorted(names)[:MOST_NAMES] for names in (deployments, resources, people)))
