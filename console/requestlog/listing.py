"""What the log's page shows around its rows: badges, what a search found, the names that filters offer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.accounts.models import User
from console.requestlog import rollup
from console.requestlog.filters import Filters
from console.requestlog.finding import Found, columns_of, missing_from
from console.requestlog.models import RequestRecord
from console.requestlog.words import Badge, outcome_badge
from console.web.paging import Page

# How far back names are offered, how many, and for how many seconds they are remembered.
NAMES_SINCE = timedelta(days=30)
MOST_NAMES = 500
NAMES_KEPT = 300


@dataclass(frozen=True, slots=True)
class Row:
    """One attempt of the list. `notes` stand below its outcome, separated by dots."""

    record: RequestRecord
    badge: Badge
    notes: str


@dataclass(frozen=True, slots=True)
class Search:
    """What became of a search: the ids that were recognised, and those of them that the log does not have."""

    found: Sequence[Found]
    missing: Sequence[Found]


@dataclass(frozen=True, slots=True)
class Names:
    """What filters offer to choose from: names of the last 30 days."""

    deployments: Sequence[str] = ()
    resources: Sequence[str] = ()
    people: Sequence[str] = ()


def rows(records: Iterable[RequestRecord], filters: Filters) -> list[Row]:
    return [Row(one, outcome_badge(one.outcome), " · ".join(notes(one, filters))) for one in records]


def notes(record: RequestRecord, filters: Filters) -> Iterator[str]:
    """What is worth a word: an unusual status, a retry, and as what the row carries the id that was searched."""
    if record.http_status and record.http_status != 200:
        yield f"HTTP {record.http_status}"
    if record.attempt > 1:
        yield _("attempt %(number)d") % {"number": record.attempt}
    yield from map(str, columns_of(record, filters.found))


def search(shown: Page[RequestRecord], filters: Filters) -> Search | None:
    """What became of the search, if there was one. With more than one page nobody can say what is missing."""
    if not filters.q:
        return None
    whole = not (shown.next_cursor or shown.previous_cursor)
    return Search(filters.found, missing_from(shown.rows, filters.found) if whole else ())


def sentence(shown: Page[RequestRecord], filters: Filters, person: User) -> str:
    """The state of things above the list."""
    if filters.q and not filters.found:
        return _("There is no id in what you pasted.")
    if filters.q:
        return _("Requests that carry one of the ids, of any age.")
    running = sum(not record.is_over for record in shown.rows)
    whose = _("Every call to Claude, newest first.") if "support" in person.acts else _("Your own calls, newest first.")
    if not running:
        return whose
    return whose + " " + ngettext("%(count)d is running.", "%(count)d are running.", running) % {"count": running}


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
    seen = [
        row
        for part in rollup.parts(timezone.now() - NAMES_SINCE)
        for row in part.filter(**whose).values_list("deployment", "resource", "person").distinct()[:MOST_NAMES]
    ]
    deployments, resources, people = ({row[at] for row in seen if row[at]} for at in range(3))
    return Names(sorted(deployments), sorted(resources), sorted(people))
