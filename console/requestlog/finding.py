"""Finds the rows of the log that carry the ids of a paste, a ticket's number in it, and whom it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.requestlog.models import Case, RequestRecord, RequestRecords
from console.requestlog.pasted import DASHED_GUID, LONGEST_TEXT, MOST_BEGINNINGS, Found, Kind, mails_in
from console.web.ids import Bytewise

# People who are offered for a name, and the newest people among whom a part of a name is looked for.
MOST_PEOPLE = 6
PEOPLE_LOOKED_AT = 5_000
# Tickets of one number, and rows of them.
MOST_OF_TICKET = 100
# Entra's id of a person.
_OBJECT_ID = re.compile(rf"(?<![0-9a-fA-F]){DASHED_GUID}(?![0-9a-fA-F])")
# "Mr" and "Ms", which in Korean stand after the name.
_KOREAN_TITLE = re.compile(r"(?<=[가-힣]) ?[님씨]$")

# The columns an id is compared with, and what people call them.
COLUMNS: dict[str, Promise] = {
    "request_id": _("request-id"),
    "apim_request_id": _("apim-request-id"),
    "message_id": _("message id"),
    "id": _("id of the request in this log"),
    "call_id": _("call id"),
    "subject_id": _("id of the exchange or check"),
    "conversation_id": _("conversation id"),
    "correlation_id": _("correlation id of this console"),
}
TICKET = _("ticket number")
# What a ticket's number may be taken for.
TICKETS: frozenset[Kind] = frozenset({"plain", "part", "named"})
_NONE: Mapping[UUID, str] = MappingProxyType({})
# Upstream ids are compared in lower case along indexes of their own; our own texts are written in lower case.
UPSTREAM = {"request_id": "request_id_lower", "apim_request_id": "apim_lower", "message_id": "message_lower"}
OWN = ("subject_id", "conversation_id", "correlation_id")
_BEGINS = {"request-id": ("request_id",), "message-id": ("message_id",), "part": ("apim_request_id",)}


def carrying(records: RequestRecords, found: Sequence[Found], others: Sequence[UUID] = ()) -> RequestRecords:
    """The rows that carry any of these ids, each looked up in the index of its column, of any age; and `others`."""
    lowered = {alias: Bytewise(Lower(column)) for column, alias in UPSTREAM.items()}
    anywhere = whole_ids(found)
    if len(found) <= MOST_BEGINNINGS:
        for one in found:
            if one.may_begin:
                anywhere |= beginning_with(one)
    if others:
        anywhere |= Q(pk__in=others)
    return records.alias(**lowered).filter(anywhere)


def whole_ids(found: Sequence[Found]) -> Q:
    texts = {spelling for one in found for spelling in one.spellings}
    anywhere = Q()
    for alias in UPSTREAM.values():
        anywhere |= Q((f"{alias}__in", texts))
    guids = [one.uuid for one in found if one.uuid]
    if guids:
        ours = {spelling for one in found if one.uuid for spelling in one.spellings}
        anywhere |= Q(pk__in=guids) | Q(call_id__in=guids)
        for column in OWN:
            anywhere |= Q((f"{column}__in", ours))
    return anywhere


def beginning_with(one: Found) -> Q:
    """A range of each index in which ids of this kind stand."""
    anywhere = Q()
    for column in _BEGINS.get(one.kind, tuple(UPSTREAM)):
        text = one.spellings[0]
        anywhere |= in_range(UPSTREAM[column], text, text[:-1] + chr(ord(text[-1]) + 1))
    if one.kind == "part":
        first, last = one.span
        anywhere |= Q(pk__gte=first, pk__lte=last) | Q(call_id__gte=first, call_id__lte=last)
        for column in OWN:
            # Not bytewise, but hexadecimal digits have one order in every language: all of them before "g".
            anywhere |= in_range(column, one.spellings[1], f"{one.spellings[1]}g")
    return anywhere


def in_range(column: str, first: str, end: str) -> Q:
    return Q((f"{column}__gte", first), (f"{column}__lt", end))


def with_ticket(found: Iterable[Found]) -> list[UUID]:
    """The newest rows that people noted under a ticket of this number."""
    texts = {spelling for one in found if one.kind in TICKETS for spelling in one.spellings}
    if not texts:
        return []
    tickets = Case.objects.alias(lowered=Bytewise(Lower("ticket"))).filter(lowered__in=texts)
    return list(tickets.order_by("-record_id").values_list("pk", flat=True)[:MOST_OF_TICKET])


def tickets_of(records: Sequence[RequestRecord], found: Iterable[Found]) -> dict[UUID, str]:
    """The tickets of these rows, in lower case, where one of `found` may be one."""
    if not any(one.kind in TICKETS for one in found):
        return {}
    cases = Case.objects.filter(pk__in=[one.pk for one in records]).exclude(ticket="")
    return {pk: ticket.lower() for pk, ticket in cases.values_list("pk", "ticket")}


def people_in(text: str) -> list[User]:
    """Whoever a paste names of which nothing is known: by a mail address or an object id in it, or by a name (or part
    of one) that is all of it.
    """
    mails = mails_in(text)
    name = _KOREAN_TITLE.sub("", " ".join(text.split()))
    named = Q(oid__in=[match.group().lower() for match in _OBJECT_ID.finditer(text[:LONGEST_TEXT])][:MOST_PEOPLE])
    for mail in mails:
        named |= Q(email__iexact=mail)
    if not mails and 2 <= len(name) <= 100:
        named |= Q(name__icontains=name) | Q(email__istartswith=name)
    newest = User.objects.order_by("-pk").values("pk")[:PEOPLE_LOOKED_AT]
    found = User.objects.filter(named, pk__in=newest).only("tid", "oid", "name", "email")
    return list(found.order_by("name", "pk")[:MOST_PEOPLE])


def columns_of(record: RequestRecord, found: Iterable[Found], tickets: Mapping[UUID, str] = _NONE) -> list[Promise]:
    """As what this row carries one of the ids: labels for "matched by its apim-request-id"."""
    wanted = list(found)
    values = {column: str(getattr(record, column)).lower() for column in COLUMNS} if wanted else {}
    labels = [COLUMNS[column] for column, value in values.items() if any(one.is_in(value) for one in wanted)]
    return [*labels, TICKET] if any(tickets.get(record.pk) in one.spellings for one in wanted) else labels


def missing_from(
    records: Iterable[RequestRecord], found: Iterable[Found], tickets: Mapping[UUID, str] = _NONE
) -> list[Found]:
    """The ids that none of these rows carries."""
    carried = {str(getattr(record, column)).lower() for record in records for column in COLUMNS}
    noted = set(tickets.values())
    return [one for one in found if noted.isdisjoint(one.spellings) and not any(one.is_in(value) for value in carried)]
