"""What people do about a request: the only writer of its notes, state, assignee and ticket, and of their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts import audit
from console.accounts.models import User
from console.requestlog.models import Case, CaseEntry, CaseState
from console.requestlog.words import CASES, Badge
from console.web.logs import holds_key
from console.web.text import clean

LONGEST_NOTE = 4_000
LONGEST_TICKET = 60
MOST_ENTRIES = 100
# Among the newest people, those who may be given a request.
MOST_COLLEAGUES = 50
PEOPLE_LOOKED_AT = 500
FIELDS = ("state", "assignee_key", "ticket")


class NotWritten(Exception):
    """The form cannot be taken; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history: who, when, the note, and what changed in words."""

    row: CaseEntry
    changed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Casework:
    """What the page of a request shows of its case; `case` is None while nobody has written anything."""

    case: Case | None
    known: Mapping[str, str]  # the fields as they stand
    shown: Mapping[str, str]  # the fields as the form shows them: as they stand, or as somebody tried to change them
    badge: Badge | None
    entries: Sequence[Entry]
    states: Mapping[str, Badge]
    colleagues: Sequence[tuple[str, str]]  # (key, name)


def read(record_id: UUID, person: User, tried: Mapping[str, str] | None = None) -> Casework:
    """The case of a request; `tried` is a form that could not be taken, so that nothing of it is lost."""
    case = Case.objects.filter(pk=record_id).first()
    rows = list(case.entries.order_by("-id")[:MOST_ENTRIES]) if case else []
    states = {state.value: CASES[state] for state in CaseState}
    known = {name: str(getattr(case, name)) if case else "" for name in FIELDS}
    return Casework(
        case=case,
        known=known,
        shown=known | {name: tried[name] for name in (*FIELDS, "note") if tried and name in tried},
        badge=CASES[case.state] if case else None,
        entries=[Entry(row, change_words(row.changes)) for row in rows],
        states=states,
        colleagues=colleagues(person, case),
    )


def change_words(changes: Mapping[str, str]) -> list[str]:
    return [change_word(name, changes[name]) for name in ("state", "assignee", "ticket") if name in changes]


def change_word(name: str, value: str) -> str:
    """ "Solved", "assigned to Sam", "ticket INC-7" """
    if name == "state":
        return str(CASES[value].word) if value in CASES else value
    if name == "assignee":
        return _("given to %(name)s") % {"name": value} if value else _("given to nobody")
    return _("ticket %(number)s") % {"number": value} if value else _("no ticket")


def colleagues(person: User, case: Case | None) -> list[tuple[str, str]]:
    """Who may be given a request: oneself first, whoever has it, then others who support."""
    newest = User.objects.order_by("-pk").only("tid", "oid", "name", "email", "roles")[:PEOPLE_LOOKED_AT]
    found = {person.key: person.label}
    if case and case.assignee_key:
        found.setdefault(case.assignee_key, case.assignee)
    others = sorted((one.label, one.key) for one in newest if "support" in one.acts)
    for name, key in others[:MOST_COLLEAGUES]:
        found.setdefault(key, name)
    return list(found.items())


def write(record_id: UUID, person: User, form: Mapping[str, str]) -> bool:
    """Add what the form says to the request's history; False when it says nothing new.

    The form carries beside each field what it showed (`was_…`), so that two people who write at once lose nothing:
    only what somebody really changed is changed. Raises NotWritten.
    """
    note = clean(form.get("note", "").strip().replace("\r\n", "\n"))
    if len(note) > LONGEST_NOTE:
        raise NotWritten(_("A note has at most %(most)d characters.") % {"most": LONGEST_NOTE})
    if holds_key(note):
        raise NotWritten(_("The note holds a key or a token. Take it out: notes cannot be changed later."))
    wanted = {name: form[name].strip() for name in FIELDS if name in form and form[name] != form.get(f"was_{name}", "")}
    if wanted.get("state", CaseState.OPEN) not in CaseState.values:
        raise NotWritten(_("There is no such state."))
    if len(wanted.get("ticket", "")) > LONGEST_TICKET:
        raise NotWritten(_("A ticket's number has at most %(most)d characters.") % {"most": LONGEST_TICKET})
    names = dict(colleagues(person, Case.objects.filter(pk=record_id).first()))
    if wanted.get("assignee_key") and wanted["assignee_key"] not in names:
        raise NotWritten(_("This person cannot be given a request: they have not the role Support."))
    return committed(record_id, person, note, wanted, names)


def committed(record_id: UUID, person: User, note: str, wanted: Mapping[str, str], names: Mapping[str, str]) -> bool:
    """Case, entry and audit in one transaction, one writer of a case at a time."""
    now = timezone.now()
    with transaction.atomic():
        if not note and not wanted:
            return False
        _case, new = Case.objects.get_or_create(pk=record_id, defaults={"changed_at": now})
        case = Case.objects.select_for_update().get(pk=record_id)
        changes = taken(case, wanted, names, new=new)
        if not note and not changes:
            return False
        case.changed_at = now
        case.save()
        CaseEntry.objects.create(
            case=case, at=now, person=person.label, person_key=person.key, note=note, changes=changes
        )
        audit.note(person, "case-changed", str(record_id), noted=bool(note), **changes)
    return True


def taken(case: Case, wanted: Mapping[str, str], names: Mapping[str, str], *, new: bool) -> dict[str, str]:
    """Set what is new, and say it as the history keeps it."""
    changes = {}
    if (state := wanted.get("state")) and (new or state != case.state):
        case.state = changes["state"] = state
    if "assignee_key" in wanted and wanted["assignee_key"] != case.assignee_key:
        case.assignee_key = wanted["assignee_key"]
        case.assignee = changes["assignee"] = names.get(case.assignee_key, "")
    if "ticket" in wanted and wanted["ticket"] != case.ticket:
        case.ticket = changes["ticket"] = clean(wanted["ticket"])
    return changes
