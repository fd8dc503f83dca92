"""Finds ids in whatever people paste, and the rows of the log that carry them.

A paste may be one id, a JSON body, a header dump, a mail, a stack trace or an address with percent signs in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.requestlog.models import RequestRecord, RequestRecords

# Characters of a paste that are read, and ids that are looked up; more is cut off.
LONGEST_TEXT = 64_000
MOST_IDS = 50

Kind = Literal["request-id", "message-id", "guid", "named", "plain"]

# `req_` and `msg_` as Anthropic makes them. What stands before may be an escape's last letter, never an id's letter.
_PREFIXED = re.compile(r"(?<![A-Za-z0-9_])(req|msg)_([A-Za-z0-9][A-Za-z0-9_-]{0,123})", re.IGNORECASE)
_GUID = re.compile(
    r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32})(?![0-9a-fA-F])"
)
# Something that a label calls a request id, whatever it looks like: `request-id: abc`, `"RequestId":"abc"`.
_NAMED = re.compile(
    r"request[-_ ]?id[\"'\\]{0,3}\s{0,3}[:=]\s{0,3}[\"'\\]{0,3}([A-Za-z0-9][A-Za-z0-9._:-]{0,127})", re.IGNORECASE
)
_WHOLE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# One level of escaping: JSON's, Markdown's, and that of quoted-printable mails with their broken lines.
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})|\\([nrtbf_\"'/\\])|=\r?\n|=([0-9A-F]{2})")
# Invisible characters that chat programs put into long words, and hyphens that are not "-".
_LOOK_ALIKES = {
    0x200B: None,
    0x200C: None,
    0x200D: None,
    0x2060: None,
    0xFEFF: None,
    0xAD: None,
    0x2010: "-",
    0x2011: "-",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One id in a text: what kind it is, how it is written in the log, and every spelling to look for (lower case)."""

    kind: Kind
    value: str
    spellings: tuple[str, ...]

    @property
    def written(self) -> str:
        """So that `ids_in` finds it again."""
        return f"request-id:{self.value}" if self.kind == "named" else self.value

    @property
    def uuid(self) -> UUID | None:
        return UUID(self.value) if self.kind == "guid" else None


def ids_in(text: str) -> list[Found]:
    """Every id in the first 64,000 characters of `text`, at most 50, none twice.

    Takes time proportional to the text's length.
    """
    plain = text[:LONGEST_TEXT].translate(_LOOK_ALIKES)
    found: dict[str, Found] = {}
    for layer in layers(plain):
        take(ids_as_written(layer), found)
    take(ids_by_label(layer), found)
    if not found and _WHOLE.fullmatch(plain.strip()):
        found[""] = spelled("plain", plain.strip())
    return without_stumps(list(found.values()))[:MOST_IDS]


def take(ids: Iterator[Found], found: dict[str, Found]) -> None:
    for one in ids:
        found.setdefault(one.value.lower(), one)
        if len(found) > 4 * MOST_IDS:  # some of them may be stumps of others
            return


def layers(text: str) -> Iterator[str]:
    """The text as it is, and with one and two levels of escaping taken off."""
    yield text
    for _level in range(2):
        inner = unquote(_ESCAPED.sub(unescaped, text), errors="replace")
        if inner == text:
            return
        text = inner
        yield text


def unescaped(escape: re.Match[str]) -> str:
    unicode, short, octet = escape.groups()
    if unicode or octet:
        letter = chr(int(unicode or octet, 16))
        return letter if letter.isascii() and letter.isprintable() else " "
    if short is None:
        return ""  # a soft line break of a mail
    return short if short in "_\"'/\\" else " "


def ids_as_written(text: str) -> Iterator[Found]:
    for match in _PREFIXED.finditer(text):
        kind: Kind = "request-id" if match.group(1).lower() == "req" else "message-id"
        yield spelled(kind, match.group().rstrip("-_"))
    for match in _GUID.finditer(text):
        yield spelled("guid", str(UUID(match.group())))


def ids_by_label(text: str) -> Iterator[Found]:
    """What only its label gives away; read where no escaping is left that could stick to it."""
    for match in _NAMED.finditer(text):
        value = match.group(1).rstrip("._:-")
        # "request id: none" names nothing; what another pattern knows is not found twice.
        if len(value) > 3 and any(map(str.isdigit, value)) and not (_PREFIXED.match(value) or _GUID.match(value)):
            yield spelled("named", value)


def spelled(kind: Kind, value: str) -> Found:
    """GUIDs are written with dashes in Azure's ids and without in some of ours."""
    lower = value.lower()
    return Found(kind, value, (lower, lower.replace("-", "")) if kind == "guid" else (lower,))


def without_stumps(found: list[Found]) -> list[Found]:
    """Without ids that are only the beginning of another one, cut at an escape."""
    values = [one.value for one in found]
    return [one for one in found if not any(value != one.value and value.startswith(one.value) for value in values)]


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


def carrying(records: RequestRecords, found: Sequence[Found]) -> RequestRecords:
    """The rows that carry any of these ids, each looked up in the index of its column, of any age."""
    texts = {spelling for one in found for spelling in one.spellings}
    upstream = records.alias(
        request_id_lower=Lower("request_id"), apim_lower=Lower("apim_request_id"), message_lower=Lower("message_id")
    )
    anywhere = Q(request_id_lower__in=texts) | Q(apim_lower__in=texts) | Q(message_lower__in=texts)
    guids = [one.uuid for one in found if one.uuid]
    if guids:
        ours = {spelling for one in found if one.uuid for spelling in one.spellings}
        anywhere |= Q(pk__in=guids) | Q(call_id__in=guids)
        anywhere |= Q(subject_id__in=ours) | Q(conversation_id__in=ours) | Q(correlation_id__in=ours)
    return upstream.filter(anywhere)


def columns_of(record: RequestRecord, found: Iterable[Found]) -> list[Promise]:
    """As what this row carries one of the ids: labels for "matched by its apim-request-id"."""
    spellings = {spelling for one in found for spelling in one.spellings}
    return [label for column, label in COLUMNS.items() if str(getattr(record, column)).lower() in spellings]


def missing_from(records: Iterable[RequestRecord], found: Iterable[Found]) -> list[Found]:
    """The ids that none of these rows carries."""
    carried = {str(getattr(record, column)).lower() for record in records for column in COLUMNS}
    return [one for one in found if carried.isdisjoint(one.spellings)]
