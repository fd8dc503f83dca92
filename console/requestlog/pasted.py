"""Reads what people paste: the ids in it, mail addresses, and the errors it speaks of. Knows no row.

A paste may be one id or its beginning, a JSON body, a header dump, a mail, a stack trace, an address with percent
signs in it, a ticket's number or somebody's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.azure.aadsts import KIND_BY_NUMBER, NUMBER
from console.azure.error_bodies import KIND_BY_CODE, KIND_BY_STATUS, KIND_BY_TYPE
from console.web.cards import CARDS
from console.web.logs import redacted

# Characters of a paste that are read, and ids that are looked up; more is cut off.
LONGEST_TEXT = 64_000
MOST_IDS = 50

# A beginning of an id counts from so many characters, and only in pastes with few ids: the rest are whole ones.
LEAST_BEGINNING = 8
MOST_BEGINNINGS = 5
# Mail addresses that are read.
MOST_MAILS = 6
# Cards that are offered for an error without an id.
MOST_ERRORS = 3

Kind = Literal["request-id", "message-id", "guid", "aside", "part", "named", "plain"]
KINDS: dict[Kind, Promise] = {
    "request-id": _("request-id, from Anthropic"),
    "message-id": _("id of an answer"),
    "guid": _("apim-request-id, from Azure, or an id of this console"),
    "aside": _("id of a tenant, a subscription or the like, not of a request"),
    "part": _("beginning of an apim-request-id or of an id of this console"),
    "named": _("called a request id in the text"),
    "plain": _("one word, taken for an id"),
}

# `req_` and `msg_` as Anthropic makes them. What stands before may be an escape's last letter or Markdown's italics,
# an id's letter only where the rest is as long as an id is: a table copied without its lines glues cells together.
_PREFIXED = re.compile(
    r"(?:(?<![A-Za-z0-9_])_{0,2}|(?=[a-z]{3}_0[A-Za-z0-9]{23}))((req|msg)_[A-Za-z0-9][A-Za-z0-9_-]{0,123})",
    re.IGNORECASE,
)
# The same whose underscore a screenshot's reader lost.
_SPLIT = re.compile(r"(?<![A-Za-z0-9])(req|msg)[ .-](01[A-Za-z0-9]{22})(?![A-Za-z0-9])", re.IGNORECASE)
DASHED_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_GUID = re.compile(rf"(?:(?<![0-9a-fA-F])|(?<=[iI][dD]))(?:{DASHED_GUID}|[0-9a-fA-F]{{32}})(?![0-9a-fA-F])")
# One that a mail's line end (and the ">" of who quotes it) broke, with dashes that a word processor made or letters
# that a screenshot's reader took for digits. The shape is so rare that nothing else is taken for it.
_GAP, _DIGIT = r"[\s>|]{0,9}", r"[0-9a-fA-FOoIl]"
_TORN = re.compile(
    rf"(?<![0-9a-zA-Z-])(?:{_DIGIT}{_GAP}){{8}}"
    rf"(?:[-\u2012-\u2015\u2212\ufe58\ufe63]{_GAP}(?:{_DIGIT}{_GAP}){{4}}){{3}}"
    rf"[-\u2012-\u2015\u2212\ufe58\ufe63](?:{_GAP}{_DIGIT}){{12}}(?![0-9a-zA-Z])"
)
_AS_DIGITS = str.maketrans("OoIl", "0011")
_NO_DIGIT = re.compile(r"[^0-9a-fA-F]")
# The beginning of one, cut off by a log's column or a screenshot; without a dash it has a digit and a letter.
_GUID_PART = re.compile(
    r"(?<![0-9a-zA-Z-])(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}(?:-[0-9a-fA-F]{1,12}){0,3}"
    r"|(?=[0-9]{0,30}[a-fA-F])(?=[a-fA-F]{0,30}[0-9])[0-9a-fA-F]{8,31})(?![0-9a-zA-Z])"
)
# Tickets of Microsoft Support, and as other desks number theirs.
_TICKET = re.compile(
    r"(?<![0-9A-Za-z-])(?:[0-9]{15,16}|(?:INC|CASE|SR|TICKET|CHG)[-#]?[0-9]{4,12})(?![0-9A-Za-z-])", re.IGNORECASE
)
# What errors are called in answers and logs, and the statuses that say it all; "Conflict" is a word like others.
_NAMED_KINDS = {word: kind for word, kind in (KIND_BY_CODE | KIND_BY_TYPE).items() if word != "Conflict"}
_ERROR = re.compile(rf"(?<![A-Za-z0-9_])(?:{'|'.join(map(re.escape, _NAMED_KINDS))})(?![A-Za-z0-9_])")
_STATUS = re.compile(
    r"(?i:\bHTTP(?:/[0-9.]{1,3})?|\bstatus(?:[ _-]?code)?|\berror code)[\"']?\s{0,3}[:=]?\s{0,3}([45][0-9]{2})(?![0-9])"
    r"|(?<![0-9A-Za-z.:-])([45][0-9]{2})(?= (?:[A-Z][a-z]+ ?){2})|\A([45][0-9]{2})\Z"
)
# GUIDs that name where something lies and no request: in an address of ARM, in what the portal copies.
_ASIDE = re.compile(
    r"(?:tenant|subscription|directory|client|app|application|object|principal|workspace)s?[-_ ]?(?:id)?"
    rf"[\"'\\]{{0,3}}\s{{0,3}}[:=/ ]\s{{0,3}}[\"'\\]{{0,3}}({DASHED_GUID})(?![0-9a-fA-F])",
    re.IGNORECASE,
)
# A key of Azure from before 2024, which looks like a GUID without dashes: only its label gives it away.
_KEY = re.compile(r"(?:key|secret|password|token)[ _]?[12]?\W{1,8}(?:b[\"'])?[0-9a-f]{32}(?![0-9a-f])", re.IGNORECASE)
_HEX_PART = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]){0,23}-?")
# "req_" and "msg_" with what Anthropic puts behind them, a GUID without dashes; other words may be whole.
_SHORTEST_WHOLE: dict[Kind, int] = {"request-id": 24, "message-id": 24, "part": 32, "plain": 0}
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
# Something that a label calls a request id, whatever it looks like: `request-id: abc`, `"RequestId":"abc"`.
_NAMED = re.compile(
    r"request[-_ ]?id[\"'\\]{0,3}\s{0,3}[:=]\s{0,3}[\"'\\]{0,3}([A-Za-z0-9][A-Za-z0-9._:-]{0,127})", re.IGNORECASE
)
_WHOLE = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# One word too, but a day or a time, which no id is: 2026-11-29, 29.11.2026, 10:30, 2026-11-29T10:30:12.5Z.
_MOMENT = re.compile(
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4}|\d{4}\.\d{1,2}\.\d{1,2}\.?)?"
    r"T?(?:\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
# One level of escaping: JSON's, Markdown's, a terminal's colours, marks of HTML inside of words, and that of
# quoted-printable mails with their broken lines.
_ESCAPED = re.compile(
    r"\\u([0-9a-fA-F]{4})|\\([nrtbf_\"'/\\])|\x1b?\[[0-9;]{0,9}m|</?(?:wbr|mark|em) ?/?>|=\r?\n|=([0-9A-F]{2})"
)
# Invisible characters that programs put into long words or around them, hyphens that are not "-", and the wide
# letters of East Asian keyboards.
_INVISIBLE = (0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
_LOOK_ALIKES: dict[int, str | None] = {
    **dict.fromkeys(_INVISIBLE),
    0x2010: "-",
    0x2011: "-",
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
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
        label = {"named": "request-id:", "aside": "tenant:"}.get(self.kind, "")
        return label + self.value

    @property
    def uuid(self) -> UUID | None:
        return UUID(self.value) if self.kind in ("guid", "aside") else None

    @property
    def label(self) -> Promise:
        return KINDS[self.kind]

    @property
    def may_begin(self) -> bool:
        """Whether longer ids that begin like this one are meant as well."""
        return self.kind in ("request-id", "message-id", "part", "plain") and len(self.value) >= LEAST_BEGINNING

    @property
    def is_cut(self) -> bool:
        """Whether it is shorter than any whole id."""
        return self.may_begin and len(self.value) < _SHORTEST_WHOLE[self.kind]

    @property
    def span(self) -> tuple[UUID, UUID]:
        """The first and the last of our own ids that begin with this part of one."""
        digits = self.spellings[-1]
        return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))

    def is_in(self, value: str) -> bool:
        """Whether this lower-case value of a row is the id, or begins with it."""
        return value in self.spellings or (self.may_begin and value.startswith(self.spellings))


def ids_in(text: str) -> list[Found]:
    """Every id in the first 64,000 characters of `text`, at most 50, none twice.

    Takes time proportional to the text's length.
    """
    plain = _KEY.sub(" ", text[:LONGEST_TEXT].translate(_LOOK_ALIKES))
    found: dict[str, Found] = {}
    for layer in layers(plain):
        take(ids_as_written(layer), found)
    take(ids_by_label(layer), found)
    if not found:
        take(beginnings_in(plain.strip(" \t\r\n\"'`…")), found)
    return ordered(without_stumps(list(found.values())))[:MOST_IDS]


def ordered(found: list[Found]) -> list[Found]:
    """Those that can be a request's first."""
    return sorted(found, key=lambda one: one.kind == "aside")


def shown(text: str) -> str:
    """A paste as the box may show it again, on one line and without what looks like a key or a token."""
    return redacted(" ".join(text.split()))


def beginnings_in(text: str) -> Iterator[Found]:
    """Pieces of GUIDs, numbers of tickets, and a text that is one word and no key: read only where no whole id is."""
    cut = text.rstrip(".")
    if _HEX_PART.fullmatch(cut) and len(cut.replace("-", "")) < 32:
        yield part(cut)
    elif _WHOLE.fullmatch(text) and not _MOMENT.fullmatch(text) and redacted(text) == text:
        yield spelled("plain", text)
    else:
        for match in _GUID_PART.finditer(text):
            yield part(match.group())
        for match in _TICKET.finditer(text):
            yield spelled("plain", match.group())


def part(text: str) -> Found:
    """The beginning of a GUID as it is written, with dashes and without."""
    digits = text.lower().replace("-", "")
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    dashed = "-".join(group for group in groups if group)
    return Found("part", dashed if "-" in text else digits, (dashed, digits))


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
        kind: Kind = "request-id" if match.group(2).lower() == "req" else "message-id"
        yield spelled(kind, match.group(1).rstrip("-_"))
    for match in _SPLIT.finditer(text):
        yield spelled("request-id" if match.group(1).lower() == "req" else "message-id", "_".join(match.groups()))
    for match in _ASIDE.finditer(text):
        yield spelled("aside", match.group(1).lower())
    for match in _GUID.finditer(text):
        yield spelled("guid", str(UUID(match.group())))
    for match in _TORN.finditer(text):
        yield spelled("guid", str(UUID(_NO_DIGIT.sub("", match.group().translate(_AS_DIGITS)))))


def ids_by_label(text: str) -> Iterator[Found]:
    """What only its label gives away; read where no escaping is left that could stick to it."""
    for match in _NAMED.finditer(text):
        value = match.group(1).rstrip("._:-")
        # "request id: none" names nothing; what another pattern knows is not found twice.
        if len(value) <= 3 or not any(map(str.isdigit, value)) or _PREFIXED.match(value) or _GUID.match(value):
            continue
        yield part(value) if _GUID_PART.fullmatch(value) else spelled("named", value)


def spelled(kind: Kind, value: str) -> Found:
    """GUIDs are written with dashes in Azure's ids and without in some of ours."""
    lower = value.lower()
    if kind == "guid" and lower == settings.ENTRA_TENANT_ID.lower():
        kind = "aside"
    return Found(kind, value, (lower, lower.replace("-", "")) if kind in ("guid", "aside") else (lower,))


def without_stumps(found: list[Found]) -> list[Found]:
    """Without ids that are only the beginning of another one, cut at an escape."""
    values = [one.value for one in found]
    return [one for one in found if not any(value != one.value and value.startswith(one.value) for value in values)]


def errors_in(text: str) -> list[str]:
    """The cards that a text speaks of: by the names of errors and Entra's numbers in it, else by a status."""
    text = text[:LONGEST_TEXT].strip()
    kinds = [_NAMED_KINDS[match.group()] for match in _ERROR.finditer(text)]
    kinds += [KIND_BY_NUMBER.get(int(match.group(1)), "") for match in NUMBER.finditer(text)]
    statuses = [] if any(kinds) else [int(next(filter(None, match.groups()))) for match in _STATUS.finditer(text)]
    kinds += [KIND_BY_STATUS.get(status, "") for status in statuses]
    return [kind for kind in dict.fromkeys(kinds) if kind in CARDS][:MOST_ERRORS]


def mails_in(text: str) -> list[str]:
    """The first mail addresses of a text, in lower case."""
    return list(dict.fromkeys(match.group().lower() for match in _MAIL.finditer(text[:LONGEST_TEXT])))[:MOST_MAILS]
