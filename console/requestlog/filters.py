"""What the log's page and its exports can be narrowed to, read from the address and applied along indexes.

Any filters combine. Some of them together stand in one index, the `driver`; what is left, the `rest`, is looked at row
by row along it, which `walking` does in bounded pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db.models import BooleanField, Case, Q, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.requestlog.finding import carrying, with_ticket
from console.requestlog.models import Case as CaseRow
from console.requestlog.models import RequestRecord, RequestRecords
from console.requestlog.pasted import LONGEST_TEXT, Found, ids_in, shown
from console.requestlog.words import CASES, MINE, OUTCOMES, RUNNING, SOURCES, STATUSES
from console.web.cards import CARDS
from console.web.ids import first_id_at

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RELATIVE = re.compile(r"(\d{1,4}) ?([mhdw])")
_DURATION = re.compile(r"(\d{1,7}(?:\.\d{1,3})?) ?(ms|s|m)?")
_MILLISECONDS = {"ms": 1, "s": 1_000, "": 1_000, "m": 60_000}
_LONGEST = 86_400_000  # ms; longer than any call
# An address turns the plus of "+09:00" into a blank unless it was encoded.
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")
# What days can be added to and taken from; before the first there was no call.
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
# The id is made a moment after the start is read; clocks of several machines may differ by as much.
SLACK = timedelta(minutes=1)

NAMES: dict[str, Promise] = {
    "deployment": _("Deployment"),
    "resource": _("Resource"),
    "person": _("Person"),
    "application": _("Application"),
    "outcome": _("Outcome"),
    "source": _("Source"),
    "error": _("Error"),
    "status": _("Answer"),
    "ttft": _("First token after at least"),
    "took": _("Took at least"),
    "case": _("Looked into"),
    "since": _("Since"),
    "until": _("Until"),
}
CHOICES: dict[str, Mapping[str, object]] = {
    "outcome": OUTCOMES,
    "source": SOURCES,
    "status": STATUSES,
    "error": {slug: card.title for slug, card in CARDS.items()},
    "case": CASES,
}
TIMES = ("ttft", "took")
# Filters that stand together in one index, the ones that leave fewest rows first. What an index carries besides
# (models.CARRIED) costs next to nothing to look at, so a resource goes before all of that.
DRIVERS: tuple[frozenset[str], ...] = (
    frozenset({"case"}),
    frozenset({"person"}),
    frozenset({"application"}),
    frozenset({"deployment", "error"}),
    frozenset({"deployment", "outcome"}),
    frozenset({"deployment"}),
    frozenset({"resource"}),
    frozenset({"error"}),
    frozenset({"status"}),
    frozenset({"outcome"}),
    frozenset({"source"}),
)
# Filters and the columns of the sums that hold the same.
IN_SUMS = {"deployment": "deployment", "resource": "resource", "application": "application", "outcome": "outcome",
           "source": "source", "error": "kind"}  # fmt: skip
SUMMED = IN_SUMS.keys() | {"status", "person"}
# Filters that stand in no index beside another one.
APART = frozenset({"person", "application", "case", *TIMES})
# Newest rows that people look into, of one state.
MOST_CASES = 1_000


@dataclass(frozen=True, slots=True)
class Filters:
    """One narrowing of the log. `values` are the accepted texts of the address, `refused` what was no filter."""

    q: str = field(default="", repr=False)  # pasted text may hold anything
    values: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    refused: tuple[str, ...] = ()
    found: tuple[Found, ...] = ()

    @property
    def ids(self) -> str:
        """The ids of the paste and nothing else of it: what may stand in an address."""
        return " ".join(one.written for one in self.found)

    @property
    def is_backwards(self) -> bool:
        """Whether it ends before it begins, so that nothing can fit."""
        return bool(self.since and self.until and self.until <= self.since)

    @property
    def box(self) -> str:
        """What the box shows again."""
        return shown(self.q)

    def records(self, person: User) -> RequestRecords:
        """The rows of this narrowing that `person` may see, in no order."""
        records = self.driver(person)
        rest = self.rest(person)
        return records.filter(rest) if rest else records

    def driver(self, person: User) -> RequestRecords:
        """The rows that one index finds: of a search, or of the filters that leave fewest; and of the time."""
        records = RequestRecord.objects.seen_by(person)
        if self.q:
            records = self.searched(records, person)
        for name in sorted(self.driving(person)):
            records = records.filter(condition(name, self.values[name], person))
        return self.in_time(records)

    def driving(self, person: User) -> frozenset[str]:
        """The names of the filters that the driver applies; for whoever sees their own rows only, that is the one."""
        if self.q or "support" not in person.acts:
            return frozenset()
        return next((names for names in DRIVERS if names <= self.values.keys()), frozenset())

    def rest(self, person: User) -> Q:
        """The filters that the driver leaves; empty when it applies all of them."""
        conditions = Q()
        for name in self.values.keys() - self.driving(person) - {"since", "until"}:
            conditions &= condition(name, self.values[name], person)
        return conditions

    def stands_apart(self, person: User) -> bool:
        """Whether rows themselves have to be read to tell whether the rest fits."""
        return not APART.isdisjoint(self.values.keys() - self.driving(person))

    def in_sums(self) -> dict[str, str]:
        """The filters that sums hold too, by their columns; of persons the key alone, as a name changes."""
        held = {column: self.values[name] for name, column in IN_SUMS.items() if name in self.values}
        if held.get("outcome") == RUNNING:
            del held["outcome"]  # what runs is in no sum
        if status := self.values.get("status"):
            held["status_class"] = "0" if status == "none" else status[0]
        if "/" in (person := self.values.get("person", "")):
            held["person_key"] = person
        return held

    def searched(self, records: RequestRecords, person: User) -> RequestRecords:
        if not self.found:
            return records.none()
        return carrying(records, self.found, with_ticket(self.found) if "support" in person.acts else ())

    def in_time(self, records: RequestRecords) -> RequestRecords:
        """By the ids, which are made right after the start is read: they narrow it along whatever index is walked.

        The start itself stands in no index beside another filter. As a condition it would be taken for one more
        narrowing of the same size, worth an index of its own: for fifty rows a planner then reads every row since
        that day.
        """
        if since := self.since:
            records = records.filter(pk__gte=first_id_at(since))
        if until := self.until:
            records = records.filter(pk__lt=first_id_at(until))
        return records


def looked_at(condition: Q) -> Case:
    """`condition` as something to look at in each row, by which no planner chooses an index."""
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def by_outcome(value: str) -> Q:
    return Q(outcome="" if value == RUNNING else value)


def by_person(value: str) -> Q:
    """Links name a person by key, people type a name."""
    return Q(person_key=value) if "/" in value else Q(person=value)


def by_application(value: str) -> Q:
    """As the index says it, which holds only what was reported."""
    return Q(application=value) & ~Q(application="")


def by_status(value: str) -> Q:
    return Q(status_class=None) if value == "none" else Q(status_class=int(value[0]))


def by_case(value: str, person: User) -> Q:
    """Requests that somebody looks into; only support knows of them."""
    if "support" not in person.acts:
        return Q(pk__in=[])
    cases = CaseRow.objects.filter(assignee_key=person.key) if value == MINE else CaseRow.objects.filter(state=value)
    return Q(pk__in=list(cases.order_by("-record_id").values_list("pk", flat=True)[:MOST_CASES]))


CONDITIONS: dict[str, Callable[[str], Q]] = {
    "deployment": lambda value: Q(deployment=value),
    "resource": lambda value: Q(resource=value),
    "person": by_person,
    "application": by_application,
    "outcome": by_outcome,
    "source": lambda value: Q(source=value),
    "error": lambda value: Q(kind=value),
    "status": by_status,
    "ttft": lambda value: Q(ttft_ms__gte=duration_of(value)),
    "took": lambda value: Q(duration_ms__gte=duration_of(value)),
}


def condition(name: str, value: str, person: User) -> Q:
    return by_case(value, person) if name == "case" else CONDITIONS[name](value)


def read(query: Mapping[str, str], now: datetime | None = None) -> Filters:
    """The filters an address asks for. What is no filter value is left out and named in `refused`."""
    now = now or timezone.now()
    values, refused = {}, []
    moments: dict[str, datetime] = {}
    for name in NAMES:
        text = query.get(name, "").strip()[:200]
        if not text:
            continue
        if name in ("since", "until"):
            moment = moment_of(text, now, end_of_day=name == "until")
            if moment is None:
                refused.append(f"{name}={text[:40]}")
                continue
            moments[name] = moment
        elif (name in CHOICES and text not in CHOICES[name]) or (name in TIMES and duration_of(text) is None):
            refused.append(f"{name}={text[:40]}")
            continue
        values[name] = text
    q = query.get("q", "").strip()[:LONGEST_TEXT]
    return Filters(q, values, moments.get("since"), moments.get("until"), tuple(refused), tuple(ids_in(q)))


def moment_of(text: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """A time as people and programs write it: "24h", "7d", "2026-11-22", "2026-11-22T10:00Z". Without a zone it is UTC.

    `end_of_day` takes a bare date as its end. What lies outside of every log is brought to its edge.
    """
    moment = written_moment(text, now, end_of_day=end_of_day)
    return moment and min(max(moment, _FIRST), _LAST)


def written_moment(text: str, now: datetime, *, end_of_day: bool) -> datetime | None:
    if relative := _RELATIVE.fullmatch(text):
        return now - timedelta(**{_UNITS[relative[2]]: int(relative[1])})
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return instant(_LOST_PLUS.sub(r"+\1", text))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return min(start, _LAST) + timedelta(days=end_of_day)


def duration_of(text: str) -> int | None:
    """Milliseconds: "800ms", "5s", "1.5 s", "2m", or seconds without a unit. None for what is none."""
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    return min(round(float(found[1]) * _MILLISECONDS[found[2] or ""]), _LONGEST)


def instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
